// A running hive as a process has it: the data directory with its lock, keys and manifest, the assembled parts, and the
// listeners. What the parts do with each other is in `assemble.ts`.

import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type DirectoryLock, lockDirectory } from '@cohesix/journal';
import type { Manifest } from '@cohesix/manifest';
import { type ByteLink, type NineDoor, NinepLinks, type PathSession, type TlsServer } from '@cohesix/ninedoor';
import { ok, type Result, refuse } from '@cohesix/wire';
import { assembleHive } from './assemble.ts';
import type { Assembly, RemotePeer } from './assembly.ts';
import {
  loadKeyRing,
  loadLogSigner,
  loadPolicySigner,
  makeDataDirectories,
  secretFile,
  writeSecret,
} from './data-directory.ts';
import { type DataPaths, dataPaths } from './data-paths.ts';
import { APPROVER_SCOPES } from './hive-tickets.ts';
import { type Host, nodeHost } from './host.ts';
import { type HiveAddresses, Listeners } from './listeners.ts';
import { loadManifest } from './manifest-file.ts';
import { Streams } from './streams.ts';
import { loadTls, type TlsDoor, type TlsOfDoors } from './tls.ts';

/** How to start a hive. */
export interface HiveOptions {
  /** The data directory; made when missing. */
  readonly directory: string;
  /** Changes to the manifest of the directory, for this start only (listen addresses from the command line). */
  readonly adjust?: (manifest: Manifest) => Manifest;
  /**
   * Told when the journal cannot be written any more: from then on every change is refused, until it can be again (when
   * `goesOn`) or until a restart.
   */
  readonly onSealed?: (reason: string, goesOn: boolean) => void;
  /** Told when changes are taken again. */
  readonly onResumed?: () => void;
  /** Opens the HTTP door, once the others are open; this package has none of its own. */
  readonly openHttp?: (hive: Hive) => Promise<Result<HttpDoor | undefined>>;
  /** What differs from this machine: a test gives a disk that fails, or a clock. */
  readonly host?: Partial<Host>;
}

/** The HTTP door of a hive. */
export interface HttpDoor {
  /** `http://host:port` or `https://host:port`. */
  readonly url: string;
  /** Ends it and its connections. */
  close(): Promise<void>;
}

/** A hive that runs. */
export interface Hive {
  readonly manifest: Manifest;
  readonly paths: DataPaths;
  readonly door: NineDoor;
  readonly addresses: HiveAddresses;
  /** What recovery found, in one line. */
  readonly recovery: string;
  /** Why the journal cannot be written now, so that every change is refused; undefined while it can. */
  readonly sealedBy: string | undefined;
  /** SHA-256 of the canonical state text, hex. */
  stateHash(): string;
  /** Attaches a ticket in this process; `as`: for somebody who came over a protocol that others speak. */
  attach(token: string, as?: RemotePeer): Result<PathSession>;
  /** A 9P connection without a socket, for a caller at an address: what a WebSocket carries. `limit`: too many. */
  ninep(address: string): Result<ByteLink>;
  /** What a door shows when it speaks TLS; undefined when it does not. */
  tls(door: TlsDoor): TlsServer | undefined;
  /** A file of the log below `/audit` (`checkpoint`, `key`, `tile/…`), without a session; undefined when there is none. */
  logFile(path: string): Uint8Array | undefined;
  /** Writes a line of the system's own. */
  system(path: string, line: string): Promise<Result<void>>;
  /** Ends doors and workers, flushes the journal, releases the directory. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts a hive. Refusals: `invalid-payload` (manifest or keys), `busy` (directory in use), `audit-unavailable`
 * (journal), `stale` (replay differs), `unreachable` (address in use). A refused start leaves nothing running.
 */
export async function startHive(options: HiveOptions): Promise<Result<Hive>> {
  const paths = dataPaths(options.directory);
  const host = { ...nodeHost, ...options.host };
  try {
    await makeDataDirectories(paths);
    const lock = await lockDirectory(paths.root, { at: host.now() });
    if (!lock.ok) return lock;
    const started = await startLocked(options, { paths, host, lock: lock.value }).catch(diskRefusal(paths));
    if (!started.ok) await lock.value.release();
    return started;
  } catch (error) {
    return diskRefusal(paths)(error);
  }
}

/** Turns an error of the file system into a refusal; any other error is a defect and goes on. */
function diskRefusal({ root }: DataPaths): (error: unknown) => Result<never> {
  return (error) => {
    const isDisk = error instanceof Error && 'code' in error && 'syscall' in error;
    if (!isDisk) throw error;
    return refuse('internal', `The data directory ${root} cannot be used: ${error.message}.`);
  };
}

interface Place {
  readonly paths: DataPaths;
  readonly host: Host;
  readonly lock: DirectoryLock;
}

/** From here on the directory is ours: keys and manifest are made by one process only. */
async function startLocked(options: HiveOptions, place: Place): Promise<Result<Hive>> {
  const { paths, host } = place;
  const loaded = await loadManifest(paths.manifest);
  if (!loaded.ok) return loaded;
  const manifest = options.adjust?.(loaded.value) ?? loaded.value;
  const keys = await loadKeyRing(paths, manifest.tickets);
  if (!keys.ok) return keys;
  const signer = await loadLogSigner(paths, manifest.hive.audience);
  if (!signer.ok) return signer;
  const policySigner = await loadPolicySigner(paths, manifest.hive.audience);
  if (!policySigner.ok) return policySigner;
  const tls = loadTls(manifest, paths.root);
  if (!tls.ok) return tls;
  const streams = await Streams.open(manifest, paths.streams);
  const { onSealed, onResumed } = options;
  const assembled = await assembleHive({
    manifest,
    host,
    keys: keys.value,
    signer: signer.value,
    policyKey: policySigner.value.key,
    streams,
    journal: paths.journal,
    snapshots: paths.snapshots,
    archive: resolve(paths.root, manifest.journal.archive_directory),
    directory: paths.root,
    ...(onSealed === undefined ? {} : { onSealed }),
    ...(onResumed === undefined ? {} : { onResumed }),
  });
  if (!assembled.ok) return assembled;
  const { openHttp } = options;
  const hive = new RunningHive({ ...place, manifest, streams, tls: tls.value, assembly: assembled.value, openHttp });
  let isUp = false;
  try {
    const booted = await hive.boot();
    isUp = booted.ok;
    return booted.ok ? ok(hive) : booted;
  } finally {
    if (!isUp) await hive.stop();
  }
}

interface Parts extends Place {
  readonly manifest: Manifest;
  readonly streams: Streams;
  readonly tls: TlsOfDoors;
  readonly assembly: Assembly;
  readonly openHttp: HiveOptions['openHttp'];
}

class RunningHive implements Hive {
  readonly #parts: Parts;
  #listeners: Listeners | undefined;
  #links: NinepLinks | undefined;
  #http: HttpDoor | undefined;
  #stopped: Promise<void> | undefined;
  addresses: HiveAddresses = { secure9p: undefined, socket: undefined, console: undefined };

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get manifest(): Manifest {
    return this.#parts.manifest;
  }

