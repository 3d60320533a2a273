// The account of leases: who holds what until when, who waits, which fences were given. Never two holders of a unit, never more of a
// shared resource than it has, no fence twice, nothing ends early, nothing is done under a fence that is over.

import { type Command, type Holding, holds, type State } from '@cohesix/authority';
import { type Account, field, type Heard, linesOf, revokedBy, type Scene } from './scene.ts';

const CTL = '/queen/lease/ctl';
/** Holdings that are over and still asked about. */
const DEAD_MAX = 12;

/** What a line or a job asked for; null amounts: all of it. */
export interface Asked {
  readonly subject: string;
  /** A resource or a class. */
  readonly resource: string;
  readonly mem: number | null;
  readonly streams: number | null;
  readonly priority: number;
  /** How long it holds, ms; null: with its job. */
  readonly ttlMs: number | null;
  readonly totalMs: number;
  readonly waitMs: number;
  /** Tickets of who asked. */
  readonly ids: readonly string[];
}

/** A lease that is held. */
export interface Held extends Asked {
  readonly fence: number;
  /** From when on it does not hold, ms; null: it ends with its job. */
  until: number | null;
  readonly endsAt: number;
}

interface Line {
  readonly op: string;
  readonly id: string;
  readonly subject: string;
  readonly resource: string;
  readonly ttl_s: number;
  readonly priority?: number;
  readonly mem_mb?: number;
  readonly streams?: number;
  readonly max_total_s?: number;
  readonly wait_s?: number;
  readonly fence?: number;
  readonly max_active?: number;
}

export class LeaseAccount implements Account {
  readonly held: Map<string, Held> = new Map();
  readonly waiting: Map<string, Asked & { readonly until: number }> = new Map();
  readonly #quotas = new Map<string, number>();
  readonly #dead: Holding[] = [];
  readonly #scene: Scene;
  readonly #jobs: (id: string) => Asked | undefined;
  #newest = 0;

  /** `jobs`: what a job asks for. */
  constructor(scene: Scene, jobs: (id: string) => Asked | undefined) {
    this.#scene = scene;
    this.#jobs = jobs;
  }

  judge(heard: Heard): string[] {
    const { command } = heard;
    const line = command.path === CTL ? (JSON.parse(command.line) as Line) : undefined;
    const broken = line === undefined ? [] : this.#before(line, command.at);
    const asked = line?.op === 'grant' ? this.#askedOf(line, command.who.ticketIds) : undefined;
    for (const text of heard.log) broken.push(...this.#log(text, { at: command.at, line, asked }));
    const ticket = revokedBy(heard);
    if (ticket !== undefined) this.#revoke(ticket);
    if (line?.op === 'quota') this.#quotas.set(`${line.subject} ${line.resource}`, line.max_active ?? 0);
    if (line?.op === 'unquota') this.#quotas.delete(`${line.subject} ${line.resource}`);
    return broken;
  }

  /** An accepted line about a lease: it is held, its time is not up, and the fence is its own. */
  #before({ op, id, fence }: Line, at: number): string[] {
    if (!['renew', 'release', 'preempt'].includes(op)) return [];
    const lease = this.held.get(id);
    if (lease === undefined)
      return op === 'release' && this.waiting.has(id) ? [] : [`${op} of ${id}, which nobody has`];
    if (lease.until !== null && lease.until <= at) return [`${op} of ${id}, which was over`];
    return fence === undefined || fence === lease.fence ? [] : [`${op} of ${id} under the stale fence ${fence}`];
  }

