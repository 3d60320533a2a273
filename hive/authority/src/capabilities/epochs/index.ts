// The writer epoch (m28b, 3): the number of whoever may write to this hive. A boot raises it; `/queen/epoch/ctl` raises it when a
// standby takes over without one. It never falls, and lines of another epoch are refused where they name one.

import Type, { type Static } from 'typebox';
import { accept, reject } from '../../kernel/decision.ts';
import { logField } from '../../kernel/text.ts';
import type { Capability, Control, Decision, ParsedCommand, State, View } from '../../types.ts';
import { lifecycleChange } from '../lifecycle/change.ts';
import { bootEpoch } from '../lifecycle/queries.ts';
import { manifestIn } from '../settings/queries.ts';
import type { EpochsSlice, Promotion } from './queries.ts';

/** Most that a line may raise the epoch to: boots after it still have 2^52 numbers above. */
export const PROMOTED_EPOCH_MAX: number = 2 ** 48;

const promoteLine = Type.Object(
  {
    promote: Type.Object(
      {
        epoch: Type.Integer({
          minimum: 2,
          maximum: PROMOTED_EPOCH_MAX,
          description: 'The new epoch, above the present one; the number the fencing authority gave.',
        }),
        reason: Type.String({ minLength: 1, maxLength: 128, description: 'Why, for whoever reads the log.' }),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);

const control: Control<EpochsSlice, Static<typeof promoteLine>> = {
  pattern: '/queen/epoch/ctl',
  summary: 'Raises the writer epoch: what names an earlier one is refused from here on.',
  schema: promoteLine,
  writers: ['queen', 'system'],
  examples: ['{"promote":{"epoch":12,"reason":"hive-a is fenced off"}}'],
  decide: decidePromote,
};

function decidePromote(
  _slice: Readonly<EpochsSlice>,
  { value, at, seq, who }: ParsedCommand<Static<typeof promoteLine>>,
  state: Readonly<State>,
): Decision {
  const { epoch, reason } = value.promote;
  const now = bootEpoch(state);
  if (epoch <= now) return reject('stale', `Epoch ${epoch} is not above ${now}.`);
  const promotion: Promotion = { epoch, at, entry: seq, by: who.subject, reason };
  return accept({
    changes: [lifecycleChange({ kind: 'promote', epoch }), { capability: 'epochs', change: promotion }],
    log: [`epoch promoted old=${now} new=${epoch} by=${logField(who.subject)} reason=${logField(reason)}`],
    reply: { epoch },
  });
}

const views: readonly View<EpochsSlice>[] = [
  {
    pattern: '/proc/epoch',
    summary:
      '`epoch=<u64> promotions=<u64> promoted=<u64|none> promoted_ms=<u64|none> by=<subject|none> reason=<text|none>`: the writer epoch, and the last promotion.',
    boundBytes: 2048,
    render: ({ promotions, last }, _params, state) =>
      `epoch=${bootEpoch(state)} promotions=${promotions} ${promotionText(last)}\n`,
  },
  {
    pattern: '/proc/authority',
    summary: 'One JSON line (`authority/v1`): the writer epoch, and whether lines must name it.',
    boundBytes: 256,
    render: (_slice, _params, state) =>
      `${JSON.stringify({
        schema: 'authority/v1',
        writer_epoch: bootEpoch(state),
        epoch_required: manifestIn(state).intents.epoch_required,
      })}\n`,
  },
];

function promotionText(last: Promotion | null): string {
  if (last === null) return 'promoted=none promoted_ms=none by=none reason=none';
  return `promoted=${last.epoch} promoted_ms=${last.at} by=${logField(last.by)} reason=${logField(last.reason)}`;
}

function invariants({ promotions, last }: Readonly<EpochsSlice>, state: Readonly<State>): string[] {
  const broken =
    (promotions === 0) === (last === null) ? [] : [`epochs: ${promotions} promotions, and the last is not so`];
  if (last !== null && last.epoch > bootEpoch(state))
    broken.push(`epochs: promoted to ${last.epoch}, and it is ${bootEpoch(state)}`);
  return broken;
}

/** The writer epoch: `/queen/epoch/ctl`, `/proc/epoch`, `/proc/authority`. */
export const epochsCapability: Capability<EpochsSlice> = {
  name: 'epochs',
  controls: [control],
  views,
  names: [],
  initial: () => ({ promotions: 0, last: null }),
  evolve(slice, promotion: Promotion) {
    slice.promotions += 1;
    slice.last = promotion;
  },
  invariants,
};
