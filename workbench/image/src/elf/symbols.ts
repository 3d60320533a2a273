// Symbol tables as columns: one row an entry, in the file's order. gABI, chapter 4, "Symbol Table".

import type { ImageSymbol } from '../image.ts';
import { LIMITS } from '../limits.ts';
import { SYMBOL_KINDS } from '../tables.ts';
import { DT, SHN, SHT, STT } from './constants.ts';
import type { Dynamic, Tables } from './dynamic.ts';
import { NameTable } from './names.ts';
import { isPlace } from './reader.ts';

/** One symbol table. Row 0 is the null symbol: rows are the numbers that relocations use. */
export interface ElfSymbols {
  readonly from: 'symtab' | 'dynsym';
  readonly count: number;
  /** Addresses less the image's base; -1 where the symbol has none (undefined, common, beyond 2^53). */
  readonly addresses: Float64Array;
  readonly sizes: Float64Array;
  /** st_info: binding above, type in the low four bits. */
  readonly infos: Uint8Array;
  /** st_other: visibility in the low two bits. */
  readonly others: Uint8Array;
  /** Section number; extended ones already looked up. */
  readonly sections: Uint32Array;
  /** Offset of the name in `names`. */
  readonly nameOffsets: Uint32Array;
  readonly names: NameTable;
}

/** What a table's addresses mean. */
export interface SymbolPlaces {
  /** Start of each section in a relocatable file, whose symbols count from it; undefined in others. */
  readonly sectionStarts?: readonly number[];
  /** Start of the thread-local template, which thread-local symbols count from. */
  readonly tlsStart: number;
}

interface Rows {
  readonly offset: number;
  readonly count: number;
  readonly step: number;
  /** Offset of SHT_SYMTAB_SHNDX words, or -1. */
  readonly extendedAt: number;
}

/** The table of SHT_SYMTAB; undefined when there is none. */
export function readSymtab(tables: Tables, places: SymbolPlaces): ElfSymbols | undefined {
  const { sectionHeaders, reader } = tables;
  const index = sectionHeaders.findIndex(({ type }) => type === SHT.symtab);
  const header = sectionHeaders[index];
  if (header === undefined) return undefined;
  const strings = sectionHeaders[header.link];
  const extended = sectionHeaders.find(({ type, link }) => type === SHT.symtabShndx && link === index);
  const step = Math.max(header.entrySize, symbolSize(reader.is64));
  const count = bounded(tables, Math.floor(header.fileSize / step), 'symbols');
  const hasExtended = extended !== undefined && extended.fileSize >= count * 4;
  const names = new NameTable(reader.bytes, strings?.offset ?? 0, strings?.fileSize ?? 0);
  const rows = { offset: header.offset, count, step, extendedAt: hasExtended ? extended.offset : -1 };
  return readRows(tables, rows, { from: 'symtab', names, places });
}

/** The table of DT_SYMTAB. Its length is in no tag: the section header, the hash tables or the table behind it say. */
export function readDynsym(tables: Tables, dynamic: Dynamic, places: SymbolPlaces): ElfSymbols | undefined {
  const at = dynamic.address(DT.symTab);
  const offset = at === undefined ? -1 : tables.map.offsetOf(at, 0);
  if (at === undefined || offset < 0) return undefined;
  const step = symbolSize(tables.reader.is64);
  const fitting = Math.floor(tables.map.bytesFrom(at) / step);
  const count = bounded(tables, Math.min(dynamicCount(tables, dynamic, at), fitting), 'dynamic symbols');
  const rows = { offset, count, step, extendedAt: -1 };
  return readRows(tables, rows, { from: 'dynsym', names: dynamic.names, places });
}

const symbolSize = (is64: boolean): 16 | 24 => (is64 ? 24 : 16);

function bounded({ warnings }: Tables, count: number, what: string): number {
  if (count > LIMITS.symbols) warnings.add(`${count} ${what} are there, ${LIMITS.symbols} are read`);
  return Math.min(count, LIMITS.symbols);
}

/** name[4] info[1] other[1] shndx[2] value[8] size[8]; in 32 bit name[4] value[4] size[4] info[1] other[1] shndx[2]. */
function readRows(
  { reader }: Tables,
  { offset, count, step, extendedAt }: Rows,
  { from, names, places }: { from: ElfSymbols['from']; names: NameTable; places: SymbolPlaces },
): ElfSymbols {
  const symbols: ElfSymbols = {
    ...{ from, count, names },
    addresses: new Float64Array(count),
    sizes: new Float64Array(count),
    infos: new Uint8Array(count),
    others: new Uint8Array(count),
    sections: new Uint32Array(count),
    nameOffsets: new Uint32Array(count),
  };
  const [infoAt, valueAt, sizeAt] = reader.is64 ? [4, 8, 16] : [12, 4, 8];
  for (let row = 0; row < count; row += 1) {
    const at = offset + row * step;
    const section = reader.u16(at + infoAt + 2);
    symbols.nameOffsets[row] = reader.u32(at);
    symbols.infos[row] = reader.bytes[at + infoAt] as number;
    symbols.others[row] = reader.bytes[at + infoAt + 1] as number;
    symbols.sections[row] = section === SHN.extended && extendedAt >= 0 ? reader.u32(extendedAt + row * 4) : section;
    symbols.sizes[row] = reader.word(at + sizeAt);
    symbols.addresses[row] = placeOf(symbols, row, reader.address(at + valueAt), reader.word(at + valueAt), places);
  }
  return symbols;
}