  get paths(): DataPaths {
    return this.#parts.paths;
  }

  get door(): NineDoor {
    return this.#parts.assembly.door;
  }

  get recovery(): string {
    return this.#parts.assembly.recovery;
  }

  get sealedBy(): string | undefined {
    return this.#parts.assembly.ledger.sealedBy;
  }

  stateHash(): string {
    return this.#parts.assembly.ledger.shownHash();
  }

  attach(token: string, as?: RemotePeer): Result<PathSession> {
    return this.#parts.assembly.attach(token, as);
  }

  ninep(address: string): Result<ByteLink> {
    this.#links ??= new NinepLinks(this.door);
    return this.#links.open(address);
  }

  logFile(path: string): Uint8Array | undefined {
    return this.#parts.assembly.logFile(path);
  }

  tls(door: TlsDoor): TlsServer | undefined {
    return this.#parts.tls(door);
  }

  system(path: string, line: string): Promise<Result<void>> {
    return this.#parts.assembly.system(path, line);
  }

  /** Writes the boot record and opens the doors. */
  async boot(): Promise<Result<void>> {
    const booted = await this.#parts.assembly.boot();
    return booted.ok ? this.#listen() : booted;
  }

  async #listen(): Promise<Result<void>> {
    const { paths, host, streams } = this.#parts;
    const token = await secretFile(paths.consoleToken, () =>
      Buffer.from(host.randomBytes(CONSOLE_TOKEN_BYTES)).toString('base64url'),
    );
    const { tls } = this.#parts;
    this.#listeners = new Listeners(this.door, { socket: paths.socket, consoleToken: token, tls });
    const opened = await this.#listeners.open();
    if (!opened.ok) return opened;
    const http = (await this.#parts.openHttp?.(this)) ?? ok(undefined);
    if (!http.ok) return http;
    this.#http = http.value;
    this.addresses = { ...opened.value, http: http.value?.url };
    await this.#writeRunFiles();
    await streams.started();
    return ok(undefined);
  }

  /** The local tickets (made once) and the addresses, for `coh` on this machine. */
  async #writeRunFiles(): Promise<void> {
    const { paths, assembly } = this.#parts;
    const { tickets } = assembly;
    await secretFile(paths.queenTicket, () => tickets.mint({ role: 'queen', subject: 'queen' }));
    await secretFile(paths.approverTicket, () =>
      tickets.mint({ role: 'queen', subject: 'approver', scopes: APPROVER_SCOPES }),
    );
    await writeSecret(paths.addresses, `${JSON.stringify({ pid: process.pid, ...this.addresses })}\n`);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const { assembly, streams, lock, paths } = this.#parts;
    assembly.halt();
    try {
      await this.#http?.close();
      this.#links?.close();
      await this.#listeners?.close();
      await assembly.close();
      await rm(paths.addresses, { force: true });
      await streams.store((worker) => assembly.hasWorker(worker));
    } finally {
      await lock.release();
    }
  }
}

const CONSOLE_TOKEN_BYTES = 24;
