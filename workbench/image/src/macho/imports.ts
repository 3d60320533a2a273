// What a Mach-O image takes from others: names that places are bound to, with the pointer that a stub jumps through.

import type { ImageImport, ImageRelocation } from '../image.ts';
import { LIMITS } from '../limits.ts';
import { address } from '../units.ts';
import { SECTION } from './constants.ts';
import type { MachoFile } from './file.ts';
import type { Fixup } from './fixup.ts';
import { sectionType } from './layout.ts';
import { libraryName, type MachoLibrary } from './libraries.ts';
import type { Undefined } from './symbols.ts';

/** What imports are made of. */
export interface ImportSource {
  readonly file: MachoFile;
  readonly fixups: readonly Fixup[];
  readonly libraries: readonly MachoLibrary[];
  readonly wanted: readonly Undefined[];
  readonly stubs: ReadonlyMap<string, number>;
}

/** One row for each name and pointer of a section of pointers; names that only data is bound to have no slot. */
export function readImports({ file, fixups, libraries, wanted, stubs }: ImportSource): readonly ImageImport[] {
  const imports: ImageImport[] = [];
  const seen = new Set<string>();
  const add = (name: string, ordinal: number, isWeak: boolean, slot?: number): void => {
    if (imports.length >= LIMITS.imports) return;
    const [library, stub] = [libraryName(libraries, ordinal), stubs.get(name)];
    seen.add(name);
    imports.push({
      ...{ name, isWeak, ...(library === undefined ? {} : { library }) },
      ...(slot === undefined ? {} : { slot: address(slot) }),
      ...(stub === undefined ? {} : { stub: address(stub) }),
    });
  };
  const isPointer = pointerSections(file);
  for (const { bind, address: slot } of fixups)
    if (bind && isPointer(slot)) add(bind.name, bind.library, bind.isWeak, slot);
  for (const { bind } of fixups) if (bind && !seen.has(bind.name)) add(bind.name, bind.library, bind.isWeak);
  for (const { name, library, isWeak } of wanted) if (!seen.has(name)) add(name, library, isWeak);
  return imports;
}

/** Whether an address lies in a section of pointers to other images' symbols. */
function pointerSections({ rows }: MachoFile): (at: number) => boolean {
  const ranges = rows
    .flatMap(({ sections }) => sections)
    .filter((section) => sectionType(section) === SECTION.nonLazy || sectionType(section) === SECTION.lazy);
  return (at) => ranges.some(({ address: start, size }) => at >= start && at < start + size);
}

/** All places that the loader writes. */
export function relocationsOf(fixups: readonly Fixup[]): readonly ImageRelocation[] {
  return fixups.map(({ address: at, bind, addend, target, isSigned }) => ({
    address: address(at),
    type: `${isSigned ? 'signed ' : ''}${bind === undefined ? 'rebase' : 'bind'}`,
    ...(bind === undefined ? {} : { symbol: bind.name }),
    addend: BigInt(addend),
    ...(target < 0 ? {} : { target: address(target) }),
  }));
}
