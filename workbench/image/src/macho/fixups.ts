// What the dynamic loader writes into an image before it runs, whichever way the image says it: chained pointers or opcodes.

import { chainedFixups } from './chained.ts';
import { LC } from './constants.ts';
import { type MachoFile, pieceOf } from './file.ts';
import type { Fixup } from './fixup.ts';
import { bindOpcodes, rebaseOpcodes } from './opcodes.ts';

/** All places, chained ones in the order of pages, others in the order of the opcodes. */
export function readFixups(file: MachoFile): readonly Fixup[] {
  const chained = pieceOf(file, LC.chainedFixups);
  if (chained !== undefined) return chainedFixups(file, chained);
  const kind = file.commands.some((command) => command.kind === LC.dyldInfoOnly) ? LC.dyldInfoOnly : LC.dyldInfo;
  const [rebase, ...binds] = [8, 16, 24, 32].map((field) => pieceOf(file, kind, field));
  const places = rebase === undefined ? [] : [...rebaseOpcodes(file, rebase)];
  for (const [index, piece] of binds.entries())
    if (piece !== undefined) for (const place of bindOpcodes(file, piece, index === 2)) places.push(place);
  return places;
}
