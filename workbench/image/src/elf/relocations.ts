// Relocations as columns. gABI, chapter 4, "Relocation"; RELR: the proposal of 2018 that the gABI took (a word with an even value
// is an address; one with its low bit set is a bitmap of the words that follow).

import { LIMITS } from '../limits.ts';
import { DT, EM, ET, SHF, SHT } from './constants.ts';
import type { Dynamic, Tables } from './dynamic.ts';
import { isPlace } from './reader.ts';
import type { ElfSymbols } from './symbols.ts';

/** Relocations of all tables, in the order the loader goes over them. Only the first `count` rows hold. */
export interface ElfRelocations {
  count: number;
  /** Where, less the image's base. */
  addresses: Float64Array;
  types: Uint32Array;
  /** Row of the symbol table, 0 for none. */
  symbols: Uint32Array;
  /** Exact within ±2^53; of REL and RELR what stands at the place. */
  addends: Float64Array;
  /** The address that is put there, less the base; -1 when other files decide. */
  targets: Float64Array;
}

/** What the rows of a table mean. */
interface Meaning {
  readonly relative: number;
  /** Types whose value is symbol + addend as a whole word. */
  readonly absolute: readonly number[];
  /** Types whose value is the symbol, whatever the addend. */
  readonly slots: readonly number[];
}

const NOTHING: Meaning = { relative: -1, absolute: [], slots: [] };
const MEANINGS: ReadonlyMap<number, Meaning> = new Map([
  [EM.x86_64, { relative: 8, absolute: [1], slots: [6, 7] }],
  [EM.aarch64, { relative: 1027, absolute: [257], slots: [1025, 1026] }],
  [EM.i386, { relative: 8, absolute: [1], slots: [6, 7] }],
  [EM.arm, { relative: 23, absolute: [2], slots: [21, 22] }],
]);

/** Types that fill a slot of the GOT with the address of a symbol. */
export function isSlotType(machine: number, type: number): boolean {
  return MEANINGS.get(machine)?.slots.includes(type) ?? false;
}

/** What a file's relocations are read with. */
export interface RelocationSource {
  readonly tables: Tables;
  readonly dynamic: Dynamic | undefined;
  readonly dynsym: ElfSymbols | undefined;
  readonly symtab: ElfSymbols | undefined;
  readonly type: number;
  readonly machine: number;
  /** Start of each section in a relocatable file. */
  readonly sectionStarts: readonly number[] | undefined;
}

interface Run {
  readonly offset: number;
  readonly size: number;
  readonly kind: 'rel' | 'rela' | 'relr';
  readonly symbols: ElfSymbols | undefined;
  /** Added to each place: start of the section in a relocatable file. */
  readonly start: number;
}

/** All relocations of the file. */
export function readRelocations(source: RelocationSource): ElfRelocations {
  const runs = source.type === ET.rel ? sectionRuns(source) : loaderRuns(source);
  const { bytes, wordSize } = source.tables.reader;
  // RELR says much in few bytes; no honest file names more places than it has words.
  const table = empty(
    Math.min(
      runs.reduce((sum, run) => sum + rowsAtMost(source, run), 0),
      bytes.length / wordSize,
    ),
  );
  for (const run of runs) {
    if (run.kind === 'relr') readRelr(source, run, table);
    else readRows(source, run, table);
  }
  return table;
}

function empty(rows: number): ElfRelocations {
  const size = Math.min(Math.floor(rows), LIMITS.relocations);
  return {
    count: 0,
    addresses: new Float64Array(size),
    types: new Uint32Array(size),
    symbols: new Uint32Array(size),
    addends: new Float64Array(size),
    targets: new Float64Array(size),
  };
}

const entrySize = (wordSize: number, kind: 'rel' | 'rela'): number => (kind === 'rela' ? 3 : 2) * wordSize;

/** Rows a run can give; those of RELR are counted, because a bitmap stands for up to 63. */
function rowsAtMost({ tables: { reader } }: RelocationSource, run: Run): number {
  if (run.kind !== 'relr') return Math.floor(run.size / entrySize(reader.wordSize, run.kind));
  let rows = 0;
  for (let at = run.offset; at + reader.wordSize <= run.offset + run.size; at += reader.wordSize)
    rows += bitsOf(reader.u32(at)) + (reader.is64 ? bitsOf(reader.u32(at + 4)) : 0) + 1;
  return rows;
}

function bitsOf(word: number): number {
  let bits = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) bits += 1;
  return bits;
}

/** A static program has no dynamic section; its IRELATIVE rows are in allocated sections. */
function loaderRuns(source: RelocationSource): readonly Run[] {
  const { dynamic, tables, dynsym } = source;
  if (dynamic === undefined)
    return tables.sectionHeaders.flatMap((header) => {
      const kind = kindOfSection(header.type);
      if (kind === undefined || (header.flags & SHF.alloc) === 0) return [];
      return [{ kind, offset: header.offset, size: header.fileSize, symbols: undefined, start: 0 }];
    });
  const run = (kind: Run['kind'], atTag: number, sizeTag: number): readonly Run[] => {
    const [at, size] = [dynamic.address(atTag), dynamic.value(sizeTag) ?? 0];
    const offset = at === undefined ? -1 : tables.map.offsetOf(at, 0);
    if (at === undefined || offset < 0) return [];
    const inFile = Math.min(size, tables.map.bytesFrom(at));
    if (inFile < size) tables.warnings.add(`a ${kind} table of ${size} bytes reaches beyond its segment`);
    return [{ kind, offset, size: inFile, symbols: dynsym, start: 0 }];
  };
  const pltKind = dynamic.value(DT.pltRel) === DT.rel ? 'rel' : 'rela';
  const runs = [
    ...run('relr', DT.relr, DT.relrSize),
    ...run('rela', DT.rela, DT.relaSize),
    ...run('rel', DT.rel, DT.relSize),
    ...run(pltKind, DT.jmpRel, DT.pltRelSize),
  ];
  // Some linkers count the PLT's rows into DT_RELASZ as well.
  const last = runs.at(-1);
  const isTwice = (one: Run): boolean =>
    last !== undefined && one !== last && last.offset >= one.offset && last.offset + last.size <= one.offset + one.size;
  return runs.some(isTwice) ? runs.slice(0, -1) : runs;
}

