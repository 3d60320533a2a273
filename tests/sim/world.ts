// A whole world in one thread: one hive after another on one disk, its clients, the network between, and the clocks. Everything that happens is an event of `SimTime`; everything that is random comes
// from the seed.

import { createHash } from 'node:crypto';
import { type Disk, scanJournal, sha256 } from '@cohesix/journal';
import { MemoryDisk } from '@cohesix/journal/memory-disk';
import type { LedgerRecord } from '@cohesix/node';
import { type KeyRing, makeKeyRing } from '@cohesix/ticket';
import { ed25519PublicKey, nodeTicketCrypto } from '@cohesix/ticket/node';
import { type NoteSigner, noteKey } from '@cohesix/tlog';
import type { Result } from '@cohesix/wire';
import { type Examined, type Expected, examine, type Seen } from './examine.ts';
import type { HiveProcess } from './hive-process.ts';
import type { Identity } from './identity.ts';
import { type Line, Lines } from './lines.ts';
import type { Plan } from './plan.ts';
import { Random } from './random.ts';
import { calm, type Weather } from './sim-disk.ts';
import { Scope, SimTime, settled, WallClock } from './sim-timers.ts';

/** A line that somebody wants to write once it is approved. */
export interface Wish {
  readonly id: string;
  readonly line: Line;
  readonly by: string;
}

/** Events that a failure shows. */
const RECENT = 30;
/** Wall time at which every world begins, ms. */
const START_MS = 1_790_000_000_000;
/** Events of one world at most, and how long it may wait for one thing, ms: one that does not end by itself is broken. */
const EVENTS_MAX = 400_000;
const WAIT_MS_MAX = 900_000;
/** One in so many changes of what is shown is compared with what is durable. */
const PROBES_ONE_IN = 40;

/** Something that must hold did not. */
export class Broken extends Error {}

export class World {
  readonly plan: Plan;
  readonly time: SimTime = new SimTime();
  readonly wall: WallClock = new WallClock(this.time, START_MS);
  readonly network: Scope = new Scope(this.time);
  readonly clients: Scope = new Scope(this.time);
  readonly machine: Scope = new Scope(this.time);
  readonly weather: Weather = calm();
  readonly keys: KeyRing;
  readonly signer: NoteSigner;
  readonly lines: Lines;
  readonly identities: Identity[] = [];
  readonly wishes: Wish[] = [];
  disk: MemoryDisk = new MemoryDisk();
  process: HiveProcess | undefined;
  events = 0;
  /** Things that happened, for the tests that everything does happen. */
  readonly counts: Map<string, number> = new Map<string, number>();
  readonly #randoms = new Map<string, Random>();
  readonly #transcript = createHash('sha256');
  readonly #recent: string[] = [];
  #actsLeft: number;
  #pid = 0;
  #seen: Seen | undefined;
  #checkpoint: Uint8Array | undefined;
  #failure: unknown;
  #checkedSeq = 0;
  #examined: Examined | undefined;

  constructor(plan: Plan) {
    this.plan = plan;
    this.#actsLeft = plan.acts;
    const random = this.random('keys');
    this.keys = makeKeyRing({ id: 'k1', secret: random.bytes(32) });
    this.signer = signerOf(random.bytes(32));
    this.lines = new Lines(this.random('lines'), plan.manifest);
  }

  /** The stream of random numbers of a part of the world. */
  random(name: string): Random {
    const known = this.#randoms.get(name) ?? new Random(this.plan.seed, name);
    this.#randoms.set(name, known);
    return known;
  }

  nextPid(): number {
    this.#pid += 1;
    return this.#pid;
  }

  /** Whether a process runs: what the lock of a directory asks. */
  isAlive(pid: number): boolean {
    return this.process?.pid === pid;
  }

  /** One more act of a client; false when the world has had all of them. */
  takeAct(): boolean {
    this.#actsLeft -= 1;
    return this.#actsLeft >= 0;
  }

  get isAtRest(): boolean {
    return this.#actsLeft <= 0;
  }

  /** A wish of that client, which is granted to it. */
  takeWish(random: Random, by: string): Wish | undefined {
    const own = this.wishes.filter((wish) => wish.by === by);
    if (own.length === 0) return undefined;
    const wish = random.pick(own);
    if (random.chance(3, 4)) this.wishes.splice(this.wishes.indexOf(wish), 1);
    return wish;
  }

  /** What a client was told: part of what must be the same in every run of the seed. */
  answered(who: string, what: string, result: Result<unknown>): void {
    const answer = result.ok ? textOf(result.value) : result.refusal.code;
    this.#transcript.update(`${this.time.nowUs} ${who} ${what} ${answer}\n`);
    this.count(result.ok ? 'ok' : result.refusal.code);
    this.tell(`${who}: ${what} -> ${result.ok ? answer.slice(0, 60) : result.refusal.code}`);
  }

