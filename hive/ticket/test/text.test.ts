import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeRoot } from '../src/block.ts';
import { joinChain } from '../src/envelope.ts';
import {
  formatClaims,
  formatQuotas,
  formatScope,
  DEFAULT_TICKET_LIMITS as LIMITS,
  mint,
  parseQuota,
  parseScope,
  unverifiedTicket,
} from '../src/index.ts';
import * as arbitrary from './arbitraries.ts';
import { child, claims, crypto, expectRefused, id, KEY, minted, NOW, value, verified } from './kit.ts';

describe('scopes', () => {
  test.each([
    ['/queen:rw@10/s', { path: '/queen', verbs: 'both', ratePerS: 10 }],
    ['/log:r', { path: '/log', verbs: 'read', ratePerS: 0 }],
    ['/:w', { path: '/', verbs: 'write', ratePerS: 0 }],
    ['/a:b@c:r', { path: '/a:b@c', verbs: 'read', ratePerS: 0 }],
    ['/odd:r:rw', { path: '/odd:r', verbs: 'both', ratePerS: 0 }],
    ['/x:r@4294967295/s', { path: '/x', verbs: 'read', ratePerS: 4294967295 }],
  ])('%s', (text, scope) => {
    expect(value(parseScope(text))).toEqual(scope);
  });

  test.each([
    '',
    '/queen',
    '/queen:',
    '/queen:x',
    '/q:rw@/s',
    '/q:rw@1',
    '/q:r@4294967296/s',
    'q:r',
    '/a/../b:r',
    '/a/:r',
  ])('%j is not one', (text) => {
    expectRefused(parseScope(text), 'invalid-claims');
  });

  test.each([':r', ':rw', ':w@10/s'])('%j, as of an unset variable, is not everything', (text) => {
    const result = parseScope(text);
    expectRefused(result, 'invalid-claims');
    expect(result.ok ? '' : result.refusal.detail).toContain('has no path');
  });

  test('an empty path on the wire is still everything, and is shown as such', () => {
    const ticket = verified(minted({ scopes: [{ path: '', verbs: 'read', ratePerS: 0 }] }));
    expect(formatClaims(ticket)).toContain('  scope /:r\n');
  });

  test('text and back', () => {
    fc.assert(
      fc.property(arbitrary.scope, (scope) => {
        expect(value(parseScope(formatScope(scope)))).toEqual(scope);
      }),
    );
  });
});

describe('quotas', () => {
  test.each([
    ['operations=10/s:50', { operationsPerS: 10, operationsBurst: 50 }],
    ['bandwidth=65536/s', { bandwidthBytesPerS: 65536 }],
    ['cursor-moves=256', { cursorMovesBurst: 256 }],
    ['cursor-resumes=1099511627776', { cursorResumesBurst: 2 ** 40 }],
  ])('%s', (text, quotas) => {
    expect(value(parseQuota(text))).toEqual(quotas);
    expect(formatQuotas(quotas)).toEqual([text]);
  });

  test.each([
    'operations',
    'operations=',
    'operations=0',
    'ops=1',
    'operations=1:2',
    'operations=1099511627777',
    'operations=-1',
  ])('%j is not one', (text) => {
    expectRefused(parseQuota(text), 'invalid-claims');
  });
});

test('a ticket for people', () => {
  const token = child(
    minted({
      scopes: [{ path: '/queen', verbs: 'both', ratePerS: 10 }],
      quotas: { operationsPerS: 5 },
      expiresMs: NOW,
    }),
    { nonce: id(2), subjectSuffix: 'bot', notBeforeMs: 1000 },
  );
  const ticket = verified(token, { nowMs: NOW - 1 });
  const text = formatClaims(ticket);
  expect(text).toBe(`ticket ${ticket.fingerprint} (chain)
role queen
subject ann/bot
audience hive-a
key k1
valid from 1970-01-01T00:00:01.000Z until 2027-01-15T08:00:00.000Z
root ${ticket.ids[0]}
  valid always until 2027-01-15T08:00:00.000Z
  scope /queen:rw@10/s
  quota operations=5/s
child 1 ${ticket.ids[1]}
  valid from 1970-01-01T00:00:01.000Z for ever
  scope /:rw
`);
  expect(text).not.toContain(token.slice(-20));
  expect(formatClaims(value(unverifiedTicket(crypto, token)))).toBe(text);
});

test('a time that no calendar has is still shown', () => {
  expect(formatClaims(verified(minted({ expiresMs: 2 ** 53 - 1 })))).toContain('until 9007199254740991 ms');
});

describe('a ticket that anybody could have written', () => {
  const shown = (path: string): string =>
    formatClaims(value(unverifiedTicket(crypto, child(minted(), { scopes: [{ path, verbs: 'read', ratePerS: 0 }] }))));

  test.each([
    ['/a\nverified yes', '/a\\nverified yes'],
    ['/a\x1b[2J\x1b]0;title\x07', '/a\\u001b[2J\\u001b]0;title\\u0007'],
    ['/a\r\x9b1A\x7f', '/a\\r\\u009b1A\\u007f'],
    ['/a\u2028b\u2029c\u202ed\u{e0041}', '/a\\u2028b\\u2029c\\u202ed\\udb40\\udc41'],
    ['/a\\n"b', '/a\\\\n\\"b'],
    ['/é 漢/😀', '/é 漢/😀'],
  ])('the path %j is one line that steers nothing', (path, text) => {
    const lines = shown(path).split('\n');
    expect(lines).toContain(`  scope ${text}:r`);
    expect(lines.some((line) => line.startsWith('verified'))).toBe(false);
    expect(shown(path)).not.toMatch(/[^\P{C}\n]|\p{Zl}|\p{Zp}/u);
  });

  test('a refusal that quotes a path quotes it the same way', () => {
    const result = mint(crypto, KEY, claims({ scopes: [{ path: 'a\x9b\u2028\n', verbs: 'read', ratePerS: 0 }] }));
    expect(result.ok ? '' : result.refusal.detail).toContain('"a\\u009b\\u2028\\n"');
    const parsed = parseScope('a\x9b:r');
    expect(parsed.ok ? '' : parsed.refusal.detail).toContain('"a\\u009b:r"');
  });

  test('a key id that is no name makes no ticket', () => {
    const block = encodeRoot('root', { ...claims(), keyId: 'k1\nverified yes' });
    expectRefused(
      unverifiedTicket(crypto, value(joinChain({ blocks: [block], tag: new Uint8Array(32) }, LIMITS))),
      'invalid-claims',
    );
  });
});
