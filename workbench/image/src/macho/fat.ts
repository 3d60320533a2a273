// Fat files: several Mach-O images in one, each a slice. Header and rows are big endian; rows of a 64-bit header hold 64-bit offsets.

import { getU32, getU32be, getU64be } from '@cohesix/bytes';
import { accepted, type Outcome, refused } from '@cohesix/check';
import type { ImageIsa } from '../image.ts';
import type { ImageIdentity } from '../options.ts';
import { CPUS, MAGIC } from './constants.ts';

/** One image of a file. */
export interface Slice {
  readonly cpu: number;
  readonly offset: number;
  readonly size: number;
  /** Where its row is; -1 in a thin file. */
  readonly at: number;
}

/** More are not slices: Java's class files begin as fat files do, with a version in place of the count. */
const SLICES_MAX = 30;

/** Whether the file begins as a Mach-O file does. */
export function isMacho(bytes: Uint8Array): boolean {
  if (bytes.length < 8) return false;
  const magic = getU32(bytes, 0);
  return magic === MAGIC.thin32 || magic === MAGIC.thin64 || isFat(bytes);
}

/** Whether the file begins as a fat file does. */
function isFat(bytes: Uint8Array): boolean {
  if (bytes.length < 8) return false;
  const magic = getU32(bytes, 0);
  return (magic === MAGIC.fat || magic === MAGIC.fat64) && getU32be(bytes, 4) <= SLICES_MAX;
}

/** The images of a file: those slices that lie inside it and begin as Mach-O does; all of a thin file. */
export function slicesOf(bytes: Uint8Array): readonly Slice[] {
  if (!isFat(bytes)) return isMacho(bytes) ? [{ cpu: getU32(bytes, 4), offset: 0, size: bytes.length, at: -1 }] : [];
  const is64 = getU32(bytes, 0) === MAGIC.fat64;
  const rowSize = is64 ? 32 : 20;
  const count = Math.min(getU32be(bytes, 4), Math.floor((bytes.length - 8) / rowSize));
  return Array.from({ length: count }, (_, row) => sliceAt(bytes, 8 + row * rowSize, is64)).filter((slice) =>
    isImage(bytes, slice),
  );
}

/** cputype[4] subtype[4] offset[W] size[W] alignment[4]. */
function sliceAt(bytes: Uint8Array, at: number, is64: boolean): Slice {
  const word = (place: number): number => (is64 ? Number(getU64be(bytes, place)) : getU32be(bytes, place));
  return { at, cpu: getU32be(bytes, at), offset: word(at + 8), size: word(at + (is64 ? 16 : 12)) };
}

function isImage(bytes: Uint8Array, { offset, size }: Slice): boolean {
  if (size < 28 || offset + size > bytes.length) return false;
  const magic = getU32(bytes, offset);
  return magic === MAGIC.thin32 || magic === MAGIC.thin64;
}

/** The slice for an instruction set, or the first one. */
export function chooseSlice(bytes: Uint8Array, isa: ImageIsa | undefined): Outcome<Slice> {
  const slices = slicesOf(bytes);
  const found = isa === undefined ? slices[0] : slices.find(({ cpu }) => CPUS.get(cpu)?.[1] === isa);
  if (found !== undefined) return accepted(found);
  if (slices.length === 0) return refused('the fat file has no slice that begins as a Mach-O file does');
  return refused(`the file has no image for ${isa}; it has ${slices.map(({ cpu }) => cpuName(cpu)).join(', ')}`);
}

/** Name of a cputype. */
export function cpuName(cpu: number): string {
  return CPUS.get(cpu)?.[0] ?? `CPU_TYPE_${cpu}`;
}

/** One image a slice. */
export function machoIdentities(bytes: Uint8Array): readonly ImageIdentity[] {
  return slicesOf(bytes).map(({ cpu, offset, size, at }) => ({
    format: 'macho',
    isa: CPUS.get(cpu)?.[1] ?? 'other',
    ...{ offset, size, text: `Mach-O, ${cpuName(cpu)}${at < 0 ? '' : `, slice at ${offset}`}` },
  }));
}
