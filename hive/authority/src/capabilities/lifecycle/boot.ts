// `/sys/boot`: the first line of every start of the hive. It raises the writer epoch, so that whatever was started under
// an earlier one can be told apart; brings the manifest, so that decisions depend on the journal alone; makes the
// automatic transitions; and starts live workers again, at the first boot those that the manifest lists. Before the first boot no other line is taken.

import { MANIFEST_JSON_BYTES_MAX, type Manifest, ManifestSchema, redLineProblems } from '@cohesix/manifest';
import Type, { type Static } from 'typebox';
import { accept, reject } from '../../kernel/decision.ts';
import { logField } from '../../kernel/text.ts';
import type { Acceptance, Control, Decision, ParsedCommand, State } from '../../types.ts';
import { policyReplaced } from '../policy/queries.ts';
import { rootAtBoot } from '../root/queries.ts';
import { manifestChange, manifestIn } from '../settings/queries.ts';
import { restartsAtBoot, startsAtFirstBoot } from '../workers/queries.ts';
import { lifecycleChange } from './change.ts';
import type { LifecycleSlice } from './queries.ts';
import { KEPT_OVER_RESTART, type LifecycleState } from './table.ts';

/** Path of the control file. */
export const BOOT_PATH = '/sys/boot';

/** The longest manifest, and what stands around it in the line. */
const BOOT_LINE_BYTES_MAX = MANIFEST_JSON_BYTES_MAX + 512;

const bootLineSchema = Type.Object(
  {
    boot: Type.Object(
      {
        epoch: Type.Integer({
          minimum: 1,
          maximum: Number.MAX_SAFE_INTEGER,
          description: 'Writer epoch; above the last.',
        }),
        fingerprint: Type.String({ minLength: 1, maxLength: 128, description: 'Of the manifest.' }),
        version: Type.String({ minLength: 1, maxLength: 64, description: 'Of the program.' }),
        manifest: Type.Optional(ManifestSchema),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);

type BootLine = Static<typeof bootLineSchema>;

/** The line that boots a hive with a manifest. */
export function bootLine(
  manifest: Manifest,
  boot: { readonly epoch: number; readonly fingerprint: string; readonly version: string },
): string {
  return JSON.stringify({ boot: { ...boot, manifest } });
}

const control: Control<LifecycleSlice, BootLine> = {
  pattern: BOOT_PATH,
  summary: 'A start of the hive: a new writer epoch, its manifest, automatic transitions, workers started.',
  schema: bootLineSchema,
  writers: ['system'],
  lineBytesMax: BOOT_LINE_BYTES_MAX,
  examples: ['{"boot":{"epoch":1,"fingerprint":"9f86d081","version":"0.1.0"}}'],
  decide: decideBoot,
};

/** The control file. */
export const bootControl: Control<LifecycleSlice, never> = control;

function decideBoot(
  slice: Readonly<LifecycleSlice>,
  command: ParsedCommand<BootLine>,
  state: Readonly<State>,
): Decision {
  const { epoch, fingerprint, version, manifest: given } = command.value.boot;
  if (epoch <= slice.epoch) return reject('stale', `Boot epoch ${epoch} is not above ${slice.epoch}.`);
  const manifest = (given as Manifest | undefined) ?? manifestIn(state);
  const [broken] = redLineProblems(manifest);
  if (broken !== undefined) return reject('invalid-payload', `$.boot.manifest.${broken.path}: ${broken.message}`);
  const steps = lifecycleSteps(slice, manifest);
  const boot = { epoch, entry: command.seq, at: command.at };
  const kinds = manifest.workers.start.map(({ kind }) => kind);
  const starts = slice.epoch === 0 ? startsAtFirstBoot(state, boot, kinds) : restartsAtBoot(state, boot);
  return accept({
    changes: [
      manifestChange(manifest, command.seq),
      // Before the first boot no rules held; those of the program that replays must not matter.
      ...(slice.epoch === 0 ? [] : policyReplaced(manifestIn(state), manifest, command)),
      lifecycleChange({ kind: 'boot', epoch, fingerprint, version }),
      rootAtBoot(),
      ...steps.map(({ to, reason }) => lifecycleChange({ kind: 'move', to, reason, at: command.at })),
      ...starts.changes,
    ],
    effects: starts.effects,
    log: [
      `boot epoch=${epoch} version=${logField(version)} manifest=${logField(fingerprint)}`,
      ...transitionLines(slice.state, steps),
      ...starts.log,
    ],
    reply: { epoch },
  });
}

interface Step {
  readonly to: LifecycleState;
  readonly reason: string;
}

/** First boot: the state of the manifest. Later: what an operator chose stays; else through BOOTING. */
function lifecycleSteps(slice: Readonly<LifecycleSlice>, { lifecycle }: Manifest): Step[] {
  const { initial_state: initial, auto_transitions: transitions } = lifecycle;
  if (slice.epoch === 0 && initial !== 'BOOTING') return [{ to: initial, reason: 'manifest' }];
  if (slice.epoch > 0 && KEPT_OVER_RESTART.has(slice.state)) return [];
  const booting: Step = { to: 'BOOTING', reason: 'boot' };
  const next = transitions.find(({ from }) => from === 'BOOTING')?.to;
  return next === undefined ? [booting] : [booting, { to: next, reason: 'boot-complete' }];
}

function transitionLines(first: LifecycleState, steps: readonly Step[]): NonNullable<Acceptance['log']> {
  const lines: string[] = [];
  let old = first;
  for (const { to, reason } of steps) {
    if (to !== old) lines.push(transitionLine(old, to, reason));
    old = to;
  }
  return lines;
}

/** The line of contracts-1 4.11 for a transition. */
export function transitionLine(old: LifecycleState, to: LifecycleState, reason: string): string {
  return `lifecycle transition old=${old} new=${to} reason=${reason}`;
}
