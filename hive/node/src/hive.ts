// A running hive: the composition root. It opens the data directory, replays the journal, and connects the authority
// (through the ledger), NineDoor, the listeners and the workers. Everything else is in those packages.

import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import {
  type Authority,
  BOOT_PATH,
  bootEpoch,
  bootLine,
  CLOCK_LINE,
  CLOCK_PATH,
  checkGate,
  createAuthority,
  type Effect,
  isRevoked,
  lifecycleState,
  liveWorker,
  SYSTEM,
  settingsIn,
  startOrders,
  stateText,
} from '@cohesix/authority';
import { assert } from '@cohesix/check';
import { type DirectoryLock, type Journal, lockDirectory, openJournal } from '@cohesix/journal';
import {
  bootText,
  boundsText,
  defaultManifest,
  fingerprintOf,
  type Manifest,
  manifestToml,
  parseAddress,
  parseManifest,
} from '@cohesix/manifest';
import { ConsoleServer, type ListenAddress, NineDoor, NinepServer, PathSession } from '@cohesix/ninedoor';
import { Ring, RingBudget, type RingOptions } from '@cohesix/telemetry';
import {
  activeKey,
  type Claims,
  DEFAULT_TICKET_LIMITS,
  type KeyRing,
  mint,
  type Role,
  type Scope,
  verify,
} from '@cohesix/ticket';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import { ok, type Refusal, type Result, refusal, refuse } from '@cohesix/wire';
import {
  type DataPaths,
  dataPaths,
  loadKeyRing,
  makeDataDirectories,
  secretFile,
  writeSecret,
} from './data-directory.ts';
import { hiveNodes, shardLabel } from './hive-nodes.ts';
import { Ledger, Replay } from './ledger.ts';
import { SELF_TESTS } from './self-tests.ts';
import { type StoredStream, storeStreams, takeStreams } from './stream-store.ts';
import { type WorkerOrder, WorkerRuntime } from './workers/runtime.ts';

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
}

/** Where a hive can be reached; absent doors are off. */
export interface HiveAddresses {
  readonly secure9p: ListenAddress | undefined;
  readonly socket: string | undefined;
  readonly console: ListenAddress | undefined;
}

/** A hive that runs. */
export interface Hive {
  readonly manifest: Manifest;
  readonly paths: DataPaths;
  readonly door: NineDoor;
  readonly addresses: HiveAddresses;
  /** SHA-256 of the canonical state text, hex. */
  stateHash(): string;
  /** What recovery found, in one line. */
  readonly recovery: string;
  /** Attaches a ticket in this process. */
  attach(token: string): Result<PathSession>;
  /** Writes a line of the system's own. */
  system(path: string, line: string): Promise<Result<void>>;
  /** Ends doors and workers, flushes the journal, releases the directory. Idempotent. */
  stop(): Promise<void>;
}

/** Starts a hive. Refusals: `invalid-payload` (manifest), `busy` (directory in use), `audit-unavailable` (journal), `unreachable` (address in use). */
export async function startHive(options: HiveOptions): Promise<Result<Hive>> {
  const paths = dataPaths(options.directory);
  const now = options.now ?? Date.now;
  await makeDataDirectories(paths);
  const lock = await lockDirectory(paths.root, { at: now() });
  if (!lock.ok) return lock;
  const started = await startLocked(options, paths, { now, lock: lock.value });
  if (!started.ok) await lock.value.release();
  return started;
}

interface Held {
  readonly now: () => number;
  readonly lock: DirectoryLock;
}

/** From here on the directory is ours: keys and manifest are made by one process only. */
async function startLocked(options: HiveOptions, paths: DataPaths, held: Held): Promise<Result<Hive>> {
  const manifest = await loadManifest(paths);
  if (!manifest.ok) return manifest;
  const adjusted = options.adjust?.(manifest.value) ?? manifest.value;
  const ring = await loadKeyRing(paths, adjusted.tickets);
  if (!ring.ok) return ring;
  const core = new HiveCore(adjusted, paths, ring.value, held);
  const opened = await core.open();
  if (!opened.ok) return opened;
  const listening = await core.listen();
  if (!listening.ok) {
    await core.stop();
    return listening;
  }
  await core.writeRunFiles();
  return ok(core);
}

