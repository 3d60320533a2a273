// The outer form of a token: a prefix that says which kind it is and base64url of
//
//   coh2.   count[uint] count*(size[uint] block[size]) tag[32]        root block first, then restrictions; MAC chain
//   cohs.   size[uint] block[size] signature[64]                   one block, Ed25519
//
// Nothing here is authenticated yet. Splitting is bounded by the token length and the depth, before any MAC is made.

import { ByteReader, ByteWriter, fromBase64url, toBase64url } from '@cohesix/bytes';
import { type Result, refuse } from '@cohesix/wire';
import { readUint, writeUint } from './codec.ts';
import { SIGNATURE_BYTES, TAG_BYTES } from './crypto-port.ts';
import type { TicketLimits } from './limits.ts';

/** Prefix of a token with a MAC chain. */
export const CHAIN_PREFIX = 'coh2.';

/** Prefix of a signed token. */
export const SIGNED_PREFIX = 'cohs.';

/** The parts of a chained token: at least one block, and the tag of the last. */
export interface Chain {
  readonly blocks: readonly Uint8Array[];
  readonly tag: Uint8Array;
}

/** The parts of a signed token. */
export interface SignedParts {
  readonly block: Uint8Array;
  readonly signature: Uint8Array;
}

/** Token text of a chain; `invalid-claims` when it would be over the length or depth limit. */
export function joinChain(chain: Chain, limits: TicketLimits): Result<string> {
  if (chain.blocks.length > limits.depthMax + 1) {
    return refuse('invalid-claims', `A ticket can be passed on at most ${limits.depthMax} times.`);
  }
  const writer = new ByteWriter();
  writeUint(writer, chain.blocks.length);
  for (const block of chain.blocks) {
    writeUint(writer, block.length);
    writer.append(block);
  }
  writer.append(chain.tag);
  return bounded(CHAIN_PREFIX + toBase64url(writer.view()), limits);
}

/** Splits a chained token; `invalid-claims` when it is malformed or over a limit. */
export function splitChain(token: string, limits: TicketLimits): Result<Chain> {
  const reader = openBody(token, CHAIN_PREFIX, limits);
  if (reader === undefined) return malformed();
  const count = readUint(reader);
  if (count === 0 || count > limits.depthMax + 1) return malformed();
  const blocks: Uint8Array[] = [];
  for (let index = 0; index < count && !reader.failed; index += 1) blocks.push(reader.view(readUint(reader)));
  const tag = reader.view(TAG_BYTES);
  reader.expectEnd();
  return !reader.failed ? { ok: true, value: { blocks, tag } } : malformed();
}

/** Token text of a signed block; `invalid-claims` when it would be over the length limit. */
export function joinSigned(parts: SignedParts, limits: TicketLimits): Result<string> {
  const writer = new ByteWriter();
  writeUint(writer, parts.block.length);
  writer.append(parts.block);
  writer.append(parts.signature);
  return bounded(SIGNED_PREFIX + toBase64url(writer.view()), limits);
}

/** Splits a signed token; `invalid-claims` when it is malformed or over a limit. */
export function splitSigned(token: string, limits: TicketLimits): Result<SignedParts> {
  const reader = openBody(token, SIGNED_PREFIX, limits);
  if (reader === undefined) return malformed();
  const block = reader.view(readUint(reader));
  const signature = reader.view(SIGNATURE_BYTES);
  reader.expectEnd();
  return !reader.failed ? { ok: true, value: { block, signature } } : malformed();
}

/** The refusal of everything that is not a ticket; says nothing about what was wrong. */
export function malformed(): Result<never> {
  return refuse('invalid-claims', 'The text is not a ticket.');
}

/** The refusal of everything that looks like a ticket and was made by nobody this hive knows; as silent. */
export function notGenuine(): Result<never> {
  return refuse('denied', 'The ticket was not made by a key that this hive accepts.');
}

function openBody(token: string, prefix: string, limits: TicketLimits): ByteReader | undefined {
  if (token.length > limits.tokenLengthMax || !token.startsWith(prefix)) return undefined;
  const body = fromBase64url(token.slice(prefix.length));
  return body === undefined ? undefined : new ByteReader(body);
}

function bounded(token: string, limits: TicketLimits): Result<string> {
  if (token.length <= limits.tokenLengthMax) return { ok: true, value: token };
  return refuse(
    'invalid-claims',
    `The ticket would have ${token.length} characters; at most ${limits.tokenLengthMax}.`,
  );
}
