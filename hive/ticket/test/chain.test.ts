// What a forger can do to a token, and what time, keys and audiences do to a genuine one.

import { fromBase64url, toBase64url } from '@cohesix/bytes';
import { describe, expect, test } from 'vitest';
import { encodeRestriction, encodeRoot } from '../src/block.ts';
import { CHAIN_PREFIX, joinChain, malformed, splitChain } from '../src/envelope.ts';
import {
  activeKey,
  attenuate,
  DEFAULT_TICKET_LIMITS as LIMITS,
  limitsOfManifest,
  makeKeyRing,
  mint,
  type Role,
  rotateKey,
  unverifiedTicket,
} from '../src/index.ts';
import {
  check,
  child,
  claims,
  crypto,
  expectRefused,
  id,
  KEY,
  minted,
  NOW,
  RING,
  restriction,
  value,
  verified,
} from './kit.ts';

const RICH: string = child(
  child(minted({ scopes: [{ path: '/queen', verbs: 'both', ratePerS: 9 }], quotas: { operationsPerS: 5 } }), {
    expiresMs: NOW + 1000,
    subjectSuffix: 'bot',
  }),
  { nonce: id(3), notBeforeMs: NOW - 1000, scopes: [{ path: '/queen/ctl', verbs: 'write', ratePerS: 0 }] },
);

function bodyOf(token: string): Uint8Array {
  return fromBase64url(token.slice(CHAIN_PREFIX.length)) ?? new Uint8Array(0);
}

function tokenOf(body: Uint8Array): string {
  return CHAIN_PREFIX + toBase64url(body);
}

function rejoined(blocks: readonly Uint8Array[], tag: Uint8Array): string {
  return value(joinChain({ blocks, tag }, LIMITS));
}

describe('forgeries', () => {
  test('every bit of every byte of the body matters', () => {
    const body = bodyOf(RICH);
    expect(check(tokenOf(body)).ok).toBe(true);
    for (let index = 0; index < body.length; index += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const changed = body.slice();
        changed[index] = changed[index]! ^ (1 << bit);
        expect(check(tokenOf(changed)).ok, `byte ${index}, bit ${bit}`).toBe(false);
      }
    }
  });

  test('every character of the text matters, with every other character in its place', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=. \n+/';
    for (let index = 0; index < RICH.length; index += 1) {
      for (const other of alphabet) {
        if (other === RICH[index]) continue;
        const changed = RICH.slice(0, index) + other + RICH.slice(index + 1);
        expect(check(changed).ok, `character ${index} as ${JSON.stringify(other)}`).toBe(false);
      }
    }
  });

  test('every truncation and anything appended', () => {
    for (let length = 0; length < RICH.length; length += 1) expect(check(RICH.slice(0, length)).ok).toBe(false);
    for (const tail of ['A', 'AAAA', '=', ' ', '\n', '\0']) expect(check(RICH + tail).ok).toBe(false);
  });

  test('a tag that is missing, empty, short or zero', () => {
    const { blocks, tag } = value(splitChain(RICH, LIMITS));
    expectRefused(check(rejoined(blocks, new Uint8Array(0))), 'invalid-claims');
    expectRefused(check(rejoined(blocks, tag.subarray(0, 31))), 'invalid-claims');
    expectRefused(check(rejoined(blocks, new Uint8Array(32))), 'denied');
    expectRefused(check(rejoined([], tag)), 'invalid-claims');
    expectRefused(check(CHAIN_PREFIX), 'invalid-claims');
    expectRefused(check(''), 'invalid-claims');
  });

  test('blocks removed, reordered, repeated or from another ticket', () => {
    const { blocks, tag } = value(splitChain(RICH, LIMITS));
    const [root, first, second] = blocks as [Uint8Array, Uint8Array, Uint8Array];
    const stranger = value(splitChain(child(minted({ id: id(9) })), LIMITS)).blocks[1]!;
    const forgeries = [
      [root],
      [root, first],
      [root, second],
      [root, second, first],
      [first, second],
      [first, root, second],
      [root, root, first, second],
      [root, first, second, second],
      [root, stranger, second],
      [root, first, second, stranger],
    ];
    for (const forged of forgeries) expectRefused(check(rejoined(forged, tag)), 'denied');
  });

  test('the tag of an earlier block cannot be computed from the token, so it opens nothing', () => {
    const { blocks, tag } = value(splitChain(RICH, LIMITS));
    // What a holder could try: use the last tag as if it were the key of an earlier place in the chain.
    const forged = crypto.hmacSha256(tag, blocks[0]!);
    expectRefused(check(rejoined([blocks[0]!], forged)), 'denied');
  });

  test('another key, an unknown key id, and a key of zeros for an unknown id', () => {
    expectRefused(check(RICH, {}, makeKeyRing({ id: 'k1', secret: new Uint8Array(32).fill(0x12) })), 'denied');
    expectRefused(check(RICH, {}, makeKeyRing({ id: 'k2', secret: KEY.secret })), 'denied');
    const root = encodeRoot('root', { ...claims(), keyId: 'nobody' });
    expectRefused(check(rejoined([root], crypto.hmacSha256(new Uint8Array(32), root))), 'denied');
  });

  test('a forged token is refused with one text, whatever was wrong with it', () => {
    const { blocks, tag } = value(splitChain(RICH, LIMITS));
    const root = encodeRoot('root', { ...claims({ audience: 'hive-b' }), keyId: 'nobody' });
    const texts = [rejoined(blocks, new Uint8Array(32)), rejoined([root], tag), rejoined(blocks.slice(0, 2), tag)].map(
      (token) => {
        const result = check(token);
        return result.ok ? '' : result.refusal.detail;
      },
    );
    expect(new Set(texts).size).toBe(1);
    expect(texts[0]).not.toBe('');
  });

  test('claims are not looked at before the MAC: nonsense after the key id is "denied", not "invalid-claims"', () => {
    const root = encodeRoot('root', { ...claims(), keyId: 'k1' }).slice(0, 10);
    expectRefused(check(rejoined([root], new Uint8Array(32))), 'denied');
    expectRefused(check(rejoined([root], crypto.hmacSha256(KEY.secret, root))), 'invalid-claims');
  });
});

