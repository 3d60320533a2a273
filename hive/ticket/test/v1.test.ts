// Vectors: contracts-1, section 3.2 (1 to 4 are the source system's own, 5 to 8 were computed for the reference).

import { encodeUtf8, fromHex, toHex } from '@cohesix/bytes';
import { blake3 } from '@noble/hashes/blake3.js';
import { describe, expect, test } from 'vitest';
import { acceptV1, type KeyRing, type V1Secrets } from '../src/index.ts';
import { v1Mac } from '../src/v1.ts';
import { check, expectRefused, RING, verified } from './kit.ts';

interface Vector {
  readonly secret: string;
  readonly payload: string;
  readonly mac: string;
}

const VECTORS: readonly Vector[] = [
  {
    secret: 'worker',
    payload: '0101080800776f726b65722d31000000000000000000000000',
    mac: 'ea7bee86230e67031e6e758fa01c00eaa9c1f0bfff4b41548424a3df0356cff9',
  },
  {
    secret: 'worker-bus',
    payload: '0103080b006d6f646275732d6d61696e000000000000000000000000',
    mac: 'e9f653dd264c440296e25118f72ed5a10cd8b2141288c45139bbcef8316d98c8',
  },
  {
    secret: 'bootstrap',
    payload: '0100040000000000000000000000000000000000000000',
    mac: 'e9b8bc4e26e2f06725347bdd8983fb3efc170658fc6af53cabb746bef58deddb',
  },
  {
    secret: 'bootstrap',
    payload:
      '0100300000000000000000000000000304002f6c6f67000100000006002f717565656e010000000006002f7368617264010000000000000000000000000000000001000000',
    mac: '0c714a86a89a2abc049395e486dbd2a8ce6ba7076ce508a02431a22319629672',
  },
  {
    secret: 'bootstrap',
    payload: '010000000000000000000000000000',
    mac: '574095c8f358416843eadd2c94e7f2e8f3dae33e2248533350573a01c3532331',
  },
  {
    secret: 'worker',
    payload: '01010fe80300000000000010270000000000002c010000000000000800776f726b65722d310068e5cf8b01000000000000',
    mac: 'f134e615612664333a0639b469b5b820de88df0824e2a0a6a3ebf9a51a582e16',
  },
  {
    secret: 'worker-gpu',
    payload: '01020e400000000000000078000000000000000800776f726b65722d320068e5cf8b01000000000000',
    mac: '49bac9f056f70cdf5ec460c11fef83fc31435ac62f4c97b30b3eea70a56f86e8',
  },
  {
    secret: 'bootstrap',
    payload: '0100343c000000000000000068e5cf8b010000000000000105002f70726f63000400000000100000000000000200000008000000',
    mac: '636def7577fdd1db7a843387494f72c57b88d8de43faaa96efe620fea1a1430e',
  },
];

const SECRETS: V1Secrets = {
  queen: ['bootstrap'],
  'worker-heartbeat': ['worker'],
  'worker-gpu': ['worker-gpu'],
  'worker-bus': ['worker-bus'],
};
const V1_RING: KeyRing = acceptV1(RING, SECRETS);
const ISSUED = 1_700_000_000_000;

function bytes(hex: string): Uint8Array {
  return fromHex(hex) ?? new Uint8Array(0);
}

function token(number: number): string {
  const { payload, mac } = VECTORS[number - 1]!;
  return `cohesix-ticket-${payload}.${mac}`;
}

/** A token with a right MAC over any payload. */
function sealed(secret: string, payload: string): string {
  return `cohesix-ticket-${payload}.${toHex(v1Mac(secret, bytes(payload)))}`;
}

const at = (nowMs: number): { nowMs: number } => ({ nowMs });

