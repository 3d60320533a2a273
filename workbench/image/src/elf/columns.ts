// The long lists of an ELF file as columns, without an object a row: see `ImageColumns`.

import type { ImageColumns, SymbolColumns, UnwindColumns } from '../tables.ts';
import type { ElfFile } from './file.ts';
import type { GoFunctions } from './go-pclntab.ts';
import { once } from './once.ts';
import { type ElfSymbols, kindOf, nameOf } from './symbols.ts';

/** Columns with the same rows, in the same order, as the lists of lists.ts. */
export function columnsOf(file: ElfFile, goFunctions: () => GoFunctions | undefined): ImageColumns {
  return {
    symbols: once(() => symbolColumnsOf([file.symtab(), file.dynsym()].filter((table) => table !== undefined))),
    relocations: file.relocations,
    unwind: once(() => unwindColumnsOf(file, goFunctions())),
  };
}

function symbolColumnsOf(tables: readonly ElfSymbols[]): SymbolColumns {
  const most = tables.reduce((sum, { count }) => sum + count, 0);
  const [addresses, sizes] = [new Float64Array(most), new Float64Array(most)];
  const [kinds, rows] = [new Uint8Array(most), new Uint32Array(most)];
  const firsts: number[] = [];
  let count = 0;
  for (const table of tables) {
    firsts.push(count);
    for (let row = 1; row < table.count; row += 1) {
      if ((table.addresses[row] as number) < 0 || !table.names.has(table.nameOffsets[row] as number)) continue;
      addresses[count] = table.addresses[row] as number;
      sizes[count] = table.sizes[row] as number;
      kinds[count] = kindOf(table.infos[row] as number);
      rows[count] = row;
      count += 1;
    }
  }
  const name = (row: number): string => {
    const table = tables[row >= (firsts[1] ?? Number.POSITIVE_INFINITY) ? 1 : 0];
    return table === undefined || row >= count ? '' : nameOf(table, rows[row] as number);
  };
  return { count, addresses, sizes, kinds, name };
}

function unwindColumnsOf(file: ElfFile, go: GoFunctions | undefined): UnwindColumns {
  const frames = file.frames();
  if (go === undefined) return frames;
  const count = frames.count + go.count;
  const [starts, ends] = [new Float64Array(count), new Float64Array(count)];
  starts.set(frames.starts.subarray(0, frames.count));
  ends.set(frames.ends.subarray(0, frames.count));
  starts.set(go.starts.subarray(0, go.count), frames.count);
  ends.set(go.ends.subarray(0, go.count), frames.count);
  return { count, starts, ends };
}