describe('time', () => {
  const token = minted({ notBeforeMs: NOW, expiresMs: NOW + 1000 });

  test.each([
    [NOW - 1, false],
    [NOW, true],
    [NOW + 1, true],
    [NOW + 999, true],
    [NOW + 1000, false],
    [NOW + 1001, false],
  ])('at %d valid is %s', (nowMs, isValid) => {
    const result = check(token, { nowMs });
    expect(result.ok).toBe(isValid);
    if (!result.ok) expect(result.refusal.code).toBe('expired');
  });

  test('a clock that moves back and forward decides each time by itself', () => {
    expect([NOW, NOW - 1, NOW, NOW + 1000, NOW + 999].map((nowMs) => check(token, { nowMs }).ok)).toEqual([
      true,
      false,
      true,
      false,
      true,
    ]);
  });

  test('0 means always and never', () => {
    const endless = minted();
    expect(check(endless, { nowMs: 0 }).ok).toBe(true);
    expect(check(endless, { nowMs: Number.MAX_SAFE_INTEGER }).ok).toBe(true);
  });

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('a time of %d cannot be minted', (time) => {
    expectRefused(mint(crypto, KEY, claims({ expiresMs: time })), 'invalid-claims');
    expectRefused(mint(crypto, KEY, claims({ notBeforeMs: time })), 'invalid-claims');
  });

  test('2^53-1 can; an end at or before the start cannot', () => {
    expect(verified(minted({ expiresMs: 2 ** 53 - 1 })).expiresMs).toBe(2 ** 53 - 1);
    expectRefused(mint(crypto, KEY, claims({ notBeforeMs: NOW, expiresMs: NOW })), 'invalid-claims');
    expect(mint(crypto, KEY, claims({ notBeforeMs: NOW, expiresMs: NOW + 1 })).ok).toBe(true);
  });
});

