// Bytes nobody wrote, given to the decoder of records and to an opening. `COHESIX_FUZZ_FRAMES` says how many records, one image for every
// fifty of them; the seed of a failure is printed.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openSpool } from '../src/index.ts';
import { isWholeSpoolRecord, readSpoolHeader, SPOOL_HEADER_SIZE } from '../src/spool/record.ts';
import { MemoryDisk } from './memory-disk.ts';
import { append, opened, optionsOf, PATH, payloads } from './spool-kit.ts';

const FRAMES = Math.min(Number(process.env.COHESIX_FUZZ_FRAMES ?? 5000), 1_000_000);
const IMAGES = Math.ceil(FRAMES / 50);
const GIVEN = ['one', 'two', 'three'.repeat(100), 'four', 'five', 'six'.repeat(200)];

/** Bytes that begin as a record does, so that the checks behind the first are met. */
const almostRecord: fc.Arbitrary<Buffer> = fc
  .tuple(fc.constantFrom('CHXS\u0001\u0001\u0000\u0000', 'CHXS\u0001', 'CHXS', ''), fc.uint8Array({ maxLength: 200 }))
  .map(([head, rest]) => Buffer.concat([Buffer.from(head, 'latin1'), rest]));

test('the decoder never throws, and a header is inside its bounds', () => {
  fc.assert(
    fc.property(almostRecord, (bytes) => {
      expect(isWholeSpoolRecord(bytes)).toBe(false);
      const header = readSpoolHeader(bytes);
      if (header === undefined) return;
      expect(Number.isSafeInteger(header.seq) && header.seq >= 1).toBe(true);
      expect(bytes.length).toBeGreaterThanOrEqual(SPOOL_HEADER_SIZE);
    }),
    { numRuns: FRAMES },
  );
});

/** A spool that went round its ring, without its pages at the beginning of the fuzzed part. */
async function image(): Promise<Buffer> {
  const disk = new MemoryDisk();
  const spool = await opened(disk);
  for (const text of GIVEN) {
    await append(spool, text);
    if (spool.status.next > 3) await spool.ack(spool.status.next - 3);
  }
  return disk.contents(PATH);
}

const edit = fc.oneof(
  fc.record({ at: fc.nat(20_000), bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }) }),
  // A piece of it somewhere else.
  fc.record({ from: fc.nat(39), to: fc.nat(39), size: fc.integer({ min: 1, max: 1024 }) }),
  fc.record({ cut: fc.nat(13_000) }),
);

test('an opening of a damaged image ends, reads no more than it may, and gives only what was appended', async () => {
  const whole = await image();
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 6 }), async (edits) => {
      let bytes = Buffer.from(whole);
      for (const each of edits) {
        if ('cut' in each) bytes = bytes.subarray(0, each.cut);
        else if ('at' in each) Buffer.from(each.bytes).copy(bytes, Math.min(each.at, bytes.length));
        else bytes.copyWithin(each.to * 512, each.from * 512, each.from * 512 + each.size);
      }
      const disk = new MemoryDisk();
      const file = await disk.open(PATH, 'create');
      await file.writev([bytes], 0);
      const spool = await openSpool(optionsOf(disk));
      // Pages, the ring, what is read again after an end: all of it is a few reads of such a small image.
      expect(disk.log.filter((name) => name === 'read').length).toBeLessThan(80);
      if (!spool.ok) return;
      for (const payload of await payloads(spool.value)) expect(GIVEN).toContain(payload);
    }),
    { numRuns: IMAGES },
  );
});
