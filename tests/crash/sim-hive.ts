// A whole hive on a disk in memory and in simulated time: the very parts that `coh up` assembles, without directory, keys on
// disk and listeners. A world outlives its processes: it has the clock, the keys and the tickets.

import type { Owner } from '@cohesix/journal';
import { sha256 } from '@cohesix/journal';
import type { MemoryDisk } from '@cohesix/journal/memory-disk';
import { defaultManifest, type Manifest } from '@cohesix/manifest';
import { type Assembly, assembleHive, Streams } from '@cohesix/node';
import { type KeyRing, makeKeyRing, mint } from '@cohesix/ticket';
import { ed25519PublicKey, nodeTicketCrypto } from '@cohesix/ticket/node';
import { type NoteSigner, noteKey } from '@cohesix/tlog';
import { type Result, refuse } from '@cohesix/wire';
import { Random } from '../sim/random.ts';
import { Scope, SimTime, settled, WallClock } from '../sim/sim-timers.ts';

/** Where the hive lies on its disk. */
export const PLACES = { journal: '/data/journal', snapshots: '/data/snapshots', archive: '/data/archive' } as const;
/** Size at which a segment is closed: the least a manifest may say. */
export const SEGMENT_BYTES = 131_072;
/** 2026-01-01. */
const START_MS = 1_767_225_600_000;
/** Events after which something that was waited for is said never to come. */
const EVENTS_MAX = 100_000;
const SECRET = new Uint8Array(32).fill(7);
const TICKETS = ['queen', 'approver', 'guest'] as const;

/** Who has a ticket of the world. */
export type Person = (typeof TICKETS)[number];

/** A manifest with the smallest segments and snapshots there are; `cordon` and the like need an approval. */
export function smallManifest(): Manifest {
  const manifest = defaultManifest();
  return {
    ...manifest,
    policy: { ...manifest.policy, rules: [{ id: 'lifecycle', target: '/queen/lifecycle/ctl' }] },
    workers: { ...manifest.workers, start: [] },
    journal: { ...manifest.journal, segment_bytes: SEGMENT_BYTES, snapshot_records: 64, reserve_bytes: 4096 },
  };
}

/** What the processes of one hive share. */
export class SimWorld {
  readonly time: SimTime = new SimTime();
  readonly wall: WallClock = new WallClock(this.time, START_MS);
  readonly manifest: Manifest;
  readonly keys: KeyRing = makeKeyRing({ id: 'k1', secret: SECRET });
  readonly signer: NoteSigner;
  readonly random: Random;
  /** Where what is kept beside the journal lies; undefined: nothing is. */
  readonly directory: string | undefined;
  /** Time of the world itself. */
  readonly scope: Scope = new Scope(this.time);
  #pid = 1000;

  constructor(seed: number, manifest: Manifest = smallManifest(), directory?: string) {
    this.manifest = manifest;
    this.directory = directory;
    this.random = new Random(seed, 'world');
    this.signer = signerOf(manifest.hive.audience);
  }

  /** The ticket of a person; the same in every process. */
  ticketOf(person: Person, restraint: { readonly expiresMs?: number } = {}): string {
    const id = new Uint8Array(16).fill(TICKETS.indexOf(person) + 1);
    const claims = { id, audience: this.manifest.hive.audience, role: 'queen' as const, subject: person, ...restraint };
    const token = mint(nodeTicketCrypto, { id: 'k1', secret: SECRET }, claims);
    if (!token.ok) throw new Error(token.refusal.detail);
    return token.value;
  }

  /** Starts a process on `disk`, which finds every earlier one gone. Not booted. An error of the disk is a refusal, as in `startHive`. */
  async start(disk: MemoryDisk): Promise<Result<SimHive>> {
    const scope = new Scope(this.time);
    const owner: Owner = { pid: this.#pid++, hostname: 'sim', since: 0, program: 'sim' };
    const streams = Streams.empty(this.manifest);
    try {
      const assembling = assembleHive({
        manifest: this.manifest,
        host: {
          disk,
          now: this.wall.now,
          timers: scope,
          nextTurn: scope.nextTurn,
          randomBytes: (count) => this.random.bytes(count),
          sampleHost: () => Promise.reject(new Error('no worker of kind host here')),
        },
        keys: this.keys,
        signer: this.signer,
        streams,
        ...PLACES,
        ...(this.directory === undefined ? {} : { directory: this.directory }),
        lock: { owner, livenessOf: (other) => (other.pid === owner.pid ? 'alive' : 'gone') },
      });
      const assembled = await this.until(assembling);
      return assembled.ok ? { ok: true, value: new SimHive(this, scope, assembled.value, streams) } : assembled;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
      return refuse('internal', `cannot be used: ${error.message}`);
    }
  }

  /** Lets simulated time pass. */
  async pass(ms: number): Promise<void> {
    let isOver = false;
    this.scope.after(ms, () => {
      isOver = true;
    });
    for (let count = 0; !isOver; count++) {
      if (count > EVENTS_MAX) throw new Error(`${EVENTS_MAX} events in ${ms} ms`);
      await settled();
      this.time.step();
    }
    await settled();
  }

  /** Waits for `promise`, letting time pass. @throws Error when it does not come. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isOver = false;
    const done = (): void => {
      isOver = true;
    };
    promise.then(done, done);
    for (let count = 0; ; count++) {
      await settled();
      if (isOver) return promise;
      // Without an event only other threads can bring it about: those that compress.
      this.time.step();
      if (count > EVENTS_MAX) throw new Error('waits for something that never comes');
    }
  }
}

/** One process of a hive. */
export class SimHive {
  readonly assembly: Assembly;
  readonly streams: Streams;
  readonly #world: SimWorld;
  readonly #scope: Scope;

  constructor(world: SimWorld, scope: Scope, assembly: Assembly, streams: Streams) {
    this.#world = world;
    this.#scope = scope;
    this.assembly = assembly;
    this.streams = streams;
  }

  boot(): Promise<Result<void>> {
    return this.#world.until(this.assembly.boot());
  }

  /** Ends as on SIGTERM. */
  async stop(): Promise<void> {
    this.assembly.halt();
    await this.#world.until(this.assembly.close());
    this.#scope.end();
  }

  /** The process is gone, as on SIGKILL; its disk must be dead or forked. */
  kill(): void {
    this.#scope.end();
  }

  /** Appends a line as a person; the code of the refusal, or `ok`. */
  async write(person: Person, path: string, line: object | string): Promise<string> {
    const session = this.assembly.attach(this.#world.ticketOf(person));
    if (!session.ok) return session.refusal.code;
    const text = typeof line === 'string' ? line : JSON.stringify(line);
    const written = await session.value.append(path, `${text}\n`);
    void session.value.close();
    return written.ok ? 'ok' : written.refusal.code;
  }

  /** The text of a file as the Queen reads it; the code of the refusal when she may not. */
  async read(path: string): Promise<string> {
    const session = this.assembly.attach(this.#world.ticketOf('queen'));
    if (!session.ok) return session.refusal.code;
    const read = await session.value.read(path, 4_000_000);
    void session.value.close();
    return read.ok ? Buffer.from(read.value).toString() : read.refusal.code;
  }
}

function signerOf(name: string): NoteSigner {
  const key = noteKey(sha256, { kind: 'ed25519', name, publicKey: ed25519PublicKey(SECRET) });
  if (!key.ok) throw new Error(key.problem);
  return { key: key.value, sign: (message) => nodeTicketCrypto.ed25519Sign(SECRET, message) };
}