/** `hive.toml` of the directory, written with the defaults at first start. Every problem is in the refusal's detail. */
async function loadManifest(paths: DataPaths): Promise<Result<Manifest>> {
  if (!existsSync(paths.manifest)) await writeFile(paths.manifest, manifestToml(defaultManifest()), { mode: 0o600 });
  const parsed = parseManifest(await readFile(paths.manifest));
  if (parsed.ok) return ok(parsed.manifest);
  const problems = parsed.problems.map(
    ({ path, message, hint }) => `${path}: ${message}${hint === '' ? '' : ` ${hint}`}`,
  );
  return refuse('invalid-payload', `${paths.manifest}:\n  ${problems.join('\n  ')}`);
}

class HiveCore implements Hive {
  readonly manifest: Manifest;
  readonly paths: DataPaths;
  addresses: HiveAddresses = { secure9p: undefined, socket: undefined, console: undefined };
  recovery = '';
  readonly #keys: KeyRing;
  readonly #now: () => number;
  readonly #authority: Authority;
  readonly #fingerprint: string;
  #log: Ring;
  readonly #lock: DirectoryLock;
  #stored: ReadonlyMap<string, StoredStream> = new Map();
  readonly #telemetryBudget: RingBudget;
  readonly #telemetry = new Map<string, Ring>();
  readonly #closers: (() => Promise<void>)[] = [];
  #door: NineDoor | undefined;
  #ledger: Ledger | undefined;
  #journal: Journal | undefined;
  #workers: WorkerRuntime | undefined;
  #clock: NodeJS.Timeout | undefined;
  #isStopping = false;
  #shownCount = 0;
  #rearm: NodeJS.Timeout | undefined;

  constructor(manifest: Manifest, paths: DataPaths, keys: KeyRing, held: Held) {
    this.manifest = manifest;
    this.paths = paths;
    this.#keys = keys;
    this.#now = held.now;
    this.#lock = held.lock;
    this.#authority = createAuthority(manifest);
    this.#fingerprint = fingerprintOf(manifest, (bytes) => createHash('sha256').update(bytes).digest('hex'));
    this.#log = new Ring({ capacity: manifest.log.queen_log_bytes });
    this.#telemetryBudget = new RingBudget(manifest.telemetry.ring_budget_bytes);
  }

