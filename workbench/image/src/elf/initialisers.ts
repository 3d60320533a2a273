// Functions that the loader or the start code calls by itself. gABI, chapter 5, "Initialization and Termination Functions".

import { type Address, address } from '../units.ts';
import { DT, SHT } from './constants.ts';
import type { Dynamic, Tables } from './dynamic.ts';
import type { ElfRelocations } from './relocations.ts';

const ARRAYS = [
  [DT.preinitArray, DT.preinitArraySize],
  [DT.initArray, DT.initArraySize],
  [DT.finiArray, DT.finiArraySize],
] as const;
const ARRAY_TYPES: readonly number[] = [SHT.preinitArray, SHT.initArray, SHT.finiArray];
const COUNT_MAX = 65_536;
/** A relocatable file has an array for each priority. */
const ARRAYS_MAX = 64;

/** What initialisers are read from. */
export interface InitialiserSource {
  readonly tables: Tables;
  readonly dynamic: Dynamic | undefined;
  readonly relocations: ElfRelocations;
  /** Start of each section in a relocatable file. */
  readonly sectionStarts: readonly number[] | undefined;
}

interface Words {
  readonly at: number;
  readonly size: number;
}

/** DT_INIT and DT_FINI, then the entries of all arrays, in order and each once; 0 and -1 mark empty entries. */
export function readInitialisers(source: InitialiserSource): readonly Address[] {
  const { tables, dynamic, relocations } = source;
  const single = dynamic === undefined ? [] : [dynamic.address(DT.init), dynamic.address(DT.fini)];
  const found = new Set<number>(single.filter((at) => at !== undefined));
  const written = new Map<number, number>();
  const arrays = arraysOf(source);
  for (let row = 0; row < relocations.count && arrays.length > 0; row += 1) {
    const at = relocations.addresses[row] as number;
    if (arrays.some(({ at: start, size }) => at >= start && at < start + size))
      written.set(at, relocations.targets[row] as number);
  }
  for (const { at: start, size } of arrays) {
    const end = start + Math.min(size, COUNT_MAX * tables.reader.wordSize, tables.map.bytesFrom(start));
    for (let at = start; at < end; at += tables.reader.wordSize) found.add(written.get(at) ?? stored(tables, at));
  }
  return [...found].filter((at) => at > 0 && tables.map.offsetOf(at, 1) >= 0).map(address);
}

function stored({ reader, map }: Tables, at: number): number {
  const offset = map.offsetOf(at, reader.wordSize);
  return offset < 0 ? 0 : reader.address(offset);
}

function arraysOf({ tables, dynamic, sectionStarts }: InitialiserSource): readonly Words[] {
  if (dynamic !== undefined)
    return ARRAYS.flatMap(([atTag, sizeTag]) => {
      const [at, size] = [dynamic.address(atTag), dynamic.value(sizeTag)];
      return at === undefined || size === undefined ? [] : [{ at, size }];
    });
  const arrays = tables.sectionHeaders.flatMap(({ type, address: at, size }, index) =>
    ARRAY_TYPES.includes(type) ? [{ at: sectionStarts?.[index] ?? at, size }] : [],
  );
  return arrays.slice(0, ARRAYS_MAX);
}
