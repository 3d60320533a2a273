// The wire form of blocks. Layouts, in the order of the bytes (`uint` is shortest-form LEB128, `text` is a uint length
// and UTF-8):
//
//   root         kind[1] keyId[text] id[16] role[1] audience[text] subject[text] restraint
//   restriction  kind[1] nonce[16] suffix[text] restraint
//   restraint    flags[1] notBefore[uint]? expires[uint]? quotas? scopes?      flags 1, 2, 4, 8
//   quotas       mask[1] value[uint] for each set bit, fields in the order of QUOTA_ROWS, refill before size
//   scopes       count[uint] count*(path[text] verbs[1] rate[uint])               verbs 1 read, 2 write, 3 both
//
// A time or a quota of 0 is not written, and a written one does not decode; numbers have one form (codec.ts). So the same
// values always have the same bytes. Different values may still mean the same: scopes are written as they are given, an
// empty path is `/`, a scope may be covered by another. The first byte keeps the three kinds of block apart under any key.

import { ByteReader, ByteWriter } from '@cohesix/bytes';
import {
  ID_BYTES,
  QUOTA_ROWS,
  type Quotas,
  type Restraint,
  type Restriction,
  type RootBlock,
  type Scope,
  type Verbs,
} from './claims.ts';
import { readText, readUint, writeText, writeUint } from './codec.ts';
import { type Role, roleNumber, roleOfNumber } from './roles.ts';

/** First byte of a block: which kind it is. */
const BLOCK_KIND = { root: 0x21, restriction: 0x22, signedRoot: 0x23 } as const;

const FLAG = { notBefore: 1, expires: 2, quotas: 4, scopes: 8 } as const;
const FLAGS_ALL = 15;
const VERBS_BY_NUMBER: readonly (Verbs | undefined)[] = [undefined, 'read', 'write', 'both'];

/** A decoded root block; `role` is undefined when its number is not one of ours (refused as `invalid-role`). */
export interface DecodedRoot extends Omit<RootBlock, 'role'> {
  readonly role: Role | undefined;
}

/** Bytes of a root block. The claims must have passed `checkClaims`. */
export function encodeRoot(kind: 'root' | 'signedRoot', block: RootBlock): Uint8Array {
  const writer = new ByteWriter();
  writer.u8(BLOCK_KIND[kind]);
  writeText(writer, block.keyId);
  writer.append(block.id);
  writer.u8(roleNumber(block.role));
  writeText(writer, block.audience);
  writeText(writer, block.subject);
  writeRestraint(writer, block);
  return writer.copy();
}

/** Bytes of a restriction, which must have passed `checkRestriction`. */
export function encodeRestriction(block: Restriction): Uint8Array {
  const writer = new ByteWriter();
  writer.u8(BLOCK_KIND.restriction);
  writer.append(block.nonce);
  writeText(writer, block.subjectSuffix ?? '');
  writeRestraint(writer, block);
  return writer.copy();
}

/** The key id a root block names: read before anything is authenticated, and used to choose the key only. */
export function unverifiedKeyId(kind: 'root' | 'signedRoot', bytes: Uint8Array): string | undefined {
  const reader = new ByteReader(bytes);
  if (reader.u8() !== BLOCK_KIND[kind]) return undefined;
  const keyId = readText(reader);
  return reader.failed ? undefined : keyId;
}

/** The claims of a root block, or undefined when it is not one. Values are not yet checked against limits. */
export function decodeRoot(kind: 'root' | 'signedRoot', bytes: Uint8Array): DecodedRoot | undefined {
  const reader = new ByteReader(bytes);
  if (reader.u8() !== BLOCK_KIND[kind]) return undefined;
  const keyId = readText(reader);
  const id = reader.view(ID_BYTES).slice();
  const role = roleOfNumber(reader.u8());
  const audience = readText(reader);
  const subject = readText(reader);
  const restraint = readRestraint(reader);
  reader.expectEnd();
  return !reader.failed ? { keyId, id, role, audience, subject, ...restraint } : undefined;
}

