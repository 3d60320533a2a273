// Who owns the bytes of a Mach-O image: header, load commands, the tables of `__LINKEDIT`, then sections. Other slices of a fat file
// belong to `another image`.

import { Claims } from '../claims.ts';
import type { OwnerKind, Ownership } from '../ownership.ts';
import { LC } from './constants.ts';
import type { Slice } from './fat.ts';
import { type MachoFile, pieceOf } from './file.ts';
import { indirectPlace, type SymbolTable } from './symbols.ts';

const PIECES: readonly (readonly [number, number, OwnerKind, string])[] = [
  [LC.codeSignature, 8, 'signature', 'code signature'],
  [LC.chainedFixups, 8, 'table', 'chained fix-ups'],
  [LC.exportsTrie, 8, 'table', 'export trie'],
  [LC.functionStarts, 8, 'table', 'function starts'],
  [LC.dataInCode, 8, 'table', 'data in code'],
  [LC.splitInfo, 8, 'table', 'split info'],
  [LC.codeSignRequirements, 8, 'table', 'code signing requirements'],
  [LC.optimizationHint, 8, 'table', 'optimisation hints'],
  ...[LC.dyldInfo, LC.dyldInfoOnly].flatMap((kind) =>
    ['rebase', 'bind', 'weak bind', 'lazy bind', 'export'].map(
      (name, index) => [kind, 8 + index * 8, 'table', `${name} information`] as const,
    ),
  ),
];

/** The map of the whole file, of which the image is one slice. */
export function ownershipOf(
  file: MachoFile,
  {
    whole,
    slices,
    symbols,
  }: { readonly whole: Uint8Array; readonly slices: readonly Slice[]; readonly symbols: SymbolTable | undefined },
): Ownership {
  const claims = new Claims(whole.length);
  const { sliceOffset, header, sections } = file;
  const add = (at: number, size: number, kind: OwnerKind, owner: string): void => {
    const room = file.reader.bytes.length - at;
    if (size > 0 && room > 0) claims.add(sliceOffset + at, Math.min(size, room), kind, owner);
  };
  addFat(claims, slices, sliceOffset);
  add(0, header.size, 'header', 'Mach-O header');
  add(header.size, header.commandsSize, 'header', 'load commands');
  for (const [kind, field, owner, name] of PIECES) {
    const piece = pieceOf(file, kind, field);
    if (piece !== undefined) add(piece.at, piece.size, owner, name);
  }
  addSymbols(file, symbols, add);
  for (const { name, offset, fileSize, role } of sections) add(offset, fileSize, kindOf(role), name || 'a section');
  const end = file.rows.reduce((most, row) => Math.max(most, row.offset + row.fileSize), 0);
  return claims.ranges(
    slices.length > 1 ? whole.length : Math.max(claims.end, sliceOffset + Math.min(end, file.reader.bytes.length)),
  );
}

type Add = (at: number, size: number, kind: OwnerKind, owner: string) => void;

function addFat(claims: Claims, slices: readonly Slice[], own: number): void {
  const [first, second] = slices;
  const rowSize = first && second ? Math.min(32, second.at - first.at) : 20;
  for (const { at, offset, size } of slices) {
    if (at < 0) continue;
    claims.add(0, 8, 'header', 'fat header');
    claims.add(at, rowSize, 'header', 'fat header');
    if (offset !== own) claims.add(offset, size, 'other', `another image at ${offset}`);
  }
}

function addSymbols(file: MachoFile, symbols: SymbolTable | undefined, add: Add): void {
  if (symbols !== undefined) {
    add(symbols.at, symbols.count * symbols.rowSize, 'table', 'symbols');
    if (symbols.strings) add(symbols.strings.at, symbols.strings.size, 'table', 'strings of symbols');
  }
  const indirect = indirectPlace(file);
  if (indirect !== undefined) add(indirect.at, indirect.count * 4, 'table', 'indirect symbols');
  for (const { name, relocations } of file.rows.flatMap((row) => row.sections))
    add(relocations.offset, relocations.count * 8, 'table', `relocations of ${name}`);
}

function kindOf(role: string): OwnerKind {
  if (role === 'code') return 'code';
  if (role === 'debug') return 'debug';
  return role === 'unwind' ? 'table' : 'data';
}
