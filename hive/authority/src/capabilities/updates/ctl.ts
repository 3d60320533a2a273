// `/updates/ctl` and `/models/ctl`: which update is active, and what goes. Which update is right the store has found out by
// hashes and signatures; which one holds is a decision of a queen, under policy, and can be gone back on.
//
// An activation goes forward only: to an update with a higher epoch. Back leads `rollback`, to one that was active before, so that
// an old update cannot come in under the name of a new one (F8: a downgrade is asked for as such).

import Type, { type Static } from 'typebox';
import { accept, reject } from '../../kernel/decision.ts';
import { logField } from '../../kernel/text.ts';
import { partyOf } from '../../principal.ts';
import type { Control, Decision, ParsedCommand, State } from '../../types.ts';
import { manifestIn } from '../settings/queries.ts';
import { type Activation, type KnownUpdate, type UpdatesSlice, updatesChange } from './record.ts';

const closed = { additionalProperties: false } as const;

const epoch = Type.String({ pattern: '^[0-9]{1,20}$', description: 'Epoch of the update.' });

const updatesLine = Type.Union([
  Type.Object(
    { op: Type.Literal('activate'), epoch },
    { ...closed, description: 'Makes an update the active one; it is newer than the one that is.' },
  ),
  Type.Object(
    {
      op: Type.Literal('rollback'),
      epoch: Type.Optional(Type.String({ pattern: '^[0-9]{1,20}$', description: 'Default: the one before.' })),
    },
    { ...closed, description: 'Goes back to an update that was active before.' },
  ),
  Type.Object(
    { op: Type.Literal('remove'), epoch },
    { ...closed, description: 'Removes an update; what no other needs of it goes with collections.' },
  ),
  Type.Object(
    { op: Type.Literal('verify'), epoch },
    { ...closed, description: 'Reads an update again, signature and every byte; the log tells what came of it.' },
  ),
  Type.Object({ op: Type.Literal('collect') }, { ...closed, description: 'Removes bytes that nothing needs, now.' }),
]);

type UpdatesLine = Static<typeof updatesLine>;

const modelsLine = Type.Object(
  {
    op: Type.Literal('remove'),
    model: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the weights, hex.' }),
  },
  { ...closed, description: 'Removes a model, or what was begun of it.' },
);

type ModelsLine = Static<typeof modelsLine>;

const NONE = '0'.repeat(64);

const updatesControl: Control<UpdatesSlice, UpdatesLine> = {
  pattern: '/updates/ctl',
  summary: 'Says which update is active, and removes updates and bytes that nothing needs.',
  schema: updatesLine,
  writers: ['queen', 'system'],
  examples: [
    '{"op":"activate","epoch":"7"}',
    '{"op":"rollback"}',
    '{"op":"rollback","epoch":"6"}',
    '{"op":"remove","epoch":"5"}',
    '{"op":"verify","epoch":"7"}',
    '{"op":"collect"}',
  ],
  decide: (slice, command, state) => (isOn(state) ? decideUpdates(slice, command) : OFF),
};

const modelsControl: Control<UpdatesSlice, ModelsLine> = {
  pattern: '/models/ctl',
  summary: 'Removes models, and what was begun of one.',
  schema: modelsLine,
  writers: ['queen', 'system'],
  examples: [`{"op":"remove","model":"${NONE}"}`],
  decide: (slice, { value, seq, who }, state) => {
    if (!isOn(state)) return OFF;
    const isGoing = (slice.models.get(value.model)?.removedBy ?? null) !== null;
    if (isGoing) return reject('busy', `Model ${value.model} is being removed already.`);
    // One that is not sealed is known to the store alone; whether there is anything, it says in the log.
    return accept({
      changes: [updatesChange({ kind: 'removal', what: 'model', name: value.model, entry: seq })],
      effects: [{ kind: 'cas.remove', what: 'model', name: value.model, entry: seq }],
      log: [`cas-model removal model=${value.model} by=${logField(who.subject)}`],
      reply: { model: value.model },
    });
  },
};

const OFF: Decision = reject('unsupported', 'cas.enable is false in the manifest of this hive.');

function isOn(state: Readonly<State>): boolean {
  return manifestIn(state).cas.enable;
}

