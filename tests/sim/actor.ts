// A client of a simulated hive. It has a ticket of its own and acts again and again, in the process of the hive or over 9P;
// what it is told goes into the transcript, what it wrote and what became of that into its identity.

import { type HiveClient, InProcessClient, NinePClient } from '@cohesix/client';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { HiveProcess } from './hive-process.ts';
import { type Fate, type Identity, identity } from './identity.ts';
import type { Line, Lines } from './lines.ts';
import { Random } from './random.ts';
import type { Link } from './sim-network.ts';
import type { World } from './world.ts';

/** How a client reaches the hive. */
type Door = 'in-process' | '9p';

/** How long a 9P client waits for an answer, ms. */
const DEADLINE_MS = 3000;

/** Codes after which nobody knows whether the append happened: the answer was made here, or says so itself. */
const OPEN_CODES: ReadonlySet<string> = new Set([
  'timeout',
  'unreachable',
  'closed',
  'cancelled',
  'internal',
  'invalid-frame',
  'audit-unavailable',
  'revoked',
  'expired',
]);

/** A client and the life of the hive that it talks to. */
interface Attached {
  readonly client: HiveClient;
  readonly process: HiveProcess;
  readonly link: Link | undefined;
}

export abstract class Actor {
  readonly name: string;
  readonly world: World;
  readonly random: Random;
  readonly lines: Lines;
  who: Identity;
  /** What it is doing; undefined between two acts. */
  doing: string | undefined;
  readonly #door: Door;
  #attached: Attached | undefined;
  #batch = 0;

  constructor(world: World, name: string, door: Door) {
    this.world = world;
    this.name = name;
    this.random = new Random(world.plan.seed, name);
    this.lines = world.lines;
    this.#door = door;
    this.who = this.newIdentity();
  }

  /** One act. */
  abstract act(): Promise<void>;

  /** A ticket of its own. */
  newIdentity(): Identity {
    return this.remember(identity(this.random, this.world.keys, { name: this.name }));
  }

  remember(who: Identity): Identity {
    this.world.identities.push(who);
    return who;
  }

  /** Acts after a while, and then again, as long as the world wants it. */
  live(): void {
    const { world } = this;
    world.clients.after(this.random.between(1, world.plan.pauseMs), () => {
      if (!world.takeAct()) return;
      this.#once().then(
        () => this.live(),
        (error: unknown) => world.failed(error),
      );
    });
  }

  async #once(): Promise<void> {
    this.doing = 'an act';
    await this.act();
    this.doing = undefined;
  }

  /** Gives its connection up. */
  async leave(): Promise<void> {
    await this.#attached?.client.close();
    this.#attached = undefined;
  }

  /** Its connection, for whoever wants to do it harm. */
  get link(): Link | undefined {
    return this.#attached?.link;
  }

  /** Changes a byte now and then on its way. */
  get corruptOneIn(): number {
    return 0;
  }

  /** Writes several at once; in process they are decided in this order. */
  async write(...lines: readonly Line[]): Promise<readonly Fate[]> {
    const batch = this.#batch++;
    return Promise.all(lines.map((line) => this.#append(line, batch)));
  }

  async #append({ path, text }: Line, batch: number): Promise<Fate> {
    const sent = { path, text, batch, fate: 'unknown' as Fate };
    this.who.sent.push(sent);
    const result = await this.ask(`append ${path} ${text.slice(0, 120)}`, (client) => client.append(path, text));
    if (result.ok) sent.fate = 'acknowledged';
    else if (!OPEN_CODES.has(result.refusal.code)) sent.fate = 'refused';
    return sent.fate;
  }

  /** The text of a file; undefined when it cannot be read. */
  async read(path: string): Promise<string | undefined> {
    const bytes = await this.ask(`read ${path}`, (client) => client.read(path));
    return bytes.ok ? Buffer.from(bytes.value).toString() : undefined;
  }

  /** Asks the hive, attaching first if need be. What it is told goes into the transcript. */
  async ask<T>(what: string, run: (client: HiveClient) => Promise<Result<T>>): Promise<Result<T>> {
    this.doing = what;
    const attached = await this.#attach();
    const result = attached.ok ? await orGone(attached.value.process, run(attached.value.client)) : attached;
    this.world.answered(this.name, what, result);
    if (!result.ok) this.#afterRefusal(result.refusal.code);
    return result;
  }

  #afterRefusal(code: string): void {
    // A defect of the hive; but on a bad connection any number can come.
    if (code === 'internal' && this.corruptOneIn === 0) this.world.broken(`${this.name} was answered: internal`);
    if (code === 'closed' || code === 'unreachable' || code === 'invalid-frame' || code === 'timeout') this.#drop();
    if (code !== 'revoked') return;
    this.#drop();
    this.who = this.newIdentity();
  }

  #drop(): void {
    this.#attached?.link?.break('given up');
    this.#attached = undefined;
  }

  async #attach(): Promise<Result<Attached>> {
    const { process } = this.world;
    if (process?.assembly === undefined) return refuse('unreachable', 'the hive is down');
    if (this.#attached?.process === process) return ok(this.#attached);
    this.#attached = undefined;
    const made = this.#door === '9p' ? await this.#dial(process) : this.#inProcess(process);
    if (made.ok) this.#attached = made.value;
    return made;
  }

  #inProcess(process: HiveProcess): Result<Attached> {
    const session = process.assembly?.attach(this.who.token) ?? refuse('unreachable');
    if (!session.ok) return session;
    return ok({ client: new InProcessClient(session.value), process, link: undefined });
  }

  async #dial(process: HiveProcess): Promise<Result<Attached>> {
    const { world, random } = this;
    const link = process.connect({
      peer: this.name,
      scope: world.network,
      random: new Random(random.next(), 'link'),
      corruptOneIn: this.corruptOneIn,
    });
    if (!link.ok) return link;
    const client = await NinePClient.attach(link.value, {
      role: 'queen',
      ticket: this.who.token,
      msize: random.pick([1024, 8192]),
      requestsMax: 3,
      deadlineMs: DEADLINE_MS,
      timers: world.clients,
    });
    if (!client.ok) return client;
    return ok({ client: client.value, process, link: link.value });
  }
}

/** What an operation answers, or that the process ended before. */
function orGone<T>(process: HiveProcess, asked: Promise<Result<T>>): Promise<Result<T>> {
  const gone = process.gone.then((): Result<T> => refuse('unreachable', 'the process ended'));
  return Promise.race([asked, gone]);
}
