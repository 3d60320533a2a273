// `coh telemetry pull`: the segments of devices as files, and the artefacts they are or refer to. What is there already is not
// fetched again: a segment only grows, and its name is never used for another.

import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { HiveClient } from '@cohesix/client';
import { describeError, isDiskError } from '@cohesix/journal';
import { ok, type Result, refuse } from '@cohesix/wire';
import { progressOf } from '../audit/progress.ts';
import { type Context, say, sayJson } from '../context.ts';
import { exitOf, fail, failureOf } from '../failure.ts';
import { visible } from '../io.ts';
import type { Row } from '../rows.ts';
import { DONE, failAt, withHive } from '../session.ts';
import { artefactKey, findArtefact } from '../telemetry/artefact-store.ts';
import { assemble, type Content, contentOf, isWhole } from '../telemetry/assemble.ts';
import { segmentPath, statusOf } from '../telemetry/device-status.ts';
import { storeOf } from '../telemetry/prepare-push.ts';

/** What `coh telemetry pull` is asked for. */
export interface PullWish {
  readonly out: string;
  /** Default: every device. */
  readonly device?: string;
  /** Folder in which artefacts are looked for. */
  readonly store?: string;
  /** A file that is the artefact, instead. */
  readonly from?: string;
}

/** One segment that was pulled. */
interface Pulled {
  readonly device: string;
  readonly segment: string;
  readonly kind: string;
  readonly records: number;
  readonly bytes: number;
  /** Bytes that came now. */
  readonly fetched: number;
  readonly artefact: string | null;
  /** Why there is no artefact. */
  readonly problem: string | null;
}

const DEVICE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const SEGMENT = /^seg-\d{6,15}$/;

/** Pulls segments. JSON: `{segments: [...]}`; the exit status tells when an artefact is missing. */
export function pullTelemetry(context: Context, wish: PullWish): Promise<number> {
  const what = visible(`cannot pull telemetry to ${wish.out}`);
  return withHive(context, async (client) => {
    try {
      const pulled = await pullAll(context, client, wish);
      if (!pulled.ok) return failAt(context, client, { what, refusal: pulled.refusal });
      return told(context, what, pulled.value);
    } catch (error) {
      if (!isDiskError(error)) throw error;
      return fail(context, { what, code: 'failed', sentence: describeError(error), advice: [] });
    }
  });
}

function told(context: Context, what: string, pulled: readonly Pulled[]): number {
  const missing = pulled.filter(({ problem }) => problem !== null);
  if (context.json) sayJson(context, { segments: pulled });
  else
    say(
      context,
      pulled.map((one) => visible(lineOf(one))),
    );
  if (missing.length === 0) return DONE;
  if (context.json) return exitOf('not-found');
  const sentence = missing.map(({ device, segment, problem }) => `${device}/${segment}: ${problem}`).join('\n');
  const advice = ['Name where artefacts are: --store DIR, or --from FILE for one.'];
  return fail(context, { ...failureOf(what, { code: 'not-found', detail: sentence }), advice });
}

function lineOf({ device, segment, kind, records, bytes, fetched, artefact }: Pulled): string {
  const made = artefact === null ? '' : ` artefact=${artefact}`;
  return `${device}/${segment} ${kind} records=${records} bytes=${bytes} fetched=${fetched}${made}`;
}

async function pullAll(context: Context, client: HiveClient, wish: PullWish): Promise<Result<readonly Pulled[]>> {
  const devices = wish.device === undefined ? await devicesOf(client) : ok([wish.device]);
  if (!devices.ok) return devices;
  const pulled: Pulled[] = [];
  for (const device of devices.value) {
    if (!DEVICE.test(device)) return refuse('invalid-payload', `${visible(device)} is no name of a device.`);
    const status = await statusOf(client, device);
    if (!status.ok) return status;
    for (const row of status.value.rows) {
      const one = await pullSegment(context, client, { wish, device, row });
      if (one === undefined) continue;
      if (!one.ok) return one;
      pulled.push(one.value);
    }
  }
  return ok(pulled);
}

async function devicesOf(client: HiveClient): Promise<Result<readonly string[]>> {
  const status = await statusOf(client);
  return status.ok ? ok(status.value.rows.map(({ id }) => String(id))) : status;
}

