// How a chained pointer is packed into 64 bits, for the forms that x86-64 and arm64 programs have. Source: Apple's
// mach-o/fixup-chains.h. Fields are taken from two halves of 32 bits.

/** A pointer, unpacked. */
export interface Pointer {
  /** Number of the import it is bound to; -1 when it is only moved. */
  readonly ordinal: number;
  readonly addend: number;
  readonly target: number;
  readonly isSigned: boolean;
  /** Distance to the next one in strides; 0 at the end. */
  readonly next: number;
}

/** One way to pack. */
export interface PointerForm {
  /** Bytes that `next` counts. */
  readonly stride: number;
  /** The target is the distance from the image's start, not an address. */
  readonly isOffset: boolean;
  read(low: number, high: number): Pointer;
}

const HALF = 0x1_0000_0000;

/** bind:1 next:12 reserved:7 high byte:8 target:36, or bind:1 next:12 reserved:19 addend:8 ordinal:24. */
function plain(low: number, high: number): Pointer {
  const next = (high >>> 19) & 0xfff;
  if (high >= 0x8000_0000) return { ordinal: low & 0xff_ffff, addend: low >>> 24, target: 0, isSigned: false, next };
  // The high byte goes to the pointer's top, where programs keep marks; as an address it does not count.
  return { ordinal: -1, addend: 0, target: (high & 0xf) * HALF + low, isSigned: false, next };
}

/**
 * arm64e: signed:1 bind:1 next:11, then high byte:8 target:43 (moved), target:32 in the low half (moved, signed), or
 * addend:19 and ordinal:16 or 24 (bound).
 */
function arm64e(ordinalMask: number): (low: number, high: number) => Pointer {
  return (low, high) => {
    const [isSigned, isBind, next] = [high >= 0x8000_0000, (high & 0x4000_0000) !== 0, (high >>> 19) & 0x7ff];
    if (isBind) {
      // Bits 32 to 50, a signed number of 19 bits; a signed pointer has none.
      const addend = isSigned ? 0 : ((high & 0x7_ffff) << 13) >> 13;
      return { ordinal: low & ordinalMask, addend, target: 0, isSigned, next };
    }
    return { ordinal: -1, addend: 0, target: isSigned ? low : (high & 0x7ff) * HALF + low, isSigned, next };
  };
}

/** Kernel collections: signed:1 next:12 … level:2 target:30; always moved. */
function kernelCache(low: number, high: number): Pointer {
  const isSigned = high >= 0x8000_0000;
  return { ordinal: -1, addend: 0, target: low & 0x3fff_ffff, isSigned, next: (high >>> 19) & 0xfff };
}

/** By the number of the format. */
export const POINTER_FORMS: ReadonlyMap<number, PointerForm> = new Map([
  [1, { stride: 8, isOffset: false, read: arm64e(0xffff) }],
  [2, { stride: 4, isOffset: false, read: plain }],
  [6, { stride: 4, isOffset: true, read: plain }],
  [7, { stride: 4, isOffset: true, read: arm64e(0xffff) }],
  [8, { stride: 4, isOffset: true, read: kernelCache }],
  [9, { stride: 8, isOffset: true, read: arm64e(0xffff) }],
  [10, { stride: 4, isOffset: false, read: arm64e(0xffff) }],
  [11, { stride: 1, isOffset: true, read: kernelCache }],
  [12, { stride: 8, isOffset: true, read: arm64e(0xff_ffff) }],
]);
