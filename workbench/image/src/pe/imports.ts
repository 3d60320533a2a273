// What a PE file takes from others: the import directory and the delay import directory.
//
// A descriptor names a library, a table of what is wanted (names or ordinals) and the table that the loader fills (IAT). In a bound
// file the second one holds addresses of some other day; only the first one is to be believed, where there is one.

import type { ImageImport } from '../image.ts';
import { LIMITS } from '../limits.ts';
import { address } from '../units.ts';
import { DIRECTORY } from './constants.ts';
import { bytesFromRva, directoryOf, nameAtRva, offsetOfRva, type PeFile } from './file.ts';

/** One library. Texts of the file: untrusted. */
export interface PeLibrary {
  readonly name: string;
  /** Loaded at the first call, not at the start. */
  readonly isDelayed: boolean;
  /** The IAT holds addresses of a certain version of the library. */
  readonly isBound: boolean;
  /** RVAs of the table of wanted names and of the table of addresses. */
  readonly lookupRva: number;
  readonly addressRva: number;
}

/** Libraries of both directories, in the file's order. */
export function readLibraries(file: PeFile): readonly PeLibrary[] {
  return [...boundOrNot(file), ...delayed(file)];
}

/** Lookup[4] time[4] forwarder chain[4] name[4] addresses[4]; the last row is empty. */
function boundOrNot(file: PeFile): readonly PeLibrary[] {
  const { reader } = file;
  return rowsOf(file, DIRECTORY.import, 20).flatMap((at) => {
    const [lookup, addresses] = [reader.u32(at), reader.u32(at + 16)];
    const isBound = reader.u32(at + 4) !== 0;
    const name = nameAtRva(file, reader.u32(at + 12));
    if (isBound && lookup === 0)
      file.warnings.add(`${name} is bound and has no table of names: its imports are not known`);
    return [{ name, isDelayed: false, isBound, lookupRva: lookup === 0 ? addresses : lookup, addressRva: addresses }];
  });
}

/** Attributes[4] name[4] module[4] addresses[4] names[4] bound[4] unload[4] time[4]; attribute 1: RVAs, 0: addresses (old). */
function delayed(file: PeFile): readonly PeLibrary[] {
  const { reader, imageBase } = file;
  return rowsOf(file, DIRECTORY.delayImport, 32).map((at) => {
    const rva = (field: number): number => reader.u32(at + field) - ((reader.u32(at) & 1) === 0 ? imageBase : 0);
    const isBound = reader.u32(at + 28) !== 0;
    return { name: nameAtRva(file, rva(4)), isDelayed: true, isBound, lookupRva: rva(16), addressRva: rva(12) };
  });
}

/** Offsets of the rows of a directory up to the empty one. The loader does not look at the directory's size, and nor does this. */
function rowsOf(file: PeFile, row: number, size: number): readonly number[] {
  const directory = directoryOf(file, row, row === DIRECTORY.import ? 'import' : 'delay import');
  if (directory === undefined) return [];
  const end = directory.offset + bytesFromRva(file, directory.rva);
  const nameField = row === DIRECTORY.import ? 12 : 4;
  const rows: number[] = [];
  for (let at = directory.offset; at + size <= end && rows.length < LIMITS.tableRows; at += size) {
    if (file.reader.u32(at + nameField) === 0) return rows;
    rows.push(at);
  }
  file.warnings.add(`the ${row === DIRECTORY.import ? 'import' : 'delay import'} directory has no end`);
  return rows;
}

/** A row for each function. */
export function readImports(
  file: PeFile,
  libraries: readonly PeLibrary[],
  stubs: ReadonlyMap<number, number>,
): readonly ImageImport[] {
  const imports: ImageImport[] = [];
  eachSlot(file, libraries, (wanted, slot, library) => {
    const stub = stubs.get(slot);
    const places = { slot: address(slot), ...(stub === undefined ? {} : { stub: address(stub) }) };
    imports.push({ ...wanted, library: library.name, ...places, isWeak: false });
  });
  return imports;
}

/** Addresses of all slots of the IATs. */
export function importSlots(file: PeFile, libraries: readonly PeLibrary[]): ReadonlySet<number> {
  const slots = new Set<number>();
  eachSlot(file, libraries, (_wanted, slot) => slots.add(slot));
  return slots;
}

type Wanted = Pick<ImageImport, 'name' | 'ordinal'>;
type Use = (wanted: Wanted, slot: number, library: PeLibrary) => void;

/** Each import has its own slot: there cannot be more than the file has words, however many descriptors share a table. */
function eachSlot(file: PeFile, libraries: readonly PeLibrary[], use: Use): void {
  let left = Math.min(LIMITS.imports, Math.floor(file.reader.bytes.length / file.reader.wordSize));
  for (const library of libraries) {
    left -= eachWanted(file, library, left, use);
    if (left > 0) continue;
    file.warnings.add('more imports than the file has room for: the rest is not read');
    return;
  }
}

/** At most `most` rows of a library, and how many they were. Row: highest bit and an ordinal, or the RVA of a hint[2] and a name. */
function eachWanted(file: PeFile, library: PeLibrary, most: number, use: Use): number {
  const { reader, imageBase } = file;
  const { wordSize } = reader;
  const at = offsetOfRva(file, library.lookupRva, wordSize);
  const count = at < 0 ? 0 : Math.min(most, Math.floor(bytesFromRva(file, library.lookupRva) / wordSize));
  for (let row = 0; row < count; row += 1) {
    const low = reader.u32(at + row * wordSize);
    const high = reader.u32(at + row * wordSize + wordSize - 4);
    if (low === 0 && high === 0) return row;
    const wanted = high >= 0x8000_0000 ? { name: '', ordinal: low & 0xffff } : { name: nameAtRva(file, low + 2) };
    use(wanted, imageBase + library.addressRva + row * wordSize, library);
  }
  return count;
}