/** A restriction, or undefined when the bytes are not one. Values are not yet checked against limits. */
export function decodeRestriction(bytes: Uint8Array): Restriction | undefined {
  const reader = new ByteReader(bytes);
  if (reader.u8() !== BLOCK_KIND.restriction) return undefined;
  const nonce = reader.view(ID_BYTES).slice();
  const suffix = readText(reader);
  const restraint = readRestraint(reader);
  reader.expectEnd();
  if (reader.failed) return undefined;
  return { nonce, ...(suffix === '' ? {} : { subjectSuffix: suffix }), ...restraint };
}

function writeRestraint(writer: ByteWriter, block: Restraint): void {
  const notBefore = block.notBeforeMs ?? 0;
  const expires = block.expiresMs ?? 0;
  const quotas = quotaValues(block.quotas ?? {});
  const hasQuotas = quotas.some((value) => value !== 0);
  writer.u8(
    (notBefore === 0 ? 0 : FLAG.notBefore) |
      (expires === 0 ? 0 : FLAG.expires) |
      (hasQuotas ? FLAG.quotas : 0) |
      (block.scopes === undefined ? 0 : FLAG.scopes),
  );
  if (notBefore !== 0) writeUint(writer, notBefore);
  if (expires !== 0) writeUint(writer, expires);
  if (hasQuotas) writeQuotas(writer, quotas);
  if (block.scopes !== undefined) writeScopes(writer, block.scopes);
}

function readRestraint(reader: ByteReader): Restraint {
  const flags = reader.u8();
  if (flags > FLAGS_ALL) reader.fail('unknown flag');
  const notBeforeMs = flags & FLAG.notBefore ? nonZero(reader) : 0;
  const expiresMs = flags & FLAG.expires ? nonZero(reader) : 0;
  const quotas = flags & FLAG.quotas ? readQuotas(reader) : undefined;
  const scopes = flags & FLAG.scopes ? readScopes(reader) : undefined;
  return {
    ...(scopes === undefined ? {} : { scopes }),
    ...(quotas === undefined ? {} : { quotas }),
    notBeforeMs,
    expiresMs,
  };
}

const QUOTA_FIELDS: readonly (keyof Quotas)[] = QUOTA_ROWS.flatMap((row) => [row.perS, row.burst]);

function quotaValues(quotas: Quotas): readonly number[] {
  return QUOTA_FIELDS.map((field) => quotas[field] ?? 0);
}

function writeQuotas(writer: ByteWriter, values: readonly number[]): void {
  writer.u8(values.reduce((mask, value, index) => (value === 0 ? mask : mask | (1 << index)), 0));
  for (const value of values) if (value !== 0) writeUint(writer, value);
}

function readQuotas(reader: ByteReader): Quotas {
  const mask = reader.u8();
  if (mask === 0) reader.fail('no quota');
  const quotas: { -readonly [field in keyof Quotas]: Quotas[field] } = {};
  for (const [index, field] of QUOTA_FIELDS.entries()) {
    if (mask & (1 << index)) quotas[field] = nonZero(reader);
  }
  return quotas;
}

function writeScopes(writer: ByteWriter, scopes: readonly Scope[]): void {
  writeUint(writer, scopes.length);
  for (const scope of scopes) {
    writeText(writer, scope.path);
    writer.u8(VERBS_BY_NUMBER.indexOf(scope.verbs));
    writeUint(writer, scope.ratePerS);
  }
}

function readScopes(reader: ByteReader): readonly Scope[] {
  const count = readUint(reader);
  const scopes: Scope[] = [];
  for (let index = 0; index < count && !reader.failed; index += 1) {
    const path = readText(reader);
    const verbs = VERBS_BY_NUMBER[reader.u8()];
    if (verbs === undefined) reader.fail('bad verbs');
    scopes.push({ path, verbs: verbs ?? 'read', ratePerS: readUint(reader) });
  }
  return scopes;
}

function nonZero(reader: ByteReader): number {
  const value = readUint(reader);
  if (value === 0) reader.fail('not the shortest form');
  return value;
}
