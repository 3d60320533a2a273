// `coh telemetry explain`: the bounds of telemetry and what is left of them, whether a file would be taken, and what the log says of
// what was refused or made room lately.

import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { HiveClient } from '@cohesix/client';
import { ok, type Result, refuse } from '@cohesix/wire';
import { answer, type Context } from '../context.ts';
import { linesOf, READ_BYTES_MAX } from '../follow.ts';
import { COMMAND, visible } from '../io.ts';
import { DONE, failAt, withHive } from '../session.ts';
import { type IngestBounds, ingestBounds, type Status, statusOf } from '../telemetry/device-status.ts';
import { inlineRecords, inlineType, pieceBytes } from '../telemetry/push-records.ts';

/** What is asked for. */
export interface ExplainWish {
  readonly device?: string;
}

/** What stands for or against a push. */
interface Verdict {
  readonly would: 'be taken' | 'be refused' | 'be taken, and another segment goes';
  readonly because: readonly string[];
}

/** What a hive says of itself. */
interface Situation {
  readonly bounds: IngestBounds;
  readonly status: Status;
  /** Of the lifecycle. */
  readonly state: string;
  readonly lately: readonly string[];
}

/** States in which the gate of telemetry is open (contracts-1, 4.10). */
const TAKES: ReadonlySet<string> = new Set(['ONLINE', 'DEGRADED', 'DRAINING']);

/** Lines of the log that are shown. */
const LATELY_MAX = 5;

/** Says it in sentences. JSON: `{bounds, status, state, said, lately, file}`. */
export function explainTelemetry(context: Context, file: string | undefined, { device }: ExplainWish): Promise<number> {
  return withHive(context, async (client) => {
    const found = await situationOf(client, device);
    if (!found.ok) return failAt(context, client, { what: 'cannot explain', refusal: found.refusal });
    const { bounds, status, state, lately } = found.value;
    const verdict = file === undefined ? ok(null) : await verdictOn(resolve(context.io.cwd, file), found.value);
    if (!verdict.ok) return failAt(context, client, { what: visible(`cannot read ${file}`), refusal: verdict.refusal });
    const said = [
      ...(device === undefined ? hiveSentences(status, bounds) : deviceSentences(status, bounds)),
      `The node is ${state}: telemetry is ${TAKES.has(state) ? 'taken' : 'refused (lifecycle-denied)'}.`,
    ];
    const lines = [
      ...said,
      ...(lately.length === 0 ? [] : ['Lately, in the log:', ...lately.map((line) => `  ${line}`)]),
      ...verdictLines(file, verdict.value),
    ];
    answer(context, { bounds, status: status.head, state, said, lately, file: verdict.value }, lines.map(visible));
    return DONE;
  });
}

function verdictLines(file: string | undefined, verdict: Verdict | null): readonly string[] {
  return verdict === null ? [] : [`${file} would ${verdict.would}:`, ...verdict.because.map((why) => `  ${why}`)];
}

async function situationOf(client: HiveClient, device: string | undefined): Promise<Result<Situation>> {
  const bounds = await ingestBounds(client);
  if (!bounds.ok) return bounds;
  const status = await statusOf(client, device);
  if (!status.ok) return status;
  const state = await client.read('/proc/lifecycle/state');
  return ok({
    bounds: bounds.value,
    status: status.value,
    state: state.ok ? new TextDecoder().decode(state.value).trim().replace('state=', '') : 'unknown',
    lately: await latelyOf(client, device),
  });
}

/** What the log says of it, the newest last; nothing for a ticket that may not read the log. */
async function latelyOf(client: HiveClient, device: string | undefined): Promise<readonly string[]> {
  const log = await client.read('/log/queen.log', { maxBytes: READ_BYTES_MAX });
  if (!log.ok) return [];
  const path = device === undefined ? '/queen/telemetry/' : `/queen/telemetry/${device}/`;
  const isRefused = (line: string): boolean => line.startsWith('audit refused ') && line.includes(`path="${path}`);
  const isEvicted = (line: string): boolean =>
    line.startsWith('telemetry segments evicted ') && (device === undefined || line.includes(` device=${device} `));
  return linesOf(log.value)
    .filter((line) => isRefused(line) || isEvicted(line))
    .slice(-LATELY_MAX);
}

