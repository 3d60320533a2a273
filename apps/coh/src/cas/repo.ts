// A TUF repository in a folder, as its publisher has it (The Update Framework specification 1.0, section 6): files of metadata under
// the numbers of their versions, targets under their hashes. `timestamp.json` is replaced last: until then clients see the edition before.
//
//   metadata/<version>.{root,targets,snapshot}.json, metadata/timestamp.json     targets/<folder>/<sha256>.<name>

import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import {
  metaOf,
  type RoleSigners,
  rootPart,
  type SignedPart,
  signMetadata,
  snapshotPart,
  type TufRole,
  targetsPart,
  timestampPart,
} from '@cohesix/cas';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import { ok, type Result, refuse } from '@cohesix/wire';
import { type SigningKey, signingKeyIn } from './keys.ts';

const crypto = { ...nodeTicketCrypto, sha256Stream: () => createHash('sha256') };
const ROLES: readonly TufRole[] = ['root', 'targets', 'snapshot', 'timestamp'];

/** Largest target: a client holds one in memory. Content of any size goes by its manifest. */
export const TARGET_BYTES_MAX: number = 64 << 20;

/** When an edition ends, milliseconds since 1970. */
export interface Expiry {
  /** Of root and targets. */
  readonly longMs: number;
  /** Of snapshot and timestamp: how long a client may be kept from news before it notices. */
  readonly shortMs: number;
}

/** A file to publish. */
export interface NewTarget {
  /** Its path in the repository. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** The versions of an edition. */
export type Versions = Readonly<Record<TufRole, number>>;

/** Makes an empty repository with a key for each role in `keys`. `exists` when there is one. */
export async function initRepo(directory: string, keys: string, expiry: Expiry): Promise<Result<Versions>> {
  if (existsSync(join(directory, 'metadata'))) return refuse('exists', `${directory} is a repository already.`);
  const signers = await signersIn(keys, true);
  if (!signers.ok) return signers;
  mkdirSync(join(directory, 'metadata'), { recursive: true });
  mkdirSync(join(directory, 'targets'), { recursive: true });
  const roles = Object.fromEntries(
    ROLES.map((role): [TufRole, RoleSigners] => [role, { publicKeys: [signers.value[role].publicKey], threshold: 1 }]),
  ) as Record<TufRole, RoleSigners>;
  const root = rootPart(crypto, { version: 1, expiresMs: expiry.longMs }, roles);
  writeWhole(join(directory, 'metadata', '1.root.json'), signMetadata(crypto, root, [signers.value.root]));
  return publishEdition(directory, { signers: signers.value, targets: new Map(), before: undefined, expiry });
}

/** Adds targets and publishes the next edition. */
export async function publishTargets(
  directory: string,
  keys: string,
  { targets, expiry }: { readonly targets: readonly NewTarget[]; readonly expiry: Expiry },
): Promise<Result<Versions>> {
  const signers = await signersIn(keys, false);
  const before = readEdition(directory);
  if (!signers.ok) return signers;
  if (!before.ok) return before;
  const all = new Map(before.value.targets);
  for (const { path, bytes } of targets) {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const slash = path.lastIndexOf('/') + 1;
    const file = join(directory, 'targets', `${path.slice(0, slash)}${sha256}.${path.slice(slash)}`);
    mkdirSync(dirname(file), { recursive: true });
    writeWhole(file, bytes);
    all.set(path, { length: bytes.length, hashes: { sha256 } });
  }
  return publishEdition(directory, { signers: signers.value, targets: all, before: before.value, expiry });
}

/** Signs snapshot and timestamp again, so that they do not run out. */
export async function extendRepo(directory: string, keys: string, expiry: Expiry): Promise<Result<Versions>> {
  return publishTargets(directory, keys, { targets: [], expiry });
}

interface EditionParts {
  readonly signers: Signers;
  readonly targets: ReadonlyMap<string, SignedPart>;
  readonly before: Edition | undefined;
  readonly expiry: Expiry;
}

function publishEdition(directory: string, { signers, targets, before, expiry }: EditionParts): Result<Versions> {
  const at = (name: string): string => join(directory, 'metadata', name);
  const version = (role: 'targets' | 'snapshot' | 'timestamp'): number => (before?.versions[role] ?? 0) + 1;
  const edition = (role: 'targets' | 'snapshot' | 'timestamp', expiresMs: number) => ({
    version: version(role),
    expiresMs,
  });
  const targetsFile = signMetadata(crypto, targetsPart(edition('targets', expiry.longMs), targets), [signers.targets]);
  writeWhole(at(`${version('targets')}.targets.json`), targetsFile);
  const targetsMeta = metaOf(crypto, version('targets'), targetsFile);
  const snapshot = snapshotPart(edition('snapshot', expiry.shortMs), targetsMeta);
  const snapshotFile = signMetadata(crypto, snapshot, [signers.snapshot]);
  writeWhole(at(`${version('snapshot')}.snapshot.json`), snapshotFile);
  const snapshotMeta = metaOf(crypto, version('snapshot'), snapshotFile);
  const timestamp = timestampPart(edition('timestamp', expiry.shortMs), snapshotMeta);
  writeWhole(at('timestamp.json'), signMetadata(crypto, timestamp, [signers.timestamp]));
  const root = before?.versions.root ?? 1;
  return ok({ root, targets: version('targets'), snapshot: version('snapshot'), timestamp: version('timestamp') });
}

type Signers = Readonly<Record<TufRole, SigningKey>>;

async function signersIn(keys: string, isMade: boolean): Promise<Result<Signers>> {
  if (isMade) mkdirSync(keys, { recursive: true, mode: 0o700 });
  const signers: Partial<Record<TufRole, SigningKey>> = {};
  for (const role of ROLES) {
    const key = await signingKeyIn(join(keys, `${role}.json`), isMade);
    if (!key.ok) return key;
    signers[role] = key.value;
  }
  return ok(signers as Signers);
}

interface Edition {
  readonly versions: Versions;
  readonly targets: ReadonlyMap<string, SignedPart>;
}

/** The newest edition; our own files, so only read. */
function readEdition(directory: string): Result<Edition> {
  try {
    const folder = join(directory, 'metadata');
    const signed = (name: string): Record<string, unknown> =>
      (JSON.parse(readFileSync(join(folder, name), 'utf8')) as { readonly signed: Record<string, unknown> }).signed;
    const timestamp = signed('timestamp.json');
    const snapshot = metaVersion(timestamp, 'snapshot.json');
    const targets = metaVersion(signed(`${snapshot}.snapshot.json`), 'targets.json');
    const listed = signed(`${targets}.targets.json`).targets as Record<string, SignedPart>;
    const roots = readdirSync(folder).flatMap((name) => /^(\d+)\.root\.json$/.exec(name)?.[1] ?? []);
    const versions = { root: Math.max(...roots.map(Number)), targets, snapshot, timestamp: Number(timestamp.version) };
    return ok({ versions, targets: new Map(Object.entries(listed)) });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return refuse('invalid-payload', `${directory} is no repository: ${why}.`);
  }
}

function metaVersion(signed: Record<string, unknown>, name: string): number {
  const meta = signed.meta as Record<string, { readonly version: number }>;
  return Number(meta[name]?.version);
}

/** A file that is there whole or not at all. */
function writeWhole(file: string, bytes: Uint8Array): void {
  const temporary = `${file}.new`;
  const opened = openSync(temporary, 'w', 0o644);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(opened, bytes, at);
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
  renameSync(temporary, file);
}
