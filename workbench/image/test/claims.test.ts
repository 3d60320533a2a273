// The ownership map, against the plain way to make one: a name for each byte.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Claims } from '../src/claims.ts';

const SIZE = 64;
const claim = fc.record({ start: fc.integer({ min: -4, max: SIZE + 4 }), size: fc.integer({ min: 0, max: SIZE + 8 }) });

describe('claims', () => {
  it('gives each byte to the first who claims it, and says the rest is slack', () => {
    fc.assert(
      fc.property(fc.array(claim, { maxLength: 12 }), (list) => {
        const claims = new Claims(SIZE);
        const bytes = new Array<string>(SIZE).fill('slack');
        for (const [index, { start, size }] of list.entries()) {
          claims.add(start, size, 'data', `claim ${index}`);
          for (let at = start; start >= 0 && at < Math.min(SIZE, start + size); at += 1)
            if (bytes[at] === 'slack') bytes[at] = `claim ${index}`;
        }
        const map = claims
          .ranges(SIZE)
          .flatMap(({ size, kind, owner }) => new Array<string>(size).fill(kind === 'slack' ? 'slack' : owner));
        expect(map).toEqual(bytes);
      }),
    );
  });

  it('has no map of an empty file, and one range for a file nobody claims', () => {
    expect(new Claims(0).ranges()).toEqual([]);
    expect(new Claims(9).ranges()).toEqual([{ offset: 0, size: 9, kind: 'overlay', owner: 'overlay' }]);
  });

  it('calls what comes after the last claim overlay, and names slack after what is before it', () => {
    const claims = new Claims(30);
    claims.add(0, 10, 'header', 'header');
    claims.add(12, 8, 'code', '.text');
    expect(claims.ranges().map(({ offset, size, owner }) => `${offset}+${size} ${owner}`)).toEqual([
      '0+10 header',
      '10+2 slack after header',
      '12+8 .text',
      '20+10 overlay',
    ]);
  });

  it('does not take long when 60,000 claims all overlap', () => {
    const claims = new Claims(200_000);
    for (let index = 0; index < 60_000; index += 1) claims.add(index, 100_000, 'data', `claim ${index}`);
    expect(claims.ranges(200_000)).toHaveLength(60_001);
  });
});