function hiveSentences({ head }: Status, bounds: IngestBounds): readonly string[] {
  return [
    `Devices: ${head.devices} of ${bounds.devices_max}. One that does not send any more: ${COMMAND} telemetry forget DEVICE`,
    `Bytes: ${head.bytes} of ${bounds.bytes_max} for all devices, ${bounds.max_total_bytes_per_device} for each.`,
    `A device has at most ${bounds.max_segments_per_device} segments of ${bounds.max_bytes_per_segment} bytes, a record ${bounds.max_record_bytes} bytes.`,
    `References: ${bounds.max_reference_entries_per_segment} in a segment, for ${bounds.max_reference_bytes_per_segment} bytes that lie elsewhere.`,
    head.policy === 'refuse'
      ? 'Where there is no room the line is refused (eviction_policy is refuse).'
      : 'Where there is no room the oldest segment of the device goes (eviction_policy is evict-oldest).',
  ];
}

function deviceSentences(status: Status, bounds: IngestBounds): readonly string[] {
  const { head, rows } = status;
  const bytes = Number(head.bytes);
  const latest = rows.at(-1);
  const left = bounds.max_bytes_per_segment - Number(latest?.bytes ?? 0);
  const damaged = rows.filter(({ kind }) => kind === 'damaged');
  return [
    `Segments: ${rows.length} of ${bounds.max_segments_per_device}; ${nextSegment(status, bounds)}. ${head.evicted} made room so far; their names are not used again.`,
    `Bytes: ${bytes} of ${bounds.max_total_bytes_per_device}, ${bounds.max_total_bytes_per_device - bytes} left.`,
    ...(latest === undefined
      ? []
      : [`${latest.id} takes ${left} bytes more, a record at most ${bounds.max_record_bytes}.`]),
    ...damaged.map(({ id }) => `${id} is damaged: it can be neither read nor appended to.`),
  ];
}

function nextSegment({ head, rows }: Status, bounds: IngestBounds): string {
  if (rows.length < bounds.max_segments_per_device) return 'there is room for the next';
  return head.policy === 'refuse' ? 'the next is refused (buffer-full)' : `the next takes the place of ${rows[0]?.id}`;
}

/** Whether a file would be taken, and how. */
async function verdictOn(path: string, situation: Situation): Promise<Result<Verdict>> {
  const { bounds, state, status } = situation;
  const found = await stat(path).catch((error: Error) => error.message);
  if (typeof found === 'string') return refuse('not-found', found);
  const isFull = status.head.segments_max !== undefined && status.rows.length >= bounds.max_segments_per_device;
  const against = [
    ...(TAKES.has(state) ? [] : [`lifecycle-denied: the node is ${state}.`]),
    ...(found.size > bounds.max_reference_bytes_per_segment
      ? [`too-big: telemetry_ingest.max_reference_bytes_per_segment is ${bounds.max_reference_bytes_per_segment}.`]
      : []),
    ...(isFull && status.head.policy === 'refuse'
      ? ['buffer-full: the device has all its segments, and the policy is refuse.']
      : []),
  ];
  if (against.length > 0) return ok({ would: 'be refused', because: against });
  const how = await howFileGoes(path, found.size, bounds);
  return isFull
    ? ok({ would: 'be taken, and another segment goes', because: [how, `${status.rows[0]?.id} makes room.`] })
    : ok({ would: 'be taken', because: [how] });
}

async function howFileGoes(path: string, size: number, bounds: IngestBounds): Promise<string> {
  const mime = inlineType(path);
  if (mime !== undefined && size <= bounds.max_bytes_per_segment) {
    const inline = inlineRecords(await readFile(path, 'utf8'), mime, bounds);
    if (inline.ok) return `Inline: ${inline.value.length} records of ${mime}.`;
  }
  const piece = pieceBytes(size, bounds);
  return `By reference: ${Math.ceil(size / piece)} references of ${piece} bytes; the artefact lies elsewhere.`;
}
