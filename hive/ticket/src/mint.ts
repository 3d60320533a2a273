// Making tickets: a hive mints, a holder attenuates, a hive signs for another hive.
//
//   tag0 = HMAC(secret of the key, root block)      tag_n = HMAC(tag_(n-1), block_n)
//
// A token carries all blocks and the last tag only. Whoever has it can add a block and compute the next tag; nobody can
// take one away, because the earlier tag is the key that made the later one and is not in the token. (The macaroon
// construction: Birgisson et al., NDSS 2014.) Nothing here is random: ids and nonces come from the caller.

import { assert } from '@cohesix/check';
import { type Result, refuse } from '@cohesix/wire';
import { encodeRestriction, encodeRoot } from './block.ts';
import { type Claims, isName, type Restriction } from './claims.ts';
import type { TicketCrypto } from './crypto-port.ts';
import { CHAIN_PREFIX, joinChain, joinSigned, splitChain } from './envelope.ts';
import { factsOfChain } from './facts.ts';
import type { TicketKey } from './key-ring.ts';
import { DEFAULT_TICKET_LIMITS, type TicketLimits } from './limits.ts';
import { checkClaims, checkRestriction } from './restraint-check.ts';

/** What a signed ticket's signature begins with, so that no other signed document can be read as a ticket. */
const SIGNING_CONTEXT = 'cohesix signed ticket 2\0';

/** A hive's key for tickets that other hives verify. */
export interface SigningKey {
  /** The id under which the verifier has the public key. */
  readonly id: string;
  /** Ed25519 private seed, 32 bytes. */
  readonly seed: Uint8Array;
}

/** A new ticket with no restrictions. Refuses claims that break a rule (`invalid-claims`, `invalid-role`). */
export function mint(
  crypto: TicketCrypto,
  key: TicketKey,
  claims: Claims,
  limits: TicketLimits = DEFAULT_TICKET_LIMITS,
): Result<string> {
  assert(isName(key.id), 'the key has a valid id');
  const checked = checkClaims(claims, limits);
  if (!checked.ok) return checked;
  const root = encodeRoot('root', { ...claims, keyId: key.id });
  return joinChain({ blocks: [root], tag: crypto.hmacSha256(key.secret, root) }, limits);
}

/**
 * A narrower ticket, made by its holder without any key and without asking the hive. Whatever the restriction says, the
 * child can do at most what the parent can. The parent is not verified. Refuses `unsupported` for the forms that cannot
 * be passed on (signed, v1), `invalid-claims` for a rule broken or a limit reached.
 */
export function attenuate(
  crypto: TicketCrypto,
  token: string,
  restriction: Restriction,
  limits: TicketLimits = DEFAULT_TICKET_LIMITS,
): Result<string> {
  if (!token.startsWith(CHAIN_PREFIX)) {
    return refuse('unsupported', 'Only coh2 tickets can be passed on; ask who made this one for a narrower one.');
  }
  const parent = splitChain(token, limits);
  if (!parent.ok) return parent;
  const checked = checkRestriction(restriction, limits);
  if (!checked.ok) return checked;
  const block = encodeRestriction(restriction);
  const blocks = [...parent.value.blocks, block];
  const child = joinChain({ blocks, tag: crypto.hmacSha256(parent.value.tag, block) }, limits);
  if (!child.ok) return child;
  const facts = factsOfChain(crypto, blocks, limits);
  return facts.ok ? child : facts;
}

/** A ticket that another hive verifies with this hive's public key. It cannot be attenuated. */
export function signTicket(
  crypto: TicketCrypto,
  key: SigningKey,
  claims: Claims,
  limits: TicketLimits = DEFAULT_TICKET_LIMITS,
): Result<string> {
  assert(isName(key.id), 'the key has a valid id');
  const checked = checkClaims(claims, limits);
  if (!checked.ok) return checked;
  const block = encodeRoot('signedRoot', { ...claims, keyId: key.id });
  return joinSigned({ block, signature: crypto.ed25519Sign(key.seed, signedBytes(block)) }, limits);
}

/** The bytes a signed ticket's signature is over. */
export function signedBytes(block: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(SIGNING_CONTEXT.length + block.length);
  for (let index = 0; index < SIGNING_CONTEXT.length; index += 1) bytes[index] = SIGNING_CONTEXT.charCodeAt(index);
  bytes.set(block, SIGNING_CONTEXT.length);
  return bytes;
}
