import { encodeCbor } from '@cohesix/bytes';
import { describe, expect, test } from 'vitest';
import { StreamText } from '../../src/files/stream-text.ts';
import { lostText } from '../../src/places/files/file-text.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('the bytes of a stream as lines', () => {
  test('a character and a line that are cut between chunks are whole in the line', () => {
    const text = new StreamText(10n);
    const all = bytes('größe\nzwei\n');
    const lines = [...all].flatMap((_, index) => text.take(all.subarray(index, index + 1)));
    expect(lines).toEqual(['größe', 'zwei']);
    expect(text.cursor).toBe(10n + BigInt(all.length));
  });

  test('a follow goes on before a line that was not whole', () => {
    const text = new StreamText(0n);
    expect(text.take(bytes('one\ntw'))).toEqual(['one']);
    expect(text.cursor).toBe(4n);
    expect(text.last()).toEqual(['tw']);
    expect(text.cursor).toBe(6n);
  });

  test('a marker at the start moves the cursor to what comes behind it', () => {
    const text = new StreamText(0n);
    expect(text.take(bytes('~ lost bytes=100 next=100\nabc\n'))).toEqual(['~ lost bytes=100 next=100', 'abc']);
    expect(text.cursor).toBe(104n);
  });

  test('so do markers in the middle, with cut lines before them, and the last one counts', () => {
    const text = new StreamText(0n);
    const lines = text.take(bytes('a\ncut of\n~ lost bytes=50 next=60\nb\n~ lost bytes=9 next=900 unknown=5\nc\n'));
    expect(lines).toHaveLength(6);
    expect(text.cursor).toBe(902n);
  });

  test('what only looks like a marker is a line', () => {
    const text = new StreamText(0n);
    const line = 'x ~ lost bytes=1 next=999\n';
    text.take(bytes(line));
    expect(text.cursor).toBe(BigInt(line.length));
  });

  test('frames are lines of JSON, wherever they are cut, and a follow goes on before one that is not whole', () => {
    const frames = [
      ...encodeCbor({ seq: 1, payload: { t: 21.5, raw: Uint8Array.of(1, 2) } }),
      ...encodeCbor({ seq: 2 }),
    ];
    const text = new StreamText(7n);
    const lines = frames.slice(0, -1).flatMap((byte) => text.take(Uint8Array.of(byte)));
    expect(lines).toEqual(['{"seq":1,"payload":{"t":21.5,"raw":"b64:AQI="}}']);
    expect(text.cursor).toBe(
      7n + BigInt(encodeCbor({ seq: 1, payload: { t: 21.5, raw: Uint8Array.of(1, 2) } }).length),
    );
    expect(text.take(Uint8Array.of(2))).toEqual(['{"seq":2}']);
    expect(text.cursor).toBe(7n + BigInt(frames.length));
  });

  test('a loss frame moves the cursor, and what is no frame is told and not waited for', () => {
    const text = new StreamText(0n);
    const loss = encodeCbor({ schema: 'telemetry-loss/v1', bytes: 40, next: 1000 });
    const one = encodeCbor({ seq: 9 });
    const [told] = text.take(Uint8Array.from([...loss, ...one]));
    expect(lostText(told ?? '')).toMatch(/^40 bytes are gone/);
    expect(text.cursor).toBe(1000n + BigInt(one.length));
    expect(text.take(Uint8Array.of(0xa1, 0xff))).toEqual([expect.stringContaining('no frames')]);
    expect(text.take(one)).toEqual(['{"seq":9}']);
  });

  test('a line without an end does not grow for ever', () => {
    const text = new StreamText(0n);
    expect(text.take(new Uint8Array(65_537).fill(0x61))).toHaveLength(1);
    expect(text.take(bytes('b\n'))).toEqual(['b']);
  });
});
