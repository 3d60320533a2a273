import fc from 'fast-check';
import { expect, test } from 'vitest';
import { create9pSplitter, FrameSplitter, parseMessage } from '../src/index.ts';
import { anyMessage, frameOf } from './arbitrary-message.ts';

const HELLO = frameOf(message("Tversion tag NOTAG msize 8192 version '9P2000.L'"));
const CLUNK = frameOf(message('Tclunk tag 6 fid 2'));

function message(text: string): Parameters<typeof frameOf>[0] {
  const parsed = parseMessage(text);
  if (!parsed.ok) throw new Error(parsed.refusal.detail);
  return parsed.value;
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Pushes one chunk and returns copies of its frames and the last step. */
function push(splitter: FrameSplitter, chunk: Uint8Array): { frames: Uint8Array[]; oversize: number; last: string } {
  const frames: Uint8Array[] = [];
  let oversize = 0;
  splitter.push(chunk);
  for (;;) {
    const step = splitter.next();
    if (step === 'frame') frames.push(splitter.bytes.slice(splitter.start, splitter.end));
    else if (step === 'oversize') oversize += 1;
    else return { frames, oversize, last: step };
  }
}

test('many frames in one chunk come out in order, without a copy', () => {
  const chunk = join(HELLO, CLUNK, CLUNK);
  const splitter = create9pSplitter(8192);
  splitter.push(chunk);
  const starts: number[] = [];
  while (splitter.next() === 'frame') {
    expect(splitter.bytes).toBe(chunk);
    starts.push(splitter.start);
  }
  expect(starts).toEqual([0, 21, 32]);
  expect(splitter.pendingBytes).toBe(0);
});

test('a stream cut in two at every byte gives the same frames', () => {
  const stream = join(HELLO, CLUNK, HELLO);
  for (let cut = 0; cut <= stream.length; cut += 1) {
    const splitter = create9pSplitter(64);
    const first = push(splitter, stream.subarray(0, cut));
    const second = push(splitter, stream.subarray(cut));
    expect([...first.frames, ...second.frames]).toEqual([HELLO, CLUNK, HELLO]);
  }
});

test('any frames in any pieces', () => {
  fc.assert(
    fc.property(fc.array(anyMessage, { maxLength: 8 }), fc.array(fc.nat(90), { maxLength: 60 }), (messages, sizes) => {
      const frames = messages.map(frameOf);
      const stream = join(...frames);
      const splitter = create9pSplitter(1 << 20);
      const found: Uint8Array[] = [];
      let at = 0;
      for (const size of [...sizes, stream.length]) {
        found.push(...push(splitter, stream.subarray(at, at + size)).frames);
        at = Math.min(stream.length, at + size);
      }
      expect(found).toEqual(frames);
    }),
  );
});

test('one byte at a time', () => {
  const splitter = create9pSplitter(8192);
  const found = [...join(CLUNK, HELLO)].flatMap((byte) => push(splitter, Uint8Array.of(byte)).frames);
  expect(found).toEqual([CLUNK, HELLO]);
});

test('a frame that was cut stays as it is until the next push, also while later ones are read', () => {
  const splitter = create9pSplitter(8192);
  push(splitter, HELLO.subarray(0, 5));
  splitter.push(join(HELLO.subarray(5), CLUNK, CLUNK.subarray(0, 3)));
  expect(splitter.next()).toBe('frame');
  const held = splitter.bytes.subarray(splitter.start, splitter.end);
  expect([splitter.next(), splitter.next()]).toEqual(['frame', 'more']);
  expect(held).toEqual(HELLO);
});

test('frames of 7 bytes and of msize pass; 6 bytes and one over break the stream for good', () => {
  for (const [size, last] of [
    [7, 'more'],
    [100, 'more'],
    [6, 'undersize'],
    [0, 'undersize'],
    [101, 'too-big'],
    [0xffff_ffff, 'too-big'],
  ] as const) {
    const frame = new Uint8Array(100);
    new DataView(frame.buffer).setUint32(0, size, true);
    const splitter = create9pSplitter(100);
    expect(push(splitter, frame.subarray(0, Math.max(4, Math.min(size, 100)))).last).toBe(last);
    expect(splitter.declaredSize).toBe(size);
    expect(push(splitter, HELLO).frames.length).toBe(last === 'more' ? 1 : 0);
  }
});

test('a promise of a large frame costs only what has arrived', () => {
  const splitter = create9pSplitter(1 << 30);
  expect(push(splitter, Uint8Array.of(0, 0, 0, 0x40, 1)).last).toBe('more');
  expect(push(splitter, new Uint8Array(10)).last).toBe('more');
  expect(splitter.pendingBytes).toBe(15);
});

test('draining skips exactly what was declared, in any pieces', () => {
  const large = new Uint8Array(500);
  new DataView(large.buffer).setUint32(0, 500, true);
  const stream = join(CLUNK, large, HELLO);
  for (let cut = 0; cut <= stream.length; cut += 1) {
    const splitter = new FrameSplitter({ sizeMin: 4, sizeMax: 64, drainOversize: true });
    const one = push(splitter, stream.subarray(0, cut));
    const two = push(splitter, stream.subarray(cut));
    expect([...one.frames, ...two.frames]).toEqual([CLUNK, HELLO]);
    expect(one.oversize + two.oversize).toBe(1);
    expect(two.last).toBe('more');
  }
});

test('bounds can change between frames', () => {
  const splitter = create9pSplitter(21);
  splitter.push(join(HELLO, CLUNK));
  expect(splitter.next()).toBe('frame');
  splitter.setBounds({ sizeMax: 10 });
  expect(splitter.next()).toBe('too-big');
});

test('a chunk that was not read to its end is a defect of the caller', () => {
  const splitter = create9pSplitter(100);
  splitter.push(CLUNK);
  splitter.next();
  expect(() => splitter.push(CLUNK)).toThrow(TypeError);
});
