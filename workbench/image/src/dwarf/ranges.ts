// Ranges of addresses of an entry: functions in several parts. DWARF 5, section 2.17.3 and 7.25; DWARF 4, section 2.17.3.

import { FORM, RLE } from './constants.ts';
import { addressAt, type DwarfContext, type Unit, type Value } from './unit.ts';

/** Parts a function may have; compilers write two. */
const PARTS_MAX = 64;

/** A part: first address, and the one after the last. */
export type Range = readonly [start: number, end: number];

/** The ranges that DW_AT_ranges names. */
export function readRanges(context: DwarfContext, unit: Unit, value: Value): readonly Range[] {
  if (unit.version < 5) return readPairs(context, unit, value.number);
  const { rnglists } = context;
  const isIndex = value.form === FORM.rnglistx;
  const at = isIndex
    ? unit.rnglistsBase + rnglists.seek(unit.rnglistsBase + value.number * unit.offsetSize).uint(unit.offsetSize)
    : value.number;
  return readList(context, unit, at);
}

/** `.debug_ranges`: start[A] end[A] less the base; start of all ones sets the base to end; 0 0 is the end. */
function readPairs({ ranges }: DwarfContext, unit: Unit, at: number): readonly Range[] {
  const parts: Range[] = [];
  const allOnes = unit.addressSize === 8 ? 2 ** 64 : 0xffffffff;
  let base = unit.lowPc;
  ranges.seek(at);
  for (let left = PARTS_MAX; left > 0; left -= 1) {
    const [start, end] = [ranges.uint(unit.addressSize), ranges.uint(unit.addressSize)];
    if (ranges.isShort || (start === 0 && end === 0)) break;
    if (start === allOnes) base = end;
    else parts.push([base + start, base + end]);
  }
  return parts;
}

/** `.debug_rnglists`: kind[1] and what belongs to it. */
function readList(context: DwarfContext, unit: Unit, at: number): readonly Range[] {
  const { rnglists } = context;
  const parts: Range[] = [];
  const address = (): number => rnglists.uint(unit.addressSize);
  const indexed = (): number => addressAt(context, unit, rnglists.uleb());
  let base = unit.lowPc;
  rnglists.seek(at);
  for (let left = PARTS_MAX; left > 0; left -= 1) {
    const kind = rnglists.u8();
    if (rnglists.isShort || kind === RLE.endOfList || kind > RLE.startLength) break;
    if (kind === RLE.baseAddressx) base = indexed();
    else if (kind === RLE.baseAddress) base = address();
    else if (kind === RLE.startxEndx) parts.push([indexed(), indexed()]);
    else if (kind === RLE.startEnd) parts.push([address(), address()]);
    else if (kind === RLE.offsetPair) parts.push([base + rnglists.uleb(), base + rnglists.uleb()]);
    else {
      const start = kind === RLE.startxLength ? indexed() : address();
      parts.push([start, start + rnglists.uleb()]);
    }
  }
  return parts;
}
