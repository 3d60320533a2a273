// The account of jobs: each that was queued waits, runs in one worker of its own, or has ended; it is not started too early, too late or
// too often, and holds its lease exactly while it runs.

import type { State } from '@cohesix/authority';
import { type Asked, isSameSet } from './leases.ts';
import { type Account, field, type Heard, linesOf, revokedBy, type Scene } from './scene.ts';

const DAY_MS = 86_400_000;

interface Job {
  readonly role: string;
  readonly retries: number;
  readonly budgetMs: number;
  /** From when on it is not started, ms. */
  readonly deadline: number;
  readonly asked: Asked | undefined;
  readonly ids: readonly string[];
  attempt: number;
  notBefore: number;
  worker: string | undefined;
}

interface Line {
  readonly op?: string;
  readonly id: string;
  readonly role: string;
  readonly priority: number;
  readonly budget_ms: number;
  readonly deadline_ms?: number;
  readonly retries?: number;
  readonly resource?: string;
  readonly mem_mb?: number;
  readonly streams?: number;
}

export class JobAccount implements Account {
  readonly jobs: Map<string, Job> = new Map();
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** What a job asks of the leases; undefined when it needs none. */
  asked(id: string): Asked | undefined {
    return this.jobs.get(id)?.asked;
  }

  /** Jobs that wait for a lease: what they need may be kept free for them. */
  get waiting(): number {
    return [...this.jobs.values()].filter(({ worker, asked }) => worker === undefined && asked !== undefined).length;
  }

  judge(heard: Heard): string[] {
    const broken = heard.log.flatMap((text) => (text.startsWith('schedule ') ? this.#log(text, heard) : []));
    const ticket = revokedBy(heard);
    for (const [id, job] of ticket === undefined ? [] : this.jobs)
      if (job.worker === undefined && job.ids.includes(ticket ?? '')) this.jobs.delete(id);
    return broken;
  }

  #log(text: string, heard: Heard): string[] {
    const [, what = ''] = text.split(' ', 2);
    const id = field(text, 'id');
    if (what === 'queued') return this.#queued(id, heard);
    const job = this.jobs.get(id);
    if (job === undefined) return [`${text}: there is no such job`];
    const { at } = heard.command;
    if (what === 'running') return this.#running(job, text, at);
    if (what === 'retrying') return this.#retrying(job, text);
    this.jobs.delete(id);
    if (what === 'expired' && (job.worker !== undefined || at < job.deadline)) return [`${id} expires at ${at}`];
    if ((what === 'succeeded' || what === 'failed') && job.worker === undefined)
      return [`${id} ${what} and did not run`];
    return what === 'dequeued' && job.worker !== undefined ? [`${id} is handed out while it runs`] : [];
  }

  #queued(id: string, { command: { line, at, who } }: Heard): string[] {
    const value = JSON.parse(line) as Line;
    const broken = this.jobs.has(id) ? [`${id} is queued twice`] : [];
    const isPart = value.mem_mb !== undefined || value.streams !== undefined;
    const asked: Asked | undefined =
      value.resource === undefined
        ? undefined
        : {
            subject: who.subject,
            resource: value.resource,
            mem: isPart ? (value.mem_mb ?? 0) : null,
            streams: isPart ? (value.streams ?? 1) : null,
            priority: value.priority,
            ttlMs: null,
            totalMs: value.budget_ms,
            waitMs: DAY_MS,
            ids: who.ticketIds,
          };
    this.jobs.set(id, {
      role: value.role,
      retries: value.retries ?? 0,
      budgetMs: value.budget_ms,
      deadline: value.deadline_ms === undefined ? Number.POSITIVE_INFINITY : at + value.deadline_ms,
      asked,
      ids: who.ticketIds,
      attempt: 0,
      notBefore: at,
      worker: undefined,
    });
    return broken;
  }

  #running(job: Job, text: string, at: number): string[] {
    const [id, worker] = [field(text, 'id'), field(text, 'worker')];
    const broken: string[] = [];
    if (job.worker !== undefined) broken.push(`${id} is started while it runs`);
    if ([...this.jobs.values()].some((other) => other.worker === worker)) broken.push(`${worker} runs two jobs`);
    if (at < job.notBefore || at >= job.deadline) broken.push(`${id} is started at ${at}, too early or too late`);
    if (!isServing(this.#scene)) broken.push(`${id} is started while the node is ${this.#scene.lifecycle}`);
    job.attempt += 1;
    job.worker = worker;
    if (job.attempt > job.retries + 1) broken.push(`${id} is started for the ${job.attempt}. time`);
    return broken;
  }

  #retrying(job: Job, text: string): string[] {
    const broken = job.worker === undefined ? [`${field(text, 'id')} is tried again and did not run`] : [];
    job.worker = undefined;
    job.notBefore = Number(field(text, 'not_before_ms'));
    return broken;
  }

  settled(at: number): string[] {
    const late = [...this.jobs].filter(([, { worker, deadline }]) => worker === undefined && deadline <= at);
    return late.map(([id]) => `${id} is past its deadline and waits`);
  }

  look(view: (path: string) => string, _state: Readonly<State>): string[] {
    const open = linesOf(view('/proc/schedule/jobs')).filter((line) => line.includes(' ended_ms=none'));
    const shown = open.map((line) => `${field(` ${line}`, 'id')} ${field(line, 'state') === 'running'}`);
    const own = [...this.jobs].map(([id, { worker }]) => `${id} ${worker !== undefined}`);
    const broken = isSameSet(shown, own) ? [] : [`jobs are ${own.join(', ')}, shown ${shown.join(', ')}`];
    const active = linesOf(view('/proc/lease/active')).map((line) => line.slice(3, line.indexOf(' ')));
    const leased = active.filter((id) => id.startsWith('job:')).map((id) => id.slice(4));
    const running = [...this.jobs].filter(([, { worker, asked }]) => worker !== undefined && asked !== undefined);
    const ids = running.map(([id]) => id);
    if (!isSameSet(leased, ids)) broken.push(`leases have the jobs ${leased.join(' ')}, and ${ids.join(' ')} run`);
    return broken;
  }
}

/** Whether new work is begun. */
export function isServing({ lifecycle }: Scene): boolean {
  return lifecycle === 'ONLINE' || lifecycle === 'DEGRADED';
}