describe('published vectors', () => {
  test.each(VECTORS)('MAC of $payload', ({ secret, payload, mac }) => {
    expect(toHex(v1Mac(secret, bytes(payload)))).toBe(mac);
  });

  test('derived keys', () => {
    expect(toHex(blake3(encodeUtf8('bootstrap')))).toBe(
      'de0162bd1dabcd7cb1b6ed299b7eff5b7ac5cf2c4a3b087d046c7b6a81c16ac8',
    );
    expect(toHex(blake3(encodeUtf8('worker')))).toBe(
      '88d82e8abd979fbb217f37f22fcbf9a603fa1b8f46cfd84697ccea6030fc8412',
    );
  });

  test('1: a heartbeat worker with a subject and no end', () => {
    const ticket = verified(token(1), at(0), V1_RING);
    expect(ticket).toMatchObject({ form: 'v1', role: 'worker-heartbeat', subject: 'worker-1', expiresMs: 0 });
    expect(ticket.blocks).toEqual([
      {
        id: ticket.ids[0],
        scopes: [{ path: '/', verbs: 'both', ratePerS: 0 }],
        quotas: {},
        notBeforeMs: 0,
        expiresMs: 0,
      },
    ]);
  });

  test('2: a bus worker', () => {
    expect(verified(token(2), at(0), V1_RING)).toMatchObject({ role: 'worker-bus', subject: 'modbus-main' });
  });

  test('3: a ttl of 0 is over from the start, not endless', () => {
    expectRefused(check(token(3), at(ISSUED), V1_RING), 'expired');
    expectRefused(check(token(3), at(1), V1_RING), 'expired');
  });

  test('4: scopes and quotas', () => {
    const [block] = verified(token(4), at(0), V1_RING).blocks;
    expect(block?.scopes).toEqual([
      { path: '/log', verbs: 'read', ratePerS: 1 },
      { path: '/queen', verbs: 'write', ratePerS: 0 },
      { path: '/shard', verbs: 'write', ratePerS: 0 },
    ]);
    expect(block?.quotas).toEqual({ bandwidthBurst: 0, cursorResumesBurst: 0, cursorMovesBurst: 1 });
  });

  test('5: a bare queen', () => {
    expect(verified(token(5), at(0), V1_RING)).toMatchObject({ role: 'queen', subject: '', expiresMs: 0 });
  });

  test('6: ttl runs from the time of issue', () => {
    expect(verified(token(6), at(ISSUED + 299_999), V1_RING)).toMatchObject({ expiresMs: ISSUED + 300_000 });
    expectRefused(check(token(6), at(ISSUED + 300_000), V1_RING), 'expired');
    expect(verified(token(6), at(ISSUED), V1_RING).blocks[0]?.quotas).toEqual({ operationsBurst: 10_000 });
  });

  test('7: a GPU worker', () => {
    const ticket = verified(token(7), at(ISSUED), V1_RING);
    expect(ticket).toMatchObject({ role: 'worker-gpu', subject: 'worker-2', expiresMs: ISSUED + 120_000 });
    expect(ticket.blocks[0]?.quotas).toEqual({ operationsBurst: 64 });
  });

  test('8: everything a queen ticket may limit', () => {
    const [block] = verified(token(8), at(ISSUED + 59_999), V1_RING).blocks;
    expect(block?.scopes).toEqual([{ path: '/proc', verbs: 'read', ratePerS: 4 }]);
    expect(block?.quotas).toEqual({ bandwidthBurst: 4096, cursorResumesBurst: 2, cursorMovesBurst: 8 });
    expectRefused(check(token(8), at(ISSUED + 60_000), V1_RING), 'expired');
  });
});

