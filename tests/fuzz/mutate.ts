// A mutator of 9P frames: takes valid frames of every type and breaks them in the ways that break parsers.
//
// Structure-aware: it knows where sizes, types, tags and strings lie, writes the numbers that sit at limits, and
// repairs the outer size most of the time so that a mutation reaches the body. Deterministic: one seed, one
// sequence, on every machine.

/** Where the frames come from and how they are broken. */
export interface MutatorOptions {
  /** Any 32-bit number; print it, to run the same sequence again. */
  readonly seed: number;
  /** Valid frames, at least one. */
  readonly corpus: readonly Uint8Array[];
  /** Most bytes of what is produced. */
  readonly sizeMax: number;
}

/** Produces mutated frames. */
export interface Mutator {
  /** Bytes of one to three mutated frames: borrowed, overwritten by the next call. */
  next(): Uint8Array;
  /** The next number of the same sequence, in 0 .. bound-1: for choices of the caller that must repeat too. */
  below(bound: number): number;
}

/** Numbers at the edges of fields and limits. */
const EDGES: readonly number[] = [
  0, 1, 2, 3, 4, 6, 7, 8, 9, 16, 17, 23, 24, 25, 127, 128, 255, 256, 4095, 4096, 8168, 8181, 8191, 8192, 8193, 0x7fff,
  0x8000, 0xfffe, 0xffff, 0x10000, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff,
];

/** Text that a name or string must not hold, or that looks as if it must not. */
const NASTY: readonly Uint8Array[] = [
  '',
  '2e',
  '2e2e',
  '2f',
  '612f62',
  '00',
  '6100',
  'ff',
  'c080',
  'c0af',
  'eda080',
  'f4908080',
  'e28080',
  'e280ae',
  'efbbbf',
  '80',
  'f09f',
  '253265',
  '5c',
  '0a',
  '1b5b324a',
].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));

const HEADER = 7;

/** A mutator over a corpus. */
export function createMutator({ seed, corpus, sizeMax }: MutatorOptions): Mutator {
  const below = randomBelow(seed);
  const frame = new Scratch(sizeMax);
  const stream = new Scratch(sizeMax);
  const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item;

  function mutateOnce(): void {
    const at = below(frame.length + 1);
    switch (below(14)) {
      case 0:
        return frame.put(0, pick(EDGES), 4);
      case 1:
        return frame.put(4, below(256), 1);
      case 2:
        return frame.put(5, below(4) === 0 ? 0xffff : below(0x10000), 2);
      case 3:
        return frame.put(at, below(256), 1);
      case 4:
        return frame.put(at, (frame.bytes[at] ?? 0) ^ (1 << below(8)), 1);
      case 5:
        return frame.put(at, pick(EDGES), 2);
      case 6:
        return frame.put(at, pick(EDGES), 4);
      case 7:
        frame.put(at, pick(EDGES), 4);
        return frame.put(at + 4, pick(EDGES), 4);
      case 8:
        return frame.splice(at, below(frame.length - at + 1), NASTY[0] as Uint8Array);
      case 9:
        return frame.splice(at, 0, pick(corpus));
      case 10:
        return frame.splice(at, frame.length, pick(corpus).subarray(below(HEADER + 4)));
      default:
        return mutateString(frame, below, pick(NASTY));
    }
  }

  function mutateFrame(): void {
    frame.length = 0;
    frame.splice(0, 0, pick(corpus));
    const times = below(5);
    for (let count = 0; count < times; count += 1) mutateOnce();
    if (below(4) !== 0) frame.put(0, frame.length, 4);
  }

  return {
    below,
    next() {
      stream.length = 0;
      const frames = below(8) === 0 ? 3 : 1;
      for (let count = 0; count < frames; count += 1) {
        mutateFrame();
        stream.splice(stream.length, 0, frame.bytes.subarray(0, frame.length));
      }
      return stream.bytes.subarray(0, stream.length);
    },
  };
}

/** Replaces one string of the frame, found by its length prefix, by `text`; half of the time the length lies. */
function mutateString(frame: Scratch, below: (bound: number) => number, text: Uint8Array): void {
  const first = HEADER + below(Math.max(1, frame.length - HEADER));
  for (let at = first; at + 2 <= frame.length; at += 1) {
    const length = (frame.bytes[at] ?? 0) | ((frame.bytes[at + 1] ?? 0) << 8);
    if (length === 0 || length > 64 || at + 2 + length > frame.length) continue;
    frame.splice(at + 2, length, text);
    return frame.put(at, text.length + (below(2) === 0 ? 0 : below(5) - 2), 2);
  }
}

/** Bytes with a length that never passes the size of the array. */
class Scratch {
  readonly bytes: Uint8Array;
  length = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }

  /** Overwrites up to `size` bytes at `at` with `value`, little endian, inside what is there. */
  put(at: number, value: number, size: number): void {
    for (let index = 0; index < size && at + index < this.length; index += 1) {
      this.bytes[at + index] = Math.floor(value / 2 ** (8 * index));
    }
  }

  /** Replaces `count` bytes at `at` by `insert`; what does not fit at the end is cut off. */
  splice(at: number, count: number, insert: Uint8Array): void {
    const tail = Math.min(at + count, this.length);
    const end = Math.min(at + insert.length, this.bytes.length);
    const tailLength = Math.max(0, Math.min(this.length - tail, this.bytes.length - end));
    this.bytes.copyWithin(end, tail, tail + tailLength);
    this.bytes.set(insert.subarray(0, end - at), at);
    this.length = end + tailLength;
  }
}

/** Numbers in 0 .. bound-1 of one sequence. Mulberry32: small, quick, the same everywhere. Not for secrets. */
export function randomBelow(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
}
