// `coh spool`: records that wait on the disk of the hive until somebody has fetched them.

import type { HiveClient } from '@cohesix/client';
import { ok, type Result, refuse } from '@cohesix/wire';
import { answer, type Context, say, sayJson } from '../context.ts';
import { fail, failureOf } from '../failure.ts';
import { COMMAND, visible } from '../io.ts';
import { rowOf } from '../rows.ts';
import { DONE, failAt, withHive } from '../session.ts';
import { lastOf, recordsIn, type SpoolRecord } from '../spool-records.ts';
import { sayRecord } from './records.ts';

const STATUS = '/proc/spool/status';
const APPEND = '/proc/spool/append';
const READ = '/proc/spool/read';
const ACK = '/proc/spool/ack';

const OFF_ADVICE = ['Turn it on: in hive.toml [spool] enable = true, then restart the hive.'];

const FULL_ADVICE = [`Fetch what waits: ${COMMAND} spool read`, `Then say how far: ${COMMAND} spool ack RECORD`];

/** `coh spool status`. JSON: the fields. */
export function spoolStatus(context: Context): Promise<number> {
  return withHive(context, async (client) => {
    const text = await client.read(STATUS);
    if (!text.ok) return failAt(context, client, { what: 'cannot read the state of the spool', refusal: text.refusal });
    sayRecord(context, rowOf(new TextDecoder().decode(text.value).trim()));
    return DONE;
  });
}

/** Most bytes that are read from stdin. */
const STDIN_BYTES_MAX = 16_777_216;

/** What `coh spool append` is asked for. */
export interface SpoolAppendOptions {
  /** Each line of stdin is a record, with its LF. */
  readonly lines?: boolean;
}

/** `coh spool append`: one record; `-` as the only word: stdin, byte by byte, or a record a line. JSON: `{records, bytes, last_seq}`. */
export async function spoolAppend(
  context: Context,
  words: readonly string[],
  { lines }: SpoolAppendOptions,
): Promise<number> {
  const isPiped = words.length === 1 && words[0] === '-';
  if (lines === true && !isPiped)
    return fail(context, { what: 'cannot append', code: 'usage', sentence: '--lines takes - as the only text.' });
  const bytes = isPiped ? await stdinBytes(context) : ok(Buffer.from(words.join(' ')));
  if (!bytes.ok) return fail(context, failureOf('cannot read what to append', bytes.refusal));
  return withHive(context, (client) =>
    appendAll(context, client, lines === true ? linesOf(bytes.value) : [bytes.value]),
  );
}

async function appendAll(context: Context, client: HiveClient, records: readonly Uint8Array[]): Promise<number> {
  const before = await fieldsOf(client);
  const longest = Number(before.record_bytes_max);
  const over = records.find(({ length }) => length > longest);
  const sent =
    over === undefined
      ? await send(client, records)
      : refuse('too-big', `A record has ${over.length} bytes; this spool takes ${longest}.`);
  if (!sent.ok) return failSpool(context, client, { what: 'cannot append', refused: sent, state: before.state });
  const bytes = records.reduce((sum, { length }) => sum + length, 0);
  const what = records.length === 1 ? `${bytes} bytes` : `${records.length} records of ${bytes} bytes`;
  // A ticket for appending alone cannot read the status.
  const { next_seq: next } = await fieldsOf(client);
  const last = typeof next === 'number' ? { last_seq: next - 1 } : {};
  answer(context, { records: records.length, bytes, ...last }, [`appended ${what}; they are on the disk`]);
  return DONE;
}

/** A record is one message, and so one piece; the console has no pieces and takes lines. */
async function send(client: HiveClient, records: readonly Uint8Array[]): Promise<Result<unknown>> {
  const pushed = await client.push(APPEND, each(records));
  if (pushed.ok || pushed.refusal.code !== 'unsupported') return pushed;
  for (const record of records) {
    const appended = await client.append(APPEND, new TextDecoder().decode(record));
    if (!appended.ok) return appended;
  }
  return ok(undefined);
}

async function* each(pieces: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* pieces;
}

/** Lines with their LF; what comes after the last one is a line too. */
function linesOf(bytes: Buffer): readonly Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(LF, from);
    const next = end < 0 ? bytes.length : end + 1;
    lines.push(bytes.subarray(from, next));
    from = next;
  }
  return lines;
}

const LF = 0x0a;

async function stdinBytes({ io }: Context): Promise<Result<Buffer>> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of io.stdin) {
    const part = Buffer.from(chunk as Uint8Array);
    size += part.length;
    if (size > STDIN_BYTES_MAX) return refuse('too-big', `More than ${STDIN_BYTES_MAX} bytes on stdin.`);
    parts.push(part);
  }
  return ok(Buffer.concat(parts));
}

