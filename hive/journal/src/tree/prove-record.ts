// The proof that a record is in a log, as one text (C2SP tlog-proof) with the record in it. Out of a pack, wherever it is,
// by reading a few bundles and tiles; out of a journal by reading all of it, because there tiles are derived.

import {
  type Checkpoint,
  Frontier,
  formatNote,
  formatTlogProof,
  type HashSource,
  inclusionNodes,
  type NodeId,
  parseCheckpoint,
  parseNote,
  proveInclusion,
  type SignedNote,
  TILE_WIDTH,
  verifyInclusion,
} from '@cohesix/tlog';
import { ok, type Result, refusal, refuse } from '@cohesix/wire';
import { attempt, type Disk } from '../disk.ts';
import { scanJournal } from '../scan.ts';
import { directorySource, fetchHashes, type LogSource, readEntries } from './log-source.ts';
import { makeTreeHasher } from './sha256.ts';
import { readNotes } from './verify-log.ts';

/** A proof that was made. */
export interface RecordProof {
  /** The text of the proof. */
  readonly bytes: Uint8Array;
  /** Number of the record, from 1. */
  readonly record: number;
  /** Records in the tree it is proved in. */
  readonly size: number;
  /** Cosignatures on its checkpoint, and those left out because a proof has at most 2 KiB beside its record. */
  readonly cosignatures: number;
  readonly leftOut: number;
}

/** Most bytes of a proof beside the record itself, up to 16,777,216 records and a name of 64 characters. */
const PROOF_BYTES_MAX = 2048;

/** Where line `seq` of the journal is. */
interface Found {
  readonly index: number;
  readonly body: Uint8Array;
}

/** A log that records can be found in. */
interface RecordLog {
  readonly source: LogSource;
  /** The record with line `seq` among the first `size`; undefined when they have no such line. */
  readonly find: (seq: number, size: number) => Promise<Result<Found | undefined>>;
  /** Hashes of complete subtrees of the tree of `size` records. */
  readonly hashes: (size: number, nodes: readonly NodeId[]) => Promise<Result<HashSource>>;
}

/** Proves line `seq` of a journal or pack in a directory. Refusals as of `proveFromPack`. */
export async function proveFromDirectory(disk: Disk, directory: string, seq: number): Promise<Result<RecordProof>> {
  const names = await attempt(`cannot list ${directory}`, () => disk.readdir(directory));
  const isJournal = names.ok && names.value.some((name) => name.endsWith('.seg'));
  const source = directorySource(disk, directory);
  return isJournal ? prove(journalLog(disk, directory, source), seq) : proveFromPack(source, seq);
}

/**
 * Proves line `seq` of a pack. `not-found`: no such line was signed yet; `audit-unavailable`: the log contradicts itself;
 * else as the source refuses.
 */
export function proveFromPack(source: LogSource, seq: number): Promise<Result<RecordProof>> {
  return prove(packLog(source), seq);
}

async function prove(log: RecordLog, seq: number): Promise<Result<RecordProof>> {
  const notes = await readNotes(log.source);
  if (!notes.ok) return notes;
  // What witnesses cosigned says more, but it is older.
  for (const bytes of [notes.value.cosigned, notes.value.checkpoint]) {
    if (bytes === undefined) continue;
    const note = parseNote(bytes);
    const checkpoint = note.ok ? parseCheckpoint(note.value.text) : note;
    if (!note.ok || !checkpoint.ok) return broken(log, 'its checkpoint does not parse');
    const found = await log.find(seq, checkpoint.value.size);
    if (!found.ok) return found;
    if (found.value !== undefined) return proofOf(log, found.value, { note: note.value, checkpoint: checkpoint.value });
  }
  return refuse('not-found', `${log.source.name} has no signed line ${seq}.`);
}

async function proofOf(
  log: RecordLog,
  { index, body }: Found,
  { note, checkpoint }: { readonly note: SignedNote; readonly checkpoint: Checkpoint },
): Promise<Result<RecordProof>> {
  const { size } = checkpoint;
  const nodes = inclusionNodes({ index, size });
  if (!nodes.ok) return broken(log, nodes.problem);
  const source = await log.hashes(size, nodes.value.flat());
  if (!source.ok) return source;
  const hasher = makeTreeHasher();
  const hashes = proveInclusion(hasher, source.value, { index, size });
  if (!hashes.ok) return broken(log, hashes.problem);
  const verdict = verifyInclusion(hasher, { index, leafHash: hasher.leaf(body), head: checkpoint }, hashes.value);
  if (!verdict.ok) return broken(log, `record ${index + 1} is not in the signed tree`);
  return ok(withCosignatures(note, { index, body, hashes: hashes.value, size }));
}