function placeOf(symbols: ElfSymbols, row: number, address: number, value: number, places: SymbolPlaces): number {
  const section = symbols.sections[row] as number;
  const type = (symbols.infos[row] as number) & 15;
  if (section === SHN.undefined || section === SHN.common || type === STT.common) return -1;
  if (type === STT.file) return 0;
  let at = address;
  if (places.sectionStarts !== undefined)
    at = section === SHN.absolute ? value : value + (places.sectionStarts[section] ?? 0);
  else if (type === STT.tls) at = value + places.tlsStart;
  return isPlace(at) ? at : -1;
}

function dynamicCount(tables: Tables, dynamic: Dynamic, at: number): number {
  const header = tables.sectionHeaders.find(({ type, address }) => type === SHT.dynsym && address === at);
  if (header !== undefined) return Math.floor(header.fileSize / symbolSize(tables.reader.is64));
  return (
    hashCount(tables, dynamic) ?? gnuHashCount(tables, dynamic) ?? countBeforeStrings(dynamic, at, tables.reader.is64)
  );
}

/** DT_HASH: nbucket[4] nchain[4] …; there are as many chains as symbols. */
function hashCount({ reader, map }: Tables, dynamic: Dynamic): number | undefined {
  const at = dynamic.address(DT.hash);
  const offset = at === undefined ? -1 : map.offsetOf(at, 8);
  return offset < 0 ? undefined : reader.u32(offset + 4);
}

/**
 * DT_GNU_HASH: nbuckets[4] symoffset[4] bloom_size[4] bloom_shift[4] bloom[bloom_size*W] buckets[nbuckets*4] chains[…]: the last
 * symbol is at the end of the chain that begins at the highest bucket; a chain's last word has its low bit set.
 */
function gnuHashCount({ reader, map }: Tables, dynamic: Dynamic): number | undefined {
  const at = dynamic.address(DT.gnuHash);
  const offset = at === undefined ? -1 : map.offsetOf(at, 16);
  if (at === undefined || offset < 0) return undefined;
  const end = offset + map.bytesFrom(at);
  const [buckets, first] = [reader.u32(offset), reader.u32(offset + 4)];
  const bucketsAt = offset + 16 + reader.u32(offset + 8) * reader.wordSize;
  const chainsAt = bucketsAt + buckets * 4;
  if (chainsAt > end) return undefined;
  let last = 0;
  for (let bucket = bucketsAt; bucket < chainsAt; bucket += 4) last = Math.max(last, reader.u32(bucket));
  // Only symbols that are offered are hashed: with none of them it says nothing about those that are asked for.
  if (last < first) return undefined;
  let chain = chainsAt + (last - first) * 4;
  while (chain + 4 <= end && (reader.u32(chain) & 1) === 0) chain += 4;
  return first + (chain - chainsAt) / 4 + 1;
}

/** Linkers put the strings behind the symbols; a table that is too long by this ends at its segment's end. */
function countBeforeStrings(dynamic: Dynamic, at: number, is64: boolean): number {
  const strings = dynamic.address(DT.strTab) ?? 0;
  return Math.max(0, Math.floor((strings - at) / symbolSize(is64)));
}

const KINDS: ReadonlyMap<number, ImageSymbol['kind']> = new Map([
  [STT.object, 'object'],
  [STT.function, 'function'],
  [STT.section, 'section'],
  [STT.file, 'file'],
  [STT.tls, 'tls'],
  [STT.ifunc, 'function'],
]);

/** By the low four bits of st_info. */
const KIND_NUMBERS: Uint8Array = Uint8Array.from({ length: 16 }, (_, type) =>
  SYMBOL_KINDS.indexOf(KINDS.get(type) ?? 'other'),
);

/** Kind of a row, as an index into `SYMBOL_KINDS`. */
export function kindOf(info: number): number {
  return KIND_NUMBERS[info & 15] as number;
}

/** Name of a row without its version (`memcpy@@GLIBC_2.14`). Untrusted. */
export function nameOf(symbols: ElfSymbols, row: number): string {
  const name = symbols.names.at(symbols.nameOffsets[row] as number);
  if (symbols.from === 'dynsym') return name;
  const version = name.indexOf('@', 1);
  return version < 0 ? name : name.slice(0, version);
}

const BINDINGS: readonly ImageSymbol['binding'][] = ['local', 'global', 'weak'];

/** Binding of a row; GNU's `unique` and others count as global. */
export function bindingOf(info: number): ImageSymbol['binding'] {
  return BINDINGS[info >> 4] ?? 'global';
}
