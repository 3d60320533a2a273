// A running hive: the composition root. It locks the data directory, replays the journal, and connects the authority
// (through the ledger), NineDoor, the listeners and the workers. What those do is in their own files.

import { createHash, randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import {
  type Authority,
  BOOT_PATH,
  bootEpoch,
  bootLine,
  CLOCK_LINE,
  CLOCK_PATH,
  checkGate,
  createAuthority,
  isRevoked,
  lifecycleState,
  liveWorker,
  manifestIn,
  SYSTEM,
  settingsIn,
} from '@cohesix/authority';
import {
  type DirectoryLock,
  type Disk,
  type Journal,
  lockDirectory,
  nodeDisk,
  openJournal,
  type RecoveryReport,
} from '@cohesix/journal';
import { bootText, boundsText, fingerprintOf, type Manifest } from '@cohesix/manifest';
import { type DoorPorts, NineDoor, PathSession } from '@cohesix/ninedoor';
import { ENTRY_SIZE_MAX } from '@cohesix/tlog';
import { ok, type Result, refusal, refuse } from '@cohesix/wire';
import { Audit } from './audit.ts';
import { auditNodes } from './audit-nodes.ts';
import { submitChecked } from './bind-check.ts';
import { HiveClock } from './clock.ts';
import { loadKeyRing, loadLogSigner, makeDataDirectories, secretFile, writeSecret } from './data-directory.ts';
import { type DataPaths, dataPaths } from './data-paths.ts';
import { POLICY_CODES } from './decisions.ts';
import { carryOut } from './effects.ts';
import { hiveNodes, shardLabel } from './hive-nodes.ts';
import { APPROVER_SCOPES, HiveTickets } from './hive-tickets.ts';
import { Ledger, Replay, type ReplayResult } from './ledger.ts';
import { type HiveAddresses, Listeners } from './listeners.ts';
import { loadManifest } from './manifest-file.ts';
import { SELF_TESTS } from './self-tests.ts';
import { Streams } from './streams.ts';
import { WorkerRuntime } from './workers/runtime.ts';

/** Version of this program, in `/proc/boot` and in boot records. */
export const VERSION = '0.1.0';

/** How to start a hive. */
export interface HiveOptions {
  /** The data directory; made when missing. */
  readonly directory: string;
  /** Changes to the manifest of the directory, for this start only (listen addresses from the command line). */
  readonly adjust?: (manifest: Manifest) => Manifest;
  /** Wall time, ms; default `Date.now`. */
  readonly now?: () => number;
  /** Told once, when the journal cannot be written any more: from then on every change is refused until a restart. */
  readonly onSealed?: (reason: string) => void;
  /** Where the journal is written; a test gives one that fails. Default: the disk. */
  readonly disk?: Disk;
}

/** A hive that runs. */
export interface Hive {
  readonly manifest: Manifest;
  readonly paths: DataPaths;
  readonly door: NineDoor;
  readonly addresses: HiveAddresses;
  /** What recovery found, in one line. */
  readonly recovery: string;
  /** SHA-256 of the canonical state text, hex. */
  stateHash(): string;
  /** Attaches a ticket in this process. */
  attach(token: string): Result<PathSession>;
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
  const now = options.now ?? Date.now;
  try {
    await makeDataDirectories(paths);
    const lock = await lockDirectory(paths.root, { at: now() });
    if (!lock.ok) return lock;
    const { disk = nodeDisk, onSealed = () => undefined } = options;
    const started = await startLocked(options, { paths, now, disk, onSealed, lock: lock.value }).catch(
      diskRefusal(paths),
    );
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
  readonly disk: Disk;
  readonly onSealed: (reason: string) => void;
  readonly now: () => number;
  readonly lock: DirectoryLock;
}

/** From here on the directory is ours: keys and manifest are made by one process only. */
async function startLocked(options: HiveOptions, place: Place): Promise<Result<Hive>> {
  const loaded = await loadManifest(place.paths.manifest);
  if (!loaded.ok) return loaded;
  const manifest = options.adjust?.(loaded.value) ?? loaded.value;
  const keys = await loadKeyRing(place.paths, manifest.tickets);
  if (!keys.ok) return keys;
  const parts = await openParts(manifest, place, new HiveTickets(manifest, keys.value));
  if (!parts.ok) return parts;
  const hive = new RunningHive(parts.value);
  let isUp = false;
  try {
    const booted = await hive.boot();
    isUp = booted.ok;
    return booted.ok ? ok(hive) : booted;
  } finally {
    if (!isUp) await hive.stop();
  }
}

/** Everything a running hive is made of. */
interface Parts extends Place {
  readonly manifest: Manifest;
  readonly tickets: HiveTickets;
  readonly streams: Streams;
  readonly audit: Audit;
  readonly ledger: Ledger;
  readonly journal: Journal;
  readonly door: NineDoor;
  readonly workers: WorkerRuntime;
  readonly clock: HiveClock;
  readonly fingerprint: string;
  readonly recovery: string;
}

/** Replays the journal and connects the parts. Nothing listens, no line was written yet. */
async function openParts(manifest: Manifest, place: Place, tickets: HiveTickets): Promise<Result<Parts>> {
  const { paths, now } = place;
  const authority = createAuthority(manifest);
  const streams = await Streams.open(manifest, paths.streams);
  const signer = await loadLogSigner(paths, tickets.audience);
  if (!signer.ok) return signer;
  const audited = await Audit.open({
    disk: place.disk,
    directory: paths.journal,
    signer: signer.value,
    onFailed: (reason) => streams.audit(`audit checkpoint failed reason=${JSON.stringify(reason)}`),
  });
  if (!audited.ok) return audited;
  const audit = audited.value;
  const opened = await replayJournal(authority, streams, { manifest, place, audit });
  if (!opened.ok) return opened;
  const { journal, report, start } = opened.value;
  const recovery = recoveryText(report);
  streams.audit(`audit journal recovered ${recovery}`);
  const fingerprint = fingerprintOf(manifest, (bytes) => createHash('sha256').update(bytes).digest('hex'));

  // The parts call each other only once lines are written, so each may name those made after it.
  let shownCount = 0;
  const ledger = new Ledger(authority, start, sinkOf(journal), {
    now,
    onEffect: (effect) => carryOut({ door, workers, streams, shown: () => ledger.shown }, effect),
    onLog: (line) => streams.audit(line),
    onRecord: (record, body) => void audit.add(body, record),
    onRefused: (refused) => {
      if (POLICY_CODES.has(refused.code)) audit.denied(refused);
    },
    onShown: () => {
      clock.stateChanged();
      if (checkGate(ledger.shown, 'worker-attach').ok) workers.startWaiting();
      shownCount += 1;
      if (shownCount % INVARIANTS_EVERY === 0) auditInvariants(authority, ledger, streams);
    },
  });
  const system = (path: string, line: string): void => ledger.submit(SYSTEM, path, [line], () => undefined);
  const ports = doorPorts({ ledger, streams, tickets, now, manifest }, (worker) => workers.charge(worker));
  const door: NineDoor = new NineDoor(
    manifest,
    { ...ports, submit: (...command) => submitChecked(door, ledger, ...command) },
    [
      ...auditNodes(audit, () => journal),
      ...hiveNodes({
        manifest,
        authority,
        shown: () => ledger.shown,
        isSealed: () => ledger.sealedBy !== undefined,
        streams,
        bootText: () => bootText(manifest, fingerprint, VERSION),
        boundsText: () => boundsText(manifestIn(ledger.shown)),
        journalText: () => journalText(ledger, journal),
        selfTests: SELF_TESTS,
      }),
    ],
  );
  const workers: WorkerRuntime = new WorkerRuntime({
    now,
    attach: ({ worker, workerKind }) =>
      attach(door, {
        token: tickets.mint({ role: workerKind === 'host' ? 'worker-host' : 'worker-heartbeat', subject: worker }),
        peer: `worker:${worker}`,
      }),
    report: (receipt) => system('/sys/workers/ctl', JSON.stringify(receipt)),
    heartbeatIntervalMs: manifest.workers.heartbeat_interval_ms,
    hostIntervalMs: manifest.workers.host_interval_ms,
  });
  const clock = new HiveClock({
    now,
    deadline: () => authority.deadline(ledger.shown),
    tick: () => system(CLOCK_PATH, CLOCK_LINE),
    endExpired: (at) => door.closeExpired(at),
  });
  return ok({
    ...place,
    manifest,
    tickets,
    streams,
    audit,
    ledger,
    journal,
    door,
    workers,
    clock,
    fingerprint,
    recovery,
  });
}

interface Replayed {
  readonly journal: Journal;
  readonly report: RecoveryReport;
  readonly start: ReplayResult;
}

async function replayJournal(
  authority: Authority,
  streams: Streams,
  { manifest, place, audit }: { readonly manifest: Manifest; readonly place: Place; readonly audit: Audit },
): Promise<Result<Replayed>> {
  // A log that was kept holds the lines of the journal already; after a crash they are told again.
  const onLog = streams.isLogKept ? () => undefined : (line: string) => streams.audit(line);
  const replay = new Replay(authority, onLog, { onRecord: (record, body) => audit.add(body, record) });
  const opened = await openJournal(place.paths.journal, {
    at: place.now(),
    disk: place.disk,
    segmentBytesMax: manifest.journal.segment_bytes,
    recordBytesMax: ENTRY_SIZE_MAX,
    batchRecordsMax: manifest.journal.batch_max_records,
    onRecord: (_, body) => {
      const result = replay.record(body);
      return result.ok ? undefined : result.refusal;
    },
    onSealed: (reason) => {
      streams.audit(`audit journal sealed reason=${JSON.stringify(reason)}`);
      place.onSealed(reason);
    },
  });
  if (!opened.ok) return opened;
  const complete = audit.log.complete();
  if (complete.ok) return ok({ ...opened.value, start: replay.result });
  await opened.value.journal.close();
  return complete;
}

function recoveryText({ records, segments, bytes, torn }: RecoveryReport): string {
  const tornText = torn === undefined ? 'none' : JSON.stringify(torn);
  return `records=${records} segments=${segments} bytes=${bytes} torn=${tornText}`;
}

function sinkOf(journal: Journal): ConstructorParameters<typeof Ledger>[2] {
  return {
    append: (body, onDurable) =>
      journal.append(body, (_, failed) =>
        onDurable(failed === undefined ? ok(undefined) : { ok: false, refusal: failed }),
      ),
  };
}

/** Records between two checks of all invariants in production. */
const INVARIANTS_EVERY = 256;

function auditInvariants(authority: Authority, ledger: Ledger, streams: Streams): void {
  for (const broken of authority.invariants(ledger.shown)) streams.audit(`audit invariant broken ${broken}`);
}

type PortParts = Pick<Parts, 'ledger' | 'streams' | 'tickets' | 'now' | 'manifest'>;

function doorPorts(
  { ledger, streams, tickets, now, manifest }: PortParts,
  charge: (worker: string) => boolean,
): Omit<DoorPorts, 'submit'> {
  const { enabled, shard_bits: shardBits } = manifest.sharding;
  return {
    now,
    audit: (line) => streams.audit(line),
    attachLimits: () => settingsIn(ledger.shown).tickets.attach_failures,
    verify: (token) => tickets.verify(token, { at: ledger.at, revoked: (id) => isRevoked(ledger.shown, [id]) }),
    gate: (gate) => checkGate(ledger.shown, gate),
    isDraining: () => lifecycleState(ledger.shown) === 'DRAINING',
    hasWorker: (worker) => liveWorker(ledger.shown, worker) !== undefined,
    shardLabel: (worker) => shardLabel(worker, enabled ? shardBits : 0),
    chargeWorker: (worker) =>
      charge(worker) ? ok(undefined) : refuse('exhausted', 'The operation budget of the worker is used up.'),
  };
}

function journalText(ledger: Ledger, journal: Journal): string {
  const sealed = ledger.sealedBy;
  const state = sealed === undefined ? 'open' : 'sealed';
  const reason = sealed === undefined ? '' : ` reason=${JSON.stringify(sealed)}`;
  return `state=${state} seq=${ledger.shownSeq} pending_bytes=${journal.pendingBytes} state_sha256=${ledger.shownHash()}${reason}\n`;
}

/** Attaches in this process; `peer`: whom failures are counted against, so that no client here can lock out another. */
function attach(
  door: NineDoor,
  { token, peer }: { readonly token: string; readonly peer: string },
): Result<PathSession> {
  const session = door.attach({ role: undefined, subject: undefined, token, door: 'in-process', peer });
  return session.ok ? ok(new PathSession(door, session.value)) : session;
}

class RunningHive implements Hive {
  readonly #parts: Parts;
  #listeners: Listeners | undefined;
  #stopped: Promise<void> | undefined;
  #nextPeer = 1;
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
    return this.#parts.door;
  }

  get recovery(): string {
    return this.#parts.recovery;
  }

  stateHash(): string {
    return this.#parts.ledger.shownHash();
  }

  attach(token: string): Result<PathSession> {
    return attach(this.door, { token, peer: `in-process#${this.#nextPeer++}` });
  }

  system(path: string, line: string): Promise<Result<void>> {
    return new Promise((resolve) => {
      this.#parts.ledger.submit(SYSTEM, path, [line], resolve);
    });
  }

  /** Writes the boot record, whose effects start the workers, and opens the doors. */
  async boot(): Promise<Result<void>> {
    const { ledger, manifest, fingerprint } = this.#parts;
    const epoch = bootEpoch(ledger.shown) + 1;
    this.#parts.audit.start();
    const booted = await this.system(BOOT_PATH, bootLine(manifest, { epoch, fingerprint, version: VERSION }));
    if (!booted.ok) return booted;
    return this.#listen();
  }

  async #listen(): Promise<Result<void>> {
    const { door, paths } = this.#parts;
    const consoleToken = await secretFile(paths.consoleToken, () => randomBytes(24).toString('base64url'));
    this.#listeners = new Listeners(door, { socket: paths.socket, consoleToken });
    const opened = await this.#listeners.open();
    if (!opened.ok) return opened;
    this.addresses = opened.value;
    await this.#writeRunFiles();
    await this.#parts.streams.started();
    return ok(undefined);
  }

  /** The local tickets (made once) and the addresses, for `coh` on this machine. */
  async #writeRunFiles(): Promise<void> {
    const { paths, tickets } = this.#parts;
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
    const { audit, clock, workers, door, journal, ledger, streams, lock, paths } = this.#parts;
    clock.stop();
    workers.close();
    door.closeWhere(() => true, refusal('closed', 'The hive stops.'));
    try {
      await this.#listeners?.close();
      await journal.close();
      await audit.stop();
      await rm(paths.addresses, { force: true });
      await streams.store((worker) => liveWorker(ledger.shown, worker) !== undefined);
    } finally {
      await lock.release();
    }
  }
}
