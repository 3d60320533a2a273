// Shared by the tests of this package: a fixed key, fixed ids, and short ways to make and check tickets.

import type { RefusalCode, Result } from '@cohesix/wire';
import { expect } from 'vitest';
import {
  attenuate,
  type Claims,
  type KeyRing,
  makeKeyRing,
  mint,
  type Restriction,
  type TicketKey,
  type VerifiedTicket,
  type VerifyOptions,
  verify,
} from '../src/index.ts';
import { nodeTicketCrypto } from '../src/node-crypto.ts';

export const crypto: typeof nodeTicketCrypto = nodeTicketCrypto;
export const KEY: TicketKey = { id: 'k1', secret: new Uint8Array(32).fill(0x11) };
export const RING: KeyRing = makeKeyRing(KEY);
export const NOW = 1_800_000_000_000;

/** 16 bytes that differ by `seed`. */
export function id(seed: number): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, index) => (seed * 31 + index) & 0xff);
}

export function claims(more: Partial<Claims> = {}): Claims {
  return { id: id(1), audience: 'hive-a', role: 'queen', subject: 'ann', ...more };
}

export function restriction(more: Partial<Restriction> = {}): Restriction {
  return { nonce: id(2), ...more };
}

export function minted(more: Partial<Claims> = {}): string {
  return value(mint(crypto, KEY, claims(more)));
}

export function child(token: string, more: Partial<Restriction> = {}): string {
  return value(attenuate(crypto, token, restriction(more)));
}

export function check(token: string, more: Partial<VerifyOptions> = {}, ring: KeyRing = RING): Result<VerifiedTicket> {
  return verify(crypto, ring, token, { audience: 'hive-a', nowMs: NOW, ...more });
}

export function verified(token: string, more: Partial<VerifyOptions> = {}, ring: KeyRing = RING): VerifiedTicket {
  return value(check(token, more, ring));
}

export function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`refused: ${result.refusal.code}: ${result.refusal.detail}`);
  return result.value;
}

export function expectRefused(result: Result<unknown>, code: RefusalCode): void {
  expect(result.ok ? 'accepted' : result.refusal.code).toBe(code);
}