describe('refusals', () => {
  test('without a table of secrets no v1 ticket is one', () => {
    expectRefused(check(token(5), at(0)), 'invalid-claims');
  });

  test('a role without a secret, and a secret of another role', () => {
    expectRefused(check(sealed('worker-lora', '010400000000000000000000000000'), at(0), V1_RING), 'denied');
    expectRefused(check(sealed('worker', '010000000000000000000000000000'), at(0), V1_RING), 'denied');
  });

  test('several secrets of a role all work', () => {
    const ring = acceptV1(RING, { queen: ['newer', 'bootstrap'] });
    expect(verified(token(5), at(0), ring).role).toBe('queen');
    expect(verified(sealed('newer', VECTORS[4]!.payload), at(0), ring).role).toBe('queen');
  });

  test('every changed character of every vector', () => {
    for (let number = 1; number <= VECTORS.length; number += 1) {
      const text = token(number);
      for (let index = 0; index < text.length; index += 1) {
        const other = text[index] === '0' ? '1' : '0';
        const result = check(text.slice(0, index) + other + text.slice(index + 1), at(ISSUED), V1_RING);
        expect(result.ok, `vector ${number}, character ${index}`).toBe(false);
      }
    }
  });

  test.each([
    ['no MAC', 'cohesix-ticket-010000000000000000000000000000'],
    ['an empty MAC', 'cohesix-ticket-010000000000000000000000000000.'],
    ['a short MAC', `cohesix-ticket-010000000000000000000000000000.${'00'.repeat(31)}`],
    ['two MACs', `${token(5)}.${'00'.repeat(32)}`],
    ['upper case', token(5).replace('95c8f358', '95C8F358')],
    ['an odd digit', `cohesix-ticket-0.${'00'.repeat(32)}`],
  ])('%s', (_, text) => {
    expectRefused(check(text, at(0), V1_RING), 'invalid-claims');
  });

  test('a MAC of zeros', () => {
    expectRefused(check(`cohesix-ticket-${VECTORS[4]!.payload}.${'00'.repeat(32)}`, at(0), V1_RING), 'denied');
  });

  // Right MACs over payloads that break the format.
  const BARE_SCOPES = `010010${'00'.repeat(12)}`;
  test.each([
    ['trailing data', `0100${'00'.repeat(13)}00`, 'trailing bytes'],
    ['truncated', `0100${'00'.repeat(12)}`, 'truncated'],
    ['version 2', `0200${'00'.repeat(13)}`, 'unsupported version'],
    ['unknown flag', `010040${'00'.repeat(12)}`, 'unknown flag'],
    ['too many scopes', `${BARE_SCOPES}11${'01002f0000000000'.repeat(17)}`, 'too many scopes'],
    ['verb 3', `${BARE_SCOPES}0101002f0300000000`, 'bad scope verb'],
    ['a path with ..', `${BARE_SCOPES}0103002f2e2e0000000000`, '".."'],
    ['no operations, with a lifetime', `010006${'00'.repeat(8)}${'ff'.repeat(8)}${'00'.repeat(12)}`, 'no operation'],
    ['no operations', `010002${'00'.repeat(8)}${'00'.repeat(12)}`, 'no operation'],
    ['a subject with a line feed', `01000801000a${'00'.repeat(12)}`, 'subject'],
  ])('%s', (_, payload, detail) => {
    const result = check(sealed('bootstrap', payload), at(0), V1_RING);
    expectRefused(result, 'invalid-claims');
    expect(result.ok ? '' : result.refusal.detail).toContain(detail);
  });

  test('an empty secret, which everybody knows, is a defect of who loads them', () => {
    expect(() => acceptV1(RING, { queen: [''] })).toThrow(TypeError);
    expect(() => acceptV1(RING, { queen: ['a'], 'worker-bus': ['b', ''] })).toThrow(TypeError);
    expect(acceptV1(RING, { queen: [] }).v1Secrets).toEqual({ queen: [] });
  });

  test('one operation is one operation; ticks limit nothing', () => {
    const ticket = verified(sealed('bootstrap', `010003${'00'.repeat(8)}01${'00'.repeat(7 + 12)}`), at(0), V1_RING);
    expect(ticket.blocks[0]?.quotas).toEqual({ operationsBurst: 1 });
  });

  test('a lifetime past 2^53 ms ends there instead of wrapping', () => {
    const ticket = verified(sealed('bootstrap', `010004${'ff'.repeat(8)}${'00'.repeat(12)}`), at(ISSUED), V1_RING);
    expect(ticket.expiresMs).toBe(Number.MAX_SAFE_INTEGER);
  });
});
