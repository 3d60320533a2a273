// Maps of CBOR as lines, cut anywhere, and bytes that are none.

import { expect, it } from 'vitest';
import { cborLines, encodeCbor } from '../src/index.ts';

const TWO = Uint8Array.from([
  ...encodeCbor({ a: [1, -2, 0.5], b: Uint8Array.of(255) }),
  ...encodeCbor({ __proto__x: null }),
]);

it('gives each whole map as a line with its end, and keeps what is cut off', () => {
  const all = cborLines(TWO, 64);
  expect(all.lines).toEqual(['{"a":[1,-2,0.5],"b":"b64:/w=="}', '{"__proto__x":null}']);
  expect([all.ends.at(-1), all.rest.length, all.problem]).toEqual([TWO.length, 0, undefined]);
  for (let cut = 0; cut < TWO.length; cut++) {
    const { lines, ends, rest, problem } = cborLines(TWO.subarray(0, cut), 64);
    expect([lines.length, problem]).toEqual([cut < (all.ends[0] ?? 0) ? 0 : 1, undefined]);
    expect((ends.at(-1) ?? 0) + rest.length).toBe(cut);
  }
});

it('waits for no map that is longer than it may be', () => {
  const long = encodeCbor({ text: 'x'.repeat(100) }).subarray(0, 65);
  expect(cborLines(long, 65).problem).toBeUndefined();
  expect(cborLines(long, 64).problem).toContain('cut off');
});

it('says what is wrong with bytes that are no map', () => {
  expect(cborLines(Uint8Array.of(0x01), 64).problem).toBeDefined();
  expect(cborLines(Uint8Array.of(...encodeCbor({ a: 1 }), 0xff), 64)).toMatchObject({ lines: ['{"a":1}'], ends: [4] });
});
