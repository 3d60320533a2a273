// Code that only jumps through a slot of the import address table. x86: `ff 25 disp32`, relative to the next instruction (64 bit) or
// absolute (32 bit). AArch64: `adrp x16, page; ldr x16, [x16, offset]; br x16`.

import type { ImageIsa } from '../image.ts';
import type { PeFile } from './file.ts';

/** Slot → stub; the first one where there are several. */
export function findStubs(file: PeFile, isa: ImageIsa, slots: ReadonlySet<number>): ReadonlyMap<number, number> {
  const stubs = new Map<number, number>();
  if (slots.size === 0) return stubs;
  const find = isa === 'aarch64' ? armTarget : x86Target;
  const step = isa === 'aarch64' ? 4 : 2;
  for (const { role, offset, fileSize, address } of file.sections) {
    if (role !== 'code') continue;
    for (let at = 0; at + 6 <= fileSize; at += step) {
      const slot = find(file, offset + at, address + at);
      if (slot >= 0 && slots.has(slot) && !stubs.has(slot)) stubs.set(slot, address + at);
    }
  }
  return stubs;
}

/** A jump with a REX prefix is a tail call of some function, not a stub. */
function x86Target({ reader }: PeFile, at: number, address: number): number {
  const { bytes } = reader;
  if (bytes[at] !== 0xff || bytes[at + 1] !== 0x25 || bytes[at - 1] === 0x48) return -1;
  return reader.is64 ? address + 6 + reader.i32(at + 2) : reader.u32(at + 2);
}

const [ADRP_X16, LDR_X16_X16, BR_X16] = [0x9000_0010, 0xf940_0210, 0xd61f_0200] as const;

function armTarget({ reader }: PeFile, at: number, address: number): number {
  const adrp = reader.u32(at);
  const load = reader.u32(at + 4);
  const isStub = (adrp & 0x9f00_001f) >>> 0 === ADRP_X16 && (load & 0xffc0_03ff) >>> 0 === LDR_X16_X16;
  if (!isStub || reader.u32(at + 8) !== BR_X16) return -1;
  // immhi is 19 bits from bit 5, immlo 2 bits from bit 29: a signed count of pages.
  const pages = (((adrp << 8) >> 13) << 2) | ((adrp >>> 29) & 3);
  return Math.floor(address / 4096) * 4096 + pages * 4096 + ((load >>> 10) & 0xfff) * 8;
}
