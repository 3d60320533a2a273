// A hive without listeners: what it is assembled from, what it is made of, and how it begins and ends.

import { type Authority, BOOT_PATH, bootEpoch, bootLine, liveWorker, SYSTEM } from '@cohesix/authority';
import type { RecoveryReport } from '@cohesix/journal';
import type { Manifest } from '@cohesix/manifest';
import { type DoorKind, type NineDoor, PathSession, peerOf } from '@cohesix/ninedoor';
import type { KeyRing } from '@cohesix/ticket';
import type { NoteKey, NoteSigner } from '@cohesix/tlog';
import { ok, type Result, refusal } from '@cohesix/wire';
import type { Audit } from './audit.ts';
import { logFile } from './audit-nodes.ts';
import type { HiveClock } from './clock.ts';
import type { Cosigned } from './cosign.ts';
import type { DataPart } from './data.ts';
import type { DiskGuard } from './disk-guard.ts';
import type { HiveTickets } from './hive-tickets.ts';
import type { Host, LockOptions } from './host.ts';
import type { Ledger } from './ledger.ts';
import type { Observation } from './observation.ts';
import type { ReplayJob } from './replay-job.ts';
import type { PastStates } from './replay-states.ts';
import type { RootWatch } from './root-watch.ts';
import type { Snapshotter } from './snapshots.ts';
import type { Started } from './start.ts';
import type { Streams } from './streams.ts';
import { VERSION } from './version.ts';
import type { WorkerRuntime } from './workers/runtime.ts';

/** What a hive is assembled from. */
export interface AssemblyOptions {
  readonly manifest: Manifest;
  readonly host: Host;
  readonly keys: KeyRing;
  /** Signs checkpoints and snapshots. */
  readonly signer: NoteSigner;
  /** The hive's own key for policy documents; without it only those of the settings may sign. */
  readonly policyKey?: NoteKey;
  readonly streams: Streams;
  /** Directory of the journal. */
  readonly journal: string;
  /** Directory of the snapshots. */
  readonly snapshots: string;
  /** Directory of the archive. */
  readonly archive: string;
  /** Directory of what is kept beside the journal; without it there are no such stores. */
  readonly directory?: string;
  readonly lock?: LockOptions;
  /** Told when the journal cannot be written any more, and whether the hive goes on by itself when it can be again. */
  readonly onSealed?: (reason: string, goesOn: boolean) => void;
  /** Told when changes are taken again. */
  readonly onResumed?: () => void;
}

/** Everything an assembled hive is made of. */
export interface Parts extends AssemblyOptions {
  readonly authority: Authority;
  readonly tickets: HiveTickets;
  readonly started: Started;
  readonly ledger: Ledger;
  readonly snapshotter: Snapshotter;
  readonly guard: DiskGuard;
  readonly replays: ReplayJob;
  /** The states that `/replay/at` shows. */
  readonly past: PastStates;
  readonly cosigned: Cosigned;
  readonly observed: Observation;
  readonly door: NineDoor;
  readonly workers: WorkerRuntime;
  readonly clock: HiveClock;
  readonly root: RootWatch;
  /** The stores of the data capabilities. */
  readonly data: DataPart;
  readonly fingerprint: string;
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

  /** A file of the log below `/audit`, as clients of C2SP tlog-tiles ask for it; undefined when there is none. */
  logFile(path: string): Uint8Array | undefined {
    const { audit, journal } = this.#parts.started;
    return logFile(audit, journal, path);
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

  /** Attaches a ticket in this process; `as`: for somebody who came over a protocol that others speak. */
  attach(token: string, as?: RemotePeer): Result<PathSession> {
    const attempt = `${as?.door ?? 'in-process'}#${this.#nextPeer++}`;
    return attachTo(this.door, { token, ...(as ?? {}), peer: as === undefined ? attempt : peerOf(as.peer, attempt) });
  }

  /** Writes a line of the system's own. */
  system(path: string, line: string): Promise<Result<void>> {
    return new Promise((resolve) => {
      this.ledger.submit(SYSTEM, path, [line], resolve);
    });
  }

  /** Writes the boot record, whose effects start the workers. */
  async boot(): Promise<Result<void>> {
    const { manifest, fingerprint, streams, guard, cosigned, data } = this.#parts;
    streams.audit(`audit journal recovered ${this.recovery}`);
    await guard.start();
    cosigned.store();
    const epoch = bootEpoch(this.ledger.shown) + 1;
    this.audit.start();
    const booted = await this.system(BOOT_PATH, bootLine(manifest, { epoch, fingerprint, version: VERSION }));
    if (booted.ok) data.begin?.();
    return booted;
  }

  /** Ends clock, workers and sessions: from now on nothing begins by itself. */
  halt(): void {
    const { clock, workers, door, replays, past, root, observed } = this.#parts;
    clock.stop();
    root.stop();
    observed.stop();
    replays.stop();
    past.stop();
    workers.close();
    door.closeWhere(() => true, refusal('closed', 'The hive stops.'));
  }

  /** After `halt`: flushes the journal and signs what was not signed yet. */
  async close(): Promise<void> {
    const { started, snapshotter, guard, cosigned, data } = this.#parts;
    await guard.stop();
    await data.end?.();
    await started.journal.close();
    await started.audit.stop();
    await snapshotter.settled();
    await cosigned.settled();
  }
}

function recoveryText({ records, segments, bytes, torn }: RecoveryReport, snapshot: number): string {
  const tornText = torn === undefined ? 'none' : JSON.stringify(torn);
  return `records=${records} segments=${segments} bytes=${bytes} torn=${tornText} snapshot=${snapshot}`;
}

/** Who came over a protocol of the gateway. */
export interface RemotePeer {
  readonly door: DoorKind;
  /** Whom failures are counted against: an address. */
  readonly peer: string;
}

/** Attaches in this process; `peer`: whom failures are counted against, so that no client here can lock out another. */
export function attachTo(
  door: NineDoor,
  {
    token,
    peer,
    door: kind = 'in-process',
  }: { readonly token: string; readonly peer: string; readonly door?: DoorKind },
): Result<PathSession> {
  const session = door.attach({ role: undefined, subject: undefined, token, door: kind, peer });
  return session.ok ? ok(new PathSession(door, session.value)) : session;
}
