import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Bundle, formatTilePath, parseTilePath, type Tile } from '../src/index.ts';
import { problem, value } from './kit.ts';

function tile(level: number, index: number, width = 256): Tile {
  return { kind: 'tile', level, index, width };
}

function bundle(index: number, width = 256): Bundle {
  return { kind: 'entries', index, width };
}

const goods: readonly (readonly [string, Tile | Bundle])[] = [
  ['tile/0/000', tile(0, 0)],
  ['tile/0/001', tile(0, 1)],
  ['tile/0/001.p/5', tile(0, 1, 5)],
  ['tile/5/x123/x456/078', tile(5, 123_456_078)],
  ['tile/5/x123/x456/078.p/2', tile(5, 123_456_078, 2)],
  ['tile/0/x001/x234/067', tile(0, 1_234_067)],
  ['tile/0/x003/x057/500', tile(0, 3_057_500)],
  ['tile/0/999', tile(0, 999)],
  ['tile/0/x001/000', tile(0, 1000)],
  ['tile/63/x999/999.p/255', tile(63, 999_999, 255)],
  ['tile/9/000.p/1', tile(9, 0, 1)],
  ['tile/10/000.p/100', tile(10, 0, 100)],
  ['tile/entries/000', bundle(0)],
  ['tile/entries/x001/x234/067.p/112', bundle(1_234_067, 112)],
  ['tile/0/x009/x007/x199/x254/x740/991.p/255', tile(0, Number.MAX_SAFE_INTEGER, 255)],
  ['tile/entries/x009/x007/x199/x254/x740/991.p/255', bundle(Number.MAX_SAFE_INTEGER, 255)],
];

test.each(goods)('%s', (path, resource) => {
  expect(formatTilePath(resource)).toBe(path);
  expect(value(parseTilePath(path))).toEqual(resource);
});

test.each([
  '',
  'tile',
  'tile/',
  'tile/0',
  'tile/0/',
  '/tile/0/000',
  'Tile/0/000',
  'tile/0/000/',
  'tile/0//000',
  'tile//000',
  'tile/0/000\n',
  ' tile/0/000',
  'tile/00/000',
  'tile/01/000',
  'tile/64/000',
  'tile/99/000',
  'tile/100/000',
  'tile/-1/000',
  'tile/+1/000',
  'tile/1e1/000',
  'tile/x/000',
  'tile/data/000',
  'tile/entries',
  'tile/entries/',
  'tile/entry/000',
  'tile/8/0/000',
  'tile/0/0',
  'tile/0/00',
  'tile/0/0000',
  'tile/0/x000',
  'tile/0/x001',
  'tile/0/001/000',
  'tile/0/x000/001',
  'tile/0/x000/x001/000',
  'tile/0/x001/x000',
  'tile/0/X001/000',
  'tile/0/x01/000',
  'tile/0/x0001/000',
  'tile/0/x001000',
  'tile/5/123/456/078',
  'tile/-1/123/456/078',
  'tile/0/0a0',
  'tile/0/٠٠٠',
  'tile/0/000.p',
  'tile/0/000.p/',
  'tile/0/000.p/0',
  'tile/0/000.p/00',
  'tile/0/000.p/01',
  'tile/0/000.p/256',
  'tile/0/000.p/257',
  'tile/0/000.p/999',
  'tile/0/000.p/1000',
  'tile/0/000.p/-1',
  'tile/0/000.p/1/',
  'tile/0/000.P/1',
  'tile/0/000p/1',
  'tile/0/000/p/1',
  'tile/0/x001.p/1/000',
  'tile/0/..',
  'tile/0/../0/000',
  'tile/0/000?x',
  'tile/0/x009/x007/x199/x254/x740/992',
  'tile/0/x001/x000/x000/x000/x000/x000/000',
])('refuses %j', (path) => expect(parseTilePath(path).ok).toBe(false));

test('a path is refused by its length before it is looked at', () => {
  const parsed = parseTilePath(`tile/0/${'x001/'.repeat(10_000)}000`);
  expect(problem(parsed)).toMatch(/a path is/);
});

test('any resource goes through its path unchanged', () => {
  const width = fc.integer({ min: 1, max: 256 });
  const tiles = fc.record({ kind: fc.constant('tile' as const), level: fc.nat(63), index: fc.maxSafeNat(), width });
  const bundles = fc.record({ kind: fc.constant('entries' as const), index: fc.maxSafeNat(), width });
  fc.assert(
    fc.property(fc.oneof(tiles, bundles), (resource) => {
      expect(value(parseTilePath(formatTilePath(resource)))).toEqual(resource);
    }),
  );
});

test('whatever parses, formats to the same text', () => {
  const parts = ['tile/', 'entries/', '0', '1', '12', '/', 'x', '000', '001', '123', '.p/', '25', '255', '256'];
  const near = fc.array(fc.constantFrom(...parts), { maxLength: 10 }).map((list) => `tile/${list.join('')}`);
  fc.assert(
    fc.property(near, (path) => {
      const parsed = parseTilePath(path);
      if (parsed.ok) expect(formatTilePath(parsed.value)).toBe(path);
    }),
    { numRuns: 5000 },
  );
});

test('a path of an impossible tile is a defect', () => {
  for (const odd of [tile(64, 0), tile(-1, 0), tile(0, -1), tile(0, 0.5), tile(0, 2 ** 53), tile(0, 0, 0)]) {
    expect(() => formatTilePath(odd)).toThrow(TypeError);
  }
  expect(() => formatTilePath(bundle(0, 257))).toThrow(TypeError);
});
