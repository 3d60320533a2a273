// The four kinds of signed metadata, read from JSON into values. Fields that are not known here are kept in what the signature is over
// and otherwise ignored. Source: The Update Framework specification 1.0, section 4.
//
// Narrower than that text: keys that count are Ed25519; hashes must name SHA-256 (others are ignored); delegations are not followed.

import { fromHex, toHex } from '@cohesix/bytes';
import type { CasCrypto } from '../crypto-port.ts';
import { canonicalJson } from './canonical-json.ts';
import { ShapeReader } from './shape.ts';

/** The roles of the top level; a file of each is kept. */
export type TufRole = 'root' | 'timestamp' | 'snapshot' | 'targets';

/** Every role, in the order of the workflow. */
export const TUF_ROLES: readonly TufRole[] = ['root', 'timestamp', 'snapshot', 'targets'];

/** Whose signatures a role needs. */
export interface RoleKeys {
  /** Each once. */
  readonly keyids: readonly string[];
  /** How many different keys must have signed; 1 or more. */
  readonly threshold: number;
}

/** What every file says of itself. */
export interface Stamp {
  /** 1 or more. */
  readonly version: number;
  /** Not trusted at this time and later; milliseconds since 1970. */
  readonly expiresMs: number;
}

/** Whom to believe. */
export interface RootMetadata extends Stamp {
  readonly role: 'root';
  /** Whether files are fetched by their version or hash. */
  readonly isConsistentSnapshot: boolean;
  /** Ed25519 public keys by keyid; keys of other kinds are not here and never count. */
  readonly keys: ReadonlyMap<string, Uint8Array>;
  readonly roles: Readonly<Record<TufRole, RoleKeys>>;
}

/** What a file says of another. */
export interface FileMeta {
  readonly version: number;
  readonly length: number | undefined;
  /** Lower-case hex. */
  readonly sha256: string | undefined;
}

/** Which snapshot is current. */
export interface TimestampMetadata extends Stamp {
  readonly role: 'timestamp';
  readonly snapshot: FileMeta;
}

/** Which targets go together. */
export interface SnapshotMetadata extends Stamp {
  readonly role: 'snapshot';
  /** By file name; `targets.json` is always there. */
  readonly meta: ReadonlyMap<string, FileMeta>;
}

/** A file that may be fetched. */
export interface Target {
  readonly length: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** Whatever the publisher says of it; JSON. */
  readonly custom: unknown;
}

/** What may be fetched. */
export interface TargetsMetadata extends Stamp {
  readonly role: 'targets';
  /** By path. */
  readonly targets: ReadonlyMap<string, Target>;
}

/** The metadata of a role. */
export interface MetadataOf {
  readonly root: RootMetadata;
  readonly timestamp: TimestampMetadata;
  readonly snapshot: SnapshotMetadata;
  readonly targets: TargetsMetadata;
}

/** A file that was read, not verified. */
export interface Envelope<Role extends TufRole = TufRole> {
  readonly metadata: MetadataOf[Role];
  /** What the signatures are over. */
  readonly signedBytes: Uint8Array;
  /** Signature bytes by keyid, as claimed. */
  readonly signatures: ReadonlyMap<string, Uint8Array>;
}

/** A file, or what is wrong with it. */
export type Parsed<Role extends TufRole> =
  | { readonly ok: true; readonly envelope: Envelope<Role> }
  | { readonly ok: false; readonly problem: string };

const SPEC_VERSION = /^1\.[0-9]+(?:\.[0-9]+)?$/;
const EXPIRES = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;
const SHA256_HEX = /^[0-9a-f]{64}$/;

