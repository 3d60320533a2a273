// Sending an update: the manifest first, which is checked before anything else is sent; then what the hive says is missing, several
// chunks at a time, each from where it broke off. Sending again what is there does nothing.

import type { UpdateManifest } from '@cohesix/cas';
import type { HiveClient } from '@cohesix/client';
import { ok, type Result, refuse } from '@cohesix/wire';
import { rowsIn } from '../rows.ts';
import { PIECE_BYTES, type ReadChunk, type ReadManifest } from './bundle.ts';

/** Chunks under way at a time: while one is made durable others move. */
const CHUNKS_AT_ONCE = 8;
/** Bytes of `/updates/<epoch>/missing` at most. */
const MISSING_BYTES_MAX = 1 << 20;
/** Of a manifest: that of the most chunks a hive takes. */
const MANIFEST_BYTES_MAX = 16 << 20;

/** What is sent. */
export interface PushedUpdate extends ReadManifest {
  readonly read: ReadChunk;
  readonly onProgress: (done: number, count: number) => void;
}

/** What a push came to. */
export interface Pushed {
  /** Bytes that were sent, and chunks they were of. */
  readonly bytes: number;
  readonly chunks: number;
}

/** Sends an update. Refuses as the hive does; what was sent stays, and the next push goes on there. */
export async function pushUpdate(client: HiveClient, update: PushedUpdate): Promise<Result<Pushed>> {
  const { epoch } = update.manifest;
  const taken = await pushManifest(client, update);
  if (!taken.ok) return taken;
  const sent = { bytes: 0, chunks: 0 };
  let atOnce = CHUNKS_AT_ONCE;
  for (let before = Number.POSITIVE_INFINITY; ; ) {
    const missing = await missingOf(client, epoch);
    if (!missing.ok) return missing;
    if (missing.value.length === 0) break;
    const left = missing.value.reduce((sum, { bytes, next }) => sum + bytes - next, 0);
    if (left >= before) return refuse('stale', 'The hive asks for the same chunks again; is somebody else pushing?');
    // Of more than a list holds, only the first are told: then each list may be as long as the one before.
    before = missing.value.length < LIST_MAX ? left : Number.POSITIVE_INFINITY;
    const pushed = await pushChunks(client, { update, missing: missing.value, sent, atOnce });
    if (pushed.ok) continue;
    // The hive takes fewer requests at a time than that (secure9p.tags_per_session).
    if (pushed.refusal.code !== 'limit' || atOnce === 1) return pushed;
    atOnce = Math.ceil(atOnce / 4);
    before = Number.POSITIVE_INFINITY;
  }
  return ok(sent);
}

/** Chunks that the hive lists at most. */
const LIST_MAX = 4096;

async function pushManifest(client: HiveClient, { manifest, bytes }: ReadManifest): Promise<Result<void>> {
  const path = `/updates/${manifest.epoch}/manifest.cbor`;
  const there = await client.read(path, { maxBytes: MANIFEST_BYTES_MAX });
  if (there.ok) {
    if (Buffer.compare(there.value, bytes) === 0) return ok(undefined);
    return refuse(
      'exists',
      `Update ${manifest.epoch} is here with another manifest; remove it, or take another epoch.`,
    );
  }
  if (there.refusal.code !== 'not-found') return there;
  const pushed = await client.push(path, once(bytes));
  return pushed.ok ? ok(undefined) : pushed;
}

interface Missing {
  readonly chunk: string;
  readonly next: number;
  readonly bytes: number;
}

async function missingOf(client: HiveClient, epoch: string): Promise<Result<readonly Missing[]>> {
  const text = await client.read(`/updates/${epoch}/missing`, { maxBytes: MISSING_BYTES_MAX });
  if (!text.ok) return text;
  const { rows } = rowsIn(new TextDecoder().decode(text.value));
  return ok(rows.map(({ chunk, next, bytes }) => ({ chunk: String(chunk), next: Number(next), bytes: Number(bytes) })));
}

interface Round {
  readonly update: PushedUpdate;
  readonly missing: readonly Missing[];
  readonly sent: { bytes: number; chunks: number };
  readonly atOnce: number;
}

/** Sends chunks, several at a time; ends with the first refusal, after those under way. */
async function pushChunks(client: HiveClient, { update, missing, sent, atOnce }: Round): Promise<Result<void>> {
  const waiting = missing.values();
  let refused: Result<never> | undefined;
  const pushNext = async (): Promise<void> => {
    for (const chunk of waiting) {
      if (refused !== undefined) return;
      const pushed = await pushChunk(client, update, chunk);
      if (!pushed.ok) refused ??= pushed;
      else {
        sent.bytes += pushed.value;
        sent.chunks += 1;
        update.onProgress(sent.bytes, totalOf(update.manifest));
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, pushNext));
  return refused ?? ok(undefined);
}

function totalOf({ payloadBytes }: UpdateManifest): number {
  return Math.max(1, payloadBytes);
}

async function pushChunk(
  client: HiveClient,
  { manifest, read }: PushedUpdate,
  { chunk, next }: Missing,
): Promise<Result<number>> {
  const pushed = await client.push(`/updates/${manifest.epoch}/chunks/${chunk}`, read(chunk, next), { from: next });
  if (pushed.ok) return ok(pushed.value.bytes);
  // Somebody else sent it meanwhile.
  return pushed.refusal.code === 'exists' ? ok(0) : pushed;
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}