function decideUpdates(slice: Readonly<UpdatesSlice>, command: ParsedCommand<UpdatesLine>): Decision {
  const { value, seq, who } = command;
  switch (value.op) {
    case 'activate':
      return decideActivate(slice, value.epoch, command);
    case 'rollback':
      return decideRollback(slice, value.epoch, command);
    case 'remove':
      return decideRemove(slice, value.epoch, command);
    case 'verify':
      if (!slice.updates.has(value.epoch))
        return reject('not-found', `No update ${value.epoch} is here; see /updates.`);
      return accept({
        effects: [{ kind: 'cas.verify', name: value.epoch, entry: seq }],
        log: [`cas-update verification epoch=${value.epoch} by=${logField(who.subject)}`],
        reply: { epoch: value.epoch },
      });
    case 'collect':
      return accept({
        effects: [{ kind: 'cas.collect', entry: seq }],
        log: [`cas-store collection by=${logField(who.subject)}`],
      });
  }
}

type Who = Pick<ParsedCommand, 'who' | 'at' | 'seq'>;

function decideActivate(slice: Readonly<UpdatesSlice>, epoch: string, by: Who): Decision {
  const update = slice.updates.get(epoch);
  if (update === undefined) return reject('not-found', `No update ${epoch} is here; see /updates.`);
  if (!update.isReady || update.removedBy !== null)
    return reject('invalid-transition', `Update ${epoch} is not whole; see /updates/${epoch}/status.`);
  const { active } = slice;
  if (active?.epoch === epoch) return reject('invalid-transition', `Update ${epoch} is active already.`);
  if (active !== null && !isAfter(epoch, active.epoch))
    return reject('stale', `Update ${epoch} is older than ${active.epoch}, which is active; rollback leads back.`);
  return activated(update, { how: 'activate', dropped: 0, previous: active }, by);
}

function decideRollback(slice: Readonly<UpdatesSlice>, epoch: string | undefined, by: Who): Decision {
  const { before, updates, active } = slice;
  const place = epoch === undefined ? before.length - 1 : before.findLastIndex((one) => one.epoch === epoch);
  const target = before[place];
  if (target === undefined) {
    const what = epoch === undefined ? 'No update' : `Update ${epoch}`;
    return reject('not-found', `${what} was active before and can be gone back to; see /updates/active.`);
  }
  const update = updates.get(target.epoch);
  if (update?.isReady !== true)
    return reject('invalid-transition', `Update ${target.epoch} is not whole any more; push what is missing.`);
  return activated(update, { how: 'rollback', dropped: before.length - place, previous: active }, by);
}

interface Turn {
  readonly how: Activation['how'];
  readonly dropped: number;
  readonly previous: Activation | null;
}

function activated(update: KnownUpdate, { how, dropped, previous }: Turn, { who, at, seq }: Who): Decision {
  const { epoch, payloadSha256 } = update;
  const activation: Activation = { how, epoch, payloadSha256, at, entry: seq, by: partyOf(who) };
  const from = previous?.epoch ?? 'none';
  return accept({
    changes: [updatesChange({ kind: 'active', activation, dropped })],
    log: [`cas-update ${how} epoch=${epoch} from=${from} payload_sha256=${payloadSha256} by=${logField(who.subject)}`],
    reply: { epoch, from, payload_sha256: payloadSha256 },
  });
}

function decideRemove(slice: Readonly<UpdatesSlice>, epoch: string, { seq, who }: Who): Decision {
  if (slice.active?.epoch === epoch) return reject('busy', `Update ${epoch} is active; activate another first.`);
  const delta = [...slice.updates.values()].find(({ base }) => base === epoch);
  if (delta !== undefined) return reject('busy', `Update ${delta.epoch} is a delta of ${epoch}; remove that first.`);
  if ((slice.updates.get(epoch)?.removedBy ?? null) !== null)
    return reject('busy', `Update ${epoch} is being removed already.`);
  return accept({
    changes: [updatesChange({ kind: 'removal', what: 'update', name: epoch, entry: seq })],
    effects: [{ kind: 'cas.remove', what: 'update', name: epoch, entry: seq }],
    log: [`cas-update removal epoch=${epoch} by=${logField(who.subject)}`],
    reply: { epoch },
  });
}

/** Whether epoch `left` is after `right`: as numbers, of any length. */
function isAfter(left: string, right: string): boolean {
  return BigInt(left) > BigInt(right);
}

/** `/updates/ctl` and `/models/ctl`. */
export const operatorControls: readonly Control<UpdatesSlice, never>[] = [updatesControl, modelsControl];