describe('keys, audience, revocation, roles', () => {
  test('a rotated ring verifies old and new tickets, one without the old key only new ones', () => {
    const old = minted();
    const key = { id: 'k2', secret: new Uint8Array(32).fill(0x22) };
    const rotated = rotateKey(RING, key);
    const fresh = value(mint(crypto, activeKey(rotated), claims({ id: id(5) })));
    expect(activeKey(rotated).id).toBe('k2');
    expect([check(old, {}, rotated).ok, check(fresh, {}, rotated).ok]).toEqual([true, true]);
    const pruned = makeKeyRing(key);
    expectRefused(check(old, {}, pruned), 'denied');
    expect(check(fresh, {}, pruned).ok).toBe(true);
    expect(check(fresh).ok, 'the first ring did not change').toBe(false);
  });

  test('misuse of a ring is a bug, not a refusal', () => {
    expect(() => rotateKey(RING, KEY)).toThrow(TypeError);
    expect(() => makeKeyRing({ id: 'short', secret: new Uint8Array(31) })).toThrow(TypeError);
    expect(() => makeKeyRing({ id: 'a b', secret: KEY.secret })).toThrow(TypeError);
  });

  test('a ticket for another hive', () => {
    expectRefused(check(minted({ audience: 'hive-b' })), 'denied');
    expectRefused(check(minted({ audience: 'hive-A' })), 'denied');
  });

  test('revoking any id of the chain revokes the ticket; other ids do not', () => {
    const { ids } = verified(RICH);
    expect(ids.length).toBe(3);
    for (const gone of ids) expectRefused(check(RICH, { revoked: (one) => one === gone }), 'revoked');
    const parent = verified(child(minted(), { nonce: id(8) }));
    expect(parent.ids[0]).toBe(verified(minted()).ids[0]);
    expect(check(RICH, { revoked: (one) => one === parent.ids[1] }).ok).toBe(true);
  });

  test('a child cannot choose its id: the same nonce under another parent gives another one', () => {
    const [first, second] = [minted(), minted({ id: id(7) })].map((token) => verified(child(token)).ids[1]);
    expect(first).not.toBe(second);
    expect(first).toMatch(/^[0-9a-f]{32}$/);
  });

  test('an unknown role cannot be minted and does not verify', () => {
    expectRefused(mint(crypto, KEY, claims({ role: 'worker' as Role })), 'invalid-role');
    const root = encodeRoot('root', { ...claims(), keyId: 'k1' });
    root[1 + 3 + 16] = 6;
    expectRefused(check(rejoined([root], crypto.hmacSha256(KEY.secret, root))), 'invalid-role');
  });

  test('the fingerprint names the token and does not contain it', () => {
    const [one, two] = [verified(minted()), verified(minted({ id: id(6) }))];
    expect(one.fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(one.fingerprint).not.toBe(two.fingerprint);
    expect(one.fingerprint).toBe(value(unverifiedTicket(crypto, minted())).fingerprint);
  });
});

describe('limits', () => {
  const scopes = (count: number): { path: string; verbs: 'read'; ratePerS: number }[] =>
    Array.from({ length: count }, (_, index) => ({ path: `/s${index}`, verbs: 'read', ratePerS: 0 }));

  test('depth: 8 times, not 9', () => {
    let token = minted();
    for (let depth = 0; depth < LIMITS.depthMax; depth += 1) token = child(token, { nonce: id(depth) });
    expect(verified(token).ids.length).toBe(9);
    expectRefused(attenuate(crypto, token, restriction()), 'invalid-claims');
    // A holder whose own limits are wider does not get past the hive's.
    const deeper = value(attenuate(crypto, token, restriction(), { ...LIMITS, depthMax: 99 }));
    expect(check(deeper)).toEqual(malformed());
  });

  test('scope count', () => {
    expect(verified(minted({ scopes: scopes(16) })).blocks[0]?.scopes.length).toBe(16);
    expectRefused(mint(crypto, KEY, claims({ scopes: scopes(17) })), 'invalid-claims');
    const wide = value(mint(crypto, KEY, claims({ scopes: scopes(17) }), { ...LIMITS, scopesMax: 300 }));
    expectRefused(check(wide), 'invalid-claims');
    expect(check(wide, { limits: { ...LIMITS, scopesMax: 17 } }).ok).toBe(true);
  });

  test('are those of a hive whose manifest says nothing else', () => {
    const bounds = { token_max_bytes: 4096, delegation_depth_max: 8, scopes_max: 16, scope_path_max_bytes: 255 };
    expect(limitsOfManifest(bounds)).toEqual(LIMITS);
    expect(limitsOfManifest({ ...bounds, scopes_max: 3, delegation_depth_max: 0 })).toEqual({
      ...LIMITS,
      scopesMax: 3,
      depthMax: 0,
    });
  });

  test('scope path length: 255 bytes, not 256', () => {
    const scopeOf = (bytes: number) => [{ path: `/${'a'.repeat(bytes - 1)}`, verbs: 'read', ratePerS: 0 } as const];
    expect(mint(crypto, KEY, claims({ scopes: scopeOf(255) })).ok).toBe(true);
    expectRefused(mint(crypto, KEY, claims({ scopes: scopeOf(256) })), 'invalid-claims');
  });

  test('scope path length, in bytes', () => {
    const path = (bytes: number): string => `/${'é'.repeat(127)}/${'a'.repeat(bytes - 256)}`;
    const scope = (bytes: number): { path: string; verbs: 'read'; ratePerS: number }[] => [
      { path: path(bytes), verbs: 'read', ratePerS: 0 },
    ];
    const limits = { ...LIMITS, scopePathBytesMax: 300 };
    expect(mint(crypto, KEY, claims({ scopes: scope(300) }), limits).ok).toBe(true);
    expectRefused(mint(crypto, KEY, claims({ scopes: scope(301) }), limits), 'invalid-claims');
  });

  test('token length', () => {
    const token = minted();
    expect(check(token, { limits: { ...LIMITS, tokenLengthMax: token.length } }).ok).toBe(true);
    expectRefused(check(token, { limits: { ...LIMITS, tokenLengthMax: token.length - 1 } }), 'invalid-claims');
    expectRefused(mint(crypto, KEY, claims(), { ...LIMITS, tokenLengthMax: token.length - 1 }), 'invalid-claims');
  });

  test('subject with its suffixes: 255 bytes, not 256', () => {
    const token = minted({ subject: 's'.repeat(128) });
    expect(verified(child(token, { subjectSuffix: 'x'.repeat(126) })).subject.length).toBe(255);
    expectRefused(attenuate(crypto, token, restriction({ subjectSuffix: 'x'.repeat(127) })), 'invalid-claims');
  });

  test.each(['', 'a b', 'a/b', '..', 'a\nb', 'é', 's'.repeat(129)])('the subject %j', (subject) => {
    expectRefused(mint(crypto, KEY, claims({ subject })), 'invalid-claims');
    if (subject !== '')
      expectRefused(attenuate(crypto, minted(), restriction({ subjectSuffix: subject })), 'invalid-claims');
  });

  test('ids and nonces have 16 bytes', () => {
    expectRefused(mint(crypto, KEY, claims({ id: new Uint8Array(15) })), 'invalid-claims');
    expectRefused(attenuate(crypto, minted(), restriction({ nonce: new Uint8Array(17) })), 'invalid-claims');
  });

  test('an empty list of scopes is refused, not read as "everything"', () => {
    expectRefused(mint(crypto, KEY, claims({ scopes: [] })), 'invalid-claims');
    const root = encodeRoot('root', { ...claims({ scopes: [] }), keyId: 'k1' });
    expectRefused(check(rejoined([root], crypto.hmacSha256(KEY.secret, root))), 'invalid-claims');
  });

  test.each([
    '/a/../b',
    '/a/./b',
    '/..',
    '//',
    '/a//b',
    '/a/',
    'a',
    'queen/ctl',
    '/a\0b',
    '/\ud800',
    `/${'n'.repeat(256)}`,
  ])('the path %j is refused at mint and at verify', (path) => {
    const scope = [{ path, verbs: 'read', ratePerS: 0 } as const];
    expectRefused(mint(crypto, KEY, claims({ scopes: scope })), 'invalid-claims');
    expectRefused(attenuate(crypto, minted(), restriction({ scopes: scope })), 'invalid-claims');
    const block = encodeRestriction(restriction({ scopes: scope }));
    const { blocks, tag } = value(splitChain(minted(), LIMITS));
    const forged = rejoined([...blocks, block], crypto.hmacSha256(tag, block));
    // A lone surrogate becomes U+FFFD on the wire, which is an ordinary character.
    if (path !== '/\ud800') expectRefused(check(forged), 'invalid-claims');
  });
});

test('minting and passing on use no randomness: the same input gives the same text', () => {
  expect(minted()).toBe(minted());
  expect(child(minted())).toBe(child(minted()));
});

test('claims survive the journey', () => {
  const full = {
    scopes: [
      { path: '/', verbs: 'read', ratePerS: 0 },
      { path: '/queen/é', verbs: 'both', ratePerS: 0xffff_ffff },
    ] as const,
    quotas: { bandwidthBytesPerS: 2 ** 40, bandwidthBurst: 1, cursorMovesBurst: 7, cursorResumesPerS: 3 },
    notBeforeMs: 5,
    expiresMs: 2 ** 53 - 1,
  };
  const ticket = verified(minted({ ...full, role: 'worker-host', subject: 'w@x:1+2' }));
  expect(ticket).toMatchObject({ role: 'worker-host', subject: 'w@x:1+2', audience: 'hive-a', keyId: 'k1' });
  expect(ticket.blocks[0]).toMatchObject(full);
});
