// PLT entries: code that jumps through a slot of the GOT. Found by what they do, in the sections that linkers put them in, or in
// all code when there are no sections. Forms: GNU ld and lld, with and without IBT or BTI, lazy and eager.

import { getU32 } from '@cohesix/bytes';
import type { Section, Segment } from '../image.ts';

/** A piece of code to be searched. */
interface CodeRange {
  readonly offset: number;
  readonly size: number;
  readonly address: number;
}

/** What is needed to find stubs. */
export interface StubSource {
  readonly bytes: Uint8Array;
  readonly isa: 'x86-64' | 'x86' | 'aarch64';
  readonly sections: readonly Section[];
  readonly segments: readonly Segment[];
  /** DT_PLTGOT: what 32-bit position-independent stubs count from. */
  readonly pltGot: number;
}

/** Slot address → address of the first stub that jumps through it. Only slots of `slots` are looked for. */
export function findStubs(source: StubSource, slots: ReadonlySet<number>): ReadonlyMap<number, number> {
  const stubs = new Map<number, number>();
  if (slots.size === 0) return stubs;
  const found = (slot: number, stub: number): void => {
    if (slots.has(slot) && !stubs.has(slot)) stubs.set(slot, stub);
  };
  const named = source.sections
    .filter(({ name, permissions }) => permissions.execute && /^\.i?plt/.test(name))
    .slice(0, RANGES_MAX);
  const isNamed = named.length > 0;
  for (const range of isNamed
    ? named.map(sectionRange)
    : source.segments.filter(isCode).slice(0, RANGES_MAX).map(segmentRange)) {
    if (source.isa === 'aarch64') searchArm(source.bytes, range, found);
    else searchX86(source, range, isNamed, found);
  }
  return stubs;
}

/** Linkers write up to four such sections. */
const RANGES_MAX = 16;

const isCode = ({ permissions }: Segment): boolean => permissions.execute;
const sectionRange = ({ offset, fileSize, address }: Section): CodeRange => ({ offset, size: fileSize, address });
const segmentRange = ({ offset, fileSize, address }: Segment): CodeRange => ({ offset, size: fileSize, address });

/** `jmp [slot]` is ff 25 disp32 (RIP-relative, or absolute in 32 bit), ff a3 disp32 from the GOT in 32 bit; f2 and f3 0f 1e fa before. */
function searchX86(
  { bytes, isa, pltGot }: StubSource,
  range: CodeRange,
  isNamed: boolean,
  found: (slot: number, stub: number) => void,
): void {
  const end = range.offset + range.size - 6;
  for (let at = bytes.indexOf(0xff, range.offset); at >= 0 && at <= end; at = bytes.indexOf(0xff, at + 1)) {
    const form = bytes[at + 1];
    if (form !== 0x25 && !(form === 0xa3 && isa === 'x86')) continue;
    const value = getU32(bytes, at + 2);
    const here = range.address + (at - range.offset);
    const slot = isa === 'x86-64' ? here + 6 + (value | 0) : form === 0x25 ? value : pltGot + (value | 0);
    const start = stubStart(bytes, at, range.offset);
    if (isNamed || isPltLike(bytes, start, at)) found(slot, range.address + (start - range.offset));
  }
}

function stubStart(bytes: Uint8Array, at: number, first: number): number {
  const jump = at - 1 >= first && bytes[at - 1] === 0xf2 ? at - 1 : at;
  const landing = jump - 4;
  const isLanding =
    landing >= first && (getU32(bytes, landing) === 0xfa1e0ff3 || getU32(bytes, landing) === 0xfb1e0ff3);
  return isLanding ? landing : jump;
}

/** In code without sections: a push of the slot's number follows, or the stub fills an aligned entry of 8 or 16 with padding. */
function isPltLike(bytes: Uint8Array, start: number, at: number): boolean {
  if (start % 8 !== 0) return false;
  const next = bytes[at + 6];
  return next === 0x68 || next === 0x66 || next === 0x0f || next === 0xcc || next === 0x90;
}

const ADRP_X16 = 0x90000010;
const LDR_X17_X16 = 0xf9400211;
const BTI_C = 0xd503245f;

/** `[bti c] adrp x16, page; ldr x17, [x16, #offset]; add x16, …; [autia1716] br x17`. */
function searchArm(bytes: Uint8Array, range: CodeRange, found: (slot: number, stub: number) => void): void {
  const end = range.offset + range.size - 8;
  for (let at = range.offset; at <= end; at += 4) {
    const page = getU32(bytes, at);
    if ((page & 0x9f00001f) >>> 0 !== ADRP_X16) continue;
    const load = getU32(bytes, at + 4);
    if ((load & 0xffc003ff) >>> 0 !== LDR_X17_X16) continue;
    const here = range.address + (at - range.offset);
    const pages = ((((page >>> 5) & 0x7ffff) << 2) | ((page >>> 29) & 3)) << 11;
    // 21 bits of pages, signed: at the top of 32 bits, then back down to pages.
    const slot = here - (here % 4096) + (pages >> 11) * 4096 + ((load >>> 10) & 0xfff) * 8;
    const hasLanding = at - 4 >= range.offset && getU32(bytes, at - 4) === BTI_C;
    found(slot, hasLanding ? here - 4 : here);
  }
}
