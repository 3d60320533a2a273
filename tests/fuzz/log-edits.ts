// Edits of a signed log, each of which changes what it says: bits, bytes, records, files, and whole states. Those of records
// come in two strengths: bytes moved as they lie, and the work of somebody who makes checksums, the hash chain, tiles and all
// anew, and lacks only the key. One seed, one edit, on every machine.
//
// What says nothing new is not made: bytes after the last signed record (a torn or unsigned tail), tiles of a journal that
// are missing (they are derived), an edit that gives the same bytes again.

import { sha256 } from '@cohesix/journal';
import { encodeBundle, formatTilePath, TILE_WIDTH, TileBuilder, TreeHasher, tileWidth } from '@cohesix/tlog';
import { type Shape, segmentsOf } from './log-shapes.ts';
import { randomBelow } from './mutate.ts';

/** What is on the disk instead; undefined: nothing. */
export type Changes = ReadonlyMap<string, Buffer | undefined>;

/** An edit. */
export interface Edit {
  readonly kind: string;
  /** For whoever looks at one that was not found. */
  readonly what: string;
  readonly changes: Changes;
  /** Only who has kept a checkpoint can see it: everything else is as it once was. */
  readonly needsHeld: boolean;
}

/** Numbers of one sequence. */
type Below = (bound: number) => number;
type Made = Omit<Edit, 'kind' | 'needsHeld'> | undefined;
type Make = (shape: Shape, below: Below) => Made | Promise<Made>;

/** Bytes before the records of a segment, and of a record before its body (hive/journal/src/record.ts). */
const SEGMENT_HEADER_SIZE = 64;
const RECORD_HEADER_SIZE = 76;

/** One edit of a shape, of the kind that the seed chooses; never undefined. */
export async function makeEdit(shape: Shape, seed: number): Promise<Edit> {
  const below = randomBelow(seed);
  for (;;) {
    const [kind, make] = KINDS[below(KINDS.length)] as (typeof KINDS)[number];
    const made = await make(shape, below);
    if (made === undefined || !isChange(shape, made.changes)) continue;
    return { kind, needsHeld: NEEDS_HELD.has(kind), ...made };
  }
}

/** Every kind. */
export const KINDS: readonly (readonly [kind: string, make: Make])[] = [
  ['bit', flipBit],
  ['cut', cut],
  ['splice', splice],
  ['record bytes moved', moveBytes],
  ['records forged', forge],
  ['file dropped', dropFile],
  ['files swapped', swapFiles],
  ['checkpoint put back', putBack],
  ['rolled back', rollBack],
];

/** What gives a state that was signed once, so that only somebody with a memory can tell. */
const NEEDS_HELD: ReadonlySet<string> = new Set(['checkpoint put back', 'rolled back']);

/** Whether the log says something else then. By content, before any verifier is asked. */
function isChange({ files, kind }: Shape, changes: Changes): boolean {
  const last = lastSegment(files);
  for (const [path, bytes] of changes) {
    const before = files.get(path);
    if (bytes === undefined ? before === undefined : before?.equals(bytes)) continue;
    const isTail = kind === 'journal' && path === last && before !== undefined;
    if (!isTail || bytes === undefined || !bytes.subarray(0, before.length).equals(before)) return true;
  }
  return false;
}

function lastSegment(files: Shape['files']): string {
  return segmentNames(files).at(-1) ?? '';
}

function segmentNames(files: Shape['files']): readonly string[] {
  return [...files.keys()].filter((path) => path.endsWith('.seg')).sort();
}

function pickFile({ files }: Shape, below: Below): readonly [string, Buffer] {
  return [...files][below(files.size)] as [string, Buffer];
}

function flipBit(shape: Shape, below: Below): Made {
  const [path, before] = pickFile(shape, below);
  const bytes = Buffer.from(before);
  const [at, bit] = [below(bytes.length), below(8)];
  bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
  return { what: `${path} byte ${at} bit ${bit}`, changes: new Map([[path, bytes]]) };
}