/** Reads a file of `role`; never throws. `sha256` is needed because the id of a key is its hash. */
export function parseMetadata<Role extends TufRole>(
  bytes: Uint8Array,
  role: Role,
  crypto: Pick<CasCrypto, 'sha256'>,
): Parsed<Role> {
  const json = jsonOf(bytes);
  if (json === undefined) return { ok: false, problem: 'it is no JSON' };
  const reader = new ShapeReader();
  const file = reader.object(json, 'the file');
  const signedBytes = canonicalJson(file.get('signed'));
  if (signedBytes === undefined) reader.fail('what is signed has no canonical form');
  const signatures = readSignatures(reader, file.get('signatures'));
  const metadata = readSigned(reader, reader.object(file.get('signed'), 'what is signed'), { role, crypto });
  if (reader.problem !== '') return { ok: false, problem: reader.problem };
  return { ok: true, envelope: { metadata, signedBytes: signedBytes ?? new Uint8Array(), signatures } };
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // Not UTF-8, or not JSON: there is nothing more to say of it.
    return undefined;
  }
}

function readSignatures(reader: ShapeReader, value: unknown): ReadonlyMap<string, Uint8Array> {
  const signatures = new Map<string, Uint8Array>();
  for (const item of reader.array(value, 'signatures')) {
    const fields = reader.object(item, 'a signature');
    const keyid = reader.string(fields.get('keyid'), 'the keyid of a signature');
    const text = reader.string(fields.get('sig'), 'a signature');
    if (signatures.has(keyid)) reader.fail(`two signatures by key ${keyid.slice(0, 16)}`);
    // Text that is no hex is a signature that does not verify, of a key kind that is not known here.
    signatures.set(keyid, fromHex(text) ?? new Uint8Array());
  }
  return signatures;
}

interface Wanted<Role extends TufRole> {
  readonly role: Role;
  readonly crypto: Pick<CasCrypto, 'sha256'>;
}

type Fields = ReadonlyMap<string, unknown>;

function readSigned<Role extends TufRole>(
  reader: ShapeReader,
  signed: Fields,
  { role, crypto }: Wanted<Role>,
): MetadataOf[Role] {
  const type = reader.string(signed.get('_type'), '_type');
  if (type !== role) reader.fail(`it is of role ${JSON.stringify(type)}, not ${role}`);
  reader.matching(signed.get('spec_version'), 'spec_version', SPEC_VERSION);
  const version = reader.integer(signed.get('version'), 'version', 1);
  const stamp: Stamp = { version, expiresMs: readTime(reader, signed.get('expires')) };
  const read: { readonly [Each in TufRole]: () => MetadataOf[Each] } = {
    root: () => readRoot(reader, signed, { stamp, crypto }),
    timestamp: () => ({ role: 'timestamp', ...stamp, snapshot: readTimestampMeta(reader, signed.get('meta')) }),
    snapshot: () => ({ role: 'snapshot', ...stamp, meta: readSnapshotMeta(reader, signed.get('meta')) }),
    targets: () => ({ role: 'targets', ...stamp, targets: readTargets(reader, signed.get('targets')) }),
  };
  return read[role]();
}

function readTime(reader: ShapeReader, value: unknown): number {
  const text = reader.matching(value, 'expires', EXPIRES);
  const ms = Date.parse(text);
  // A day that no calendar has parses to another one in some engines.
  if (!Number.isFinite(ms) || new Date(ms).toISOString() !== text.replace('Z', '.000Z')) {
    reader.fail(`expires is no time: ${JSON.stringify(text)}`);
    return 0;
  }
  return ms;
}

function readRoot(
  reader: ShapeReader,
  signed: Fields,
  { stamp, crypto }: { readonly stamp: Stamp; readonly crypto: Pick<CasCrypto, 'sha256'> },
): RootMetadata {
  const isConsistentSnapshot = signed.get('consistent_snapshot') ?? false;
  if (typeof isConsistentSnapshot !== 'boolean') reader.fail('consistent_snapshot is neither true nor false');
  const keys = readKeys(reader, signed.get('keys'), crypto);
  const roles = reader.object(signed.get('roles'), 'roles');
  const keysOf = (role: TufRole): RoleKeys => readRole(reader, roles.get(role), role);
  return {
    role: 'root',
    ...stamp,
    isConsistentSnapshot: isConsistentSnapshot === true,
    keys,
    roles: {
      root: keysOf('root'),
      timestamp: keysOf('timestamp'),
      snapshot: keysOf('snapshot'),
      targets: keysOf('targets'),
    },
  };
}

