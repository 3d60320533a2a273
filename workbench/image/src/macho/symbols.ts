// The symbol table (LC_SYMTAB) and the indirect symbols (LC_DYSYMTAB), which say whom stubs and pointers belong to.

import { NameTable } from '../elf/names.ts';
import { isPlace } from '../elf/reader.ts';
import type { ImageSymbol } from '../image.ts';
import { LIMITS } from '../limits.ts';
import { address } from '../units.ts';
import { LC, N, SECTION } from './constants.ts';
import { type MachoFile, type Piece, pieceOf } from './file.ts';
import { isCodeSection, sectionType } from './layout.ts';

/** Rows of name[4] type[1] section[1] description[2] value[W]. */
export interface SymbolTable {
  readonly at: number;
  readonly count: number;
  readonly rowSize: number;
  readonly names: NameTable;
  readonly strings: Piece | undefined;
}

/** Where the table is; undefined when there is none. */
export function symbolTable(file: MachoFile): SymbolTable | undefined {
  const { reader, commands, warnings } = file;
  const command = commands.find(({ kind, size }) => kind === LC.symtab && size >= 24);
  if (command === undefined) return undefined;
  const [at, announced] = [reader.u32(command.at + 8), reader.u32(command.at + 12)];
  const rowSize = reader.is64 ? 16 : 12;
  const room = Math.max(0, Math.floor((reader.bytes.length - at) / rowSize));
  const count = Math.min(announced, room, LIMITS.symbols);
  if (count < announced) warnings.add(`${announced} symbols are announced, ${count} are in the file`);
  const strings = pieceOf(file, LC.symtab, 16);
  const names = new NameTable(reader.bytes, strings?.at ?? 0, strings?.size ?? 0);
  return { at, count, rowSize, names, strings };
}

/** Name of a row; empty outside the table. Untrusted. */
function nameOfRow(file: MachoFile, { at, count, rowSize, names }: SymbolTable, row: number): string {
  return row < count ? names.at(file.reader.u32(at + row * rowSize)) : '';
}

/** Symbols that lie in a section; debugging rows are left out. */
export function readSymbols(file: MachoFile, table: SymbolTable | undefined): readonly ImageSymbol[] {
  if (table === undefined) return [];
  const { reader } = file;
  const sections = file.rows.flatMap((row) => row.sections);
  const symbols: ImageSymbol[] = [];
  for (let row = 0; row < table.count; row += 1) {
    const at = table.at + row * table.rowSize;
    const type = reader.bytes[at + 4] as number;
    const section = sections[(reader.bytes[at + 5] as number) - 1];
    const place = reader.address(at + 8);
    if ((type & N.stab) !== 0 || (type & N.type) !== N.section || section === undefined || !isPlace(place)) continue;
    const name = nameOfRow(file, table, row);
    if (name === '') continue;
    const isWeak = (reader.u16(at + 6) & N.weakDefinition) !== 0;
    symbols.push({
      ...{ name, address: address(reader.is64 ? place : reader.u32(at + 8)), size: 0, from: 'nlist' },
      kind: isCodeSection(section) ? 'function' : 'object',
      binding: (type & N.external) === 0 ? 'local' : isWeak ? 'weak' : 'global',
    });
  }
  return symbols;
}

/** Names that are looked for in other files, and the library each is asked of (its number, from 1). */
export function undefinedSymbols(file: MachoFile, table: SymbolTable | undefined): readonly Undefined[] {
  const { reader } = file;
  const found: Undefined[] = [];
  for (let row = 0; row < (table?.count ?? 0) && table !== undefined && found.length < LIMITS.imports; row += 1) {
    const at = table.at + row * table.rowSize;
    const type = reader.bytes[at + 4] as number;
    if ((type & N.stab) !== 0 || (type & N.type) !== N.undefined || (type & N.external) === 0) continue;
    // A value is the size of common memory, which this file has itself.
    if (reader.word(at + 8) !== 0) continue;
    const name = nameOfRow(file, table, row);
    const description = reader.u16(at + 6);
    if (name !== '') found.push({ name, library: description >>> 8, isWeak: (description & N.weakReference) !== 0 });
  }
  return found;
}

/** A name that is looked for elsewhere. */
export interface Undefined {
  readonly name: string;
  readonly library: number;
  readonly isWeak: boolean;
}

/** Name → address of its stub, from sections of stubs: reserved1 is their first indirect symbol, reserved2 the size of a stub. */
export function readStubs(file: MachoFile, table: SymbolTable | undefined): ReadonlyMap<string, number> {
  const stubs = new Map<string, number>();
  const indirect = indirectPlace(file);
  if (table === undefined || indirect === undefined) return stubs;
  for (const section of file.rows.flatMap((row) => row.sections)) {
    if (sectionType(section) !== SECTION.stubs || section.reserved2 === 0 || !isPlace(section.address)) continue;
    const count = Math.min(Math.floor(section.size / section.reserved2), indirect.count - section.reserved1);
    for (let row = 0; row < count; row += 1) {
      const symbol = file.reader.u32(indirect.at + (section.reserved1 + row) * 4);
      const name = nameOfRow(file, table, symbol);
      if (name !== '' && !stubs.has(name)) stubs.set(name, section.address + row * section.reserved2);
    }
  }
  return stubs;
}

/** Where the indirect symbols are: fields 56 and 60 of LC_DYSYMTAB. */
export function indirectPlace({
  reader,
  commands,
}: MachoFile): { readonly at: number; readonly count: number } | undefined {
  const command = commands.find(({ kind, size }) => kind === LC.dysymtab && size >= 64);
  if (command === undefined) return undefined;
  const at = reader.u32(command.at + 56);
  const room = Math.max(0, Math.floor((reader.bytes.length - at) / 4));
  return { at, count: Math.min(reader.u32(command.at + 60), room) };
}