interface Wanted {
  readonly wish: PullWish;
  readonly device: string;
  readonly row: Row;
}

/** Undefined when the segment made room meanwhile. */
async function pullSegment(
  context: Context,
  client: HiveClient,
  { wish, device, row }: Wanted,
): Promise<Result<Pulled> | undefined> {
  const segment = String(row.id);
  if (!SEGMENT.test(segment)) return refuse('internal', `The hive names a segment ${visible(segment)}.`);
  const folder = resolve(context.io.cwd, wish.out, device);
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${segment}.records`);
  const fetched = await fetchRecords(client, segmentPath(device, segment), file);
  if (!fetched.ok) return fetched.refusal.code === 'not-found' ? undefined : fetched;
  const records = await readFile(file, 'utf8').catch(() => '');
  const content = contentOf(records);
  const base = {
    device,
    segment,
    records: records.split('\n').length - 1,
    bytes: Buffer.byteLength(records),
    fetched: fetched.value,
  };
  if (!content.ok) return ok({ ...base, kind: 'damaged', artefact: null, problem: content.refusal.detail });
  const target = join(folder, `${segment}.${safeName(String(row.name ?? 'artefact'))}`);
  const made = await artefactOf(context, { wish, row, records, content: content.value, target });
  const kind = content.value.kind;
  return ok({
    ...base,
    kind,
    artefact: made.ok ? (made.value ?? null) : null,
    problem: made.ok ? null : made.refusal.detail,
  });
}

/** What of a name can be that of a file in a folder of ours. */
function safeName(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 128);
}

/** Fetches what a file does not have of a segment yet. Value: bytes that came. */
async function fetchRecords(client: HiveClient, path: string, file: string): Promise<Result<number>> {
  const have = existsSync(file) ? (await stat(file)).size : 0;
  const there = await client.stat(path);
  if (!there.ok) return there;
  if (there.value.size < BigInt(have))
    return refuse(
      'stale',
      `${file} has more than the hive: it is of another hive, or somebody wrote it. Move it away.`,
    );
  if (there.value.size === BigInt(have)) return ok(0);
  if (client.door === 'console') return fetchWhole(client, path, { file, have });
  const pulled = await client.pull(path, { from: have });
  if (!pulled.ok) return pulled;
  let fetched = 0;
  for await (const piece of pulled.value) {
    await appendFile(file, piece);
    fetched += piece.length;
  }
  const ended = await pulled.value.ended;
  return ended.ok ? ok(fetched) : ended;
}

async function fetchWhole(
  client: HiveClient,
  path: string,
  { file, have }: { readonly file: string; readonly have: number },
): Promise<Result<number>> {
  const read = await client.read(path);
  if (!read.ok) return read;
  await appendFile(file, read.value.subarray(have));
  return ok(read.value.length - have);
}

interface Making {
  readonly wish: PullWish;
  readonly row: Row;
  readonly records: string;
  readonly content: Content;
  readonly target: string;
}

/** Makes the artefact of a segment. Value: its path; undefined when the records are all there is. */
async function artefactOf(
  context: Context,
  { wish, row, records, content, target }: Making,
): Promise<Result<string | undefined>> {
  if (content.kind === 'lines') return ok(undefined);
  if (content.kind === 'text') {
    await writeFile(target, content.text);
    return ok(target);
  }
  if (await isWhole(target, content)) return ok(target);
  if (typeof row.whole_bytes === 'number' && row.whole_bytes !== content.size)
    return refuse('not-found', `It is not whole yet: ${content.size} of ${row.whole_bytes} bytes.`);
  const source = sourceOf(context, wish, records);
  if (!source.ok) return source;
  const progress = progressOf(context, 'checking');
  const made = await assemble({ ...content, source: source.value, target, onProgress: progress.report });
  progress.end();
  return made.ok ? ok(target) : made;
}

function sourceOf(context: Context, { from, store }: PullWish, records: string): Result<string> {
  if (from !== undefined) {
    const path = resolve(context.io.cwd, from);
    return existsSync(path) ? ok(path) : refuse('not-found', `${path} is not there.`);
  }
  const directory = storeOf(context, store);
  if (!directory.ok) return directory;
  const found = findArtefact(directory.value, artefactKey(records));
  return found === undefined ? refuse('not-found', `Its artefact is not in ${directory.value}.`) : ok(found);
}
