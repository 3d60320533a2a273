// The lists of the model, made from columns: objects for those who want them.

import type { ImageExport, ImageImport, ImageRelocation, ImageSymbol, UnwindEntry } from '../image.ts';
import { SYMBOL_KINDS } from '../tables.ts';
import { address } from '../units.ts';
import type { ElfFile } from './file.ts';
import type { GoFunctions } from './go-pclntab.ts';
import { readExports, readImports } from './imports.ts';
import { relocationName } from './relocation-names.ts';
import { bindingOf, type ElfSymbols, kindOf, nameOf } from './symbols.ts';

/** Symbols with a name and an address, of both tables. */
export function symbolsOf({ symtab, dynsym }: ElfFile): readonly ImageSymbol[] {
  const symbols: ImageSymbol[] = [];
  for (const table of [symtab(), dynsym()]) if (table !== undefined) addSymbols(table, symbols);
  return symbols;
}

function addSymbols(table: ElfSymbols, symbols: ImageSymbol[]): void {
  for (let row = 1; row < table.count; row += 1) {
    const at = table.addresses[row] as number;
    const name = at < 0 ? '' : nameOf(table, row);
    if (name === '') continue;
    const info = table.infos[row] as number;
    symbols.push({
      name,
      address: address(at),
      size: table.sizes[row] as number,
      kind: SYMBOL_KINDS[kindOf(info)] ?? 'other',
      binding: bindingOf(info),
      from: table.from,
    });
  }
}

/** What the file takes from others. */
export function importsOf(file: ElfFile): readonly ImageImport[] {
  const { tables, dynamic, header } = file;
  const dynsym = file.dynsym();
  if (dynamic === undefined || dynsym === undefined) return [];
  const source = { tables, dynamic, dynsym, relocations: file.relocations(), machine: header.machine };
  return readImports(source, file.stubs());
}

/** What the file offers to others. */
export function exportsOf(file: ElfFile): readonly ImageExport[] {
  const dynsym = file.dynsym();
  return dynsym === undefined ? [] : readExports(dynsym);
}

/** All places that are written before the program runs. */
export function relocationsOf(file: ElfFile): readonly ImageRelocation[] {
  const { header, sectionStarts } = file;
  const table = file.relocations();
  const symbols = sectionStarts === undefined ? file.dynsym() : file.symtab();
  return Array.from({ length: table.count }, (_, row) => {
    const [symbol, target] = [table.symbols[row] as number, table.targets[row] as number];
    const name = symbol === 0 || symbols === undefined ? '' : symbolName(file, symbols, symbol);
    return {
      address: address(table.addresses[row] as number),
      type: relocationName(header.machine, table.types[row] as number),
      ...(name === '' ? {} : { symbol: name }),
      addend: BigInt(table.addends[row] as number),
      ...(target < 0 ? {} : { target: address(target) }),
    };
  });
}

/** A section's symbol has no name of its own. */
function symbolName({ sectionHeaders }: ElfFile, symbols: ElfSymbols, row: number): string {
  if (row >= symbols.count) return '';
  const isSection = SYMBOL_KINDS[kindOf(symbols.infos[row] as number)] === 'section';
  return nameOf(symbols, row) || (isSection ? (sectionHeaders[symbols.sections[row] as number]?.name ?? '') : '');
}

/** Functions of the frame descriptions, then those of Go's table. */
export function unwindOf(file: ElfFile, go: GoFunctions | undefined): readonly UnwindEntry[] {
  const frames = file.frames();
  const entries: UnwindEntry[] = Array.from({ length: frames.count }, (_, row) => ({
    start: address(frames.starts[row] as number),
    end: address(frames.ends[row] as number),
    from: 'eh-frame',
  }));
  for (let row = 0; row < (go?.count ?? 0); row += 1)
    entries.push({
      start: address(go?.starts[row] as number),
      end: address(go?.ends[row] as number),
      from: 'pclntab',
      name: go?.name(row) ?? '',
    });
  return entries;
}
