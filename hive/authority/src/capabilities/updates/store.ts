// `/sys/cas`: what the store tells of updates and models, and the lines of the log that come of it (contracts-1, 4.11). The
// authority believes it: what is in the store is a fact, decided by hashes and signatures.

import Type, { type Static, type TInteger, type TString } from 'typebox';
import { accept, reject } from '../../kernel/decision.ts';
import type { Control, Decision, ParsedCommand } from '../../types.ts';
import { MODELS_EVER_MAX, UPDATES_EVER_MAX, type UpdatesChange, type UpdatesSlice, updatesChange } from './record.ts';

/** Path of the control file by which the store tells what became of bytes. */
export const CAS_PATH = '/sys/cas';

const closed = { additionalProperties: false } as const;

const epoch = Type.String({ pattern: '^[0-9]{1,20}$', description: 'Epoch of the update.' });
const what = Type.Union([Type.Literal('update'), Type.Literal('model')]);
const name = Type.String({ pattern: '^(?:[0-9]{1,20}|[0-9a-f]{64})$', description: 'Its epoch or its hash.' });

const storeLine = Type.Union([
  Type.Object(
    {
      accepted: Type.Object(
        {
          epoch,
          base: Type.Union([epoch, Type.Null()], { description: 'Epoch of its base, for a delta.' }),
          payload_sha256: hash('SHA-256 of the payload, hex.'),
          payload_bytes: bytes('Bytes of its chunks.'),
          chunks: bytes('How many chunks.'),
        },
        closed,
      ),
    },
    { ...closed, description: 'A manifest was taken.' },
  ),
  Type.Object(
    { ready: Type.Object({ epoch }, closed) },
    { ...closed, description: 'All of an update is there and has its hash.' },
  ),
  Type.Object(
    { spoiled: Type.Object({ epoch }, closed) },
    { ...closed, description: 'Bytes of an update went bad; they can be sent again.' },
  ),
  Type.Object(
    { rejected: Type.Object({ epoch, reason: word('Why.') }, closed) },
    { ...closed, description: 'A manifest was not taken.' },
  ),
  Type.Object(
    {
      quarantined: Type.Object(
        {
          epoch: Type.Union([epoch, Type.Literal('none')], { description: 'Of whose chunk; none: weights.' }),
          expected: hash('What the bytes should hash to.'),
          actual: hash('What they hash to.'),
          bytes: bytes('How many.'),
        },
        closed,
      ),
    },
    { ...closed, description: 'Bytes were not what their name said, and were put aside.' },
  ),
  Type.Object(
    { sealed: Type.Object({ model: hash('Its name.'), weights_bytes: bytes('Bytes of its weights.') }, closed) },
    { ...closed, description: 'A model is whole.' },
  ),
  Type.Object(
    {
      gone: Type.Object(
        { what, name, why: Type.Union([Type.Literal('removed'), Type.Literal('lost'), Type.Literal('rejected')]) },
        closed,
      ),
    },
    { ...closed, description: 'The store has it no more.' },
  ),
  Type.Object(
    { kept: Type.Object({ what, name, reason: word('The code of the refusal.') }, closed) },
    { ...closed, description: 'It could not be removed.' },
  ),
  Type.Object(
    { verified: Type.Object({ epoch, outcome: word('`ok`, or the code of the refusal.') }, closed) },
    { ...closed, description: 'An update was read again.' },
  ),
  Type.Object(
    { collected: Type.Object({ blobs: bytes('How many.'), bytes: bytes('Their bytes.') }, closed) },
    { ...closed, description: 'What nothing needed was removed.' },
  ),
]);

type StoreLine = Static<typeof storeLine>;

/** A SHA-256, hex. */
function hash(description: string): TString {
  return Type.String({ pattern: '^[0-9a-f]{64}$', description });
}

function bytes(description: string): TInteger {
  return Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description });
}

function word(description: string): TString {
  return Type.String({ pattern: '^[a-z-]{1,32}$', description });
}

const NONE = '0'.repeat(64);

