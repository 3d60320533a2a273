// Tickets of the source system, version 1, read for interoperability and never made. Text and payload:
//
//   cohesix-ticket- hex(payload) . hex(mac)          lower case
//   version[1]=1 role[1] flags[1] ticks[8]? ops[8]? ttl_s[8]? subject[s]? issued_at_ms[8] mount[s] at[s]
//   scopes?: count[1] count*(path[s] verb[1] rate_per_s[4])      quotas?: bandwidth[8] resumes[4] advances[4]
//
// Integers are little endian, `s` is a u16 length and UTF-8; flags 01 ticks, 02 ops, 04 ttl, 08 subject, 10 scopes,
// 20 quotas; verb 0 read, 1 write, 2 both. MAC = BLAKE3 keyed with BLAKE3(secret of the role), over the payload.
// Source: contracts-1, sections 3.1 and 3.2. What v1 lacks (audience, id, key id) is empty here, its id is a digest of
// the token, and its totals do not refill here either. `ticks` counts turns of the source system's scheduler, which a
// hive does not have: it is read and limits nothing here, so a holder may get more out of such a ticket than its maker
// meant.

import { ByteReader, encodeUtf8, fromHex, toHex } from '@cohesix/bytes';
import { type Result, refuse } from '@cohesix/wire';
import { blake3 } from '@noble/hashes/blake3.js';
import { ID_BYTES, isSubject, QUOTA_MAX, type Quotas, type Restraint, type Scope, type Verbs } from './claims.ts';
import { TAG_BYTES, type TicketCrypto } from './crypto-port.ts';
import { malformed, notGenuine } from './envelope.ts';
import { fillBlock, type TicketFacts } from './facts.ts';
import type { V1Secrets } from './key-ring.ts';
import type { TicketLimits } from './limits.ts';
import { checkScope } from './restraint-check.ts';
import { type Role, roleOfNumber, V1_ROLE_COUNT } from './roles.ts';

/** Prefix of a v1 token. */
export const V1_PREFIX = 'cohesix-ticket-';

/** The claims of a v1 payload, before they are mapped to ours. Absent fields are undefined. */
interface V1Claims {
  readonly role: Role;
  readonly ticks: bigint | undefined;
  readonly ops: bigint | undefined;
  readonly ttlS: bigint | undefined;
  readonly subject: string | undefined;
  readonly issuedAtMs: bigint;
  readonly mountService: string;
  readonly mountAt: string;
  readonly scopes: readonly Scope[] | undefined;
  readonly quotas: Quotas | undefined;
}

const FLAG = { ticks: 0x01, ops: 0x02, ttl: 0x04, subject: 0x08, scopes: 0x10, quotas: 0x20 } as const;
const FLAGS_ALL = 0x3f;
const V1_SCOPES_MAX = 16;
const VERBS: readonly (Verbs | undefined)[] = ['read', 'write', 'both'];

/** Verifies a v1 token against the secrets of the role it names, and maps its claims to ours. */
export function verifyV1(
  crypto: TicketCrypto,
  secrets: V1Secrets,
  token: string,
  limits: TicketLimits,
): Result<Omit<TicketFacts, 'fingerprint'>> {
  const parts = splitV1(token, limits);
  if (parts === undefined) return malformed();
  const role = v1Role(parts.payload[1]);
  const candidates = (role === undefined ? undefined : secrets[role]) ?? [];
  const isGenuine = candidates.some((secret) => crypto.equal(v1Mac(secret, parts.payload), parts.mac));
  if (!isGenuine) return notGenuine();
  const claims = decodeV1(parts.payload);
  if (!claims.ok) return claims;
  return mapClaims(claims.value, toHex(crypto.sha256(encodeUtf8(token)).subarray(0, ID_BYTES)), limits);
}

/** Decodes a v1 payload: `invalid-role` for a role v1 does not have, else `invalid-claims` saying what is wrong. */
function decodeV1(payload: Uint8Array): Result<V1Claims> {
  const reader = new ByteReader(payload);
  if (reader.u8() !== 1) return refuse('invalid-claims', 'unsupported version');
  const role = v1Role(reader.u8());
  if (role === undefined) return refuse('invalid-role');
  const flags = reader.u8();
  if (flags > FLAGS_ALL) return refuse('invalid-claims', 'unknown flag');
  const claims: V1Claims = {
    role,
    ticks: flags & FLAG.ticks ? reader.u64() : undefined,
    ops: flags & FLAG.ops ? reader.u64() : undefined,
    ttlS: flags & FLAG.ttl ? reader.u64() : undefined,
    subject: flags & FLAG.subject ? readString(reader) : undefined,
    issuedAtMs: reader.u64(),
    mountService: readString(reader),
    mountAt: readString(reader),
    scopes: flags & FLAG.scopes ? readScopes(reader) : undefined,
    quotas: flags & FLAG.quotas ? readQuotas(reader) : undefined,
  };
  reader.expectEnd();
  return reader.failed ? refuse('invalid-claims', reader.failure) : { ok: true, value: claims };
}

