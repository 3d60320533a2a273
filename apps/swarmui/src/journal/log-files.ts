// The files of the log below `/audit`, read through a client: the checkpoint, the key, tiles, bundles of records.

import type { HiveClient } from '@cohesix/client/core';
import {
  type Bundle,
  type Checkpoint,
  decodeBundle,
  formatTilePath,
  HASH_SIZE,
  type HashSource,
  hashSourceOfTiles,
  type NodeId,
  parseCheckpoint,
  parseNote,
  placeOfNode,
  type SignedNote,
  TILE_WIDTH,
  type Tile,
} from '@cohesix/tlog';
import { ok, type Result, refuse } from '@cohesix/wire';
import { makeTreeHasher } from './sha256.ts';

const ROOT = '/audit';
const NOTE_BYTES_MAX = 65_536;
/** Most bytes of a bundle that are read: 256 records, of 16 KiB on average. */
const BUNDLE_BYTES_MAX = 4_194_304;

/** Only reading is needed of a client. */
export type Reader = Pick<HiveClient, 'read'>;

/** A tree head, and the note that it was signed in. */
export interface SignedHead {
  readonly note: SignedNote;
  readonly checkpoint: Checkpoint;
}

/** The last checkpoint, parsed and not verified. `not-found` before the first, `audit-unavailable` when it is none. */
export async function readHead(client: Reader): Promise<Result<SignedHead>> {
  const bytes = await client.read(`${ROOT}/checkpoint`, { maxBytes: NOTE_BYTES_MAX });
  if (!bytes.ok) return bytes;
  if (bytes.value.length === 0) return refuse('not-found', 'The hive has not signed its journal yet.');
  const note = parseNote(bytes.value);
  const checkpoint = note.ok ? parseCheckpoint(note.value.text) : note;
  if (!note.ok || !checkpoint.ok) return unreadable(`the checkpoint: ${note.ok ? '' : note.problem}`);
  return ok({ note: note.value, checkpoint: checkpoint.value });
}

/** The verifier key text of the log. */
export async function readKey(client: Reader): Promise<Result<string>> {
  const bytes = await client.read(`${ROOT}/key`, { maxBytes: NOTE_BYTES_MAX });
  return bytes.ok ? ok(new TextDecoder().decode(bytes.value).trim()) : bytes;
}

/** The records of a bundle, of a tree of `size` records. */
export async function readBundle(client: Reader, index: number, size: number): Promise<Result<readonly Uint8Array[]>> {
  const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH);
  const read = await readFile<Bundle>(client, { kind: 'entries', index, width });
  if (!read.ok) return read;
  const entries = decodeBundle(read.value.bytes, read.value.file.width);
  return entries.ok ? ok(entries.value.slice(0, width)) : unreadable(entries.problem);
}

/** Hashes of some complete subtrees of a tree of `size` records, and the files that they are in. */
export async function readHashes(
  client: Reader,
  size: number,
  nodes: readonly NodeId[],
): Promise<Result<{ readonly hashes: HashSource; readonly files: readonly string[] }>> {
  const tiles = new Map<string, Uint8Array>();
  const files = new Set<string>();
  for (const { level, index } of nodes) {
    const tile = placeOfNode(size, level, index)?.tile;
    if (tile === undefined || tiles.has(formatTilePath(tile))) continue;
    const read = await readFile(client, tile);
    if (!read.ok) return read;
    tiles.set(formatTilePath(tile), read.value.bytes.subarray(0, tile.width * HASH_SIZE));
    files.add(pathOf(read.value.file));
  }
  const hashes = hashSourceOfTiles(makeTreeHasher(), (tile) => tiles.get(formatTilePath(tile)), size);
  return ok({ hashes, files: [...files] });
}

interface ReadFile<T> {
  readonly file: T;
  readonly bytes: Uint8Array;
}

/**
 * A tile, or a bundle, whole. What was being filled when the checkpoint was signed may be full by now, and its narrower states gone
 * (C2SP tlog-tiles allows that): then it is the full one that is read.
 */
async function readFile<T extends Tile | Bundle>(client: Reader, wanted: T): Promise<Result<ReadFile<T>>> {
  const maxBytes = wanted.kind === 'tile' ? TILE_WIDTH * HASH_SIZE : BUNDLE_BYTES_MAX;
  const bytes = await client.read(pathOf(wanted), { maxBytes });
  if (bytes.ok) return ok({ file: wanted, bytes: bytes.value });
  if (wanted.width === TILE_WIDTH || bytes.refusal.code !== 'invalid-path') return bytes;
  const full = await readFile(client, { ...wanted, width: TILE_WIDTH });
  return full.ok ? full : bytes;
}

function pathOf(file: Tile | Bundle): string {
  return `${ROOT}/${formatTilePath(file)}`;
}

function unreadable(problem: string): Result<never> {
  return refuse('audit-unavailable', `The log cannot be read: ${problem}.`);
}