const control: Control<UpdatesSlice, StoreLine> = {
  pattern: CAS_PATH,
  summary: "The store's word about updates and models: taken, rejected, whole, put aside, gone.",
  schema: storeLine,
  writers: ['system'],
  examples: [
    `{"accepted":{"epoch":"7","base":null,"payload_sha256":"${NONE}","payload_bytes":256,"chunks":2}}`,
    '{"ready":{"epoch":"7"}}',
    '{"spoiled":{"epoch":"7"}}',
    '{"rejected":{"epoch":"8","reason":"signature-failed"}}',
    `{"quarantined":{"epoch":"7","expected":"${NONE}","actual":"${NONE}","bytes":128}}`,
    `{"sealed":{"model":"${NONE}","weights_bytes":128}}`,
    '{"kept":{"what":"update","name":"7","reason":"busy"}}',
    '{"gone":{"what":"update","name":"7","why":"removed"}}',
    '{"verified":{"epoch":"7","outcome":"ok"}}',
    '{"collected":{"blobs":2,"bytes":256}}',
  ],
  decide: decideStore,
};

function decideStore(slice: Readonly<UpdatesSlice>, command: ParsedCommand<StoreLine>): Decision {
  const { value, at } = command;
  if ('accepted' in value) return decideAccepted(slice, value.accepted, at);
  if ('ready' in value) return decideReadiness(slice, value.ready.epoch, true);
  if ('spoiled' in value) return decideReadiness(slice, value.spoiled.epoch, false);
  if ('sealed' in value) return decideSealed(slice, value.sealed, at);
  if ('rejected' in value) {
    const { epoch, reason } = value.rejected;
    return told({ kind: 'counted', what: 'rejected' }, `cas-manifest rejected epoch=${epoch} reason=${reason}`);
  }
  if ('quarantined' in value) {
    const { epoch, expected, actual, bytes } = value.quarantined;
    const line = `cas-chunk quarantined epoch=${epoch} expected=${expected} actual=${actual} bytes=${bytes}`;
    return told({ kind: 'counted', what: 'quarantined' }, line);
  }
  if ('gone' in value) {
    const { what, name, why } = value.gone;
    return told({ kind: 'gone', what, name }, `cas-${what} ${why} ${what === 'update' ? 'epoch' : 'model'}=${name}`);
  }
  if ('kept' in value) {
    const { what, name, reason } = value.kept;
    return told({ kind: 'removal', what, name, entry: null }, `cas-${what} kept name=${name} reason=${reason}`);
  }
  if ('verified' in value) {
    const { epoch, outcome } = value.verified;
    return accept({ log: [`cas-update verified epoch=${epoch} outcome=${outcome}`] });
  }
  const { blobs, bytes } = value.collected;
  return accept({ log: [`cas-store collected blobs=${blobs} bytes=${bytes}`] });
}

function told(change: UpdatesChange, line: string): Decision {
  return accept({ changes: [updatesChange(change)], log: [line] });
}

type Accepted = Extract<StoreLine, { accepted: unknown }>['accepted'];

function decideAccepted({ updates }: Readonly<UpdatesSlice>, taken: Accepted, at: number): Decision {
  const { epoch, base, payload_sha256: payloadSha256, payload_bytes: payloadBytes, chunks } = taken;
  if (!updates.has(epoch) && updates.size >= UPDATES_EVER_MAX) return reject('buffer-full', 'Too many updates.');
  const kind = base === null ? 'base' : 'delta';
  const more = { acceptedAt: at, isReady: false, removedBy: null };
  return told(
    { kind: 'accepted', update: { epoch, kind, base, payloadSha256, payloadBytes, chunks, ...more } },
    `cas-manifest accepted epoch=${epoch} kind=${kind} payload_sha256=${payloadSha256} chunks=${chunks}`,
  );
}

function decideReadiness({ updates }: Readonly<UpdatesSlice>, epoch: string, isReady: boolean): Decision {
  const update = updates.get(epoch);
  if (update === undefined) return reject('not-found', `No manifest of update ${epoch} was taken.`);
  const line = `cas-update ${isReady ? 'ready' : 'spoiled'} epoch=${epoch} payload_sha256=${update.payloadSha256}`;
  return told({ kind: 'readiness', epoch, isReady }, line);
}

type Sealed = Extract<StoreLine, { sealed: unknown }>['sealed'];

function decideSealed({ models }: Readonly<UpdatesSlice>, sealed: Sealed, at: number): Decision {
  const { model, weights_bytes: weightsBytes } = sealed;
  if (!models.has(model) && models.size >= MODELS_EVER_MAX) return reject('buffer-full', 'Too many models.');
  return told(
    { kind: 'sealed', model: { model, weightsBytes, sealedAt: at, removedBy: null } },
    `cas-model sealed model=${model} bytes=${weightsBytes}`,
  );
}

/** `/sys/cas`. */
export const storeControl: Control<UpdatesSlice, never> = control;