/** MAC of a v1 payload under a role's secret: 32 bytes. */
export function v1Mac(secret: string, payload: Uint8Array): Uint8Array {
  return blake3(payload, { key: blake3(encodeUtf8(secret)) });
}

interface V1Parts {
  readonly payload: Uint8Array;
  readonly mac: Uint8Array;
}

function splitV1(token: string, limits: TicketLimits): V1Parts | undefined {
  if (token.length > limits.tokenLengthMax || !token.startsWith(V1_PREFIX)) return undefined;
  const [payloadHex, macHex, ...more] = token.slice(V1_PREFIX.length).split('.');
  const payload = fromHex(payloadHex ?? '');
  const mac = fromHex(macHex ?? '');
  if (payload === undefined || mac === undefined || mac.length !== TAG_BYTES || more.length > 0) return undefined;
  return { payload, mac };
}

function v1Role(value: number | undefined): Role | undefined {
  return value !== undefined && value < V1_ROLE_COUNT ? roleOfNumber(value) : undefined;
}

function readString(reader: ByteReader): string {
  return reader.utf8(reader.u16());
}

function readScopes(reader: ByteReader): readonly Scope[] {
  const count = reader.u8();
  if (count > V1_SCOPES_MAX) reader.fail('too many scopes');
  const scopes: Scope[] = [];
  for (let index = 0; index < count && !reader.failed; index += 1) {
    const path = readString(reader);
    const verbs = VERBS[reader.u8()];
    if (verbs === undefined) reader.fail('bad scope verb');
    scopes.push({ path, verbs: verbs ?? 'read', ratePerS: reader.u32() });
  }
  return scopes;
}

function readQuotas(reader: ByteReader): Quotas {
  const bandwidthBurst = clamp(reader.u64());
  const cursorResumesBurst = reader.u32();
  const cursorMovesBurst = reader.u32();
  return { bandwidthBurst, cursorResumesBurst, cursorMovesBurst };
}

function mapClaims(claims: V1Claims, id: string, limits: TicketLimits): Result<Omit<TicketFacts, 'fingerprint'>> {
  const subject = claims.subject ?? '';
  if (subject !== '' && !isSubject(subject)) return refuse('invalid-claims', 'the subject is not a plain name');
  const scopes = claims.scopes?.length === 0 ? undefined : claims.scopes;
  const checked = checkV1Scopes(scopes ?? [], limits);
  if (!checked.ok) return checked;
  // Not an operations quota of 0, which would mean "unlimited".
  if (claims.ops === 0n) return refuse('invalid-claims', 'ops is 0: the ticket allows no operation');
  const expiresMs = expiryOf(claims);
  const restraint: Restraint = { ...(scopes === undefined ? {} : { scopes }), quotas: quotasOf(claims), expiresMs };
  const { role } = claims;
  const names = { keyId: '', audience: '', rootSubject: subject, subject };
  const blocks = [fillBlock(id, restraint)];
  return { ok: true, value: { form: 'v1', ids: [id], role, ...names, notBeforeMs: 0, expiresMs, blocks } };
}

function checkV1Scopes(scopes: readonly Scope[], limits: TicketLimits): Result<void> {
  if (scopes.length > limits.scopesMax) {
    return refuse('invalid-claims', `scope count ${scopes.length} exceeds ${limits.scopesMax}`);
  }
  const bad = scopes.map((scope) => checkScope(scope, limits)).find((checked) => !checked.ok);
  return bad ?? { ok: true, value: undefined };
}

/** End of life; never 0, which would mean "never": a ttl of 0 from the epoch ended with the epoch. */
function expiryOf(claims: V1Claims): number {
  if (claims.ttlS === undefined) return 0;
  const end = claims.issuedAtMs + claims.ttlS * 1000n;
  const max = BigInt(Number.MAX_SAFE_INTEGER);
  return Math.max(1, Number(end < max ? end : max));
}

function quotasOf(claims: V1Claims): Quotas {
  return { ...claims.quotas, ...(claims.ops === undefined ? {} : { operationsBurst: clamp(claims.ops) }) };
}

function clamp(value: bigint): number {
  return value < BigInt(QUOTA_MAX) ? Number(value) : QUOTA_MAX;
}
