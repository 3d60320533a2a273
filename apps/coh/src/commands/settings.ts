// `coh settings`: texts by name that belong to the machine, in the journal and in a copy that survives it.

import { type HiveClient, jsonLines } from '@cohesix/client';
import { ok, type Result, refuse } from '@cohesix/wire';
import { answer, type Context } from '../context.ts';
import { failLine, isRecord, submit } from '../control-line.ts';
import { fail, failureOf } from '../failure.ts';
import { COMMAND, visible } from '../io.ts';
import { rowOf } from '../rows.ts';
import { DONE, failAt, withHive } from '../session.ts';
import { sayRecord } from './records.ts';

const CTL = '/settings/ctl';

type Values = Readonly<Record<string, string>>;

async function valuesIn(client: HiveClient): Promise<Result<Values>> {
  const text = await client.read('/settings/all');
  if (!text.ok) return text;
  const [all] = jsonLines(new TextDecoder().decode(text.value).replace(/\n\s*/g, ''));
  return isRecord(all) && isRecord(all.values)
    ? ok(all.values as Values)
    : refuse('internal', 'The hive told no settings.');
}

/** `coh settings list`. JSON: `{"settings": {name: text}}`. */
export function listSettings(context: Context): Promise<number> {
  return withHive(context, async (client) => {
    const values = await valuesIn(client);
    if (!values.ok) return failAt(context, client, { what: 'cannot list the settings', refusal: values.refusal });
    const entries = Object.entries(values.value);
    const width = Math.max(0, ...entries.map(([key]) => key.length));
    const lines = entries.map(([key, text]) => visible(`${key.padEnd(width)}  ${text}`));
    answer(context, { settings: values.value }, lines.length === 0 ? ['no settings'] : lines);
    return DONE;
  });
}

/** `coh settings get`: one text. JSON: `{key, value}`. */
export function getSetting(context: Context, key: string): Promise<number> {
  return withHive(context, async (client) => {
    const values = await valuesIn(client);
    const what = visible(`cannot get ${key}`);
    if (!values.ok) return failAt(context, client, { what, refusal: values.refusal });
    const value = Object.hasOwn(values.value, key) ? values.value[key] : undefined;
    if (value === undefined) {
      const advice = [`What there is: ${COMMAND} settings list`];
      return fail(context, { what, code: 'not-found', sentence: 'There is no such setting.', advice });
    }
    answer(context, { key, value }, [value]);
    return DONE;
  });
}

/** `coh settings set` and `unset`. JSON: `{key, value}`, `{unset}`. `wait`: seconds for an approval. */
export function changeSettings(
  context: Context,
  change: { readonly set: Values } | { readonly unset: readonly string[] },
  wait: number | undefined,
): Promise<number> {
  return withHive(context, async (client) => {
    const control = { path: CTL, line: JSON.stringify(change) };
    const written = await submit(context, client, control, wait);
    const keys = 'set' in change ? Object.keys(change.set) : change.unset;
    if (!written.ok) {
      const what = visible(`cannot ${'set' in change ? 'set' : 'take away'} ${keys.join(', ')}`);
      return failLine(context, client, { what, refusal: written.refusal, control });
    }
    answer(context, change, [visible(`${'set' in change ? 'set' : 'took away'} ${keys.join(', ')}`)]);
    return DONE;
  });
}

/** `coh settings status`: revision, and how the copy is doing. JSON: the fields. */
export function settingsStatus(context: Context): Promise<number> {
  return withHive(context, async (client) => {
    const text = await client.read('/settings/status');
    if (!text.ok) return failAt(context, client, { what: 'cannot read their state', refusal: text.refusal });
    sayRecord(context, rowOf(new TextDecoder().decode(text.value).trim()));
    return DONE;
  });
}

/** `coh settings adopt`: takes over the copy of another hive; the hive must not run. JSON: `{path, from}`. */
export async function adoptSettings(context: Context): Promise<number> {
  const { places } = context;
  const what = 'cannot take the settings over';
  if (!places.ok) return fail(context, failureOf(what, places.refusal));
  const { adoptHiveSettings } = await import('@cohesix/node');
  const done = await adoptHiveSettings(places.value.root);
  if (!done.ok) return fail(context, failureOf(what, done.refusal));
  answer(context, done.value, [visible(`took over ${done.value.path} from the hive ${done.value.from ?? ''}`)]);
  return DONE;
}
