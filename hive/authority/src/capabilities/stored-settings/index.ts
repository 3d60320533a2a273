// Stored settings: a few texts by name that belong to the machine and not to the manifest (a site, a serial number, an uplink), set
// at `/settings/ctl`. They are control state like everything else; beside that the hive keeps a copy of them that survives the loss
// of the journal (docs/adr/0011). The higher revision is the newer: what the hive finds in its copy comes back through
// `/sys/settings/ctl` only when that is higher than the journal's.

import { accept, reject } from '../../kernel/decision.ts';
import { compareText } from '../../kernel/plain.ts';
import { logField, utf8Size } from '../../kernel/text.ts';
import type { Capability, Control, Decision, ParsedCommand, State, View } from '../../types.ts';
import { manifestIn } from '../settings/queries.ts';
import { KEY_FORM, KEY_PATTERN, type RestoredLine, restoredLine, type SettingsLine, settingsLine } from './lines.ts';
import { STORED_SETTINGS_PATH, type StoredSettingsSlice } from './queries.ts';

/** All of them afterwards: there are few. */
interface Replaced {
  readonly values: readonly (readonly [key: string, value: string])[];
  readonly revision: number;
  readonly entry: number;
}

const ctl: Control<StoredSettingsSlice, SettingsLine> = {
  pattern: '/settings/ctl',
  summary: 'Sets stored settings, or takes them away. No secrets: they are in the journal and in its readers’ hands.',
  schema: settingsLine,
  writers: ['queen', 'system'],
  examples: ['{"set":{"site":"lab-3","uplink":"lte"}}', '{"unset":["uplink"]}'],
  decide: decideChange,
};

function decideChange(
  slice: Readonly<StoredSettingsSlice>,
  command: ParsedCommand<SettingsLine>,
  state: Readonly<State>,
): Decision {
  const { value } = command;
  const values = new Map(slice.values);
  if ('unset' in value) {
    for (const key of value.unset)
      if (!values.delete(key)) return reject('not-found', `There is no setting ${logField(key)}.`);
    return replaced(slice, values, command);
  }
  const problem = setProblem(value.set, state);
  if (problem !== undefined) return reject('invalid-payload', `$.set: ${problem}`);
  for (const [key, text] of Object.entries(value.set)) values.set(key, String(text));
  const { keys_max, bytes_max } = manifestIn(state).settings_store;
  if (values.size > keys_max)
    return reject('buffer-full', `There are ${keys_max} settings at most (settings_store.keys_max).`);
  if (jsonBytes(values) > bytes_max)
    return reject('buffer-full', `All settings have at most ${bytes_max} bytes as JSON (settings_store.bytes_max).`);
  return replaced(slice, values, command);
}

/** What is wrong with names and texts; undefined: nothing. */
function setProblem(set: Readonly<Record<string, unknown>>, state: Readonly<State>): string | undefined {
  const { value_bytes_max } = manifestIn(state).settings_store;
  for (const [key, text] of Object.entries(set)) {
    if (!KEY_PATTERN.test(key)) return `expected ${KEY_FORM} as a name, got ${logField(key)}`;
    if (typeof text !== 'string') return `expected a text for ${key}`;
    if (utf8Size(text) > value_bytes_max)
      return `${key} has ${utf8Size(text)} bytes; at most ${value_bytes_max} (settings_store.value_bytes_max)`;
  }
  return undefined;
}

function jsonBytes(values: ReadonlyMap<string, string>): number {
  return utf8Size(JSON.stringify(Object.fromEntries(values)));
}

function replaced(
  { revision: before, values: old }: Readonly<StoredSettingsSlice>,
  values: ReadonlyMap<string, string>,
  { seq, who }: Pick<ParsedCommand, 'seq' | 'who'>,
  revision: number = before + 1,
): Decision {
  const change: Replaced = { values: inOrder(values), revision, entry: seq };
  const keys = [...new Set([...old.keys(), ...values.keys()])].filter((key) => old.get(key) !== values.get(key));
  return accept({
    changes: [{ capability: 'stored-settings', change }],
    effects: [{ kind: 'settings.store', entry: seq }],
    log: [
      `settings stored revision=${revision} keys=${keys.sort(compareText).join(',') || 'none'} by=${logField(who.subject)}`,
    ],
    reply: { revision },
  });
}

function inOrder(values: ReadonlyMap<string, string>): Replaced['values'] {
  return [...values].sort(([left], [right]) => compareText(left, right));
}

const restoreCtl: Control<StoredSettingsSlice, RestoredLine> = {
  pattern: STORED_SETTINGS_PATH,
  summary: 'What the hive found beside a journal that knows less: settings of a higher revision.',
  schema: restoredLine,
  writers: ['system'],
  lineBytesMax: 16_384,
  examples: ['{"restored":{"revision":3,"values":{"site":"lab-3"}}}'],
  decide(slice, command) {
    const { revision, values } = command.value.restored;
    if (revision <= slice.revision)
      return reject('stale', `The journal has revision ${slice.revision}; ${revision} is not newer.`);
    const entries = Object.entries(values);
    const problem = entries.find(([key, text]) => !KEY_PATTERN.test(key) || typeof text !== 'string');
    if (problem !== undefined)
      return reject('invalid-payload', `$.restored.values: ${logField(problem[0])} is no setting`);
    return replaced(slice, new Map(entries as [string, string][]), command, revision);
  },
};

const all: View<StoredSettingsSlice> = {
  pattern: '/settings/all',
  summary: 'JSON: the stored settings, their revision, and the journal entry of the last change (0: none).',
  boundBytes: 32_768,
  render: ({ values, revision, entry }) =>
    `${JSON.stringify({ revision, entry, values: Object.fromEntries(inOrder(values)) }, null, 2)}\n`,
};

function invariants({ values, revision, entry }: Readonly<StoredSettingsSlice>): string[] {
  const broken: string[] = [];
  if (revision === 0 && (values.size > 0 || entry > 0)) broken.push('stored-settings: settings that nobody set');
  for (const key of values.keys()) if (!KEY_PATTERN.test(key)) broken.push(`stored-settings: ${key} is no name`);
  return broken;
}

/** Settings of the machine: `/settings/{ctl,all}`. */
export const storedSettingsCapability: Capability<StoredSettingsSlice> = {
  name: 'stored-settings',
  controls: [ctl, restoreCtl],
  views: [all],
  names: [],
  initial: () => ({ values: new Map(), revision: 0, entry: 0 }),
  evolve(slice, { values, revision, entry }: Replaced) {
    slice.values.clear();
    for (const [key, value] of values) slice.values.set(key, value);
    slice.revision = revision;
    slice.entry = entry;
  },
  invariants,
};
