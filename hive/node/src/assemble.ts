// The parts of a hive put together: journal, authority (through the ledger), audit, NineDoor, workers and clock. Everything it
// takes from the outside is in its options, so that a simulation assembles the very same hive on a disk and a clock of its own.
// What belongs to a process (directory, keys, listeners) is in `hive.ts`.

import { createHash } from 'node:crypto';
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
import type { Journal, RecoveryReport } from '@cohesix/journal';
import { bootText, boundsText, fingerprintOf, type Manifest } from '@cohesix/manifest';
import { type DoorPorts, NineDoor, PathSession } from '@cohesix/ninedoor';
import type { KeyRing } from '@cohesix/ticket';
import type { NoteSigner } from '@cohesix/tlog';
import { ok, type Result, refusal, refuse } from '@cohesix/wire';
import type { Audit } from './audit.ts';
import { auditNodes } from './audit-nodes.ts';
import { submitChecked } from './bind-check.ts';
import { HiveClock } from './clock.ts';
import { POLICY_CODES } from './decisions.ts';
import { carryOut } from './effects.ts';
import { hiveNodes, shardLabel } from './hive-nodes.ts';
import { HiveTickets } from './hive-tickets.ts';
import type { Host, LockOptions } from './host.ts';
import { Ledger } from './ledger.ts';
import { SELF_TESTS } from './self-tests.ts';
import { Snapshotter } from './snapshots.ts';
import { type Started, startFromDisk } from './start.ts';
import type { Streams } from './streams.ts';
import { VERSION } from './version.ts';
import { WorkerRuntime } from './workers/runtime.ts';

/** What a hive is assembled from. */
export interface AssemblyOptions {
  readonly manifest: Manifest;
  readonly host: Host;
  readonly keys: KeyRing;
  /** Signs checkpoints and snapshots. */
  readonly signer: NoteSigner;
  readonly streams: Streams;
  /** Directory of the journal. */
  readonly journal: string;
  /** Directory of the snapshots. */
  readonly snapshots: string;
  readonly lock?: LockOptions;
  /** Told when the journal cannot be written any more. */
  readonly onSealed?: (reason: string) => void;
}

/** Everything an assembled hive is made of. */
interface Parts extends AssemblyOptions {
  readonly authority: Authority;
  readonly tickets: HiveTickets;
  readonly started: Started;
  readonly ledger: Ledger;
  readonly snapshotter: Snapshotter;
  readonly door: NineDoor;
  readonly workers: WorkerRuntime;
  readonly clock: HiveClock;
  readonly fingerprint: string;
}

/** Replays the journal and connects the parts. Nothing listens, no line was written yet. Refuses as `startFromDisk` does. */
export async function assembleHive(options: AssemblyOptions): Promise<Result<Assembly>> {
  const { manifest, host, streams, signer } = options;
  const authority = createAuthority(manifest);
  const started = await startFromDisk({
    host,
    manifest,
    authority,
    signer,
    journal: options.journal,
    snapshots: options.snapshots,
    lock: options.lock ?? {},
    // A log that was kept holds the lines of the journal already; after a crash they are told again.
    onLog: streams.isLogKept ? () => undefined : (line) => streams.audit(line),
    audit: (line) => streams.audit(line),
    onSealed: (reason) => {
      streams.audit(`audit journal sealed reason=${JSON.stringify(reason)}`);
      options.onSealed?.(reason);
    },
  });
  if (!started.ok) return started;
  return ok(new Assembly(connect(options, authority, started.value)));
}

