// One attempt to have a file's records in a segment: goes on with a segment that has the beginning of them, else begins one.

import type { HiveClient } from '@cohesix/client';
import { replyTo } from '@cohesix/client';
import { ok, type Result, refuse } from '@cohesix/wire';
import { controlOf } from '../lines/form.ts';
import { SEGMENT_NEW } from '../lines/telemetry.ts';
import type { Row } from '../rows.ts';
import { type IngestBounds, segmentPath, statusOf } from './device-status.ts';
import type { RecordSource } from './record-source.ts';

/** What is to be in a segment. */
export interface FilePush {
  readonly device: string;
  /** What the segment is called. */
  readonly name: string;
  readonly mime: string;
  readonly kind: 'records' | 'references';
  /** Bytes of the artefact, of references. */
  readonly size: number;
  readonly source: RecordSource;
  readonly bounds: IngestBounds;
}

/** What is there now. */
export interface Pushed {
  readonly segment: string;
  /** Records that the hive had already. */
  readonly before: number;
}

/** Where to go on. */
interface Place {
  readonly segment: string;
  readonly records: number;
  readonly bytes: number;
}

/** Sends what the hive does not have. */
export async function pushFile(client: HiveClient, push: FilePush): Promise<Result<Pushed>> {
  const place = await placeOf(client, push);
  if (!place.ok) return place;
  const { segment, records, bytes } = place.value;
  const sent = await send(client, push, place.value);
  if (!sent.ok) return sent;
  const path = segmentPath(push.device, segment);
  const stat = await client.stat(path);
  if (!stat.ok) return stat;
  const wanted = bytes + sent.value;
  if (stat.value.size === BigInt(wanted)) return ok({ segment, before: records });
  return refuse('stale', `${path} has ${stat.value.size} bytes, not ${wanted}: somebody else writes it.`);
}

/** The segment that has the beginning of these records, the newest first; a new one when there is none. */
async function placeOf(client: HiveClient, push: FilePush): Promise<Result<Place>> {
  const status = await statusOf(client, push.device);
  if (!status.ok) return status;
  for (const row of status.value.rows.filter((one) => isSame(one, push)).reverse()) {
    const segment = String(row.id);
    const text = await client.read(segmentPath(push.device, segment), { maxBytes: push.bounds.max_bytes_per_segment });
    if (!text.ok) return text;
    const lines = new TextDecoder().decode(text.value).split('\n').slice(0, -1);
    if (await push.source.beginsWith(lines)) return ok({ segment, records: lines.length, bytes: text.value.length });
  }
  return begin(client, push);
}

function isSame(row: Row, { name, mime, kind, size }: FilePush): boolean {
  if (String(row.name) !== name || row.mime !== mime) return false;
  if (row.kind !== kind && row.kind !== 'empty') return false;
  return row.whole_bytes === (kind === 'references' ? size : null);
}

async function begin(client: HiveClient, { device, name, mime, kind, size }: FilePush): Promise<Result<Place>> {
  const values = { device, mime, name, ...(kind === 'references' ? { bytes: size } : {}) };
  const control = controlOf(SEGMENT_NEW, values);
  const appended = await client.append(control.path, control.line);
  if (!appended.ok) return appended;
  const replied = (await replyTo(client, control))?.reply.seg_id;
  if (typeof replied === 'string') return ok({ segment: replied, records: 0, bytes: 0 });
  // A ticket that may not read /proc/self. What is sent begins at 0, so another writer's segment refuses it.
  const latest = await client.read(`/queen/telemetry/${device}/latest`);
  if (!latest.ok) return latest;
  return ok({ segment: new TextDecoder().decode(latest.value).trim(), records: 0, bytes: 0 });
}

/** Sends the records behind those that are there. Value: their bytes. */
async function send(client: HiveClient, { device, source }: FilePush, place: Place): Promise<Result<number>> {
  const path = segmentPath(device, place.segment);
  if (client.door === 'console') return sendLines(client, path, source.bytesFrom(place.records));
  const pushed = await client.push(path, source.bytesFrom(place.records), { from: place.bytes });
  return pushed.ok ? ok(pushed.value.bytes) : pushed;
}

/** Over the console, which has no offsets: a line at a time. */
async function sendLines(client: HiveClient, path: string, lines: AsyncIterable<Uint8Array>): Promise<Result<number>> {
  let bytes = 0;
  for await (const line of lines) {
    const appended = await client.append(path, Buffer.from(line).toString());
    if (!appended.ok) return appended;
    bytes += line.length;
  }
  return ok(bytes);
}
