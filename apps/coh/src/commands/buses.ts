// `coh bus`: field buses that sidecars bring. What a bus says of itself is in its files; the commands read them and write their
// lines.

import type { HiveClient } from '@cohesix/client';
import { ok, type Result, refuse } from '@cohesix/wire';
import { mockFrame } from '../bus-frames.ts';
import { answer, type Context, note, say } from '../context.ts';
import { failLine } from '../control-line.ts';
import { fail, failureOf } from '../failure.ts';
import { INTERRUPTED, interruptible, pause } from '../interrupt.ts';
import { COMMAND, visible } from '../io.ts';
import type { Advice } from '../lines/form.ts';
import { type Row, rowOf } from '../rows.ts';
import { DONE, failAt, withHive } from '../session.ts';
import { tableLines } from '../table.ts';
import { sayRecord } from './records.ts';

const NO_BUSES = `This hive has no bus for your ticket; [sidecars] of: ${COMMAND} manifest show`;

const COLUMNS = ['adapter', 'kind', 'over', 'link', 'worker', 'waiting', 'replayed'].map((field) => ({ field }));

/** Most rows of the table: a manifest lists no more buses. */
const ROWS_MAX = 64;

/** `coh bus list`. JSON: `{buses}`. */
export function listBuses(context: Context): Promise<number> {
  return withHive(context, async (client) => {
    const rows = await busRows(client);
    if (!rows.ok) return failAt(context, client, { what: 'cannot list the buses', refusal: rows.refusal });
    const [nowMs, width] = [Date.now(), context.io.stdout.columns];
    const table = tableLines(rows.value, { columns: COLUMNS, limit: ROWS_MAX, nowMs, width });
    if (rows.value.length === 0 && !context.json) note(context, NO_BUSES);
    answer(context, { buses: rows.value }, rows.value.length === 0 ? [] : table.map(visible));
    return DONE;
  });
}

async function busRows(client: HiveClient): Promise<Result<readonly Row[]>> {
  const names = await client.list('/bus');
  if (!names.ok) return names.refusal.code === 'invalid-path' ? ok([]) : names;
  const rows: Row[] = [];
  for (const name of names.value) {
    const row = await busRow(client, name);
    if (!row.ok) return row;
    rows.push(row.value);
  }
  return ok(rows);
}

/** What a bus says of itself and of its spool. */
async function busRow(client: HiveClient, adapter: string): Promise<Result<Row>> {
  const status = await firstRow(client, pathOf(adapter, 'status'));
  const spool = status.ok ? await firstRow(client, pathOf(adapter, 'spool')) : status;
  if (!status.ok || !spool.ok) return spool;
  const { entries: replayed = 0, bytes: replayedBytes = 0, ...rest } = status.value;
  const { entries: waiting = 0, bytes: waitingBytes = 0, max_entries = 0, max_bytes = 0 } = spool.value;
  return ok({
    ...rest,
    replayed,
    replayed_bytes: replayedBytes,
    waiting,
    waiting_bytes: waitingBytes,
    max_entries,
    max_bytes,
  });
}

/** The fields of the first line of a view. */
export async function firstRow(client: HiveClient, path: string): Promise<Result<Row>> {
  const text = await client.read(path, { maxBytes: 4_194_304 });
  return text.ok ? ok(rowOf(new TextDecoder().decode(text.value).split('\n')[0] ?? '')) : text;
}

function pathOf(adapter: string, file: string): string {
  return `/bus/${adapter}/${file}`;
}

/** `coh bus status`: a field a line. JSON: the fields. */
export function busStatus(context: Context, adapter: string): Promise<number> {
  return withHive(context, async (client) => {
    const row = await busRow(client, adapter);
    if (!row.ok) return failAt(context, client, { what: `cannot read bus ${visible(adapter)}`, refusal: row.refusal });
    sayRecord(context, row.value);
    return DONE;
  });
}

/** What is written to a file of an adapter, and how it is told. */
export interface AdapterLine {
  readonly path: string;
  readonly line: string;
  /** What could not be done. */
  readonly what: string;
  /** What was done. */
  readonly done: string;
  /** What to do about refusals, where the usual advice does not fit. */
  readonly advice?: Advice;
}

/** Writes one line. JSON: `{path, line}`. */
export async function writeOver(context: Context, client: HiveClient, written: AdapterLine): Promise<number> {
  const { path, line, what, done, advice } = written;
  const sent = await client.append(path, line);
  if (!sent.ok) {
    const own = advice?.[sent.refusal.code];
    const refused = { what: visible(what), refusal: sent.refusal, control: { path, line } };
    return failLine(context, client, own === undefined ? refused : { ...refused, advice: own });
  }
  answer(context, { path, line }, [visible(done)]);
  return DONE;
}

/** `coh bus link`. JSON: `{path, line}`. */
export function busLink(context: Context, adapter: string, link: string): Promise<number> {
  const [path, done] = [pathOf(adapter, 'link'), `${adapter} is ${link}`];
  const written = { path, line: link, what: `cannot set the link of ${adapter}`, done };
  return withHive(context, (client) => writeOver(context, client, written));
}

/** How a payload is given. */
export interface PayloadOptions {
  readonly hex?: boolean;
}

/** The line of a payload: its words, or with `--hex` bytes as base64. `invalid-payload` when these are no hex digits. */
export function payloadLine(words: readonly string[], { hex }: PayloadOptions): Result<string> {
  const text = words.join(' ');
  if (hex !== true) return ok(text);
  const digits = text.replaceAll(/[\s:]/g, '');
  if (digits === '' || digits.length % 2 === 1 || /[^0-9a-f]/i.test(digits))
    return refuse('invalid-payload', 'Bytes are pairs of hex digits: 01 03 00 6b.');
  return ok(`base64:${Buffer.from(digits, 'hex').toString('base64')}`);
}