function readKeys(
  reader: ShapeReader,
  value: unknown,
  crypto: Pick<CasCrypto, 'sha256'>,
): ReadonlyMap<string, Uint8Array> {
  const keys = new Map<string, Uint8Array>();
  for (const [keyid, item] of reader.object(value, 'keys')) {
    const fields = reader.object(item, 'a key');
    const keytype = reader.string(fields.get('keytype'), 'keytype');
    const scheme = reader.string(fields.get('scheme'), 'scheme');
    const text = reader.string(reader.object(fields.get('keyval'), 'keyval').get('public'), 'public');
    if (keytype !== 'ed25519' || scheme !== 'ed25519') continue;
    if (!SHA256_HEX.test(text)) reader.fail(`key ${keyid.slice(0, 16)} is no Ed25519 key in lower-case hex`);
    // Otherwise one key could count as many.
    if (keyidOf(text, crypto) !== keyid) reader.fail(`key ${keyid.slice(0, 16)} has another id`);
    keys.set(keyid, fromHex(text) ?? new Uint8Array());
  }
  return keys;
}

/** The id of an Ed25519 key in lower-case hex: SHA-256 of its canonical JSON, in hex (section 4.2). */
export function keyidOf(publicHex: string, crypto: Pick<CasCrypto, 'sha256'>): string {
  const key = canonicalJson({ keytype: 'ed25519', scheme: 'ed25519', keyval: { public: publicHex } });
  return toHex(crypto.sha256(key ?? new Uint8Array()));
}

function readRole(reader: ShapeReader, value: unknown, role: TufRole): RoleKeys {
  if (value === undefined) reader.fail(`there is no role ${role}`);
  const fields = reader.object(value, `role ${role}`);
  const keyids = reader.array(fields.get('keyids'), 'keyids').map((keyid) => reader.string(keyid, 'a keyid'));
  if (new Set(keyids).size !== keyids.length) reader.fail(`role ${role} names a key twice`);
  return { keyids, threshold: reader.integer(fields.get('threshold'), 'threshold', 1) };
}

function readTimestampMeta(reader: ShapeReader, value: unknown): FileMeta {
  return readFileMeta(reader, reader.object(value, 'meta').get('snapshot.json'), 'snapshot.json');
}

function readSnapshotMeta(reader: ShapeReader, value: unknown): ReadonlyMap<string, FileMeta> {
  const meta = new Map<string, FileMeta>();
  for (const [name, item] of reader.object(value, 'meta')) meta.set(name, readFileMeta(reader, item, name));
  if (!meta.has('targets.json')) reader.fail('it does not list targets.json');
  return meta;
}

function readFileMeta(reader: ShapeReader, value: unknown, name: string): FileMeta {
  const fields = reader.object(value, name);
  const length = fields.get('length');
  const hashes = fields.get('hashes');
  return {
    version: reader.integer(fields.get('version'), `the version of ${name}`, 1),
    length: length === undefined ? undefined : reader.integer(length, `the length of ${name}`, 0),
    sha256: hashes === undefined ? undefined : readSha256(reader, hashes, name),
  };
}

function readSha256(reader: ShapeReader, value: unknown, name: string): string {
  return reader.matching(reader.object(value, 'hashes').get('sha256'), `the SHA-256 of ${name}`, SHA256_HEX);
}

function readTargets(reader: ShapeReader, value: unknown): ReadonlyMap<string, Target> {
  const targets = new Map<string, Target>();
  for (const [path, item] of reader.object(value, 'targets')) {
    const fields = reader.object(item, path);
    targets.set(path, {
      length: reader.integer(fields.get('length'), `the length of ${path}`, 0),
      sha256: readSha256(reader, fields.get('hashes'), path),
      custom: fields.get('custom'),
    });
  }
  return targets;
}
