// The smallest ELF program with symbols: one segment of code, a note that may become another segment, a symbol table.

/** Headers of the file; the code lies behind them, and as far into its page. */
export const CODE_OFFSET: number = 64 + 2 * 56;
/** Address of the code. */
export const CODE: number = 0x401000 + CODE_OFFSET;

/** What the program is made of. */
export interface TinyElf {
  /** e_type and e_machine. */
  readonly type: number;
  readonly machine: number;
  readonly code: Uint8Array;
  /** Functions; a size of 0 is left to the analysis. */
  readonly functions: readonly { readonly name: string; readonly address: number; readonly size: number }[];
}

const SECTIONS = ['', '.text', '.symtab', '.strtab'];
const NOTE = Uint8Array.of(4, 0, 0, 0, 4, 0, 0, 0, 9, 0, 0, 0, 0x78, 0x78, 0x78, 0, 1, 2, 3, 4);
const CODE_ALIGNMENT = 0x1000;

/** The file. Fields as in the System V gABI, chapters 4 and 5. */
export function tinyElf({ type, machine, code, functions }: TinyElf): Uint8Array {
  const names = Buffer.from(['', ...SECTIONS.slice(1), ...functions.map(({ name }) => name), ''].join('\0'));
  const nameAt = (name: string): number => (name === '' ? 0 : names.indexOf(`\0${name}\0`) + 1);
  const noteAt = CODE_OFFSET + Math.ceil(code.length / 8) * 8;
  const symbolsAt = noteAt + 24;
  const symbolSize = (functions.length + 1) * 24;
  const namesAt = symbolsAt + symbolSize;
  const tableAt = Math.ceil((namesAt + names.length) / 8) * 8;
  const file = Buffer.alloc(tableAt + SECTIONS.length * 64);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  put(file, 16, [
    [2, type],
    [2, machine],
    [4, 1],
    [8, CODE],
    [8, 64],
    [8, tableAt],
    [4, 0],
  ]);
  put(file, 52, [
    [2, 64],
    [2, 56],
    [2, 2],
    [2, 64],
    [2, SECTIONS.length],
    [2, 3],
  ]);
  const segment = (kind: number, flags: number, at: number, size: number, alignment: number): Field[] => [
    ...([
      [4, kind],
      [4, flags],
      [8, at],
      [8, at + CODE - CODE_OFFSET],
      [8, at + CODE - CODE_OFFSET],
    ] as Field[]),
    ...([
      [8, size],
      [8, size],
      [8, alignment],
    ] as Field[]),
  ];
  put(file, 64, [...segment(1, 5, CODE_OFFSET, code.length, CODE_ALIGNMENT), ...segment(4, 4, noteAt, NOTE.length, 4)]);
  file.set(code, CODE_OFFSET);
  file.set(NOTE, noteAt);
  for (const [index, { name, address, size }] of functions.entries())
    put(file, symbolsAt + (index + 1) * 24, [
      [4, nameAt(name)],
      [1, 0x12],
      [1, 0],
      [2, 1],
      [8, address],
      [8, size],
    ]);
  file.set(names, namesAt);
  const section = (row: number, fields: readonly Field[]): void =>
    put(file, tableAt + row * 64, [[4, nameAt(SECTIONS[row] ?? '')], ...fields]);
  section(1, [
    [4, 1],
    [8, 6],
    [8, CODE],
    [8, CODE_OFFSET],
    [8, code.length],
    [4, 0],
    [4, 0],
    [8, 16],
    [8, 0],
  ]);
  section(2, [
    [4, 2],
    [8, 0],
    [8, 0],
    [8, symbolsAt],
    [8, symbolSize],
    [4, 3],
    [4, 1],
    [8, 8],
    [8, 24],
  ]);
  section(3, [
    [4, 3],
    [8, 0],
    [8, 0],
    [8, namesAt],
    [8, names.length],
    [4, 0],
    [4, 0],
    [8, 1],
    [8, 0],
  ]);
  return new Uint8Array(file);
}

/** Size in bytes, value. */
type Field = readonly [size: number, value: number];

function put(file: Buffer, start: number, fields: readonly Field[]): void {
  let at = start;
  for (const [size, value] of fields) {
    if (size === 8) file.writeBigUInt64LE(BigInt(value), at);
    else file.writeUIntLE(value, at, size);
    at += size;
  }
}