function cut(shape: Shape, below: Below): Made {
  const [path, before] = pickFile(shape, below);
  const size = below(before.length);
  return { what: `${path} cut to ${size}`, changes: new Map([[path, before.subarray(0, size)]]) };
}

/** Up to 64 bytes are taken out, others are put in: random ones, or a piece of a segment, bundle or tile. */
function splice(shape: Shape, below: Below): Made {
  const [path, before] = pickFile(shape, below);
  const at = below(before.length + 1);
  const end = Math.min(before.length, at + below(65));
  const put = pieceOf(shape, below);
  const bytes = Buffer.concat([before.subarray(0, at), put, before.subarray(end)]);
  return { what: `${path} bytes ${at}-${end} become ${put.toString('hex')}`, changes: new Map([[path, bytes]]) };
}

/** No piece of a note: a signature that stands there twice says what it said once. */
function pieceOf({ files }: Shape, below: Below): Buffer {
  const size = below(65);
  if (below(2) === 0) return Buffer.from(Array.from({ length: size }, () => below(256)));
  const sources = [...files].filter(([path]) => path.includes('.seg') || path.startsWith('tile/'));
  const [, source] = sources[below(sources.length)] as [string, Buffer];
  const at = below(source.length);
  return source.subarray(at, at + size);
}

/** The records of a file as they lie in it; undefined for files without. */
function recordsIn(path: string, bytes: Buffer): readonly Buffer[] | undefined {
  const isSegment = path.endsWith('.seg');
  if (!isSegment && !path.startsWith('tile/entries/')) return undefined;
  const records: Buffer[] = [];
  for (let at = isSegment ? SEGMENT_HEADER_SIZE : 0; at < bytes.length; ) {
    const size = isSegment ? RECORD_HEADER_SIZE + bytes.readUInt32LE(at) : 2 + bytes.readUInt16BE(at);
    records.push(bytes.subarray(at, at + size));
    at += size;
  }
  return records;
}

/** Records of a file dropped, doubled or in another order, bytes as they are. */
function moveBytes(shape: Shape, below: Below): Made {
  const [path, before] = pickFile(shape, below);
  const records = recordsIn(path, before);
  if (records === undefined) return undefined;
  const moved = rearranged(records, below);
  if (moved === undefined) return undefined;
  const head = path.endsWith('.seg') ? before.subarray(0, SEGMENT_HEADER_SIZE) : Buffer.alloc(0);
  return { what: `${path}: ${moved.what}`, changes: new Map([[path, Buffer.concat([head, ...moved.items])]]) };
}

/** A list with one item dropped, doubled in its place, put elsewhere, or two exchanged. */
function rearranged<T>(
  items: readonly T[],
  below: Below,
): { readonly items: readonly T[]; readonly what: string } | undefined {
  if (items.length < 2) return undefined;
  const [at, to] = [below(items.length), below(items.length)];
  const item = items[at] as T;
  switch (below(4)) {
    case 0:
      return { items: items.toSpliced(at, 1), what: `${at} dropped` };
    case 1:
      return { items: items.toSpliced(at, 0, item), what: `${at} doubled` };
    case 2:
      return at === to
        ? undefined
        : { items: items.toSpliced(at, 1).toSpliced(to, 0, item), what: `${at} put at ${to}` };
    default:
      return at === to
        ? undefined
        : { items: items.with(at, items[to] as T).with(to, item), what: `${at} and ${to} exchanged` };
  }
}

/** Records rearranged, rewritten or invented, and everything that needs no key made to agree with them. */
async function forge(shape: Shape, below: Below): Promise<Made> {
  const forged = forgedBodies(shape.bodies, below);
  // Records after those that were signed are nothing new.
  const isGrowth = forged === undefined || shape.bodies.every((body, index) => forged.items[index]?.equals(body));
  if (isGrowth) return undefined;
  const made = shape.kind === 'journal' ? await journalOf(shape, forged.items) : new Map<string, Buffer | undefined>();
  if (shape.kind === 'pack' || below(2) === 0)
    for (const [path, bytes] of tilesFor(shape, forged.items)) made.set(path, bytes);
  return { what: `${forged.what}, made anew`, changes: made };
}