  get door(): NineDoor {
    assert(this.#door !== undefined, 'the hive is open');
    return this.#door;
  }

  stateHash(): string {
    return createHash('sha256').update(stateText(this.#book.shown)).digest('hex');
  }

  /** Replays the journal and starts the authority, the door and the workers; nothing listens yet. */
  async open(): Promise<Result<void>> {
    this.#stored = await takeStreams(this.paths.streams);
    const log = this.#stored.get(LOG_NAME);
    if (log !== undefined) this.#log = restored(log, { capacity: this.manifest.log.queen_log_bytes });
    // A log that was kept holds the lines of the journal already; after a crash they are told again.
    const replay = new Replay(this.#authority, log === undefined ? (line) => this.#audit(line) : () => undefined);
    const opened = await openJournal(this.paths.journal, {
      at: this.#now(),
      segmentBytesMax: this.manifest.journal.segment_bytes,
      recordBytesMax: this.manifest.journal.record_max_bytes,
      batchRecordsMax: this.manifest.journal.batch_max_records,
      onRecord: (_, body) => {
        const result = replay.record(body);
        return result.ok ? undefined : result.refusal;
      },
      onSealed: (reason) => this.#audit(`audit journal sealed reason=${JSON.stringify(reason)}`),
    });
    if (!opened.ok) return opened;
    const { journal, report } = opened.value;
    this.#journal = journal;
    const torn = report.torn === undefined ? 'none' : JSON.stringify(report.torn);
    this.recovery = `records=${report.records} segments=${report.segments} bytes=${report.bytes} torn=${torn}`;
    this.#audit(`audit journal recovered ${this.recovery}`);
    this.#ledger = new Ledger(this.#authority, replay.result, sinkOf(journal), {
      now: this.#now,
      onEffect: (effect) => this.#carryOut(effect),
      onLog: (line) => this.#audit(line),
      onShown: () => this.#onShown(),
    });
    this.#door = this.#makeDoor();
    this.#workers = this.#makeWorkers();
    return this.#boot();
  }

  /** The boot record, and the workers of the manifest at the very first start. */
  async #boot(): Promise<Result<void>> {
    const isFirst = bootEpoch(this.#book.shown) === 0;
    const epoch = bootEpoch(this.#book.shown) + 1;
    const line = bootLine(this.manifest, { epoch, fingerprint: this.#fingerprint, version: VERSION });
    const booted = await this.system(BOOT_PATH, line);
    if (!booted.ok) return booted;
    if (isFirst) {
      for (const { kind } of this.manifest.workers.start) {
        const started = await this.system('/queen/ctl', JSON.stringify({ spawn: kind, ...startBudget(kind) }));
        if (!started.ok) return started;
      }
    }
    this.#armClock();
    return ok(undefined);
  }

  /** Opens the listeners of the manifest. */
  async listen(): Promise<Result<void>> {
    const { listen } = this.manifest;
    const token = await secretFile(this.paths.consoleToken, () => randomBytes(24).toString('base64url'));
    try {
      const secure9p = listen.secure9p === '' ? undefined : await this.#listen9p(addressOf(listen.secure9p));
      if (listen.secure9p_socket) await this.#listenSocket();
      const console = listen.console === '' ? undefined : await this.#listenConsole(addressOf(listen.console), token);
      this.addresses = { secure9p, socket: listen.secure9p_socket ? this.paths.socket : undefined, console };
      return ok(undefined);
    } catch (error) {
      return refuse('unreachable', `Cannot listen: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #listen9p(address: ListenAddress): Promise<ListenAddress> {
    const server = new NinepServer(this.door);
    this.#closers.push(() => server.close());
    return server.listen(address);
  }

  async #listenSocket(): Promise<void> {
    // A socket file left by a crash: the directory's lock is ours, so nobody listens on it.
    await rm(this.paths.socket, { force: true });
    await this.#listen9p({ path: this.paths.socket });
  }

  async #listenConsole(address: ListenAddress, token: string): Promise<ListenAddress> {
    const server = new ConsoleServer(this.door, token);
    this.#closers.push(() => server.close());
    return server.listen(address);
  }

  /** The local tickets (made once) and the addresses, for `coh` on this machine. */
  async writeRunFiles(): Promise<void> {
    await secretFile(this.paths.queenTicket, () => this.#mint({ role: 'queen', subject: 'queen' }));
    await secretFile(this.paths.approverTicket, () =>
      this.#mint({ role: 'queen', subject: 'approver', scopes: APPROVER_SCOPES }),
    );
    await writeSecret(this.paths.addresses, `${JSON.stringify({ pid: process.pid, ...this.addresses })}\n`);
  }

  attach(token: string): Result<PathSession> {
    const session = this.door.attach({
      role: undefined,
      subject: undefined,
      token,
      door: 'in-process',
      peer: 'in-process',
    });
    return session.ok ? ok(new PathSession(this.door, session.value)) : session;
  }

  system(path: string, line: string): Promise<Result<void>> {
    return new Promise((resolve) => {
      this.#book.submit(SYSTEM, path, [line], resolve);
    });
  }

  async stop(): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    clearTimeout(this.#clock);
    clearTimeout(this.#rearm);
    this.#workers?.close();
    this.#door?.closeWhere(() => true, refusal('closed', 'The hive stops.'));
    await Promise.all(this.#closers.map((close) => close()));
    await this.#journal?.close();
    await storeStreams(this.paths.streams, new Map([[LOG_NAME, this.#log], ...this.#telemetry]));
    await rm(this.paths.addresses, { force: true });
    await rm(this.paths.socket, { force: true });
    await this.#lock.release();
  }

  get #book(): Ledger {
    assert(this.#ledger !== undefined, 'the hive is open');
    return this.#ledger;
  }

  #makeDoor(): NineDoor {
    const book = this.#book;
    const nodes = hiveNodes({
      manifest: this.manifest,
      authority: this.#authority,
      shown: () => book.shown,
      telemetryOf: (worker) => this.#telemetryOf(worker),
      log: this.#log,
      appendTelemetry: (worker, bytes) => this.#appendTelemetry(worker, bytes),
      bootText: () => bootText(this.manifest, this.#fingerprint, VERSION),
      boundsText: () => boundsText(this.manifest),
      journalText: () => this.#journalText(),
      selfTests: SELF_TESTS,
    });
    const bits = this.manifest.sharding.enabled ? this.manifest.sharding.shard_bits : 0;
    return new NineDoor(
      this.manifest,
      {
        now: this.#now,
        audit: (line) => this.#audit(line),
        attachLimits: () => settingsIn(book.shown).tickets.attach_failures,
        verify: (token) => this.#verify(token),
        gate: (gate) => checkGate(book.shown, gate),
        isDraining: () => lifecycleState(book.shown) === 'DRAINING',
        hasWorker: (worker) => liveWorker(book.shown, worker) !== undefined,
        shardLabel: (worker) => shardLabel(worker, bits),
        chargeWorker: (worker) => this.#chargeWorker(worker),
        submit: (who, path, lines, done) => {
          const problem = this.#bindProblem(who.session, path, lines);
          if (problem !== undefined) done({ ok: false, refusal: problem });
          else book.submit(who, path, lines, done);
        },
      },
      nodes,
    );
  }

  /** What only the door knows of a `bind` line, looked at before the line is decided: does `from` exist, is there room. */
  #bindProblem(session: string, path: string, lines: readonly string[]): Refusal | undefined {
    if (path !== '/queen/ctl') return undefined;
    for (const line of lines) {
      const from = line.includes('"bind"') ? bindSource(line) : undefined;
      const checked = from === undefined ? undefined : this.door.checkBind(session, from);
      if (checked?.ok === false) return checked.refusal;
    }
    return undefined;
  }

  #makeWorkers(): WorkerRuntime {
    return new WorkerRuntime({
      now: this.#now,
      attach: (order) => this.#attachWorker(order),
      report: (receipt) => void this.system('/sys/workers/ctl', JSON.stringify(receipt)),
      heartbeatIntervalMs: this.manifest.workers.heartbeat_interval_ms,
      hostIntervalMs: this.manifest.workers.host_interval_ms,
    });
  }

  #attachWorker({ worker, workerKind }: WorkerOrder): Result<PathSession> {
    const role: Role = workerKind === 'host' ? 'worker-host' : 'worker-heartbeat';
    return this.attach(this.#mint({ role, subject: worker }));
  }

  #chargeWorker(worker: string): Result<void> {
    const isPaid = this.#workers?.charge(worker) ?? true;
    return isPaid ? ok(undefined) : refuse('exhausted', 'The operation budget of the worker is used up.');
  }

  #verify(token: string): ReturnType<typeof verify> {
    const { tickets, hive } = this.manifest;
    return verify(nodeTicketCrypto, this.#keys, token, {
      audience: hive.audience === '' ? hive.name : hive.audience,
      nowMs: this.#now(),
      limits: {
        ...DEFAULT_TICKET_LIMITS,
        tokenLengthMax: tickets.token_max_bytes,
        depthMax: tickets.delegation_depth_max,
        scopesMax: tickets.scopes_max,
        scopePathBytesMax: tickets.scope_path_max_bytes,
      },
      revoked: (id) => isRevoked(this.#book.shown, [id]),
    });
  }

  #mint(claims: { readonly role: Role; readonly subject: string; readonly scopes?: readonly Scope[] }): string {
    const { hive } = this.manifest;
    const full: Claims = { id: randomBytes(16), audience: hive.audience === '' ? hive.name : hive.audience, ...claims };
    const token = mint(nodeTicketCrypto, activeKey(this.#keys), full);
    assert(token.ok, 'the hive mints valid tickets');
    return token.value;
  }

  #telemetryOf(worker: string): Ring | undefined {
    const known = this.#telemetry.get(worker);
    if (known !== undefined) return known;
    if (liveWorker(this.#book.shown, worker) === undefined) return undefined;
    const options = { capacity: this.manifest.telemetry.ring_bytes_per_worker, budget: this.#telemetryBudget };
    const stored = this.#stored.get(worker);
    const ring = stored === undefined ? new Ring(options) : restored(stored, options);
    this.#telemetry.set(worker, ring);
    return ring;
  }

  #appendTelemetry(worker: string, bytes: Uint8Array): Result<void> {
    const gate = checkGate(this.#book.shown, 'worker-telemetry');
    if (!gate.ok) return gate;
    const ring = this.#telemetryOf(worker);
    if (ring === undefined) return refuse('invalid-path');
    const appended = ring.append(bytes);
    return appended.ok ? ok(undefined) : appended;
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'worker.start':
        return this.#workers?.start(effect as unknown as WorkerOrder);
      case 'workers.restart':
        for (const order of startOrders(this.#book.shown)) this.#carryOut(order);
        return;
      case 'worker.stop':
        return this.#stopWorker(effect as unknown as Parameters<WorkerRuntime['stop']>[0]);
      case 'sessions.close': {
        const { ticketId } = effect as unknown as { readonly ticketId: string };
        this.door.closeWhere(({ principal }) => principal.ticketIds.includes(ticketId), refusal('revoked'));
        return;
      }
      case 'session.bind': {
        const { session, from, to } = effect as unknown as { session: string; from: string; to: string };
        this.#logRefusal(this.door.bind(session, from, to), `bind ${from} -> ${to}`);
        return;
      }
      case 'session.mount': {
        const { session, from, at } = effect as unknown as { session: string; from: string; at: string };
        this.#logRefusal(this.door.bind(session, from, at), `mount ${from} at ${at}`);
        return;
      }
      default:
        assert(false, `no executor for effect ${effect.kind}`);
    }
  }

  /** Ends the worker, its sessions (also those of clients that attached as it) and its stream. */
  #stopWorker(order: Parameters<WorkerRuntime['stop']>[0]): void {
    this.door.closeWhere(
      ({ principal }) => principal.role.startsWith('worker-') && principal.subject.split('/')[0] === order.worker,
      refusal('revoked', order.reason),
    );
    const ring = this.#telemetry.get(order.worker);
    if (ring !== undefined) this.door.follows.end(ring);
    ring?.clear();
    this.#telemetry.delete(order.worker);
    this.#workers?.stop(order);
  }

  #logRefusal(result: Result<void>, what: string): void {
    if (!result.ok) this.#audit(`audit effect refused ${what} reason=${result.refusal.code}`);
  }

  #journalText(): string {
    const sealed = this.#book.sealedBy;
    return `state=${sealed === undefined ? 'open' : 'sealed'} seq=${this.#book.shownSeq} pending_bytes=${this.#journal?.pendingBytes ?? 0} lifecycle=${lifecycleState(this.#book.shown)} state_sha256=${this.stateHash()}${sealed === undefined ? '' : ` reason=${JSON.stringify(sealed)}`}\n`;
  }

  /** After each durable record: the next deadline, and now and then whether all invariants hold. */
  #onShown(): void {
    this.#rearm ??= setTimeout(() => {
      this.#rearm = undefined;
      this.#armClock();
    }, REARM_MS).unref();
    this.#shownCount += 1;
    if (this.#shownCount % INVARIANTS_EVERY !== 0) return;
    for (const broken of this.#authority.invariants(this.#book.shown)) this.#audit(`audit invariant broken ${broken}`);
  }

  /** Writes `/sys/clock` when the next deadline of the state is reached, and ends expired sessions. */
  #armClock(): void {
    clearTimeout(this.#clock);
    if (this.#isStopping) return;
    const deadline = this.#authority.deadline(this.#book.shown);
    const waitMs = deadline === undefined ? CLOCK_MAX_MS : Math.min(Math.max(deadline - this.#now(), 0), CLOCK_MAX_MS);
    this.#clock = setTimeout(() => this.#onClock(), waitMs);
    this.#clock.unref();
  }

  #onClock(): void {
    this.door.closeExpired(this.#now());
    const deadline = this.#authority.deadline(this.#book.shown);
    if (deadline !== undefined && deadline <= this.#now()) void this.system(CLOCK_PATH, CLOCK_LINE);
    else this.#armClock();
  }

  #audit(line: string): void {
    this.#log.append(new TextEncoder().encode(`${line}\n`));
  }
}

/** Finding the next deadline costs a walk over all workers, so it is not done for every record of a busy hive. */
const REARM_MS = 10;

/** Records between two checks of all invariants in production. */
const INVARIANTS_EVERY = 256;

/** Name of `/log/queen.log` among the stored streams. */
const LOG_NAME = 'log';

/** A ring that goes on where a stored stream ended. */
function restored(stored: StoredStream, options: RingOptions): Ring {
  const ring = new Ring({ ...options, start: stored.start });
  ring.append(stored.bytes);
  return ring;
}

/** How often expired sessions are looked for: a session ends at most this long after its ticket. */
const CLOCK_MAX_MS = 1000;

const APPROVER_SCOPES: readonly Scope[] = [
  { path: '/', verbs: 'read', ratePerS: 0 },
  { path: '/actions', verbs: 'both', ratePerS: 0 },
];

/** A worker the hive itself starts is not on a budget: it belongs to the machine, not to a job. */
function startBudget(kind: string): object {
  return kind === 'heartbeat' ? { ticks: 4_294_967_295, budget: {} } : { budget: {} };
}

/** `from` of a bind line; undefined for any other, which the authority will judge. */
function bindSource(line: string): string | undefined {
  try {
    const value = JSON.parse(line) as { bind?: { from?: unknown } };
    return typeof value.bind?.from === 'string' ? value.bind.from : undefined;
  } catch {
    return undefined;
  }
}

function addressOf(text: string): ListenAddress {
  const address = parseAddress(text);
  assert(address !== undefined, 'the manifest checked its addresses');
  return { host: address.host, port: address.port };
}

function sinkOf(journal: Journal): ConstructorParameters<typeof Ledger>[2] {
  return {
    append: (body, onDurable) =>
      journal.append(body, (_, failed) =>
        onDurable(failed === undefined ? ok(undefined) : { ok: false, refusal: failed }),
      ),
  };
}
