// Verifying tickets. The order is part of the contract: form and size, then the MAC or signature over everything, and
// only then are claims decoded and believed. Before that point every failure has one of two texts, so that nobody
// learns which part of a forgery was right; after it, the text may be helpful, because the holder is genuine.

import { type Result, refuse } from '@cohesix/wire';
import { unverifiedKeyId } from './block.ts';
import { TAG_BYTES, type TicketCrypto } from './crypto-port.ts';
import { CHAIN_PREFIX, malformed, notGenuine, SIGNED_PREFIX, splitChain, splitSigned } from './envelope.ts';
import {
  factsOfChain,
  factsOfSigned,
  fingerprintOf,
  type TicketFacts,
  type UnverifiedTicket,
  type VerifiedTicket,
} from './facts.ts';
import type { KeyRing } from './key-ring.ts';
import { DEFAULT_TICKET_LIMITS, type TicketLimits } from './limits.ts';
import { signedBytes } from './mint.ts';
import { V1_PREFIX, verifyV1 } from './v1.ts';

/** What a ticket is checked against. */
export interface VerifyOptions {
  /** The id of this hive; a ticket for another one is `denied`. */
  readonly audience: string;
  /** Now, in ms since the epoch. A ticket is valid from `notBeforeMs` on and before `expiresMs`. */
  readonly nowMs: number;
  /** Default `DEFAULT_TICKET_LIMITS`. */
  readonly limits?: TicketLimits;
  /** Whether a ticket id (32 hex digits) was revoked; asked for every block, root first. */
  readonly revoked?: (id: string) => boolean;
}

type Unnamed = Omit<TicketFacts, 'fingerprint'>;

/**
 * Verifies a token of any form the ring can verify. Refusals: `invalid-claims` (not a ticket, or over a limit),
 * `denied` (not made by a key of the ring, or for another hive), `invalid-role`, `revoked`, `expired` (not valid at
 * this time, before or after).
 */
export function verify(
  crypto: TicketCrypto,
  ring: KeyRing,
  token: string,
  options: VerifyOptions,
): Result<VerifiedTicket> {
  const limits = options.limits ?? DEFAULT_TICKET_LIMITS;
  const facts = authenticate(crypto, ring, token, limits);
  if (!facts.ok) return facts;
  const admitted = admit(facts.value, options);
  if (!admitted.ok) return admitted;
  return { ok: true, value: { ...facts.value, fingerprint: fingerprintOf(crypto, token), isVerified: true } };
}

/** What a token says about itself, for display and for its holder's own use. Nothing is authenticated. No v1. */
export function unverifiedTicket(
  crypto: TicketCrypto,
  token: string,
  limits: TicketLimits = DEFAULT_TICKET_LIMITS,
): Result<UnverifiedTicket> {
  const facts = unverifiedFacts(crypto, token, limits);
  if (!facts.ok) return facts;
  return { ok: true, value: { ...facts.value, fingerprint: fingerprintOf(crypto, token), isVerified: false } };
}

function authenticate(crypto: TicketCrypto, ring: KeyRing, token: string, limits: TicketLimits): Result<Unnamed> {
  if (token.startsWith(CHAIN_PREFIX)) return verifyChain(crypto, ring, token, limits);
  if (token.startsWith(SIGNED_PREFIX)) return verifySigned(crypto, ring, token, limits);
  if (token.startsWith(V1_PREFIX) && ring.v1Secrets !== undefined) {
    return verifyV1(crypto, ring.v1Secrets, token, limits);
  }
  return malformed();
}

const NO_SECRET: Uint8Array = new Uint8Array(TAG_BYTES);

function verifyChain(crypto: TicketCrypto, ring: KeyRing, token: string, limits: TicketLimits): Result<Unnamed> {
  const chain = splitChain(token, limits);
  if (!chain.ok) return chain;
  const { blocks, tag } = chain.value;
  const keyId = blocks[0] === undefined ? undefined : unverifiedKeyId('root', blocks[0]);
  const key = keyId === undefined ? undefined : ring.keys.get(keyId);
  // An unknown key id costs the same work as a known one.
  let expected = key?.secret ?? NO_SECRET;
  for (const block of blocks) expected = crypto.hmacSha256(expected, block);
  const isGenuine = crypto.equal(expected, tag);
  if (!isGenuine || key === undefined) return notGenuine();
  return factsOfChain(crypto, blocks, limits);
}

function verifySigned(crypto: TicketCrypto, ring: KeyRing, token: string, limits: TicketLimits): Result<Unnamed> {
  const parts = splitSigned(token, limits);
  if (!parts.ok) return parts;
  const { block, signature } = parts.value;
  const keyId = unverifiedKeyId('signedRoot', block);
  const signer = keyId === undefined ? undefined : ring.signers.get(keyId);
  if (signer === undefined || !crypto.ed25519Verify(signer.publicKey, signedBytes(block), signature)) {
    return notGenuine();
  }
  const facts = factsOfSigned(crypto, block, limits);
  if (!facts.ok || signer.roles.includes(facts.value.role)) return facts;
  return refuse('denied', `The signer of this ticket may not give the role ${facts.value.role} here.`);
}

function unverifiedFacts(crypto: TicketCrypto, token: string, limits: TicketLimits): Result<Unnamed> {
  if (token.startsWith(SIGNED_PREFIX)) {
    const parts = splitSigned(token, limits);
    return parts.ok ? factsOfSigned(crypto, parts.value.block, limits) : parts;
  }
  const chain = splitChain(token, limits);
  return chain.ok ? factsOfChain(crypto, chain.value.blocks, limits) : chain;
}

function admit(facts: Unnamed, options: VerifyOptions): Result<void> {
  if (facts.form !== 'v1' && facts.audience !== options.audience) {
    return refuse('denied', `The ticket is for the hive ${facts.audience}, this is ${options.audience}.`);
  }
  if (facts.ids.some((id) => options.revoked?.(id) === true)) return refuse('revoked');
  if (options.nowMs < facts.notBeforeMs) return refuse('expired', 'The ticket is not valid yet.');
  if (facts.expiresMs !== 0 && options.nowMs >= facts.expiresMs) return refuse('expired', 'The ticket has expired.');
  return { ok: true, value: undefined };
}
