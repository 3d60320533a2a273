// One meaning, one encoding: whatever bytes decode to a block are the bytes that block encodes to.

import { fromHex, toHex } from '@cohesix/bytes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeRestriction, decodeRoot, encodeRestriction, encodeRoot } from '../src/block.ts';
import type { Quotas, Restriction, RootBlock } from '../src/claims.ts';
import * as arbitrary from './arbitraries.ts';
import { claims, id, restriction } from './kit.ts';

const count = fc.oneof(fc.constant(0), fc.nat(300), fc.maxSafeNat());
const quotas: fc.Arbitrary<Quotas> = fc.record({
  bandwidthBytesPerS: fc.nat(),
  bandwidthBurst: fc.nat(1),
  operationsPerS: fc.nat(1),
  cursorResumesBurst: fc.nat(200),
});

const anyRestriction: fc.Arbitrary<Restriction> = fc.record(
  {
    nonce: fc.constant(id(4)),
    subjectSuffix: fc.constant('bot'),
    scopes: arbitrary.scopes,
    quotas,
    notBeforeMs: count,
  },
  { requiredKeys: ['nonce'] },
);

const NONCE = '00'.repeat(16);

function decodes(hex: string): boolean {
  return decodeRestriction(fromHex(hex) ?? new Uint8Array(0)) !== undefined;
}

describe('restrictions', () => {
  test('the layout is fixed', () => {
    const block = restriction({
      nonce: new Uint8Array(16),
      subjectSuffix: 'b',
      notBeforeMs: 128,
      quotas: { bandwidthBurst: 2 },
      scopes: [{ path: '/a', verbs: 'write', ratePerS: 1 }],
    });
    expect(toHex(encodeRestriction(block))).toBe(`22${NONCE}0162${'0d'}8001${'0202'}01022f610201`);
  });

  test('a changed byte changes the meaning or breaks the form, and never does nothing', () => {
    fc.assert(
      fc.property(anyRestriction, fc.nat(), fc.nat(255), (block, where, byte) => {
        const bytes = encodeRestriction(block);
        bytes[where % bytes.length] = byte;
        const decoded = decodeRestriction(bytes);
        if (decoded !== undefined) expect(toHex(encodeRestriction(decoded))).toBe(toHex(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['bare', `22${NONCE}0000`, true],
    ['an unknown flag', `22${NONCE}0010`, false],
    ['a start of 0, written out', `22${NONCE}000100`, false],
    ['a start in two bytes that fits one', `22${NONCE}00018100`, false],
    ['a start of 2^53-1', `22${NONCE}0001ffffffffffffff0f`, true],
    ['a start of 2^53', `22${NONCE}00018080808080808010`, false],
    ['a start in nine bytes', `22${NONCE}0001ffffffffffffffff01`, false],
    ['quotas, none set', `22${NONCE}000400`, false],
    ['a quota of 0', `22${NONCE}00040100`, false],
    ['verbs 0', `22${NONCE}000801012f0000`, false],
    ['verbs 4', `22${NONCE}000801012f0400`, false],
    ['verbs 3', `22${NONCE}000801012f0300`, true],
    ['more scopes than there are', `22${NONCE}000802012f0300`, false],
    ['text that is not UTF-8', `22${NONCE}01ff00`, false],
    ['a root block', `21${NONCE}0000`, false],
    ['something after it', `22${NONCE}000000`, false],
    ['nothing', '', false],
  ])('%s', (_, hex, isBlock) => {
    expect(decodes(hex)).toBe(isBlock);
  });
});

test('a root block decodes as its own kind only', () => {
  const root: RootBlock = { ...claims(), keyId: 'k1', notBeforeMs: 0, expiresMs: 0 };
  const bytes = encodeRoot('root', root);
  expect(decodeRoot('root', bytes)).toEqual(root);
  expect(decodeRoot('signedRoot', bytes)).toBeUndefined();
  expect(decodeRoot('root', encodeRoot('signedRoot', root))).toBeUndefined();
  expect(decodeRestriction(bytes)).toBeUndefined();
});
