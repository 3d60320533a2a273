// The bytes themselves, checked against figures from outside this code.

import { createHash } from 'node:crypto';
import crc32c from 'crc-32/crc32c.js';
import { expect, test } from 'vitest';
import { DIRECTORY, fill } from './helpers.ts';
import { MemoryDisk } from './memory-disk.ts';

test('the checksum is CRC-32C: the check value of the catalogues', () => {
  expect(crc32c.buf(Buffer.from('123456789')) >>> 0).toBe(0xe3069283);
});

test('a segment can be read with nothing but the layout in record.ts', async () => {
  const disk = new MemoryDisk();
  const bodies = ['{"seq":1}', '{"seq":2,"who":"queen"}'];
  await fill(disk, bodies);
  const segment = disk.contents(`${DIRECTORY}/0000000000000001.seg`);
  expect(segment.toString('latin1', 0, 8)).toBe('COHXJRNL');
  expect([segment.readUInt32LE(8), segment.readBigUInt64LE(16)]).toEqual([1, 1n]);
  expect(segment.subarray(24, 64)).toEqual(Buffer.alloc(40));
  let at = 64;
  let previous = Buffer.alloc(32);
  for (const [index, body] of bodies.entries()) {
    const hash = createHash('sha256').update(previous).update(body).digest();
    expect(segment.readUInt32LE(at)).toBe(body.length);
    expect(segment.readUInt32LE(at + 8), 'base: 0 in the first batch, which brings the header').toBe(
      index === 0 ? 0 : at,
    );
    expect(segment.subarray(at + 12, at + 44)).toEqual(hash);
    expect(segment.subarray(at + 44, at + 76)).toEqual(previous);
    expect(segment.toString('utf8', at + 76, at + 76 + body.length)).toBe(body);
    const covered = Buffer.concat([segment.subarray(at, at + 4), segment.subarray(at + 8, at + 76 + body.length)]);
    expect(segment.readUInt32LE(at + 4)).toBe(crc32c.buf(covered) >>> 0);
    previous = hash;
    at += 76 + body.length;
  }
  expect(at).toBe(segment.length);
});