async function fieldsOf(client: HiveClient): Promise<ReturnType<typeof rowOf>> {
  const text = await client.read(STATUS);
  return text.ok ? rowOf(new TextDecoder().decode(text.value).trim()) : {};
}

interface Failed {
  readonly what: string;
  readonly refused: Extract<Result<unknown>, { readonly ok: false }>;
  /** What the spool said of its state. */
  readonly state: unknown;
}

async function failSpool(context: Context, client: HiveClient, { what, refused, state }: Failed): Promise<number> {
  const { refusal } = refused;
  const advice = refusal.code === 'buffer-full' ? FULL_ADVICE : undefined;
  if (state !== 'off') return failAt(context, client, { what, refusal, ...(advice === undefined ? {} : { advice }) });
  const sentence = 'This hive has no spool: [spool] is not enabled in its manifest.';
  return fail(context, { what, code: refusal.code, sentence, advice: OFF_ADVICE });
}

/** What `coh spool read` is asked for. */
export interface SpoolReadOptions {
  /** Most records. */
  readonly limit?: number;
  /** Acknowledge what was printed. */
  readonly ack?: boolean;
  /** Only the payloads, as they are. */
  readonly raw?: boolean;
}

/** `coh spool read`: what nobody has acknowledged. JSON: a record a line; its payload is `text`, or `base64` when it is none. */
export function spoolRead(context: Context, options: SpoolReadOptions): Promise<number> {
  return withHive(context, async (client) => {
    const chunks = await chunksOf(client);
    if (!chunks.ok) {
      const { state } = await fieldsOf(client);
      return failSpool(context, client, { what: 'cannot read the spool', refused: chunks, state });
    }
    let count = 0;
    let last = 0;
    for await (const record of recordsIn(chunks.value.bytes)) {
      if (count === options.limit) break;
      tell(context, record, options);
      last = lastOf(record);
      count += 1;
    }
    if (count === 0 && !context.json && options.raw !== true) say(context, ['nothing waits']);
    const ended = await chunks.value.ended();
    if (count !== options.limit && !ended.ok)
      return failAt(context, client, { what: 'cannot read on', refusal: ended.refusal });
    return options.ack === true && last > 0 ? ackUpTo(context, client, last, true) : DONE;
  });
}

interface Chunks {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly ended: () => Promise<Result<void>>;
}

/** Most bytes that are read at once where there are no pieces. */
const WHOLE_BYTES_MAX: number = 64 << 20;

async function chunksOf(client: HiveClient): Promise<Result<Chunks>> {
  const pulled = await client.pull(READ);
  if (pulled.ok) {
    const { value } = pulled;
    const stopped = async (): Promise<Result<void>> => {
      value.stop();
      return value.ended;
    };
    return ok({ bytes: value, ended: stopped });
  }
  if (pulled.refusal.code !== 'unsupported') return pulled;
  const whole = await client.read(READ, { maxBytes: WHOLE_BYTES_MAX });
  return whole.ok ? ok({ bytes: each([whole.value]), ended: async () => ok(undefined) }) : whole;
}

function tell(context: Context, record: SpoolRecord, { raw }: SpoolReadOptions): void {
  if (context.json) return sayJson(context, jsonOf(record));
  if ('lost' in record) return say(context, [`~ lost: records ${record.seq} to ${lastOf(record)} are damaged`]);
  if (raw === true) return void context.io.stdout.write(record.payload);
  const { seq, ts_ms: at, kind, bytes } = record;
  const text = textOf(record.payload)?.replace(/\n$/, '');
  const shown = text ?? `base64:${Buffer.from(record.payload).toString('base64')}`;
  say(context, [visible(`${seq}  ${new Date(at).toISOString()}  ${kind}  ${bytes} bytes  ${shown}`)]);
}

function jsonOf(record: SpoolRecord): unknown {
  if ('lost' in record) return record;
  const { payload, ...fields } = record;
  const text = textOf(payload);
  return text === undefined ? { ...fields, base64: Buffer.from(payload).toString('base64') } : { ...fields, text };
}

/** A payload as text; undefined when it is none. */
function textOf(payload: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload);
  } catch {
    return undefined;
  }
}

/** `coh spool ack`: everything up to and with a record was fetched. JSON: `{acked}`. */
export function spoolAck(context: Context, seq: number): Promise<number> {
  return withHive(context, (client) => ackUpTo(context, client, seq, false));
}

async function ackUpTo(context: Context, client: HiveClient, seq: number, isQuiet: boolean): Promise<number> {
  const acked = await client.append(ACK, String(seq));
  if (!acked.ok) {
    const { state } = await fieldsOf(client);
    return failSpool(context, client, { what: `cannot acknowledge record ${seq}`, refused: acked, state });
  }
  if (!isQuiet) answer(context, { acked: seq }, [`acknowledged up to record ${seq}`]);
  return DONE;
}
