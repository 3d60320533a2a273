// Everything a hive takes from the machine it runs on, in one value: disk, clocks, timers, turns of the event loop, random
// bytes, and the counters of the machine itself. The real ones are here; a simulation brings its own, all driven by one seed.

import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Sha256Beside } from '@cohesix/cas';
import { type Disk, type JournalOptions, nodeDisk } from '@cohesix/journal';
import type { NextTurn, Timers } from '@cohesix/time';
import { HashThread } from './cas/hash-thread.ts';
import { type HostSample, sampleHost } from './workers/host-metrics.ts';

/** What a hive runs on. */
export interface Host {
  readonly disk: Disk;
  /** Wall time, ms since the epoch; may jump. */
  readonly now: () => number;
  /** Monotonic time and timers. */
  readonly timers: Timers;
  readonly nextTurn: NextTurn;
  readonly randomBytes: (count: number) => Uint8Array;
  /** A thread that hashes payloads; absent: the hive's own does. */
  readonly hashThread?: () => { begin(): Sha256Beside };
  /** Counters of the machine, for workers of kind `host`. */
  readonly sampleHost: (monotonicMs: number) => Promise<HostSample>;
}

/** Who opens a journal, and whether others still run; default: this process, and this machine is asked. */
export type LockOptions = Pick<JournalOptions, 'owner' | 'livenessOf'>;

/** Timers that keep no process alive: what keeps a hive running is its listeners. */
export const nodeTimers: Timers = {
  after(ms, run) {
    const handle = setTimeout(run, ms).unref();
    return () => clearTimeout(handle);
  },
  nowMs: () => performance.now(),
};

/** This machine. */
export const nodeHost: Host = {
  disk: nodeDisk,
  now: Date.now,
  timers: nodeTimers,
  nextTurn: setImmediate,
  randomBytes,
  hashThread: () => new HashThread(),
  sampleHost,
};
