import { createHmac } from 'node:crypto';
import { fromHex, toHex } from '@cohesix/bytes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nodeTicketCrypto as crypto, ed25519PublicKey, randomTicketId } from '../src/node-crypto.ts';

const bytes = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array(0);

describe('hmacSha256', () => {
  // RFC 4231, test cases 1, 2 and 6 (a key longer than a block of the hash).
  test.each([
    ['0b'.repeat(20), '4869205468657265', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
    [
      '4a656665',
      '7768617420646f2079612077616e7420666f72206e6f7468696e673f',
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    [
      'aa'.repeat(131),
      '54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374',
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    ],
  ])('RFC 4231, key %s', (key, data, mac) => {
    expect(toHex(crypto.hmacSha256(bytes(key), bytes(data)))).toBe(mac);
  });

  test('agrees with createHmac for any key and data', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.uint8Array({ maxLength: 300 }), (key, data) => {
        expect(toHex(crypto.hmacSha256(key, data))).toBe(createHmac('sha256', key).update(data).digest('hex'));
      }),
    );
  });
});

describe('Ed25519', () => {
  // RFC 8032, section 7.1, tests 1 and 2.
  const vectors = [
    {
      seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
      publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      data: '',
      signature:
        'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    },
    {
      seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
      publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      data: '72',
      signature:
        '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    },
  ];

  test.each(vectors)('RFC 8032, public key $publicKey', ({ seed, publicKey, data, signature }) => {
    expect(toHex(ed25519PublicKey(bytes(seed)))).toBe(publicKey);
    expect(toHex(crypto.ed25519Sign(bytes(seed), bytes(data)))).toBe(signature);
    expect(crypto.ed25519Verify(bytes(publicKey), bytes(data), bytes(signature))).toBe(true);
  });

  test('malformed keys and signatures verify nothing and do not throw', () => {
    const { publicKey, signature } = vectors[0]!;
    expect(crypto.ed25519Verify(new Uint8Array(31), new Uint8Array(0), bytes(signature))).toBe(false);
    expect(crypto.ed25519Verify(bytes(publicKey), new Uint8Array(0), new Uint8Array(63))).toBe(false);
    expect(crypto.ed25519Verify(bytes(publicKey), new Uint8Array(0), new Uint8Array(64))).toBe(false);
    expect(crypto.ed25519Verify(new Uint8Array(32).fill(0xff), new Uint8Array(0), bytes(signature))).toBe(false);
  });
});

test('equal compares bytes and lengths', () => {
  expect(crypto.equal(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
  expect(crypto.equal(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
  expect(crypto.equal(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false);
  expect(crypto.equal(new Uint8Array(0), new Uint8Array(0))).toBe(true);
});

test('ids are 16 bytes and fresh', () => {
  const [first, second] = [randomTicketId(), randomTicketId()];
  expect(first.length).toBe(16);
  expect(toHex(first)).not.toBe(toHex(second));
});
