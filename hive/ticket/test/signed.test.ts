import { fromBase64url, toBase64url } from '@cohesix/bytes';
import { describe, expect, test } from 'vitest';
import { encodeRoot } from '../src/block.ts';
import { joinSigned, SIGNED_PREFIX } from '../src/envelope.ts';
import {
  attenuate,
  DEFAULT_TICKET_LIMITS as LIMITS,
  type SigningKey,
  signTicket,
  trustSigner,
  unverifiedTicket,
} from '../src/index.ts';
import { ed25519PublicKey } from '../src/node-crypto.ts';
import { check, claims, crypto, expectRefused, id, minted, NOW, RING, restriction, value, verified } from './kit.ts';

const SIGNING: SigningKey = { id: 'hive-b:1', seed: new Uint8Array(32).fill(0x33) };
const TRUSTING = trustSigner(RING, SIGNING.id, {
  publicKey: ed25519PublicKey(SIGNING.seed),
  roles: ['worker-host', 'worker-bus'],
});
const TOKEN: string = value(signTicket(crypto, SIGNING, claims({ role: 'worker-host', expiresMs: NOW + 1 })));

describe('signed tickets', () => {
  test('verify with the public key in the ring', () => {
    const ticket = verified(TOKEN, {}, TRUSTING);
    expect(ticket).toMatchObject({ form: 'signed', role: 'worker-host', subject: 'ann', keyId: 'hive-b:1' });
    expectRefused(check(TOKEN), 'denied');
    expectRefused(check(TOKEN, { nowMs: NOW + 1 }, TRUSTING), 'expired');
    expectRefused(check(TOKEN, { audience: 'hive-c' }, TRUSTING), 'denied');
    expectRefused(check(TOKEN, { revoked: (one) => one === ticket.ids[0] }, TRUSTING), 'revoked');
  });

  test('a signer gives only the roles it was trusted with', () => {
    expectRefused(check(value(signTicket(crypto, SIGNING, claims())), {}, TRUSTING), 'denied');
  });

  test('a signer cannot use an id of this hive', () => {
    const [theirs, ours] = [verified(TOKEN, {}, TRUSTING), verified(minted({ role: 'worker-host' }))];
    expect(theirs.ids[0]).not.toBe(ours.ids[0]);
    expect(value(unverifiedTicket(crypto, TOKEN)).ids).toEqual(theirs.ids);
  });

  test('every bit matters', () => {
    const body = fromBase64url(TOKEN.slice(SIGNED_PREFIX.length))!;
    for (let bit = 0; bit < body.length * 8; bit += 1) {
      const changed = body.slice();
      changed[bit >> 3] = changed[bit >> 3]! ^ (1 << (bit & 7));
      expect(check(SIGNED_PREFIX + toBase64url(changed), {}, TRUSTING).ok, `bit ${bit}`).toBe(false);
    }
  });

  test('a missing, empty or zero signature', () => {
    const block = encodeRoot('signedRoot', { ...claims({ role: 'worker-host' }), keyId: SIGNING.id });
    const sealed = (signature: Uint8Array): string => value(joinSigned({ block, signature }, LIMITS));
    expectRefused(check(sealed(new Uint8Array(0)), {}, TRUSTING), 'invalid-claims');
    expectRefused(check(sealed(new Uint8Array(63)), {}, TRUSTING), 'invalid-claims');
    expectRefused(check(sealed(new Uint8Array(64)), {}, TRUSTING), 'denied');
    expectRefused(check(sealed(crypto.ed25519Sign(SIGNING.seed, block)), {}, TRUSTING), 'denied');
  });

  test('forms cannot be swapped: neither prefix nor MAC under the public key', () => {
    expect(check(`coh2.${TOKEN.slice(5)}`, {}, TRUSTING).ok).toBe(false);
    expect(check(`cohs.${minted().slice(5)}`, {}, TRUSTING).ok).toBe(false);
  });

  test('cannot be passed on', () => {
    expectRefused(attenuate(crypto, TOKEN, restriction({ nonce: id(4) })), 'unsupported');
  });
});