  #askedOf(line: Line, ids: readonly string[]): Asked {
    const { leases } = this.#scene.manifest;
    const isPart = line.mem_mb !== undefined || line.streams !== undefined;
    return {
      subject: line.subject,
      resource: line.resource,
      mem: isPart ? (line.mem_mb ?? 0) : null,
      streams: isPart ? (line.streams ?? 1) : null,
      priority: line.priority ?? 0,
      ttlMs: line.ttl_s * 1000,
      totalMs: (line.max_total_s ?? leases.max_total_s) * 1000,
      waitMs: (line.wait_s ?? leases.max_wait_s) * 1000,
      ids,
    };
  }

  #log(text: string, of: { at: number; line: Line | undefined; asked: Asked | undefined }): string[] {
    if (!text.startsWith('lease ')) return [];
    const { at, line, asked } = of;
    const id = field(text, 'id');
    if (text.startsWith('lease granted ')) {
      const wish = this.waiting.get(id) ?? (id.startsWith('job:') ? this.#jobs(id.slice(4)) : asked);
      return wish === undefined ? [`${id} is granted and nobody asked`] : this.#granted(text, wish, at);
    }
    if (text.startsWith('lease waiting ') && asked !== undefined) {
      this.waiting.set(id, { ...asked, until: at + asked.waitMs });
      return Number(field(text, 'until_ms')) === at + asked.waitMs
        ? []
        : [`${id} waits for another time than it asked`];
    }
    if (text.startsWith('lease renewed ')) return this.#renewed(text, line, at);
    return text.startsWith('lease quota ') ? [] : this.#ended(text, at);
  }

  #granted(text: string, wish: Asked, at: number): string[] {
    const [id, resource, fence] = [field(text, 'id'), field(text, 'resource'), Number(field(text, 'fence'))];
    const broken: string[] = [];
    const waits = this.waiting.get(id);
    if (this.held.has(id)) broken.push(`${id} is granted while it is held`);
    if (waits !== undefined && waits.until <= at) broken.push(`${id} is granted after it stopped waiting`);
    if (!isNamed(resource, wish.resource)) broken.push(`${id} asked for ${wish.resource} and is given ${resource}`);
    if (fence <= this.#newest) broken.push(`fence ${fence} of ${resource} is not new`);
    if (!this.#fits(resource, wish)) broken.push(`double grant: ${resource} is given to ${id} and has no room for it`);
    if (this.#isOverQuota(wish.subject, resource)) broken.push(`${id} is over the quota of ${wish.subject}`);
    const until = wish.ttlMs === null ? null : at + wish.ttlMs;
    if (String(until ?? 'job') !== field(text, 'expires_ms')) broken.push(`${id} ends at another time than it asked`);
    this.waiting.delete(id);
    this.held.set(id, { ...wish, resource, fence, until, endsAt: at + wish.totalMs });
    this.#newest = Math.max(this.#newest, fence);
    return broken;
  }

  #fits(resource: string, { mem, streams }: Asked): boolean {
    const others = [...this.held.values()].filter((one) => one.resource === resource);
    const capacity = this.#scene.manifest.leases.resources.find(({ id }) => id === resource);
    if (others.length === 0) {
      if (capacity === undefined) return mem === null;
      return (mem ?? 0) <= capacity.mem_mb && (streams ?? 0) <= capacity.streams;
    }
    if (capacity === undefined || mem === null || streams === null) return false;
    let [allMem, allStreams] = [mem, streams];
    for (const other of others) {
      if (other.mem === null || other.streams === null) return false;
      allMem += other.mem;
      allStreams += other.streams;
    }
    return allMem <= capacity.mem_mb && allStreams <= capacity.streams;
  }

  /** A grant was refused as `busy` while nobody else waited: is there really no room? */
  missed({ line, who }: Pick<Command, 'line' | 'who'>): string[] {
    const value = JSON.parse(line) as Line;
    if (value.op !== 'grant' || this.waiting.size > 0) return [];
    const asked = this.#askedOf(value, who.ticketIds);
    const { resources } = this.#scene.manifest.leases;
    const names = value.resource.endsWith('*')
      ? resources.map(({ id }) => id).filter((id) => isNamed(id, value.resource))
      : [value.resource];
    const free = names.find((name) => this.#fits(name, asked) && !this.#isOverQuota(value.subject, name));
    return free === undefined ? [] : [`${value.id} is refused, and ${free} has room for it`];
  }

  #isOverQuota(subject: string, resource: string): boolean {
    for (const [key, max] of this.#quotas) {
      const [whose, name = ''] = key.split(' ');
      if (whose !== subject || !isNamed(resource, name)) continue;
      const count = [...this.held.values()].filter((one) => one.subject === subject && isNamed(one.resource, name));
      if (count.length >= max) return true;
    }
    return false;
  }

  #renewed(text: string, line: Line | undefined, at: number): string[] {
    const [id, until] = [field(text, 'id'), Number(field(text, 'expires_ms'))];
    const lease = this.held.get(id);
    if (lease === undefined || line === undefined) return [`${id} is renewed and nobody has it`];
    lease.until = until;
    return until === Math.min(at + line.ttl_s * 1000, lease.endsAt) ? [] : [`${id} is renewed until ${until}`];
  }

  #ended(text: string, at: number): string[] {
    const [id, fence, reason] = [field(text, 'id'), field(text, 'fence'), field(text, 'reason')];
    if (fence === '') return this.#waitEnded(id, reason, at);
    const lease = this.held.get(id);
    if (lease === undefined || lease.fence !== Number(fence)) return [`${text}: nobody holds that`];
    this.#drop(id, lease);
    if (reason === 'expired' && (lease.until === null || at < lease.until)) return [`${id} ends before ${lease.until}`];
    if (text.startsWith('lease preempted') && id.startsWith('job:')) return [`${id} is taken from a job that runs`];
    return [];
  }

  #waitEnded(id: string, reason: string, at: number): string[] {
    const request = this.waiting.get(id);
    this.waiting.delete(id);
    if (request === undefined) return [`${id} stops waiting and did not wait`];
    return reason === 'wait-expired' && at < request.until ? [`${id} stops waiting before ${request.until}`] : [];
  }

  #drop(id: string, { resource, subject, fence }: Held): void {
    this.held.delete(id);
    this.#dead.push({ resource, subject, fence });
    if (this.#dead.length > DEAD_MAX) this.#dead.shift();
  }

  /** What the revoked ticket granted or asked for ends without a line of its own; leases of jobs stay with them. */
  #revoke(ticket: string): void {
    for (const [id, lease] of this.held) {
      if (lease.until !== null && lease.ids.includes(ticket)) this.#drop(id, lease);
    }
    for (const [id, { ids }] of this.waiting) if (ids.includes(ticket)) this.waiting.delete(id);
  }

  settled(at: number): string[] {
    const over = [...this.held].filter(([, { until }]) => until !== null && until <= at).map(([id]) => id);
    const late = [...this.waiting].filter(([, { until }]) => until <= at).map(([id]) => id);
    return [...over, ...late].map((id) => `${id} is over at ${at} and did not end`);
  }

  look(view: (path: string) => string, state: Readonly<State>, at: number): string[] {
    const shown = linesOf(view('/proc/lease/active')).map(
      (line) => `${field(line, 'resource')} ${field(line, 'fence')}`,
    );
    const own = [...this.held.values()].map(({ resource, fence }) => `${resource} ${fence}`);
    const broken = isSameSet(shown, own) ? [] : [`held are ${own.join(', ')}, shown ${shown.join(', ')}`];
    const waits = linesOf(view('/proc/lease/waiting')).map((line) => line.slice(3, line.indexOf(' ')));
    if (!isSameSet(waits, [...this.waiting.keys()]))
      broken.push(`waiting are ${[...this.waiting.keys()]}, shown ${waits}`);
    for (const lease of this.held.values()) {
      if (holds(state, lease, at) !== (lease.until === null || at < lease.until))
        broken.push(`holds ${lease.resource} ${lease.fence} is wrong`);
    }
    for (const gone of this.#dead) if (holds(state, gone)) broken.push(`the stale fence ${gone.fence} still holds`);
    return broken;
  }
}

function isNamed(resource: string, name: string): boolean {
  return name.endsWith('*') ? resource.startsWith(name.slice(0, -1)) : resource === name;
}

/** Whether two lists have the same items, in whatever order. */
export function isSameSet(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && new Set([...left, ...right]).size === left.length;
}
