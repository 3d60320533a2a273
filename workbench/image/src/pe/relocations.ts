// Base relocations: blocks of page RVA[4], size[4], then rows of two bytes (type in the highest four bits, offset in the page).

import { isPlace } from '../elf/reader.ts';
import type { ImageRelocation } from '../image.ts';
import { LIMITS } from '../limits.ts';
import { address } from '../units.ts';
import { DIRECTORY } from './constants.ts';
import { directoryOf, offsetOfRva, type PeFile } from './file.ts';

const [ABSOLUTE, HIGHADJ, HIGHLOW, DIR64] = [0, 4, 3, 10] as const;

const TYPE_NAMES: readonly string[] = [
  ...['ABSOLUTE', 'HIGH', 'LOW', 'HIGHLOW', 'HIGHADJ', 'MACHINE_5', 'RESERVED', 'MACHINE_7', 'MACHINE_8', 'MACHINE_9'],
  'DIR64',
];

/** All places that are written when the image is not loaded at its preferred address. */
export function readRelocations(file: PeFile): readonly ImageRelocation[] {
  const directory = directoryOf(file, DIRECTORY.relocation, 'relocation');
  if (directory === undefined) return [];
  const { reader, warnings } = file;
  const relocations: ImageRelocation[] = [];
  const end = directory.offset + directory.size;
  let at = directory.offset;
  while (at + 8 <= end && relocations.length < LIMITS.relocations) {
    const [page, size] = [reader.u32(at), reader.u32(at + 4)];
    if (size === 0 && page === 0) break;
    if (size < 8 || at + size > end) {
      warnings.add(
        `the relocations of page ${page.toString(16)} (hexadecimal) have ${size} bytes: the rest is not read`,
      );
      break;
    }
    addBlock(file, relocations, { page, at: at + 8, end: at + size });
    at += size;
  }
  return relocations;
}

function addBlock(
  file: PeFile,
  relocations: ImageRelocation[],
  { page, at: start, end }: { readonly page: number; readonly at: number; readonly end: number },
): void {
  for (let at = start; at + 2 <= end; at += 2) {
    const row = file.reader.u16(at);
    const type = row >>> 12;
    if (type === ABSOLUTE) continue;
    relocations.push(relocationOf(file, page + (row & 0xfff), type));
    if (type === HIGHADJ) at += 2;
  }
}

function relocationOf(file: PeFile, rva: number, type: number): ImageRelocation {
  const target = targetAt(file, rva, type);
  return {
    address: address(file.imageBase + rva),
    type: `IMAGE_REL_BASED_${TYPE_NAMES[type] ?? type}`,
    addend: 0n,
    ...(target === undefined ? {} : { target: address(target) }),
  };
}

/** The address that is there already: the file holds it for the preferred base. */
function targetAt(file: PeFile, rva: number, type: number): number | undefined {
  if (type !== DIR64 && type !== HIGHLOW) return undefined;
  const at = offsetOfRva(file, rva, type === DIR64 ? 8 : 4);
  if (at < 0) return undefined;
  const target = type === DIR64 ? file.reader.address(at) : file.reader.u32(at);
  return isPlace(target) ? target : undefined;
}
