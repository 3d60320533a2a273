// One life of the hive: from its start until it is stopped or killed. Everything it asks of the machine ends with it.

import { WriterPool } from '@cohesix/ninedoor';
import { type Assembly, assembleHive, Streams } from '@cohesix/node';
import type { Result } from '@cohesix/wire';
import { refuse } from '@cohesix/wire';
import { ProcessDisk } from './sim-disk.ts';
import { Link, type LinkOptions } from './sim-network.ts';
import { Scope } from './sim-timers.ts';
import type { World } from './world.ts';

/** Buffers large enough for the answers of any world. */
const BUFFER_BYTES_MAX = 1 << 20;

export class HiveProcess {
  readonly pid: number;
  readonly scope: Scope;
  /** Settles when the process is gone, however it went. */
  readonly gone: Promise<void>;
  /** Operations of its disk that failed, or might have. */
  faults = 0;
  /** Whether it opens its journal again by itself. */
  goesOn = true;
  /** Once it takes clients. */
  assembly: Assembly | undefined;
  /** The newest signed checkpoint that anybody could have read. */
  checkpoint: Uint8Array | undefined;
  readonly #world: World;
  readonly #disk: ProcessDisk;
  readonly #links = new Set<Link>();
  readonly #pool = new WriterPool(BUFFER_BYTES_MAX);
  #end: () => void = () => undefined;
  #assembling: Assembly | undefined;

  constructor(world: World) {
    this.#world = world;
    this.pid = world.nextPid();
    this.scope = new Scope(world.time);
    this.gone = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#disk = new ProcessDisk({
      disk: world.disk,
      weather: world.weather,
      scope: this.scope,
      random: world.random('disk'),
      onFault: (what) => {
        this.faults += 1;
        world.tell(`disk: ${what}`);
      },
      onTight: () => {
        this.faults += 1;
      },
    });
  }

  /** What the hive is right after its start, before the first line of this life: for the checker. */
  onStarted: (assembly: Assembly) => Promise<void> = () => Promise.resolve();

  /** Starts the hive; never settles when the process is killed meanwhile. */
  async start(): Promise<Result<void>> {
    const { manifest } = this.#world.plan;
    const random = this.#world.random('host');
    const assembled = await assembleHive({
      manifest,
      host: {
        disk: this.#disk,
        now: this.#world.wall.now,
        timers: this.scope,
        nextTurn: this.scope.nextTurn,
        randomBytes: (count) => random.bytes(count),
        sampleHost: async (atMs) => ({
          atMs,
          cpu: { busy: random.below(100), total: 1000 },
          memory: { totalBytes: 2 ** 30, availableBytes: 2 ** 29 },
          load: [0, 0, 0],
          disks: [],
          networks: [],
          root: undefined,
        }),
      },
      keys: this.#world.keys,
      signer: this.#world.signer,
      streams: Streams.empty(manifest),
      journal: '/journal',
      snapshots: '/snapshots',
      archive: '/archive',
      lock: {
        owner: { pid: this.pid, hostname: 'sim', since: 0, program: 'sim' },
        livenessOf: ({ pid }) => (this.#world.isAlive(pid) ? 'alive' : 'gone'),
      },
      onSealed: (reason, goesOn) => {
        this.goesOn = goesOn;
        this.#world.tell(`sealed: ${reason}`);
        this.#world.count(goesOn ? 'sealed for a while' : 'sealed');
      },
      onResumed: () => this.#world.count('resumed'),
    });
    if (!assembled.ok) return assembled;
    this.#assembling = assembled.value;
    await this.onStarted(assembled.value);
    const booted = await assembled.value.boot();
    if (booted.ok) this.assembly = assembled.value;
    return booted;
  }

  /** A connection to its 9P door; refuses while it does not listen. */
  connect(options: Omit<LinkOptions, 'door' | 'pool'>): Result<Link> {
    if (this.assembly === undefined) return refuse('unreachable', 'nobody listens');
    const link = new Link({ ...options, door: this.assembly.door, pool: this.#pool });
    this.#links.add(link);
    return { ok: true, value: link };
  }

  /** Its connections; those that ended long ago as well. */
  get links(): readonly Link[] {
    return [...this.#links];
  }

  /** Ends it in good order. Nothing may be left that it still wants to do. */
  async stop(): Promise<void> {
    const assembly = this.assembly ?? this.#assembling;
    this.assembly = undefined;
    assembly?.halt();
    for (const link of this.#links) link.break('the hive stopped');
    await assembly?.close();
    if (this.scope.isOver) return;
    if (this.scope.pending > 0) this.#world.broken(`${this.scope.pending} timers are left after a stop`);
    this.#over();
  }

  /** Ends it in the middle of whatever it does. */
  kill(): void {
    if (this.scope.isOver) return;
    this.assembly = undefined;
    this.scope.end();
    this.#disk.abandon();
    for (const link of this.#links) link.hiveKilled();
    this.#over();
  }

  #over(): void {
    this.scope.end();
    this.#links.clear();
    this.#end();
  }
}
