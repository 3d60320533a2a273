// coh host status and coh host order: how hosts are, and one order until its end.

import { type HiveClient, replyTo } from '@cohesix/client';
import { ok, type Result, refuse } from '@cohesix/wire';
import { answer, type Context } from '../context.ts';
import { failLine, submit } from '../control-line.ts';
import { fail } from '../failure.ts';
import { interruptible, pause } from '../interrupt.ts';
import { COMMAND, visible } from '../io.ts';
import { type Row, rowsIn } from '../rows.ts';
import { DONE, failAt, withHive } from '../session.ts';
import { tableLines } from '../table.ts';
import { rowsOf } from './lists.ts';

const COLUMNS = ['host', 'file', 'now', 'state', 'age_ms'].map((field) => ({ field }));

/** Most rows of the table; JSON has all. */
const ROWS_MAX = 500;

/** Shows how everything of a host, or of all, is now. JSON: `{files: [row]}`. */
export function hostStatus(context: Context, host: string | undefined): Promise<number> {
  return withHive(context, async (client) => {
    const found = await statusRows(client, host);
    if (!found.ok) return failAt(context, client, { what: 'cannot show the status of hosts', refusal: found.refusal });
    const rows = found.value;
    const width = context.io.stdout.isTTY === true ? context.io.stdout.columns : undefined;
    const lines =
      rows.length === 0
        ? ['no status files']
        : tableLines(rows, { columns: COLUMNS, limit: ROWS_MAX, nowMs: Date.now(), width });
    answer(context, { files: rows }, lines);
    return DONE;
  });
}

async function statusRows(client: HiveClient, host: string | undefined): Promise<Result<readonly Row[]>> {
  const hosts = host === undefined ? await hostsOf(client) : ok([host]);
  if (!hosts.ok) return hosts;
  const rows: Row[] = [];
  for (const name of hosts.value) {
    const status = await textOf(client, `/host/${name}/status`);
    if (!status.ok) return status;
    const files = rowsIn(status.value).rows.filter(({ file }) => typeof file === 'string');
    for (const row of files)
      rows.push({ host: name, ...row, now: await lastLine(client, `/host/${name}/${row.file}`) });
  }
  return ok(rows);
}

async function hostsOf(client: HiveClient): Promise<Result<readonly string[]>> {
  const found = await rowsOf(client, 'hosts');
  return found.ok ? ok(found.value.rows.map(({ host }) => String(host))) : found;
}

async function textOf(client: HiveClient, path: string): Promise<Result<string>> {
  const read = await client.read(path);
  return read.ok ? ok(new TextDecoder().decode(read.value)) : read;
}

/** The last line of a stream; null when it is empty or gone since. */
async function lastLine(client: HiveClient, path: string): Promise<string | null> {
  const text = await textOf(client, path);
  return text.ok ? (text.value.trimEnd().split('\n').at(-1) ?? null) : null;
}

/** What is ordered. */
export interface HostOrderWish {
  /** `systemd.restart`. */
  readonly control: string;
  readonly target: string;
  readonly value: string;
  readonly host?: string;
  /** Seconds to wait for what came of it; 0: not at all. */
  readonly answer: number;
  /** Seconds to wait for an approval. */
  readonly wait?: number;
}

/** Orders something and waits for what came of it. JSON: `{order, host, state, message}`. */
export function orderHost(context: Context, wish: HostOrderWish): Promise<number> {
  return withHive(context, async (client) => {
    const control = { path: pathOf(wish), line: lineOf(wish) };
    const what = visible(`cannot order ${wish.control} ${wish.target}`);
    const sent = await submit(context, client, control, wish.wait);
    if (!sent.ok) return failLine(context, client, { what, refusal: sent.refusal, control });
    const { order, host, state } = (await replyTo(client, control))?.reply ?? {};
    if (typeof order !== 'string' || wish.answer === 0)
      return sayOrder(context, { order: order ?? null, host: host ?? null, state: state ?? null, message: null });
    const ended = await endOf(context, client, { order, seconds: wish.answer });
    if (!ended.ok) return failAt(context, client, { what, refusal: ended.refusal });
    return tellEnd(context, ended.value, { order, what });
  });
}

const FOLDERS: Readonly<Record<string, string>> = { systemd: 'systemd/', k8s: 'k8s/node/', nvidia: 'nvidia/gpu/' };

function pathOf({ control, target, host }: HostOrderWish): string {
  const [provider = '', verb = ''] = control.split('.');
  const root = host === undefined ? '/host' : `/host/${host}`;
  const folder = FOLDERS[provider];
  return folder === undefined ? `${root}/${provider}/${verb}` : `${root}/${folder}${target}/${verb}`;
}

/** A container is named in the line; what needs none says what it is. */
function lineOf({ control, target, value }: HostOrderWish): string {
  const [provider = '', verb = ''] = control.split('.');
  if (FOLDERS[provider] === undefined) return value === '' ? target : `${target} ${value}`;
  return value === '' ? verb : value;
}

const POLL_MS = 200;

interface Waiting {
  readonly order: string;
  readonly seconds: number;
}

/** The row of an order once it has ended, or as it is when the time is over; undefined when the hive forgot it. */
function endOf(context: Context, client: HiveClient, { order, seconds }: Waiting): Promise<Result<Row | undefined>> {
  const untilMs = Date.now() + seconds * 1000;
  return interruptible(context, async (signal) => {
    for (;;) {
      const found = await rowsOf(client, 'host_orders');
      if (!found.ok) return found;
      const row = found.value.rows.find(({ id }) => id === order);
      if (row === undefined || !WAITS.has(String(row.state))) return ok(row);
      if (signal.aborted) return refuse('cancelled', `Nobody waits any more; order ${order} is ${row.state}.`);
      if (Date.now() >= untilMs) return ok(row);
      await pause(POLL_MS, signal);
    }
  });
}

const WAITS: ReadonlySet<string> = new Set(['queued', 'taken']);

function tellEnd(
  context: Context,
  row: Row | undefined,
  { order, what }: { readonly order: string; readonly what: string },
): number {
  const { host = null, state = null, message = null } = row ?? {};
  if (state === 'done') return sayOrder(context, { order, host, state, message });
  const advice = [`What became of it: ${COMMAND} host orders`, `Who publishes which host: ${COMMAND} host list`];
  if (state === null)
    return fail(context, { what, code: 'stale', sentence: `The hive remembers order ${order} no more.`, advice });
  if (WAITS.has(String(state)))
    return fail(context, {
      what,
      code: 'timeout',
      sentence: `Order ${order} is ${state}; nobody said yet what came of it.`,
      advice,
    });
  const why = message === null ? '' : `: ${message}`;
  return fail(context, {
    what,
    code: 'cancelled',
    sentence: visible(`Order ${order} has ${STATES[String(state)] ?? state}${why}.`),
    advice,
  });
}

const STATES: Readonly<Record<string, string>> = { failed: 'failed', expired: 'expired', lost: 'been lost' };

function sayOrder(context: Context, order: Row): number {
  const { order: id, host, state, message } = order;
  const why = message === null || message === undefined ? '' : `: ${message}`;
  answer(context, order, [visible(`order ${id} ${state} on ${host}${why}`)]);
  return DONE;
}
