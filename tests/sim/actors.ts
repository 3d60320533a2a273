// The kinds of clients of a simulated hive: queens, approvers, an operator, observers.

import type { Follow } from '@cohesix/client';
import { ok } from '@cohesix/wire';
import { Actor } from './actor.ts';
import { childOf, type Identity, identity } from './identity.ts';

/** Spawns, kills, sets budgets, asks for approvals and uses them. */
export class QueenActor extends Actor {
  override newIdentity(): Identity {
    const own = super.newIdentity();
    return this.random.chance(1, 4) ? this.remember(childOf(this.random, own, 'deputy')) : own;
  }

  async act(): Promise<void> {
    const { random, world, lines } = this;
    const count = world.plan.workers;
    const act = random.weighted<() => Promise<unknown>>([
      [6, () => this.#request()],
      [8, () => this.#useWish()],
      [4, () => this.write(lines.queen(count))],
      [2, () => this.write(...Array.from({ length: random.between(2, 4) }, () => lines.queen(count)))],
      [2, () => this.write(lines.several(count))],
      [1, () => this.write(lines.settings())],
      [4, () => this.write(lines.sample())],
      [2, () => this.write(lines.odd())],
      [1, () => this.#revoke()],
      [1, () => this.#decideOwn()],
      [1, () => this.leave()],
    ]);
    await act();
  }

  /** Asks for the approval of a line, and wishes to write it later. */
  async #request(): Promise<void> {
    const { random, lines, world } = this;
    const line = random.weighted([
      [6, lines.queen(world.plan.workers)],
      [1, lines.settings()],
      [1, lines.sample()],
    ]);
    const id = lines.actionId();
    world.wishes.push({ id, line, by: this.name });
    if (random.chance(2, 3)) await this.write(lines.action(line, 'request', id));
  }

  async #useWish(): Promise<void> {
    const wish = this.world.takeWish(this.random, this.name);
    if (wish !== undefined) await this.write(wish.line);
  }

  /** Tries to approve what it asked for itself. */
  async #decideOwn(): Promise<void> {
    const wish = this.world.wishes.find(({ by }) => by === this.name);
    if (wish === undefined) return;
    await this.write(this.lines.action(wish.line, 'approve', this.lines.actionId()));
  }

  /** Revokes somebody's ticket; or the own one, with a line on its heels that must come too late. */
  async #revoke(): Promise<void> {
    const { lines, random, world } = this;
    if (random.chance(1, 4)) {
      await this.write(lines.revoke(random.pick(this.who.ids)), lines.queen(world.plan.workers), lines.sample());
      return;
    }
    const id = random.pick(random.pick(world.identities.slice(-6)).ids);
    await this.write(lines.revoke(id));
  }
}

/** Looks at what waits for a decision, and decides. */
export class ApproverActor extends Actor {
  async act(): Promise<void> {
    const { random, lines, world } = this;
    if (random.chance(1, 4) && world.wishes.length > 0) {
      const { line } = random.pick(world.wishes);
      await this.write(lines.action(line, random.chance(1, 8) ? 'deny' : 'approve', lines.actionId()));
      return;
    }
    const pending = await this.read('/actions/pending');
    const open = (pending ?? '').split('\n').filter((text) => text.startsWith('{') && text.endsWith('}'));
    if (open.length === 0) return;
    const { id, entry } = JSON.parse(random.pick(open)) as { id: string; entry: number };
    await this.write(lines.decision(id, entry, random.chance(1, 6) ? 'deny' : 'approve'));
  }
}

/** Leads the node through its life; mostly it brings it back. */
export class OperatorActor extends Actor {
  async act(): Promise<void> {
    await this.write(this.lines.lifecycle());
  }
}

const LOOKS = [
  '/proc/lifecycle/state',
  '/proc/workers',
  '/proc/journal',
  '/proc/settings',
  '/proc/9p/sessions',
  '/proc/self/session',
  '/proc/self/refusal',
  '/policy/preflight/diff',
  '/actions/pending',
  '/queen/ctl',
  '/audit/checkpoint',
  '/log/queen.log',
  '/worker/worker-2/info',
  '/worker/worker-2/telemetry',
  '/nowhere',
  '/queen/../proc',
];
const FOLDERS = ['/', '/proc', '/worker', '/shard', '/actions', '/audit/tile', '/proc/9p/session'];
const STREAMS = ['/log/queen.log', '/audit/journal', '/audit/decisions', '/worker/worker-2/telemetry'];

/** Reads, lists and follows. Its connection is bad in some worlds; its ticket lets it change nothing but the log. */
export class ObserverActor extends Actor {
  #follow: Follow | undefined;

  override newIdentity(): Identity {
    const { random, world } = this;
    const scopes = [{ path: '/', verbs: 'read', ratePerS: random.pick([0, 50]) }] as const;
    const expiresMs = random.chance(1, 2) ? 0 : world.wall.now() + random.between(1000, 20_000);
    return this.remember(identity(random, world.keys, { name: this.name, scopes, expiresMs }));
  }

  override get corruptOneIn(): number {
    return this.world.plan.faults.network ? 40 : 0;
  }

  async act(): Promise<void> {
    const { random } = this;
    const act = random.weighted<() => Promise<unknown>>([
      [6, () => this.read(random.pick(LOOKS))],
      [3, () => this.#list()],
      [2, () => this.#stat()],
      [2, () => this.#startFollow()],
      [1, () => this.write(this.lines.queen(4))],
      [1, () => this.#endFollow()],
      [1, () => this.leave()],
    ]);
    await act();
    if (random.chance(1, 10)) await this.#renew();
  }

  /** Takes another ticket, as after an expiry. */
  async #renew(): Promise<void> {
    await this.leave();
    this.who = this.newIdentity();
  }

  async #list(): Promise<void> {
    const path = this.random.pick(FOLDERS);
    await this.ask(`list ${path}`, (client) => client.list(path));
  }

  async #stat(): Promise<void> {
    const path = this.random.pick(LOOKS);
    await this.ask(`stat ${path}`, async (client) => {
      const stat = await client.stat(path);
      return stat.ok ? ok(stat.value.kind) : stat;
    });
  }

  async #startFollow(): Promise<void> {
    const path = this.random.pick(STREAMS);
    await this.#endFollow();
    const started = await this.ask(`follow ${path}`, async (client) => {
      const follow = await client.follow(path, this.random.chance(1, 2) ? { from: 0n } : {});
      if (follow.ok) this.#follow = follow.value;
      return follow.ok ? ok(true) : follow;
    });
    if (started.ok && this.#follow !== undefined) void this.#drain(this.#follow, path);
  }

  /** Takes what comes, for as long as it comes. */
  async #drain(follow: Follow, path: string): Promise<void> {
    try {
      for await (const chunk of follow) this.world.answered(this.name, `followed ${path}`, ok(chunk));
    } catch (error) {
      this.world.failed(error);
    }
  }

  async #endFollow(): Promise<void> {
    this.#follow?.stop();
    this.#follow = undefined;
  }
}
