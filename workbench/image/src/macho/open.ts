// Opens one image of a Mach-O file: headers at once, long lists when they are first asked for. 32-bit images are read, and not changed.

import { getU32 } from '@cohesix/bytes';
import { accepted, type Outcome, refused } from '@cohesix/check';
import { once } from '../elf/once.ts';
import { isPlace } from '../elf/reader.ts';
import type { Image, ImageKind, Machine } from '../image.ts';
import type { OpenOptions } from '../options.ts';
import { type Address, address, offset } from '../units.ts';
import type { MachoHeader } from './commands.ts';
import { CPUS, FILE_TYPE, FLAG, LC, MAGIC, SECTION } from './constants.ts';
import { detailOf } from './detail.ts';
import { readExports } from './exports.ts';
import { chooseSlice, cpuName, slicesOf } from './fat.ts';
import { type MachoFile, machoFileOf } from './file.ts';
import { readFixups } from './fixups.ts';
import { readFunctions } from './functions.ts';
import { readImports, relocationsOf } from './imports.ts';
import { sectionType } from './layout.ts';
import { ownershipOf } from './ownership.ts';
import { readStubs, readSymbols, symbolTable, undefinedSymbols } from './symbols.ts';

/** Reads a Mach-O file; see `open`. Of a fat file the slice of `options.isa`, else the first. Refuses only what has no whole header. */
export function openMacho(bytes: Uint8Array, options: OpenOptions = {}): Outcome<Image> {
  const slice = chooseSlice(bytes, options.isa);
  if (!slice.ok) return slice;
  const { offset: start, size } = slice.value;
  const own = bytes.subarray(start, start + size);
  const is64 = getU32(own, 0) === MAGIC.thin64;
  const least = is64 ? 32 : 28;
  if (own.length < least) return refused(`a Mach-O header has ${least} bytes; the image has ${own.length}`);
  return accepted(imageOf(machoFileOf(own, is64, start), bytes));
}

function imageOf(file: MachoFile, whole: Uint8Array): Image {
  const { reader, sliceOffset, header, warnings } = file;
  const detail = detailOf(file);
  if ((header.flags & FLAG.inCache) !== 0)
    warnings.add('the image was taken from a shared cache: its stubs may point outside it');
  const symbols = once(() => symbolTable(file));
  const fixups = once(() => readFixups(file));
  const ownership = once(() => ownershipOf(file, { whole, slices: slicesOf(whole), symbols: symbols() }));
  const entry = entryOf(file);
  const { libraries } = detail;
  return {
    ...{ bytes: whole, format: 'macho', machine: machineOf(file), kind: kindOf(header), base: reader.base, detail },
    extent: { offset: offset(sliceOffset), size: reader.bytes.length },
    ...(entry === undefined ? {} : { entry }),
    segments: file.segments.map((one) => ({ ...one, offset: offset(one.offset + sliceOffset) })),
    sections: file.sections.map((one) => ({ ...one, offset: offset(one.offset + sliceOffset) })),
    get ownership() {
      return ownership();
    },
    warnings: warnings.list,
    symbols: once(() => readSymbols(file, symbols())),
    imports: once(() =>
      readImports({
        ...{ file, fixups: fixups(), libraries },
        ...{ wanted: undefinedSymbols(file, symbols()), stubs: readStubs(file, symbols()) },
      }),
    ),
    exports: once(() => readExports(file, libraries)),
    relocations: once(() => relocationsOf(fixups())),
    unwind: once(() => readFunctions(file)),
    initialisers: once(() =>
      initialisersOf(
        file,
        fixups().map(({ address: at, target }) => [at, target]),
      ),
    ),
  };
}

function machineOf({ header, reader }: MachoFile): Machine {
  const isa = CPUS.get(header.cpu)?.[1] ?? 'other';
  return { isa, name: cpuName(header.cpu), bits: reader.is64 ? 64 : 32, endian: 'little' };
}

function kindOf({ fileType, flags }: MachoHeader): ImageKind {
  if (fileType === FILE_TYPE.execute) return (flags & FLAG.pie) === 0 ? 'executable' : 'pie';
  if (fileType === FILE_TYPE.dylib || fileType === FILE_TYPE.bundle) return 'shared';
  if (fileType === FILE_TYPE.object) return 'relocatable';
  return fileType === FILE_TYPE.core ? 'core' : 'other';
}

/** LC_MAIN has an offset in the file; LC_UNIXTHREAD the registers, with the program counter among them. */
function entryOf({ reader, commands, imageAddress }: MachoFile): Address | undefined {
  const main = commands.find(({ kind, size }) => kind === LC.main && size >= 16);
  if (main !== undefined) {
    const at = imageAddress + reader.u64(main.at + 8);
    return isPlace(at) ? address(at) : undefined;
  }
  const thread = commands.find(({ kind, size }) => kind === LC.unixThread && size >= 16);
  const register = thread && COUNTERS.get(reader.u32(4));
  if (thread === undefined || register === undefined || 16 + register + reader.wordSize > thread.size) return undefined;
  const at = reader.is64 ? reader.address(thread.at + 16 + register) : reader.u32(thread.at + 16 + register);
  return isPlace(at) ? address(at) : undefined;
}

/** Place of the program counter among the registers: rip is the 17th of 8 bytes, pc of arm64 the 33rd, eip the 11th of 4. */
const COUNTERS: ReadonlyMap<number, number> = new Map([
  [0x0100_0007, 16 * 8],
  [0x0100_000c, 32 * 8],
  [7, 10 * 4],
]);

/** Pointers to functions (moved by the loader), or distances from the image's start. */
function initialisersOf(file: MachoFile, places: readonly (readonly [number, number])[]): readonly Address[] {
  const { reader, rows, imageAddress } = file;
  const initialisers: Address[] = [];
  for (const section of rows.flatMap((row) => row.sections)) {
    const { address: start, size, offset: at } = section;
    if (sectionType(section) === SECTION.initialisers)
      for (const [place, target] of places)
        if (target >= 0 && place >= start && place < start + size) initialisers.push(address(target));
    if (sectionType(section) !== SECTION.initOffsets) continue;
    for (let row = 0; row * 4 + 4 <= size && reader.has(at + row * 4, 4); row += 1)
      initialisers.push(address(imageAddress + reader.u32(at + row * 4)));
  }
  return initialisers;
}
