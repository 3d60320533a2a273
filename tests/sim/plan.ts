// What kind of world a seed makes: how many workers, who comes, how long it lasts and which faults it knows. Each world has
// some of the features and not others, because a world with everything in it hides what only one of them would show (swarm
// testing: A. Groce et al., ISSTA 2012).

import { defaultManifest, type Manifest } from '@cohesix/manifest';
import { Random } from './random.ts';

/** A world. */
export interface Plan {
  readonly seed: number;
  readonly manifest: Manifest;
  /** Workers after the first boot. */
  readonly workers: number;
  readonly queens: number;
  readonly observers: number;
  /** Acts of all clients together before the world comes to rest. */
  readonly acts: number;
  /** Longest pause of a client between two acts, ms. */
  readonly pauseMs: number;
  /** Longest pause between two faults, ms. */
  readonly faultPauseMs: number;
  readonly faults: Faults;
}

/** Faults that a world knows. */
export interface Faults {
  /** The process is killed; the page cache stays. */
  readonly kills: boolean;
  /** The power fails; what was not synced is lost, torn or out of order. */
  readonly powerCuts: boolean;
  /** Writes and syncs fail now and then. */
  readonly failingDisk: boolean;
  /** The disk is full for a while. */
  readonly fullDisk: boolean;
  /** Reads and writes do half of what was asked. */
  readonly shortIo: boolean;
  /** The disk stands still for seconds. */
  readonly slowDisk: boolean;
  /** The clock on the wall jumps, stands still, goes to and fro. */
  readonly clock: boolean;
  /** Connections break, stand still, end in one direction; those of onlookers change bytes. */
  readonly network: boolean;
  /** The hive is stopped and started again in good order. */
  readonly restarts: boolean;
}

/** Most worlds are small, so that there are many; one in eight has a hundred workers. */
const SIZES: readonly (readonly [weight: number, workers: number])[] = [
  [5, 4],
  [2, 24],
  [1, 100],
];

/** Clients of every world: two approvers and an operator. */
const OTHERS = 3;

/** The world of a seed. */
export function planOf(seed: number): Plan {
  const random = new Random(seed, 'plan');
  const workers = random.weighted(SIZES);
  const often = (): boolean => random.chance(1, 2);
  const manifest = manifestOf(random, workers);
  const [queens, observers, acts] = [random.between(2, 5), random.between(1, 3), random.between(60, 260)];
  const pauseMs = random.pick([40, 200, 1000, 4000]);
  const lifeMs = (acts * pauseMs) / (2 * (queens + observers + OTHERS));
  return {
    seed,
    manifest,
    workers,
    queens,
    observers,
    acts,
    pauseMs,
    faultPauseMs: Math.ceil(lifeMs / random.pick([1, 4, 10])),
    faults: {
      kills: often(),
      powerCuts: often(),
      failingDisk: random.chance(1, 4),
      fullDisk: random.chance(1, 4),
      shortIo: often(),
      slowDisk: random.chance(1, 4),
      clock: often(),
      network: often(),
      restarts: often(),
    },
  };
}

/** Small bounds, so that a short life reaches them. */
function manifestOf(random: Random, workers: number): Manifest {
  const manifest = defaultManifest();
  const heartbeats = Math.min(workers, 60);
  return {
    ...manifest,
    hive: { ...manifest.hive, name: 'sim', audience: 'sim' },
    listen: { ...manifest.listen, secure9p: '', console: '' },
    journal: {
      ...manifest.journal,
      segment_bytes: 131_072,
      snapshot_records: 64,
      batch_max_records: random.pick([1, 8, 1024]),
      reserve_bytes: random.pick([0, 16_384]),
    },
    telemetry: {
      ...manifest.telemetry,
      ring_bytes_per_worker: random.pick([512, 4096]),
      ring_budget_bytes: 262_144,
    },
    log: { ...manifest.log, queen_log_bytes: random.pick([4096, 65_536]) },
    policy: {
      ...manifest.policy,
      enabled: random.chance(2, 3),
      approvals_max: random.pick([4, 64]),
      approval_ttl_s: 20,
    },
    workers: {
      ...manifest.workers,
      max: workers + random.pick([0, 4, 100]),
      heartbeat_interval_ms: random.pick([500, 1000, 5000]),
      host_interval_ms: 5000,
      start: Array.from({ length: heartbeats }, (_, index) => ({ kind: index === 0 ? 'host' : 'heartbeat' })),
    },
    secure9p: {
      ...manifest.secure9p,
      tags_per_session: random.pick([4, 64]),
      fids_per_session: random.pick([16, 1024]),
      write_queue_bytes: random.pick([8192, 262_144]),
    },
  };
}
