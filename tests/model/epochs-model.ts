// Every way in which two writers send intents for the epochs they know, and repeat them, while the epoch is raised by lines and by
// boots, and the table of known intents is too small for them. No line of another epoch does anything, no intent is carried
// out twice, and the epoch never falls.

import { createAuthority, type Principal } from '@cohesix/authority';
import { explore, type Judged, type Moment, type Move, type Named } from './explore.ts';
import { ALICE, BOB, bootOf, CAROL, manifestWith } from './people.ts';
import { ranked } from './ranks.ts';

interface Ghost {
  epoch: number;
  /** Identities that were carried out: which writer's bytes. */
  done: Record<string, string>;
}

const manifest = manifestWith(({ policy, intents }) => {
  policy.enabled = false;
  intents.dedupe_max = 2;
});

function intentOf(who: Principal, id: string, epoch: number, issued: number): Move<Ghost> {
  const line = JSON.stringify({
    schema: 'queen-intent/v1',
    id,
    idempotency_key: 'k',
    issued_unix_ms: issued,
    writer_epoch: epoch,
    cmd: '{"budget":{"ops":1}}',
  });
  return { who, path: '/queen/intents/ctl', line: () => line };
}

function ticket(epoch: number): Move<Ghost> {
  const line = JSON.stringify({
    schema: 'host-ticket/v1',
    id: `t${epoch}`,
    idempotency_key: 'k',
    action: 'docker.stop',
    writer_epoch: epoch,
  });
  return { who: CAROL, path: '/host/tickets/spec', line: () => line };
}

function promotion(epoch: number): Move<Ghost> {
  const line = JSON.stringify({ promote: { epoch, reason: 'standby' } });
  return { who: CAROL, path: '/queen/epoch/ctl', line: () => line };
}

function boot(epoch: number): Move<Ghost> {
  const { who, path } = bootOf(manifest);
  const line = JSON.stringify({ boot: { epoch, fingerprint: 'f', version: '1' } });
  return { who, path, line: () => line };
}

function judge(ghost: Ghost, { command, outcome, state }: Judged): string[] {
  if (!outcome.ok || command.path === '/sys/clock') return [];
  const value = JSON.parse(command.line) as {
    readonly promote?: { readonly epoch: number };
    readonly boot?: { readonly epoch: number };
    readonly writer_epoch?: number;
    readonly id?: string;
  };
  const raised = value.promote?.epoch ?? value.boot?.epoch;
  if (raised !== undefined) {
    const broken = raised > ghost.epoch ? [] : [`the epoch went from ${ghost.epoch} to ${raised}`];
    ghost.epoch = raised;
    return broken;
  }
  const isRepeat = outcome.reply.dedupe === 'duplicate' || outcome.reply.duplicate === true;
  const bytes = `${command.who.subject} ${command.line}`;
  const first = ghost.done[value.id ?? ''];
  if (isRepeat) {
    const broken = first === bytes ? [] : ['a repeat of what was never done'];
    return outcome.effects.length === 0 ? broken : [...broken, 'a repeat did something'];
  }
  ghost.done[value.id ?? ''] = bytes;
  const broken =
    value.writer_epoch === ghost.epoch ? [] : [`a line of epoch ${value.writer_epoch} in epoch ${ghost.epoch}`];
  const shown = authority.renderView(state, '/proc/epoch');
  if (!shown?.startsWith(`epoch=${ghost.epoch} `)) broken.push(`shown is ${shown}`);
  return first === undefined ? broken : [...broken, 'done twice'];
}

const authority = createAuthority(manifest);

/** Slices of the state that the lines here depend on, without counters and times that nothing asks for. */
function textOf({ state, ghost }: Moment<Ghost>): string {
  const { known, floorMs } = state.get('intents') as { readonly known: unknown; readonly floorMs: number };
  const { active } = state.get('host-tickets') as { readonly active: unknown };
  const { epoch } = state.get('lifecycle') as { readonly epoch: number };
  return JSON.stringify(ranked([known, floorMs, active, epoch, ghost], new Set(['entry', 'intent_entry'])));
}

/** No line of another epoch does anything, and no intent is carried out twice. */
export const EPOCH_MODELS: readonly Named[] = [
  {
    name: 'epochs',
    statesMin: 50_000,
    explore: () =>
      explore<Ghost>({
        authority,
        before: [bootOf(manifest)],
        actors: [
          [
            intentOf(ALICE, 'a1', 1, 10),
            intentOf(ALICE, 'a1', 2, 10),
            intentOf(ALICE, 'a2', 2, 11),
            intentOf(ALICE, 'a3', 3, 12),
          ],
          [intentOf(BOB, 'b1', 1, 10), intentOf(BOB, 'b1', 3, 10), intentOf(BOB, 'b2', 2, 12)],
          [promotion(2), promotion(3), boot(2), boot(3), ticket(1), ticket(2), ticket(3)],
        ],
        steps: 4,
        jumps: [1000],
        jumpsMax: 1,
        ghost: { epoch: 1, done: {} },
        textOf,
        judge,
      }),
  },
];
