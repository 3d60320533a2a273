// COFF symbols, which mingw leaves in programs: rows of name[8] value[4] section[2] type[2] class[1] auxiliary rows[1], then the
// strings that longer names are in.

import type { ImageSymbol } from '../image.ts';
import { LIMITS } from '../limits.ts';
import { textAt } from '../text.ts';
import { address } from '../units.ts';
import type { PeFile } from './file.ts';
import { COFF_SYMBOL_SIZE } from './layout.ts';

const CLASS = { external: 2, static: 3, label: 6, file: 103, weak: 105 } as const;
const FUNCTION = 2;

/** Where the table and its strings lie; a size of 0 when there are none. */
export function symbolPlace({ reader, headers: { symbolTable } }: PeFile): {
  offset: number;
  count: number;
  size: number;
} {
  const { offset } = symbolTable;
  if (offset === 0 || offset >= reader.bytes.length) return { offset: 0, count: 0, size: 0 };
  const room = Math.floor((reader.bytes.length - offset) / COFF_SYMBOL_SIZE);
  const count = Math.min(symbolTable.count, room, LIMITS.symbols);
  const strings = offset + count * COFF_SYMBOL_SIZE;
  const size = reader.has(strings, 4) ? reader.u32(strings) : 0;
  return { offset, count, size: count * COFF_SYMBOL_SIZE + Math.min(size, reader.bytes.length - strings) };
}

/** Symbols with a name and a section. */
export function readSymbols(file: PeFile): readonly ImageSymbol[] {
  const { offset, count } = symbolPlace(file);
  if (count < file.headers.symbolTable.count) file.warnings.add(`of the COFF symbols ${count} are in the file`);
  const symbols: ImageSymbol[] = [];
  for (let row = 0; row < count; row += 1) {
    const at = offset + row * COFF_SYMBOL_SIZE;
    const symbol = symbolAt(file, at, offset + count * COFF_SYMBOL_SIZE);
    if (symbol !== undefined) symbols.push(symbol);
    row += file.reader.bytes[at + 17] as number;
  }
  return symbols;
}

function symbolAt(file: PeFile, at: number, strings: number): ImageSymbol | undefined {
  const { reader, rows, imageBase } = file;
  const section = rows[reader.u16(at + 12) - 1];
  const storage = reader.bytes[at + 16] as number;
  const isKnown =
    storage === CLASS.external || storage === CLASS.static || storage === CLASS.label || storage === CLASS.weak;
  if (section === undefined || !isKnown) return undefined;
  const name = reader.u32(at) === 0 ? file.names.at(strings + reader.u32(at + 4)) : textAt(reader.bytes, at, at + 8);
  if (name === '') return undefined;
  // The definition of a section, or of a part of one that an object brought: it has an auxiliary row.
  const isSection = storage === CLASS.static && reader.u16(at + 14) === 0 && (reader.bytes[at + 17] as number) > 0;
  const isFunction = reader.u16(at + 14) >>> 4 === FUNCTION;
  return {
    ...{ name, address: address(imageBase + section.rva + reader.u32(at + 8)), size: 0 },
    kind: isSection ? 'section' : isFunction ? 'function' : 'other',
    binding: storage === CLASS.external ? 'global' : storage === CLASS.weak ? 'weak' : 'local',
    from: 'coff',
  };
}