/** `coh bus send`: a frame as the sidecar would bring it. JSON: `{path, line}`. */
export function busSend(
  context: Context,
  adapter: string,
  words: readonly string[],
  options: PayloadOptions,
): Promise<number> {
  const path = pathOf(adapter, 'telemetry');
  return payloadTo(context, { words, options, path, adapter, done: 'frame of', advice: spoolAdvice(adapter) });
}

/** `coh bus tell`: an order to the sidecar. JSON: `{path, line}`. */
export function busTell(
  context: Context,
  adapter: string,
  words: readonly string[],
  options: PayloadOptions,
): Promise<number> {
  return payloadTo(context, { words, options, path: pathOf(adapter, 'ctl'), adapter, done: 'told' });
}

/** What to do when a spool is full. */
function spoolAdvice(adapter: string): Advice {
  return {
    'buffer-full': [
      `What waits: ${COMMAND} bus status ${adapter}`,
      `Move it into the stream: ${COMMAND} bus replay ${adapter}`,
    ],
  };
}

interface PayloadTo {
  readonly words: readonly string[];
  readonly options: PayloadOptions;
  readonly path: string;
  readonly adapter: string;
  readonly done: string;
  readonly advice?: Advice;
}

/** Sends a payload to a file of an adapter. */
export async function payloadTo(context: Context, asked: PayloadTo): Promise<number> {
  const { words, options, path, adapter, done, advice = {} } = asked;
  const line = payloadLine(words, options);
  const what = `cannot send to ${adapter}`;
  if (!line.ok) return fail(context, failureOf(visible(what), line.refusal));
  const written = { path, line: line.value, what, done: `${done} ${adapter}: ${line.value}`, advice };
  return withHive(context, (client) => writeOver(context, client, written));
}

/** How long a replay may take, ms, and how often one looks. */
const REPLAY_MS = 10_000;
const LOOK_MS = 25;

/** `coh bus replay`: asks for it and waits until the hive says what it brought. JSON: `{adapter, entries, bytes, through}`. */
export function busReplay(context: Context, adapter: string): Promise<number> {
  const what = visible(`cannot replay ${adapter}`);
  return withHive(context, async (client) => {
    const before = await firstRow(client, pathOf(adapter, 'status'));
    if (!before.ok) return failAt(context, client, { what, refusal: before.refusal });
    const control = { path: pathOf(adapter, 'replay'), line: 'now' };
    const asked = await client.append(control.path, control.line);
    if (!asked.ok) return failLine(context, client, { what, refusal: asked.refusal, control });
    const after = await replayedAfter(context, client, { adapter, before: before.value });
    if (!after.ok) return fail(context, failureOf(what, after.refusal));
    const [entries, bytes] = (['entries', 'bytes'] as const).map(
      (name) => Number(after.value[name]) - Number(before.value[name]),
    );
    const { through = null } = after.value;
    answer(context, { adapter, entries, bytes, through }, [`replayed ${entries} frames, ${bytes} bytes`]);
    return DONE;
  });
}

interface Replayed {
  readonly adapter: string;
  readonly before: Row;
}

/** The status of a bus once it counts one more replay. */
function replayedAfter(context: Context, client: HiveClient, { adapter, before }: Replayed): Promise<Result<Row>> {
  const untilMs = Date.now() + REPLAY_MS;
  return interruptible(context, async (signal) => {
    for (;;) {
      const now = await firstRow(client, pathOf(adapter, 'status'));
      if (!now.ok || Number(now.value.replays) > Number(before.replays)) return now;
      if (signal.aborted) return refuse('cancelled', 'Nobody waits any more; the replay goes on.');
      if (Date.now() >= untilMs) return refuse('timeout', 'The hive has not said yet what it replayed.');
      await pause(LOOK_MS, signal);
    }
  });
}

/** What `coh bus feed` is asked for. */
export interface FeedOptions {
  readonly count: number;
  /** Ms between two frames. */
  readonly interval: number;
}

/** `coh bus feed --mock`: frames as a device of that kind would send them, until the count is reached. JSON: `{adapter, sent}`. */
export function busFeed(context: Context, adapter: string, { count, interval }: FeedOptions): Promise<number> {
  const [path, what] = [pathOf(adapter, 'telemetry'), visible(`cannot feed ${adapter}`)];
  return withHive(context, async (client) => {
    const status = await firstRow(client, pathOf(adapter, 'status'));
    if (!status.ok) return failAt(context, client, { what, refusal: status.refusal });
    const kind = String(status.value.kind);
    return interruptible(context, async (signal) => {
      for (let index = 0; index < count && !signal.aborted; index++) {
        const line = `base64:${Buffer.from(mockFrame(kind, index)).toString('base64')}`;
        const sent = await client.append(path, line);
        if (!sent.ok) {
          note(context, `${index} of ${count} frames were taken`);
          const advice = spoolAdvice(adapter)[sent.refusal.code];
          const refused = { what, refusal: sent.refusal, control: { path, line } };
          return failLine(context, client, advice === undefined ? refused : { ...refused, advice });
        }
        if (!context.json) say(context, [`${index + 1} ${line}`]);
        if (index + 1 < count) await pause(interval, signal);
      }
      if (signal.aborted) return INTERRUPTED;
      answer(context, { adapter, sent: count }, []);
      return DONE;
    });
  });
}