/** The parts call each other only once lines are written, so each may name those made after it. */
function connect(options: AssemblyOptions, authority: Authority, started: Started): Parts {
  const { manifest, host, streams } = options;
  const { journal, audit } = started;
  const { now } = host;
  const tickets = new HiveTickets(manifest, options.keys, host.randomBytes);
  const fingerprint = fingerprintOf(manifest, (bytes) => createHash('sha256').update(bytes).digest('hex'));
  const snapshotter = new Snapshotter({
    disk: host.disk,
    directory: options.snapshots,
    signer: options.signer,
    audit,
    journal,
    last: started.snapshot,
    recordsMin: manifest.journal.snapshot_records / 16,
    onFailed: (reason) => streams.audit(`audit snapshot failed reason=${JSON.stringify(reason)}`),
  });
  const bornMs = host.timers.nowMs();
  let shownCount = 0;
  const ledger = new Ledger(authority, started.start, sinkOf(journal), {
    now,
    monotonicMs: () => host.timers.nowMs() - bornMs,
    markRecords: manifest.journal.snapshot_records,
    onMark: (mark) => snapshotter.marked(mark),
    onEffect: (effect) => carryOut({ door, workers, streams, shown: () => ledger.shown }, effect),
    onLog: (line) => streams.audit(line),
    onRecord: (record, body) => {
      if (record.state !== undefined) snapshotter.vouched();
      audit.add(body, record);
    },
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
  const ports = doorPorts({ ledger, streams, tickets, host, manifest }, (worker) => workers.charge(worker));
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
    timers: host.timers,
    sampleHost: host.sampleHost,
    attach: ({ worker, workerKind }) =>
      attachTo(door, {
        token: tickets.mint({ role: workerKind === 'host' ? 'worker-host' : 'worker-heartbeat', subject: worker }),
        peer: `worker:${worker}`,
      }),
    report: (receipt) => system('/sys/workers/ctl', JSON.stringify(receipt)),
    heartbeatIntervalMs: manifest.workers.heartbeat_interval_ms,
    hostIntervalMs: manifest.workers.host_interval_ms,
  });
  const clock = new HiveClock({
    now,
    timers: host.timers,
    deadline: () => authority.deadline(ledger.shown),
    tick: () => system(CLOCK_PATH, CLOCK_LINE),
    endExpired: (at) => door.closeExpired(at),
  });
  return { ...options, authority, tickets, started, ledger, snapshotter, door, workers, clock, fingerprint };
}

/** A hive without listeners. */
export class Assembly {
  readonly #parts: Parts;
  #nextPeer = 1;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get door(): NineDoor {
    return this.#parts.door;
  }

  get tickets(): HiveTickets {
    return this.#parts.tickets;
  }

  get ledger(): Ledger {
    return this.#parts.ledger;
  }

  get audit(): Audit {
    return this.#parts.started.audit;
  }

  /** What recovery found, in one line. */
  get recovery(): string {
    const { report, snapshot } = this.#parts.started;
    return recoveryText(report, snapshot);
  }

  /** Whether a worker lives. */
  hasWorker(worker: string): boolean {
    return liveWorker(this.ledger.shown, worker) !== undefined;
  }

  /** Attaches a ticket in this process. */
  attach(token: string): Result<PathSession> {
    return attachTo(this.door, { token, peer: `in-process#${this.#nextPeer++}` });
  }

  /** Writes a line of the system's own. */
  system(path: string, line: string): Promise<Result<void>> {
    return new Promise((resolve) => {
      this.ledger.submit(SYSTEM, path, [line], resolve);
    });
  }

  /** Writes the boot record, whose effects start the workers. */
  boot(): Promise<Result<void>> {
    const { manifest, fingerprint, streams } = this.#parts;
    streams.audit(`audit journal recovered ${this.recovery}`);
    const epoch = bootEpoch(this.ledger.shown) + 1;
    this.audit.start();
    return this.system(BOOT_PATH, bootLine(manifest, { epoch, fingerprint, version: VERSION }));
  }

  /** Ends clock, workers and sessions: from now on nothing begins by itself. */
  halt(): void {
    const { clock, workers, door } = this.#parts;
    clock.stop();
    workers.close();
    door.closeWhere(() => true, refusal('closed', 'The hive stops.'));
  }

  /** After `halt`: flushes the journal and signs what was not signed yet. */
  async close(): Promise<void> {
    const { started, snapshotter } = this.#parts;
    await started.journal.close();
    await started.audit.stop();
    await snapshotter.settled();
  }
}

function recoveryText({ records, segments, bytes, torn }: RecoveryReport, snapshot: number): string {
  const tornText = torn === undefined ? 'none' : JSON.stringify(torn);
  return `records=${records} segments=${segments} bytes=${bytes} torn=${tornText} snapshot=${snapshot}`;
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

type PortParts = Pick<Parts, 'ledger' | 'streams' | 'tickets' | 'host' | 'manifest'>;

function doorPorts(
  { ledger, streams, tickets, host, manifest }: PortParts,
  charge: (worker: string) => boolean,
): Omit<DoorPorts, 'submit'> {
  const { enabled, shard_bits: shardBits } = manifest.sharding;
  return {
    now: host.now,
    monotonicMs: () => host.timers.nowMs(),
    nextTurn: host.nextTurn,
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
function attachTo(
  door: NineDoor,
  { token, peer }: { readonly token: string; readonly peer: string },
): Result<PathSession> {
  const session = door.attach({ role: undefined, subject: undefined, token, door: 'in-process', peer });
  return session.ok ? ok(new PathSession(door, session.value)) : session;
}
