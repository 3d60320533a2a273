// Proofs as texts: the form of the specification, what is not of that form, how long they get, and roots of earlier trees.

import { encodeUtf8, toBase64 } from '@cohesix/bytes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cosignNote,
  formatCheckpoint,
  formatNote,
  formatTlogProof,
  hashSourceOfTiles,
  inclusionNodes,
  parseTlogProof,
  rootAt,
  signNote,
  TileBuilder,
  unsignedNote,
} from '../src/index.ts';
import { hasher, testSigner, value } from './kit.ts';

const HASHES = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
const CHECKPOINT = encodeUtf8('log\n3\nAAAA\n\n— log AAAAAAA=\n');
const TEXT = `c2sp.org/tlog-proof@v1
extra aGk=
index 1
AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=
AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=

log
3
AAAA

— log AAAAAAA=
`;

describe('the text of a proof', () => {
  test('is as the specification writes it, with and without extra data', () => {
    const proof = { index: 1, extra: encodeUtf8('hi'), hashes: HASHES, checkpoint: CHECKPOINT };
    expect(new TextDecoder().decode(formatTlogProof(proof))).toBe(TEXT);
    expect(value(parseTlogProof(encodeUtf8(TEXT)))).toEqual(proof);
    const bare = { ...proof, extra: undefined, hashes: [] };
    expect(value(parseTlogProof(formatTlogProof(bare)))).toEqual(bare);
  });

  test.each([
    ['another header', TEXT.replace('@v1', '@v2')],
    ['no index', TEXT.replace('index 1\n', '')],
    ['a leading zero', TEXT.replace('index 1', 'index 01')],
    ['an index that is no exact number', TEXT.replace('index 1', 'index 9007199254740992')],
    ['an index before the extra data', TEXT.replace(/(extra .*\n)(index .*\n)/, '$2$1')],
    ['extra data that is not base64', TEXT.replace('aGk=', 'aGk')],
    ['empty extra data', TEXT.replace('aGk=', '')],
    ['a short hash', TEXT.replace('AQEB', '')],
    ['a blank in a hash', TEXT.replace('AQEB', 'AQE ')],
    ['a carriage return', TEXT.replace('index 1', 'index 1\r')],
    ['54 hashes', TEXT.replace(/\n\n/, `\n${`${toBase64(HASHES[0] ?? new Uint8Array())}\n`.repeat(52)}\n`)],
    ['no checkpoint', TEXT.slice(0, TEXT.indexOf('\n\n'))],
  ])('is refused with %s', (_, text) => {
    expect(parseTlogProof(encodeUtf8(text)).ok).toBe(false);
  });

  test('never makes the reader throw, and whatever parses is written the same', () => {
    fc.assert(
      fc.property(fc.nat(TEXT.length), fc.nat(6), fc.uint8Array({ maxLength: 6 }), (at, cut, put) => {
        const bytes = encodeUtf8(TEXT);
        const edited = Uint8Array.from([...bytes.subarray(0, at), ...put, ...bytes.subarray(at + cut)]);
        const parsed = parseTlogProof(edited);
        if (parsed.ok) expect(formatTlogProof(parsed.value)).toEqual(edited);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the size of a proof', () => {
  test.each([
    [10_000_000, 24],
    [2 ** 24, 24],
    [2 ** 24 + 1, 25],
  ])('of %d records is one with %d hashes at most', (size, most) => {
    const lengths = [0, 1, Math.floor(size / 2), size - 2, size - 1].map(
      (index) => value(inclusionNodes({ index, size })).length,
    );
    expect(Math.max(...lengths)).toBe(most);
  });

  test('is at most 2 KiB with a name of 64 characters, 24 hashes and three witnesses of such names', () => {
    const name = 'n'.repeat(64);
    const text = value(formatCheckpoint({ origin: name, size: 10_000_000, root: HASHES[0]!, extensions: [] }));
    let note = value(signNote(value(unsignedNote(text)), testSigner('ed25519', name)));
    for (const byte of [1, 2, 3]) note = value(cosignNote(note, testSigner('cosignature', name, byte), 2n ** 31n));
    const proof = {
      index: 9_999_999,
      extra: undefined,
      hashes: Array.from({ length: 24 }, () => HASHES[0]!),
      checkpoint: encodeUtf8(formatNote(note)),
    };
    expect(formatTlogProof(proof).length).toBeLessThanOrEqual(2048);
  });
});

test('the root of every earlier tree comes out of the tiles of a later one', () => {
  const files = new Map<string, number[]>();
  const builder = new TileBuilder(hasher, ({ level, index, hashes }) => {
    const key = `${level}/${index}`;
    files.set(key, [...(files.get(key) ?? []), ...hashes]);
  });
  const roots = [hasher.emptyRoot];
  for (let index = 0; index < 600; index++) {
    builder.append(hasher.leaf(encodeUtf8(`${index}`)));
    roots.push(builder.root().slice());
  }
  builder.flush();
  const source = hashSourceOfTiles(hasher, ({ level, index }) => Uint8Array.from(files.get(`${level}/${index}`)!), 600);
  for (const [size, root] of roots.entries()) expect(value(rootAt(hasher, source, size)), `${size}`).toEqual(root);
  expect(rootAt(hasher, source, 601).ok).toBe(false);
  expect(rootAt(hasher, source, -1).ok).toBe(false);
});
