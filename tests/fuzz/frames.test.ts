// Mutated frames through the splitter and both decoders: nothing throws, nothing loops, nothing is kept.
//
// COHESIX_FUZZ_FRAMES sets how many (default a million; `npm run soak` asks for a hundred), COHESIX_FUZZ_SEED
// repeats a run.

import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  create9pSplitter,
  type DecodeFault,
  decodeR,
  decodeT,
  FAULT,
  type FrameSplitter,
  formatMessage,
  messageTypeName,
  type RMessage,
  type TMessage,
  WIRE_LIMITS,
} from '@cohesix/wire';
import { describe, expect, test } from 'vitest';
import { createMutator } from './mutate.ts';

const FRAMES = Number(process.env.COHESIX_FUZZ_FRAMES ?? 1_000_000);
const SEED = Number(process.env.COHESIX_FUZZ_SEED ?? 20_261_121);
const CHUNKS = 20;
const FAULT_CODES = new Set(['unsupported', 'invalid-path', 'too-big', 'invalid-frame']);
/** What may be held at the end beyond what was held when a tenth was done, in bytes after a collection. */
const GROWTH_MAX = 16 << 20;

/** The frames of the codec's golden list, and large ones. */
function corpus(): readonly Uint8Array[] {
  const golden = readFileSync(new URL('../../hive/wire/test/messages.golden', import.meta.url), 'utf8');
  const frames = [...golden.matchAll(/^ {2}([0-9a-f]+)$/gm)].map((match) => fromHex(match[1] ?? ''));
  const contract = [
    '1500000064ffff0020000008003950323030302e4c',
    '1500000065ffff0020000008003950323030302e4c',
    '1c00000068010001000000ffffffff0500717565656e000000000000',
    '1400000069010080000000000102030405060708',
    '1d0000006e0200010000000200000002000500717565656e030063746c',
    '2b00000076040002000000ffffffffffffffff140000007b226b696c6c223a22776f726b65722d37227d0a',
    '0b00000077040014000000',
    '1700000074050003000000000000000000000000200000',
    '0b00000078060002000000',
    '07000000790600',
    '1a0000006b07000a005065726d697373696f6e0500455045524d',
  ].map(fromHex);
  const large = fromHex(`ff1f00007604000200000000000000000000e81f0000${'41'.repeat(8168)}`).subarray(0, 8191);
  return [...frames, ...contract, large];
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

/** Collects garbage, then says how much is held, in bytes. */
function held(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

interface Tally {
  frames: number;
  messages: number;
  readonly types: Set<number>;
  readonly faults: Set<string>;
}

function count(tally: Tally, message: TMessage | RMessage | DecodeFault): void {
  if (message.type !== FAULT) {
    tally.messages += 1;
    tally.types.add(message.type);
    if (tally.messages % 64 === 0) formatMessage(message);
    return;
  }
  if (!FAULT_CODES.has(message.code) || message.detail === '') throw new Error(`odd fault ${JSON.stringify(message)}`);
  tally.faults.add(message.code);
}

/** Feeds one chunk; false when the stream is broken. Throws when the splitter takes more steps than the bytes allow. */
function feed(splitter: FrameSplitter, chunk: Uint8Array, tally: Tally): boolean {
  splitter.push(chunk);
  for (let steps = 0; steps <= chunk.length + 2; steps += 1) {
    const step = splitter.next();
    if (step === 'more') return true;
    if (step !== 'frame') return false;
    const { bytes, start, end } = splitter;
    const size = end - start;
    if (size !== splitter.declaredSize || size < 7 || size > WIRE_LIMITS.msize || end > bytes.length) {
      throw new Error(`odd frame of ${size} bytes, declared ${splitter.declaredSize}`);
    }
    tally.frames += 1;
    count(tally, decodeT(bytes, start, end, WIRE_LIMITS));
    count(tally, decodeR(bytes, start, end, WIRE_LIMITS));
  }
  throw new Error('the splitter does not come to an end');
}

describe(`mutated frames, seed ${SEED}`, () => {
  test('the corpus holds a valid frame of every type', () => {
    const tally: Tally = { frames: 0, messages: 0, types: new Set(), faults: new Set() };
    for (const frame of corpus()) expect(feed(create9pSplitter(WIRE_LIMITS.msize), frame, tally)).toBe(true);
    expect(tally.types.size).toBe(57);
  });

  test(
    `${FRAMES} of them`,
    async () => {
      const mutator = createMutator({ seed: SEED, corpus: corpus(), sizeMax: 3 * WIRE_LIMITS.msize });
      const tally: Tally = { frames: 0, messages: 0, types: new Set(), faults: new Set() };
      let splitter = create9pSplitter(WIRE_LIMITS.msize);
      let fed = 0;
      let heldEarly = 0;
      for (let part = 1; part <= CHUNKS; part += 1) {
        for (; fed < (FRAMES * part) / CHUNKS; fed += 1) {
          const bytes = mutator.next();
          const cut = mutator.below(3) === 0 ? mutator.below(bytes.length + 1) : bytes.length;
          const whole = feed(splitter, bytes.subarray(0, cut), tally) && feed(splitter, bytes.subarray(cut), tally);
          // A lie about the size shifts all that follows: go on shifted for a while, then start afresh.
          if (!whole || mutator.below(4) === 0) splitter = create9pSplitter(WIRE_LIMITS.msize);
        }
        await nextTurn();
        if (part === Math.ceil(CHUNKS / 10)) heldEarly = held();
      }
      expect(held() - heldEarly).toBeLessThan(GROWTH_MAX);
      // The run reached what it is for: every message, every kind of fault.
      if (FRAMES < 100_000) return;
      expect([...tally.types].map(messageTypeName).length).toBe(57);
      expect([...tally.faults].sort()).toEqual([...FAULT_CODES].sort());
      expect(tally.messages).toBeGreaterThan(FRAMES / 10);
    },
    60_000 + FRAMES,
  );
});
