// One record of what a hive holds, by its id: a lease, a job, a host ticket.

import { type HiveClient, jsonLines } from '@cohesix/client';
import { ok, type Refusal, type Result, refuse } from '@cohesix/wire';
import { answer, type Context } from '../context.ts';
import { isRecord } from '../control-line.ts';
import { adviceFor, fail } from '../failure.ts';
import { COMMAND, visible } from '../io.ts';
import { cellOf, cellText } from '../rows.ts';
import { DONE, withHive } from '../session.ts';

/** What a record can be of; also the word of its commands. */
export type RecordName = 'lease' | 'job';

const FOLDERS: Readonly<Record<RecordName, string>> = {
  lease: '/proc/lease/by-id',
  job: '/proc/schedule/by-id',
};

/** Shows a record. JSON: the record. */
export function show(context: Context, name: RecordName, id: string): Promise<number> {
  return withHive(context, async (client) => {
    const found = await recordOf(client, name, id);
    if (!found.ok) return failRecord(context, found.refusal, { name, id });
    sayRecord(context, found.value);
    return DONE;
  });
}

/** Tells why a record cannot be shown. */
export function failRecord(
  context: Context,
  { code, detail }: Refusal,
  { name, id }: { readonly name: RecordName | 'host-ticket'; readonly id: string },
): number {
  const advice =
    code === 'not-found'
      ? [`What there is: ${COMMAND} ${name} list`, `What ended: ${COMMAND} ${name} history`]
      : undefined;
  return fail(context, {
    what: visible(`cannot find ${name} ${id}`),
    code,
    sentence: detail,
    advice: advice ?? adviceFor(code),
  });
}

/** A record as the hive keeps it. */
export type HiveRecord = Readonly<Record<string, unknown>>;

/** Writes a record: a field a line, or JSON. */
export function sayRecord(context: Context, record: HiveRecord): void {
  const fields = Object.entries(record).flatMap(([key, value]) => fieldsOf(key, value));
  const width = Math.max(...fields.map(([key]) => key.length));
  const lines = fields.map(([key, value]) => visible(`${key.padEnd(width)}  ${cellText(key, cellOf(value))}`));
  answer(context, record, lines);
}

/** A field, or the fields in it. */
function fieldsOf(key: string, value: unknown): readonly (readonly [key: string, value: unknown])[] {
  return isRecord(value) ? Object.entries(value).map(([inner, one]) => [`${key}.${inner}`, one]) : [[key, value]];
}

/** The record of an id; `not-found` when the hive has none. */
export async function recordOf(client: HiveClient, name: RecordName, id: string): Promise<Result<HiveRecord>> {
  const unknown = refuse('not-found', `This hive knows no ${name} ${visible(id)}.`);
  // An id is one name of a path; anything else would be another file.
  if (id === '' || id === '.' || id === '..' || id.includes('/')) return unknown;
  const text = await client.read(`${FOLDERS[name]}/${id}`);
  if (!text.ok) return text.refusal.code === 'invalid-path' ? unknown : text;
  const [record] = jsonLines(new TextDecoder().decode(text.value));
  return isRecord(record) ? ok(record) : unknown;
}