function forgedBodies(
  bodies: readonly Buffer[],
  below: Below,
): { readonly items: readonly Buffer[]; readonly what: string } | undefined {
  const at = below(bodies.length);
  const body = bodies[at] as Buffer;
  switch (below(3)) {
    case 0: {
      const changed = Buffer.from(body);
      const place = below(changed.length);
      changed[place] = ((changed[place] ?? 0) + 1 + below(255)) % 256;
      return { items: bodies.with(at, changed), what: `byte ${place} of record ${at} rewritten` };
    }
    case 1:
      return {
        items: bodies.toSpliced(at, 0, Buffer.from(`{"seq":${at},"forged":${below(1000)}}`)),
        what: `${at} invented`,
      };
    default:
      return rearranged(bodies, below);
  }
}

/** Other segments instead of those there are. */
async function journalOf(shape: Shape, bodies: readonly Buffer[]): Promise<Map<string, Buffer | undefined>> {
  const made = new Map<string, Buffer | undefined>(segmentNames(shape.files).map((path) => [path, undefined]));
  for (const [path, bytes] of await segmentsOf(bodies, shape.segmentBytesMax)) made.set(path, bytes);
  return made;
}

/** The tiles over other records, and in a pack the bundles: under the names that a tree of the signed size has. */
function tilesFor({ files, bodies: own }: Shape, bodies: readonly Buffer[]): Map<string, Buffer> {
  const hasher = new TreeHasher(sha256);
  const tiles = new Map<string, Buffer>();
  const builder = new TileBuilder(hasher, ({ level, index, hashes }) => {
    const path = formatTilePath({ kind: 'tile', level, index, width: tileWidth(own.length, level, index) || 1 });
    tiles.set(path, Buffer.concat([tiles.get(path) ?? Buffer.alloc(0), hashes]));
  });
  const taken = bodies.slice(0, own.length);
  for (const body of taken) builder.append(hasher.leaf(body));
  builder.flush();
  for (let index = 0; index * TILE_WIDTH < own.length; index++) {
    const bundle = encodeBundle(taken.slice(index * TILE_WIDTH, (index + 1) * TILE_WIDTH));
    const path = formatTilePath({ kind: 'entries', index, width: tileWidth(own.length, 0, index) });
    tiles.set(path, Buffer.from(bundle.ok ? bundle.value : []));
  }
  return new Map([...tiles].filter(([path]) => files.has(path)));
}

function dropFile(shape: Shape, below: Below): Made {
  const [path] = pickFile(shape, below);
  if (shape.kind === 'journal' && path.startsWith('tile/')) return undefined;
  return { what: `${path} dropped`, changes: new Map([[path, undefined]]) };
}

/** Contents of two files exchanged: segments, tiles, bundles, notes. */
function swapFiles(shape: Shape, below: Below): Made {
  const [[one, first], [other, second]] = [pickFile(shape, below), pickFile(shape, below)];
  // A cosigned checkpoint is a checkpoint; exchanged they are both put back, or neither.
  if ([one, other].some((path) => path === 'checkpoint' || path === 'cosigned')) return undefined;
  const changes = new Map([
    [one, second],
    [other, first],
  ]);
  return { what: `${one} and ${other} exchanged`, changes };
}

/** An earlier checkpoint beside records and cosignatures that are later: seen by whoever cosigned or kept more. */
function putBack({ earlier }: Shape): Made {
  return { what: 'checkpoint put back', changes: new Map([['checkpoint', earlier.get('checkpoint')]]) };
}

/** All files as they once were. */
function rollBack({ files, earlier }: Shape): Made {
  const changes = new Map<string, Buffer | undefined>([...files.keys()].map((path) => [path, undefined]));
  for (const [path, bytes] of earlier) changes.set(path, bytes);
  return { what: 'all files as they once were', changes };
}