/** The proof with as many cosignatures as fit. The log's own signature is the first line of its notes. */
function withCosignatures(
  { text, signatures }: SignedNote,
  { index, body, hashes, size }: Found & { readonly hashes: readonly Uint8Array[]; readonly size: number },
): RecordProof {
  for (let count = signatures.length; ; count--) {
    const checkpoint = Buffer.from(formatNote({ text, signatures: signatures.slice(0, count) }));
    const bare = formatTlogProof({ index, extra: undefined, hashes, checkpoint });
    if (bare.length > PROOF_BYTES_MAX && count > 1) continue;
    const bytes = formatTlogProof({ index, extra: body, hashes, checkpoint });
    return { bytes, record: index + 1, size, cosignatures: count - 1, leftOut: signatures.length - count };
  }
}

function packLog(source: LogSource): RecordLog {
  return {
    source,
    find: (seq, size) => findInPack(source, seq, size),
    hashes: (size, nodes) => fetchHashes(source, size, nodes),
  };
}

/** A binary search: a record has one line or more, so the one with line `seq` is among the first `seq`. */
async function findInPack(source: LogSource, seq: number, size: number): Promise<Result<Found | undefined>> {
  if (size === 0) return ok(undefined);
  let low = 0;
  let high = Math.floor((Math.min(seq, size) - 1) / TILE_WIDTH);
  for (;;) {
    const middle = Math.ceil((low + high) / 2);
    const width = Math.min(TILE_WIDTH, size - middle * TILE_WIDTH);
    const entries = await readEntries(source, { kind: 'entries', index: middle, width });
    if (!entries.ok) return entries;
    if (!entries.value.ok) return broken({ source }, entries.value.problem);
    const first = linesOf(entries.value.value[0] as Uint8Array);
    if (first === undefined) return notOfAHive(source, middle * TILE_WIDTH + 1);
    if (low === high) return ok(foundIn(entries.value.value, seq, middle * TILE_WIDTH));
    if (first.seq <= seq) low = middle;
    else high = middle - 1;
  }
}

function foundIn(entries: readonly Uint8Array[], seq: number, start: number): Found | undefined {
  const at = entries.findIndex((body) => hasLine(body, seq));
  const body = entries[at];
  return body === undefined ? undefined : { index: start + at, body };
}

function journalLog(disk: Disk, directory: string, source: LogSource): RecordLog {
  return {
    source,
    find: (seq, size) => findInJournal(disk, directory, { seq, size }),
    hashes: (size, nodes) => hashesOfJournal(disk, directory, { size, nodes }),
  };
}

/** Ends a scan that has seen enough. */
const ENOUGH = refusal('closed', 'Enough was read.');

async function findInJournal(
  disk: Disk,
  directory: string,
  { seq, size }: { readonly seq: number; readonly size: number },
): Promise<Result<Found | undefined>> {
  let found: Found | undefined;
  const scanned = await scanJournal(disk, directory, (record, body) => {
    if (record > size) return ENOUGH;
    if (!hasLine(body, seq)) return undefined;
    found = { index: record - 1, body: Uint8Array.from(body) };
    return ENOUGH;
  });
  return scanned.ok || scanned.refusal === ENOUGH ? ok(found) : scanned;
}

async function hashesOfJournal(
  disk: Disk,
  directory: string,
  { size, nodes }: { readonly size: number; readonly nodes: readonly NodeId[] },
): Promise<Result<HashSource>> {
  const hasher = makeTreeHasher();
  const frontier = new Frontier(hasher);
  const hashes = new Map<number, Map<number, Uint8Array | undefined>>();
  for (const { level, index } of nodes)
    hashes.set(level, new Map([...(hashes.get(level) ?? []), [index, undefined as Uint8Array | undefined]]));
  const scanned = await scanJournal(disk, directory, (record, body) => {
    if (record > size) return ENOUGH;
    frontier.append(hasher.leaf(body), (level, index, hash) => {
      const wanted = hashes.get(level);
      if (wanted?.has(index)) wanted.set(index, hash);
    });
    return undefined;
  });
  if (!scanned.ok && scanned.refusal !== ENOUGH) return scanned;
  return ok((level, index) => hashes.get(level)?.get(index));
}

/** The lines that a record of a hive holds: the number of the first, and how many; undefined for other entries. */
function linesOf(body: Uint8Array): { readonly seq: number; readonly count: number } | undefined {
  try {
    const { seq, lines } = JSON.parse(Buffer.from(body).toString()) as { seq?: unknown; lines?: unknown };
    if (typeof seq !== 'number') return undefined;
    return { seq, count: Array.isArray(lines) ? lines.length : 1 };
  } catch {
    return undefined; // Not JSON: no record of a hive.
  }
}

function hasLine(body: Uint8Array, seq: number): boolean {
  const lines = linesOf(body);
  return lines !== undefined && lines.seq <= seq && seq < lines.seq + lines.count;
}

function broken({ source }: Pick<RecordLog, 'source'>, problem: string): Result<never> {
  return refuse('audit-unavailable', `${source.name}: ${problem}. What is wrong: audit verify.`);
}

function notOfAHive({ name }: LogSource, record: number): Result<never> {
  return refuse('invalid-payload', `${name}: record ${record} is none of a hive: it has no seq.`);
}
