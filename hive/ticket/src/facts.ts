// What is known of a ticket once its blocks are decoded, before and after verification. The two types differ by
// `isVerified`, so that the compiler keeps text somebody sent apart from authority.
//
// Ids: the root's is in its block. A child's is SHA-256(id of its parent, its block), cut to 16 bytes: nobody can
// choose it, so no holder can be counted, shown or revoked under the id of somebody else, and anybody who has the token
// can compute it. A signed root's id covers its key id too, so another hive's signer cannot choose one of ours.

import { encodeUtf8, toHex } from '@cohesix/bytes';
import { type Result, refuse } from '@cohesix/wire';
import { type DecodedRoot, decodeRestriction, decodeRoot } from './block.ts';
import {
  ID_BYTES,
  isName,
  type Quotas,
  type Restraint,
  type Restriction,
  type RootBlock,
  type Scope,
} from './claims.ts';
import type { TicketCrypto } from './crypto-port.ts';
import { malformed } from './envelope.ts';
import type { TicketLimits } from './limits.ts';
import { checkClaims, checkRestriction } from './restraint-check.ts';
import type { Role } from './roles.ts';

/** One block of a ticket, with every absent limit filled in by the value that limits nothing. */
export interface TicketBlock {
  /** 32 hex digits. */
  readonly id: string;
  /** Never empty. */
  readonly scopes: readonly Scope[];
  readonly quotas: Quotas;
  readonly notBeforeMs: number;
  readonly expiresMs: number;
}

/** What a ticket says. */
export interface TicketFacts {
  /** Which form the token has: MAC chain (`coh2.`), signed (`cohs.`) or the source system's. */
  readonly form: 'chain' | 'signed' | 'v1';
  /** First 16 hex digits of SHA-256 of the token text: how a ticket is named in logs and records. */
  readonly fingerprint: string;
  /** Ids of all blocks, root first, 32 hex digits each. */
  readonly ids: readonly string[];
  /** Empty for v1. */
  readonly keyId: string;
  readonly role: Role;
  /** Subject of the root block: what the role's ceiling is about. */
  readonly rootSubject: string;
  /** Root subject and all suffixes, joined by `/`: who acts. */
  readonly subject: string;
  /** Empty for v1. */
  readonly audience: string;
  /** Latest of all blocks; 0 = always. */
  readonly notBeforeMs: number;
  /** Earliest of all blocks; 0 = never. */
  readonly expiresMs: number;
  /** Root first. Authority is what all of them (and the role's ceiling) allow at once. */
  readonly blocks: readonly TicketBlock[];
}

/** A ticket whose signature, audience, times, limits and revocation were checked at `verify`. */
export interface VerifiedTicket extends TicketFacts {
  readonly isVerified: true;
}

/** What a token says about itself; anybody could have written it. */
export interface UnverifiedTicket extends TicketFacts {
  readonly isVerified: false;
}

const EVERYTHING: readonly Scope[] = [{ path: '/', verbs: 'both', ratePerS: 0 }];

/** Decodes and checks the blocks of a chain whose tag was compared (or that is only to be shown). */
export function factsOfChain(
  crypto: TicketCrypto,
  blocks: readonly Uint8Array[],
  limits: TicketLimits,
): Result<Omit<TicketFacts, 'fingerprint'>> {
  const [rootBytes, ...restBytes] = blocks;
  const root = rootBytes === undefined ? undefined : checkedRoot(decodeRoot('root', rootBytes), limits);
  if (root === undefined) return malformed();
  if (!root.ok) return root;
  const restrictions: Restriction[] = [];
  for (const bytes of restBytes) {
    const restriction = decodeRestriction(bytes);
    if (restriction === undefined) return malformed();
    const checked = checkRestriction(restriction, limits);
    if (!checked.ok) return checked;
    restrictions.push(restriction);
  }
  const ids = [root.value.id, ...childIds(crypto, root.value.id, restBytes)].map(toHex);
  return assemble({ form: 'chain', root: root.value, restrictions, ids }, limits);
}

/** Decodes and checks the block of a signed token. */
export function factsOfSigned(
  crypto: TicketCrypto,
  block: Uint8Array,
  limits: TicketLimits,
): Result<Omit<TicketFacts, 'fingerprint'>> {
  const root = checkedRoot(decodeRoot('signedRoot', block), limits);
  if (!root.ok) return root;
  const id = digestId(crypto, [encodeUtf8(`signed by ${root.value.keyId} `), root.value.id]);
  return assemble({ form: 'signed', root: root.value, restrictions: [], ids: [toHex(id)] }, limits);
}

/** First 16 hex digits of SHA-256 of the token text. */
export function fingerprintOf(crypto: TicketCrypto, token: string): string {
  return toHex(crypto.sha256(encodeUtf8(token)).subarray(0, 8));
}

/** A block's limits with the absent ones filled in. */
export function fillBlock(id: string, restraint: Restraint): TicketBlock {
  const { scopes, quotas, notBeforeMs, expiresMs } = restraint;
  return {
    id,
    scopes: scopes ?? EVERYTHING,
    quotas: quotas ?? {},
    notBeforeMs: notBeforeMs ?? 0,
    expiresMs: expiresMs ?? 0,
  };
}

interface Parts {
  readonly form: 'chain' | 'signed';
  readonly root: RootBlock;
  readonly restrictions: readonly Restriction[];
  readonly ids: readonly string[];
}

function assemble(parts: Parts, limits: TicketLimits): Result<Omit<TicketFacts, 'fingerprint'>> {
  const { form, root, restrictions, ids } = parts;
  const suffixes = restrictions.flatMap((restriction) => restriction.subjectSuffix ?? []);
  const subject = [root.subject, ...suffixes].join('/');
  if (subject.length > limits.subjectBytesMax) {
    return refuse('invalid-claims', `subject of ${subject.length} bytes exceeds ${limits.subjectBytesMax}`);
  }
  const blocks = [root, ...restrictions].map((block, index) => fillBlock(ids[index] ?? '', block));
  const { keyId, role, audience } = root;
  const facts = { form, ids, keyId, role, rootSubject: root.subject, subject, audience, blocks };
  return { ok: true, value: { ...facts, notBeforeMs: latestStart(blocks), expiresMs: earliestEnd(blocks) } };
}

function checkedRoot(root: DecodedRoot | undefined, limits: TicketLimits): Result<RootBlock> {
  if (root === undefined || !isName(root.keyId)) return malformed();
  const { role } = root;
  if (role === undefined) return refuse('invalid-role');
  const block = { ...root, role };
  const checked = checkClaims(block, limits);
  return checked.ok ? { ok: true, value: block } : checked;
}

function childIds(crypto: TicketCrypto, rootId: Uint8Array, blocks: readonly Uint8Array[]): readonly Uint8Array[] {
  let parent = rootId;
  return blocks.map((block) => {
    parent = digestId(crypto, [parent, block]);
    return parent;
  });
}

function digestId(crypto: TicketCrypto, parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return crypto.sha256(joined).subarray(0, ID_BYTES);
}

function latestStart(blocks: readonly TicketBlock[]): number {
  return Math.max(...blocks.map((block) => block.notBeforeMs));
}

/** First moment at which one of the blocks has ended; 0 = never. */
export function earliestEnd(blocks: readonly TicketBlock[]): number {
  const ends = blocks.map((block) => block.expiresMs).filter((end) => end !== 0);
  return ends.length === 0 ? 0 : Math.min(...ends);
}
