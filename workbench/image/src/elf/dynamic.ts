// The dynamic section: what the loader is told. gABI, chapter 5, "Dynamic Section".

import { LIMITS } from '../limits.ts';
import type { Warnings } from '../warnings.ts';
import { DT, PT, SHT } from './constants.ts';
import type { AddressMap } from './layout.ts';
import { NameTable } from './names.ts';
import type { ProgramHeader } from './program-headers.ts';
import type { ElfReader } from './reader.ts';
import type { SectionHeader } from './section-headers.ts';

/** The table, its rows by tag. */
export interface Dynamic {
  /** First value of each tag: sizes and flags as they are, addresses less the image's base. */
  value(tag: number): number | undefined;
  address(tag: number): number | undefined;
  readonly needed: readonly string[];
  readonly soname?: string;
  readonly runPath?: string;
  /** Dynamic string table. */
  readonly names: NameTable;
  readonly offset: number;
  readonly size: number;
}

interface Place {
  readonly offset: number;
  readonly size: number;
}

/** Everything the tables of a file are found by. */
export interface Tables {
  readonly reader: ElfReader;
  readonly programHeaders: readonly ProgramHeader[];
  readonly sectionHeaders: readonly SectionHeader[];
  readonly map: AddressMap;
  readonly warnings: Warnings;
}

/** The dynamic section, from PT_DYNAMIC, or from its section header where there is none; undefined for static programs. */
export function readDynamic(tables: Tables): Dynamic | undefined {
  const { reader, map, warnings } = tables;
  const place = placeOf(tables);
  if (place === undefined) return undefined;
  const rows = rowsOf(reader, place, warnings);
  const at = (tag: number): number | undefined => rows.find((row) => row.tag === tag)?.at;
  const value = (tag: number): number | undefined => {
    const where = at(tag);
    return where === undefined ? undefined : reader.word(where);
  };
  const address = (tag: number): number | undefined => {
    const where = at(tag);
    return where === undefined ? undefined : reader.address(where);
  };
  const names = nameTable(reader, map, address(DT.strTab), value(DT.strSize) ?? 0, warnings);
  const named = (tag: number): string | undefined => {
    const name = value(tag);
    return name === undefined ? undefined : names.at(name);
  };
  const [soname, runPath] = [named(DT.soname), named(DT.runPath) ?? named(DT.rpath)];
  return {
    ...{ value, address, names, offset: place.offset, size: rows.length * 2 * reader.wordSize },
    needed: rows.filter(({ tag }) => tag === DT.needed).map((row) => names.at(reader.word(row.at))),
    ...(soname === undefined ? {} : { soname }),
    ...(runPath === undefined ? {} : { runPath }),
  };
}

function placeOf({ reader, programHeaders, sectionHeaders, warnings }: Tables): Place | undefined {
  const found =
    programHeaders.find(({ type }) => type === PT.dynamic) ?? sectionHeaders.find(({ type }) => type === SHT.dynamic);
  if (found === undefined || found.offset >= reader.bytes.length || found.fileSize === 0) return undefined;
  const size = Math.min(found.fileSize, reader.bytes.length - found.offset);
  if (size < found.fileSize) warnings.add('the dynamic section reaches beyond the end of the file');
  return { offset: found.offset, size };
}

/** tag[W] value[W], up to DT_NULL. `at` is the offset of the value. */
function rowsOf(
  reader: ElfReader,
  { offset, size }: Place,
  warnings: Warnings,
): readonly { tag: number; at: number }[] {
  const rows: { tag: number; at: number }[] = [];
  const step = 2 * reader.wordSize;
  const end = offset + Math.min(Math.floor(size / step), LIMITS.tableRows) * step;
  for (let at = offset; at < end; at += step) {
    rows.push({ tag: reader.word(at), at: at + reader.wordSize });
    if (reader.word(at) === DT.null) return rows;
  }
  warnings.add('the dynamic section has no end mark');
  return rows;
}

function nameTable(
  reader: ElfReader,
  map: AddressMap,
  at: number | undefined,
  size: number,
  warnings: Warnings,
): NameTable {
  const offset = at === undefined ? -1 : map.offsetOf(at, 0);
  if (at === undefined || offset < 0) return new NameTable(reader.bytes, 0, 0);
  const inFile = Math.min(size, map.bytesFrom(at));
  if (inFile < size) warnings.add('the dynamic string table reaches beyond its segment');
  return new NameTable(reader.bytes, offset, inFile);
}
