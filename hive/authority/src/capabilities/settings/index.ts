// Run-time settings: the part of the manifest that may change while the hive runs. A reload is a journaled line that
// states all of them (but `leases` and `schedule` where they stay), so that a replay finds the same settings at the same entry. The red lines of the manifest hold
// for them as they do at a start.

import {
  type Manifest,
  redLineProblems,
  reloadDiff,
  type SettingsLine,
  SettingsSchema,
  settingsOf,
  withSettings,
} from '@cohesix/manifest';
import Type from 'typebox';
import { APPROVED_LINE_BYTES_MAX } from '../../kernel/bounds.ts';
import { accept, reject } from '../../kernel/decision.ts';
import { canonical, clone } from '../../kernel/plain.ts';
import { logField } from '../../kernel/text.ts';
import type { Capability, Control, Decision, ParsedCommand, View } from '../../types.ts';
import { policyReplaced } from '../policy/queries.ts';
import { manifestChange, type SettingsSlice } from './queries.ts';

interface SetLine {
  readonly set: SettingsLine;
}

const { leases, schedule, ...always } = SettingsSchema.properties;

const settingsLine = Type.Object(
  { ...always, leases: Type.Optional(leases), schedule: Type.Optional(schedule) },
  { additionalProperties: false, description: 'The settings; `leases` and `schedule` left out stay as they are.' },
);

function manifestCtl(manifest: Manifest): Control<SettingsSlice, SetLine> {
  return {
    pattern: '/queen/manifest/ctl',
    summary:
      'Replaces the run-time settings, all of them but `leases` and `schedule` where they are left out; what is not among them needs a restart.',
    schema: Type.Object({ set: settingsLine }, { additionalProperties: false }),
    writers: ['queen', 'system'],
    lineBytesMax: APPROVED_LINE_BYTES_MAX,
    examples: [JSON.stringify({ set: settingsOf(manifest) })],
    decide: decideSet,
  };
}

function decideSet(slice: Readonly<SettingsSlice>, command: ParsedCommand<SetLine>): Decision {
  const { value, seq, who } = command;
  const next = withSettings(slice.manifest, { ...settingsOf(slice.manifest), ...value.set });
  const [broken] = redLineProblems(next);
  if (broken !== undefined) return reject('invalid-payload', `$.set.${broken.path}: ${broken.message}; ${broken.hint}`);
  return accept({
    changes: [manifestChange(next, seq), ...policyReplaced(slice.manifest, next, command)],
    log: [
      `settings replaced entry=${seq} by=${logField(who.subject)} ticket=${who.ticket} fields=${fieldsText(slice.manifest, next)}`,
    ],
    reply: { entry: seq },
  });
}

/** The fields that differ, for the log. */
function fieldsText(before: Manifest, after: Manifest): string {
  const { reloadable, needsRestart } = reloadDiff(before, after);
  return [...reloadable, ...needsRestart].join(',') || 'none';
}

const procSettings: View<SettingsSlice> = {
  pattern: '/proc/settings',
  summary: 'Pretty JSON: the run-time settings that hold now, and the journal entry (boot or reload) that set them.',
  boundBytes: 524_288,
  render: ({ manifest, entry }) => `${JSON.stringify(canonical({ entry, settings: settingsOf(manifest) }), null, 2)}\n`,
};

/** Run-time settings: `/queen/manifest/ctl`, `/proc/settings`. The manifest given here holds until the first boot. */
export function settingsCapability(manifest: Manifest): Capability<SettingsSlice> {
  return {
    name: 'settings',
    controls: [manifestCtl(manifest)],
    views: [procSettings],
    names: [],
    initial: (first) => ({ manifest: clone(first), entry: 0 }),
    evolve(slice, change: SettingsSlice) {
      slice.manifest = change.manifest;
      slice.entry = change.entry;
    },
    invariants: ({ manifest: now }) => redLineProblems(now).map(({ path, message }) => `settings: ${path} ${message}`),
  };
}