  /** Remembers something for whoever looks at a failure. */
  tell(what: string): void {
    this.#recent.push(`${(this.time.nowUs / 1e6).toFixed(6)} ${what}`);
    if (this.#recent.length > RECENT) this.#recent.shift();
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  /** The last events, one a line. */
  get recent(): string {
    return this.#recent.join('\n');
  }

  /** Hash of all that clients were told. */
  transcriptHash(): string {
    return this.#transcript.copy().digest('hex');
  }

  /** What must hold does not; the world ends. */
  broken(what: string): void {
    this.failed(new Broken(what));
  }

  failed(error: unknown): void {
    this.#failure ??= error;
  }

  /** Lets events happen until `isOver`. @throws what failed, or Broken when nothing is left to happen. */
  async until(what: string, isOver: () => boolean): Promise<void> {
    const endUs = this.time.nowUs + WAIT_MS_MAX * 1000;
    while (!isOver()) {
      if (!this.time.step()) throw new Broken(`nothing happens any more while waiting for: ${what}`);
      await settled();
      await this.#afterEvent();
      if (this.#failure !== undefined) throw this.#failure;
      this.events += 1;
      if (this.events > EVENTS_MAX || this.time.nowUs > endUs)
        throw new Broken(`no end of events while waiting for: ${what}`);
    }
  }

  /** Lets events happen until a promise settles. */
  async untilSettled<T>(what: string, promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const over = (): void => {
      isSettled = true;
    };
    promise.then(over, over);
    await settled();
    await this.until(what, () => isSettled);
    return promise;
  }

  /** What must hold after every event. */
  async #afterEvent(): Promise<void> {
    const assembly = this.process?.assembly;
    if (assembly === undefined) return;
    const { ledger } = assembly;
    if (ledger.shownSeq === this.#checkedSeq) return;
    if (ledger.shownSeq < this.#checkedSeq) this.broken(`shown went from ${this.#checkedSeq} to ${ledger.shownSeq}`);
    this.#checkedSeq = ledger.shownSeq;
    const [first] = ledger.authority.invariants(ledger.shown);
    if (first !== undefined) this.broken(`invariant: ${first}`);
    if (this.random('probe').chance(1, PROBES_ONE_IN)) await this.#probe(ledger.shownSeq);
  }

  /** What was shown is on the disk, as it would be after a power cut just now. */
  async #probe(shownSeq: number): Promise<void> {
    let durable = 0;
    const disk = this.disk.crash({ kind: 'none' });
    await scanJournal(disk, '/journal', (_, body) => {
      const { seq, lines } = JSON.parse(Buffer.from(body).toString()) as LedgerRecord;
      durable = seq + lines.length - 1;
      return undefined;
    });
    if (durable < shownSeq) this.broken(`line ${shownSeq} is shown and only ${durable} are durable`);
  }

  /** What anybody could have read of the hive until now. */
  remember(): void {
    const assembly = this.process?.assembly;
    if (assembly === undefined) return;
    this.#seen = { seq: assembly.ledger.shownSeq, stateHash: assembly.ledger.shownHash() };
    const note = assembly.audit.log.latest?.note;
    if (note !== undefined) this.#checkpoint = Buffer.from(note);
  }

  get expected(): Expected {
    const { identities } = this;
    return { manifest: this.plan.manifest, identities, seen: this.#seen, checkpoint: this.#checkpoint };
  }

  /** Kills the hive; with the power when told how much of the unsynced survives. */
  async crash(survival?: Parameters<MemoryDisk['crash']>[0]): Promise<void> {
    const { process } = this;
    if (process === undefined) return;
    this.remember();
    process.kill();
    this.process = undefined;
    if (survival !== undefined) this.disk = this.disk.crash(survival);
    // Tiles are derived and not synced: what is left of them the next start puts right.
    await this.check('after a crash', (problem) => !problem.includes('(tile/'));
  }

  /** Stops the hive in good order. */
  async stop(): Promise<void> {
    const { process } = this;
    if (process === undefined) return;
    this.remember();
    await Promise.race([process.stop(), process.gone]);
    if (this.process === process) this.process = undefined;
  }

  /** Reads the journal as it lies there and compares it with what is known. `matters`: of what does not hold. */
  async check(when: string, matters: (problem: string) => boolean = () => true): Promise<Examined> {
    const examined = await examine(this.quietDisk(), '/journal', this.expected);
    const [first] = examined.broken.filter(matters);
    if (first !== undefined) throw new Broken(`${when}: ${first}`);
    this.#examined = this.process === undefined ? examined : undefined;
    return examined;
  }

  /** What the journal came to while no hive runs: it is not read twice. */
  async beforeStart(): Promise<Examined> {
    const known = this.#examined ?? (await examine(this.quietDisk(), '/journal', this.expected));
    this.#examined = undefined;
    return known;
  }

  /** The disk without faults and without time. */
  quietDisk(): Disk {
    this.disk.plan = () => 'ok';
    this.disk.delay = () => 0;
    return this.disk;
  }
}

function signerOf(seed: Uint8Array): NoteSigner {
  const key = noteKey(sha256, { kind: 'ed25519', name: 'sim', publicKey: ed25519PublicKey(seed) });
  if (!key.ok) throw new Error(key.problem);
  return { key: key.value, sign: (message) => nodeTicketCrypto.ed25519Sign(seed, message) };
}

/** An answer as text. */
function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes ${Buffer.from(sha256(value)).toString('hex', 0, 8)}`;
  return JSON.stringify(value) ?? '';
}
