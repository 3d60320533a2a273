// A repository and a client of it, in memory. The repository is honest until a test makes it lie.

import {
  DEFAULT_TUF_LIMITS,
  type FileChange,
  metaOf,
  type RoleSigners,
  refresh,
  rootPart,
  type SignedPart,
  signMetadata,
  snapshotPart,
  type TrustedFiles,
  type TufContext,
  type TufFetch,
  type TufKeeper,
  type TufLimits,
  type TufReason,
  type TufRole,
  type TufSigner,
  targetsPart,
  timestampPart,
} from '../src/index.ts';
import { crypto, keyPair, sha } from './crypto.ts';

export const DAY = 86_400_000;
export const NOW = 1_800_000_000_000;
const ROLES: readonly TufRole[] = ['root', 'timestamp', 'snapshot', 'targets'];

interface Edition {
  version: number;
  expiresMs: number;
}

/** Who signs a role's files, and who is said to. */
interface RoleState {
  keys: TufSigner[];
  threshold: number;
  /** Signers; those of `keys` unless a test says otherwise. */
  signers: TufSigner[] | undefined;
}

export class TestRepository {
  /** What a client may fetch, by name. */
  readonly files: Map<string, Uint8Array> = new Map();
  /** The same as it was published: what the publisher's own files go by, whatever became of a copy. */
  readonly #published = new Map<string, Uint8Array>();
  /** What was asked for. */
  readonly asked: string[] = [];
  readonly roles: Record<TufRole, RoleState>;
  readonly editions: Record<TufRole, Edition>;
  readonly targets: Map<string, SignedPart> = new Map();
  /** Changes a part just before it is signed. */
  twist: (role: TufRole, part: SignedPart) => SignedPart = (_, part) => part;

  constructor() {
    const state = (role: TufRole): RoleState => ({
      keys: [keyPair(10 + ROLES.indexOf(role))],
      threshold: 1,
      signers: undefined,
    });
    const edition = (): Edition => ({ version: 1, expiresMs: NOW + 10 * DAY });
    this.roles = {
      root: state('root'),
      timestamp: state('timestamp'),
      snapshot: state('snapshot'),
      targets: state('targets'),
    };
    this.editions = { root: edition(), timestamp: edition(), snapshot: edition(), targets: edition() };
    this.addTarget('updates/1.cbor', 'the manifest of update 1');
    this.publishRoot();
    this.publishAll();
  }

  /** The first root, as somebody trusted brings it. */
  get firstRoot(): Uint8Array {
    return this.file('1.root.json');
  }

  file(name: string): Uint8Array {
    return this.files.get(name) ?? new Uint8Array();
  }

  addTarget(path: string, contents: string): void {
    this.targets.set(path, { length: contents.length, hashes: { sha256: sha(contents) } });
  }

  publishRoot(): void {
    const signersOf = (role: TufRole): RoleSigners => {
      const { keys, threshold } = this.roles[role];
      return { publicKeys: keys.map(({ publicKey }) => publicKey), threshold };
    };
    const roles = {
      root: signersOf('root'),
      timestamp: signersOf('timestamp'),
      snapshot: signersOf('snapshot'),
      targets: signersOf('targets'),
    };
    const part = rootPart(crypto, this.editions.root, roles);
    this.files.set(`${this.editions.root.version}.root.json`, this.signed('root', part));
  }

  publishTargets(): void {
    const part = targetsPart(this.editions.targets, this.targets);
    this.#publish(`${this.editions.targets.version}.targets.json`, this.signed('targets', part));
  }

  publishSnapshot(): void {
    const { version } = this.editions.targets;
    const part = snapshotPart(this.editions.snapshot, this.#metaOf(version, 'targets'));
    this.#publish(`${this.editions.snapshot.version}.snapshot.json`, this.signed('snapshot', part));
  }

  publishTimestamp(): void {
    const { version } = this.editions.snapshot;
    const part = timestampPart(this.editions.timestamp, this.#metaOf(version, 'snapshot'));
    const bytes = this.signed('timestamp', part);
    this.files.set('timestamp.json', bytes);
    this.files.set(`${this.editions.timestamp.version}.timestamp.json`, bytes);
  }

  publishAll(): void {
    this.publishTargets();
    this.publishSnapshot();
    this.publishTimestamp();
  }

  /** New versions of these, and of what speaks of them. */
  release(...roles: TufRole[]): void {
    for (const role of roles) this.editions[role].version += 1;
    if (roles.includes('root')) this.publishRoot();
    this.publishAll();
  }

  /** Signs whatever a test makes. */
  signed(role: TufRole, part: SignedPart): Uint8Array {
    const { keys, signers } = this.roles[role];
    return signMetadata(crypto, this.twist(role, part), signers ?? keys);
  }

  /** Other keys for a role, from the next root on; a new root is signed by the old and the new ones. */
  rotate(role: TufRole, ...keys: TufSigner[]): void {
    const before = this.roles[role].keys;
    this.roles[role].keys = keys;
    if (role === 'root') this.roles.root.signers = [...before, ...keys];
    this.release('root');
  }

  /** Changes a file behind everybody's back. */
  rewrite(name: string, change: (file: { signatures: unknown[]; signed: Record<string, unknown> }) => void): void {
    const file = JSON.parse(new TextDecoder().decode(this.file(name)));
    change(file);
    this.files.set(name, new TextEncoder().encode(JSON.stringify(file)));
  }

  #publish(name: string, bytes: Uint8Array): void {
    this.files.set(name, bytes);
    this.#published.set(name, bytes);
  }

  #metaOf(version: number, role: TufRole): SignedPart {
    return metaOf(crypto, version, this.#published.get(`${version}.${role}.json`) ?? new Uint8Array());
  }

  readonly fetch: TufFetch = async ({ name, sizeMax }) => {
    this.asked.push(name);
    return { ok: true, value: this.files.get(name)?.slice(0, sizeMax + 1) };
  };
}

export class TestClient {
  readonly repository: TestRepository;
  files: Partial<Record<TufRole, Uint8Array>>;
  nowMs: number = NOW;
  limits: TufLimits = DEFAULT_TUF_LIMITS;

  constructor(repository: TestRepository) {
    this.repository = repository;
    this.files = { root: repository.firstRoot };
  }

  get context(): TufContext {
    return { crypto, limits: this.limits, nowMs: this.nowMs };
  }

  /** `ok`, or what the refusal looks like. */
  async refresh(): Promise<'ok' | TufReason> {
    const done = await refresh(this.context, { fetch: this.repository.fetch, keeper: this.keeper });
    if (done.ok) return 'ok';
    if (done.reason === undefined) throw new Error(done.refusal.detail);
    return done.reason;
  }

  /** Versions of the kept files, `-` where there is none: root, timestamp, snapshot, targets. */
  get versions(): string {
    return ROLES.map((role) => this.version(role) ?? '-').join(' ');
  }

  version(role: TufRole): number | undefined {
    const bytes = this.files[role];
    return bytes === undefined ? undefined : JSON.parse(new TextDecoder().decode(bytes)).signed.version;
  }

  readonly keeper: TufKeeper = {
    load: async () => ({ ok: true, value: { ...this.files } satisfies TrustedFiles }),
    apply: async (change: FileChange) => {
      if (change.kind === 'keep') this.files[change.role] = change.bytes;
      else delete this.files[change.role];
      return { ok: true, value: undefined };
    },
  };
}
