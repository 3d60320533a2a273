// Fetching an update: its manifest with the signature, then the payload into `FILE.part`, every chunk checked as it comes. What is
// there from an earlier pull is checked and kept; the file gets its name when the whole has its hash.

import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { decodeManifest, isSignedBy, type UpdateManifest } from '@cohesix/cas';
import type { HiveClient } from '@cohesix/client';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import { ok, type Result, refuse } from '@cohesix/wire';
import { PIECE_BYTES } from './bundle.ts';
import { PayloadCheck } from './payload-check.ts';

const MANIFEST_BYTES_MAX = 16 << 20;

/** What is fetched, and where it goes. */
export interface PulledUpdate {
  readonly epoch: string;
  readonly file: string;
  /** Public keys whose signature counts; undefined: none is looked at. */
  readonly keys: readonly Uint8Array[] | undefined;
  readonly onProgress: (done: number, count: number) => void;
}

/** What a pull came to. */
export interface Pulled {
  readonly bytes: number;
  readonly sha256: string;
  /** Bytes that were there already. */
  readonly resumed: number;
}

/** Fetches an update. Refuses as the hive does, and what does not have its hash or its signature. */
export async function pullUpdate(client: HiveClient, update: PulledUpdate): Promise<Result<Pulled>> {
  const parts = await manifestsOf(client, update);
  if (!parts.ok) return parts;
  const partial = `${update.file}.part`;
  const check = new PayloadCheck(parts.value);
  const kept = await keptOf(partial, parts.value, check);
  if (!kept.ok) return kept;
  const fetched = await fetchRest(client, { ...update, partial, check, resumed: kept.value });
  if (!fetched.ok) return fetched;
  const ended = check.end();
  if (!ended.ok) return ended;
  renameSync(partial, update.file);
  return ok({ bytes: check.size, sha256: ended.value, resumed: kept.value });
}

/** The manifest, and before it that of its base. */
async function manifestsOf(
  client: HiveClient,
  { epoch, keys }: PulledUpdate,
): Promise<Result<readonly UpdateManifest[]>> {
  const manifest = await manifestOf(client, epoch);
  if (!manifest.ok) return manifest;
  if (keys !== undefined && !isSignedBy({ ...nodeTicketCrypto }, keys, manifest.value))
    return refuse(
      'denied',
      `Update ${epoch} is not signed by a key that counts; name its public key with --trust HEX.`,
    );
  const { delta } = manifest.value;
  if (delta === undefined) return ok([manifest.value]);
  const base = await manifestOf(client, delta.baseEpoch);
  if (!base.ok) return base;
  if (Buffer.compare(base.value.payloadSha256, delta.baseSha256) !== 0)
    return refuse('stale', `Update ${delta.baseEpoch} is not the base that ${epoch} is a delta of.`);
  return ok([base.value, manifest.value]);
}

async function manifestOf(client: HiveClient, epoch: string): Promise<Result<UpdateManifest>> {
  const bytes = await client.read(`/updates/${epoch}/manifest.cbor`, { maxBytes: MANIFEST_BYTES_MAX });
  if (!bytes.ok) return bytes;
  const decoded = decodeManifest(bytes.value);
  if (!decoded.ok) return decoded;
  if (decoded.value.kind === 'cut-off') return refuse('invalid-payload', 'The manifest is cut off.');
  if (decoded.value.manifest.epoch === epoch) return ok(decoded.value.manifest);
  return refuse('invalid-payload', `The manifest is of epoch ${decoded.value.manifest.epoch}, not ${epoch}.`);
}

/** Takes what an earlier pull left, up to the first byte of a chunk that is not whole or not right; cuts off the rest. */
async function keptOf(file: string, parts: readonly UpdateManifest[], check: PayloadCheck): Promise<Result<number>> {
  if (!existsSync(file)) return ok(0);
  const first = new PayloadCheck(parts);
  for await (const piece of createReadStream(file, { highWaterMark: PIECE_BYTES }) as AsyncIterable<Uint8Array>)
    if (!first.take(piece).ok) break;
  const { good } = first;
  const opened = openSync(file, 'r+');
  ftruncateSync(opened, good);
  closeSync(opened);
  for await (const piece of createReadStream(file, { highWaterMark: PIECE_BYTES }) as AsyncIterable<Uint8Array>) {
    const taken = check.take(piece);
    if (!taken.ok) return taken;
  }
  return ok(good);
}

interface Fetching extends PulledUpdate {
  readonly partial: string;
  readonly check: PayloadCheck;
  readonly resumed: number;
}

async function fetchRest(client: HiveClient, fetching: Fetching): Promise<Result<void>> {
  const { epoch, partial, check, resumed, onProgress } = fetching;
  const file = openSync(partial, resumed > 0 ? 'r+' : 'w', 0o600);
  try {
    const pulled = await client.pull(`/updates/${epoch}/payload`, { from: resumed });
    if (!pulled.ok) return pulled;
    let at = resumed;
    for await (const piece of pulled.value) {
      const taken = check.take(piece);
      if (!taken.ok) {
        pulled.value.stop();
        return taken;
      }
      for (let done = 0; done < piece.length; ) done += writeSync(file, piece, done, piece.length - done, at + done);
      at += piece.length;
      onProgress(at, check.size);
    }
    fsyncSync(file);
    return await pulled.value.ended;
  } finally {
    closeSync(file);
  }
}

/** The hex of the SHA-256 of a file. */
export async function hashOfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file, { highWaterMark: PIECE_BYTES })) hash.update(piece as Uint8Array);
  return hash.digest('hex');
}