function sectionRuns({ tables, symtab, sectionStarts }: RelocationSource): readonly Run[] {
  return tables.sectionHeaders.flatMap((header) => {
    const kind = kindOfSection(header.type);
    const target = tables.sectionHeaders[header.info];
    if (kind === undefined || target === undefined || (target.flags & SHF.alloc) === 0) return [];
    const start = sectionStarts?.[header.info] ?? 0;
    return [{ kind, offset: header.offset, size: header.fileSize, symbols: symtab, start }];
  });
}

function kindOfSection(type: number): Run['kind'] | undefined {
  if (type === SHT.rela) return 'rela';
  if (type === SHT.rel) return 'rel';
  return type === SHT.relr ? 'relr' : undefined;
}

/** offset[W] info[W] addend[W]; info is symbol and type, 32 and 32 bits, or 24 and 8. */
function readRows(source: RelocationSource, run: Run, table: ElfRelocations): void {
  const { reader, map } = source.tables;
  const meaning = MEANINGS.get(source.machine) ?? NOTHING;
  const w = reader.wordSize;
  const size = entrySize(w, run.kind as 'rel' | 'rela');
  for (let at = run.offset; at + size <= run.offset + run.size; at += size) {
    const row = table.count;
    if (row >= table.addresses.length) return tooMany(source);
    const place = run.start === 0 ? reader.address(at) : run.start + reader.word(at);
    if (!isPlace(place)) continue;
    const [low, high] = halves(reader.is64, reader.isLittle, reader.u32(at + w), reader.u32(at + w + (w >> 1)));
    table.addresses[row] = place;
    table.types[row] = low;
    table.symbols[row] = high;
    const addendAt = run.kind === 'rela' ? at + 2 * w : map.offsetOf(place, w);
    table.addends[row] = addendAt < 0 ? 0 : reader.signedWord(addendAt);
    table.targets[row] = addendAt < 0 ? -1 : targetOf(source, run, { type: low, symbol: high, addendAt, meaning });
    table.count = row + 1;
  }
}

/** Type and symbol of an info word, given its two halves as they lie in the file (in 32 bit, the word twice over). */
function halves(is64: boolean, isLittle: boolean, first: number, second: number): readonly [number, number] {
  if (!is64) return [first & 0xff, first >>> 8];
  return isLittle ? [first, second] : [second, first];
}

interface Row {
  readonly type: number;
  readonly symbol: number;
  readonly addendAt: number;
  readonly meaning: Meaning;
}

function targetOf({ tables: { reader } }: RelocationSource, { symbols }: Run, row: Row): number {
  const { type, symbol, addendAt, meaning } = row;
  if (type === meaning.relative) return placeOrNone(reader.is64 ? reader.address(addendAt) : reader.u32(addendAt));
  const isSlot = meaning.slots.includes(type);
  if (!isSlot && !meaning.absolute.includes(type)) return -1;
  const at = symbols?.addresses[symbol] ?? -1;
  if (at < 0 || symbol === 0) return -1;
  return isSlot ? at : placeOrNone(at + reader.signedWord(addendAt));
}

const placeOrNone = (value: number): number => (isPlace(value) ? value : -1);

/** Words of addresses and of bitmaps; each place holds its own addend. */
function readRelr(source: RelocationSource, run: Run, table: ElfRelocations): void {
  const { reader } = source.tables;
  const w = reader.wordSize;
  const bits = w * 8 - 1;
  let next = 0;
  for (let at = run.offset; at + w <= run.offset + run.size; at += w) {
    const [first, second] = [reader.u32(at), reader.is64 ? reader.u32(at + 4) : 0];
    const [low, high] = reader.isLittle || !reader.is64 ? [first, second] : [second, first];
    if ((low & 1) === 0) {
      next = reader.address(at);
      addRelr(source, table, next);
      next += w;
      continue;
    }
    for (let bit = 1; bit < 32; bit += 1) if ((low >>> bit) & 1) addRelr(source, table, next + (bit - 1) * w);
    for (let bit = 0; bit < 32; bit += 1) if ((high >>> bit) & 1) addRelr(source, table, next + (bit + 31) * w);
    next += bits * w;
  }
}

function addRelr(source: RelocationSource, table: ElfRelocations, place: number): void {
  const { reader, map } = source.tables;
  const row = table.count;
  if (!isPlace(place)) return;
  if (row >= table.addresses.length) return tooMany(source);
  const at = map.offsetOf(place, reader.wordSize);
  table.addresses[row] = place;
  table.types[row] = Math.max(0, MEANINGS.get(source.machine)?.relative ?? 0);
  table.addends[row] = at < 0 ? 0 : reader.word(at);
  table.targets[row] = at < 0 ? -1 : placeOrNone(reader.is64 ? reader.address(at) : reader.u32(at));
  table.count = row + 1;
}

/** Said instead of reading on. */
function tooMany({ tables: { warnings } }: RelocationSource): void {
  warnings.add('more relocations than a file of this size can have: the rest is not read');
}
