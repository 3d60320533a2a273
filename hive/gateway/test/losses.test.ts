// Cursors counted from chunks alone, against the ring that gave the chunks: whatever it dropped, in lines and in frames.

// tidy-allow layer: the ring that makes the markers says where they are
import { Ring, RingReader } from '@cohesix/telemetry';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chunkParts, cursorBehind } from '../src/files/losses.ts';

const CHUNK_BYTES = 256;

/** The next chunk that a reader gives at an offset. */
function chunkOf(reader: RingReader, offset: number): Uint8Array {
  const chunk = new Uint8Array(CHUNK_BYTES);
  return chunk.subarray(0, reader.read(offset, chunk, 0, chunk.length));
}

/** A record of `size` bytes: a line, or a frame that is a CBOR byte string. */
function record(records: 'lines' | 'frames', size: number): Uint8Array {
  const bytes = new Uint8Array(size).fill(0x61);
  if (records === 'lines') bytes[size - 1] = 0x0a;
  else bytes.set([0x58, size - 2]);
  return bytes;
}

const steps = fc.array(fc.oneof(fc.constant('read' as const), fc.integer({ min: 3, max: 60 })), { maxLength: 200 });

it.each(['lines', 'frames'] as const)('%s: the cursor behind each chunk is the one the ring has', (records) => {
  fc.assert(
    fc.property(steps, (run) => {
      const ring = new Ring({ capacity: 200, records });
      const reader = new RingReader(ring);
      let [offset, cursor] = [0, 0];
      const seen: number[] = [];
      const take = (): void => {
        for (let chunk = chunkOf(reader, offset); chunk.length > 0; chunk = chunkOf(reader, offset)) {
          const parts = chunkParts(chunk, cursor);
          expect(Buffer.concat(parts.map(({ bytes }) => bytes))).toEqual(Buffer.from(chunk));
          cursor = cursorBehind(chunk, cursor);
          offset += chunk.length;
          seen.push(parts.filter(({ kind }) => kind === 'gap').length);
        }
        expect(cursor).toBe(ring.end);
      };
      for (const step of run) {
        if (step === 'read') take();
        else ring.append(record(records, step), records === 'frames' ? [step] : undefined);
      }
      take();
    }),
  );
});

it('finds the gap behind a line of which only a part was read', () => {
  const ring = new Ring({ capacity: 64 });
  const reader = new RingReader(ring);
  ring.append(Buffer.from('a line of some length\n'));
  const first = new Uint8Array(6);
  reader.read(0, first, 0, 6);
  for (let line = 0; line < 10; line++) ring.append(Buffer.from(`another line, number ${line}\n`));
  const rest = chunkOf(reader, 6);
  const chunk = Buffer.concat([first, rest]);
  const parts = chunkParts(chunk, 0);
  expect(parts.map(({ kind }) => kind)).toEqual(['content', 'gap', 'content']);
  expect(Buffer.from(parts[0]?.bytes ?? []).toString()).toBe('a line\n');
  expect(cursorBehind(chunk, 0)).toBe(ring.end);
});

it('takes a line that only looks like a marker for what it is', () => {
  const forged = Buffer.from('~ lost bytes=10 next=999\n');
  expect(chunkParts(forged, 0)).toEqual([{ kind: 'content', bytes: forged }]);
  expect(chunkParts(Buffer.from('~ lost bytes=10 next=10\n'), 0)).toMatchObject([{ kind: 'gap', next: 10 }]);
});
