// `/queen/schedule/ctl` (contracts-1, 5.2): queues jobs, cancels them, and takes the head out of the queue for a dispatcher
// outside. The source's fields are taken unchanged; ours are optional. Open in every lifecycle state: jobs wait.

import Type, { type Static } from 'typebox';
import { accept, reject } from '../../kernel/decision.ts';
import { lastTime } from '../../kernel/kernel-capability.ts';
import type { Control, Decision, ParsedCommand, Rejection, State } from '../../types.ts';
import { leasesIn } from '../gpus/queries.ts';
import { demandFields, resourceField, U32_MAX } from '../leases/fields.ts';
import { resourceProblem } from '../leases/grant.ts';
import { granterOf } from '../leases/lease.ts';
import { demandOf } from '../leases/resource.ts';
import { manifestIn } from '../settings/queries.ts';
import { revokedLine, stopParts } from '../workers/changes.ts';
import { liveWorker } from '../workers/queries.ts';
import { scheduleChange } from './changes.ts';
import { endedLine, queuedLine } from './log.ts';
import { inTurn } from './order.ts';
import { type Ending, type Job, queuedCount, type ScheduleSlice } from './record.ts';

const closed = { additionalProperties: false } as const;
const id = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Name of the job.' });
const amount = (description: string) => Type.Integer({ minimum: 1, maximum: U32_MAX, description });

const jobLine = Type.Object(
  {
    id,
    role: Type.String({
      pattern: '^[A-Za-z0-9_-]{1,16}$',
      description:
        'Who does it; `heartbeat` and `worker-heartbeat` are done here, others wait for a dispatcher outside.',
    }),
    priority: Type.Integer({ minimum: 0, maximum: U32_MAX, description: 'More comes earlier.' }),
    ticks: amount('Ticks of its worker; when they are used up it has succeeded.'),
    budget_ms: amount('Time of its worker; when that is up first it has failed.'),
    deadline_ms: Type.Optional(amount('From now on; it is not started later, but expires.')),
    retries: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: U32_MAX,
        description: 'Further attempts after a worker that failed or was killed; at most `schedule.retries_max`.',
      }),
    ),
    resource: Type.Optional(resourceField),
    ...demandFields,
  },
  { ...closed, description: 'Queues a job. With a resource it holds a lease while it runs.' },
);

const cancel = Type.Object(
  { op: Type.Literal('cancel'), id },
  { ...closed, description: 'Ends a job; one that runs ends when its worker has.' },
);

const dequeue = Type.Object(
  { op: Type.Literal('dequeue'), id },
  { ...closed, description: 'Takes the head of the queue out, for a dispatcher outside; no other (`stale`).' },
);

const scheduleLine = Type.Union([jobLine, cancel, dequeue]);
type JobLine = Static<typeof jobLine>;
type ScheduleLine = Static<typeof scheduleLine>;

const control: Control<ScheduleSlice, ScheduleLine> = {
  pattern: '/queen/schedule/ctl',
  summary: 'Queues, cancels and hands out jobs; the hive starts those whose turn it is.',
  schema: scheduleLine,
  writers: ['queen', 'system'],
  examples: [
    '{"id":"j1","role":"heartbeat","priority":5,"ticks":10,"budget_ms":60000}',
    '{"id":"j2","role":"heartbeat","priority":1,"ticks":10,"budget_ms":60000,"deadline_ms":5000,"retries":2,"resource":"gpu:GPU-0"}',
    '{"op":"cancel","id":"j1"}',
    '{"op":"dequeue","id":"j2"}',
  ],
  decide(slice, command, state) {
    const { value } = command;
    if (!('op' in value)) return decideJob(slice, { ...command, value }, state);
    const job = slice.jobs.get(value.id);
    if (job === undefined) return reject('not-found', `No job ${value.id}; see /proc/schedule/jobs.`);
    return value.op === 'cancel' ? decideCancel(job, command, state) : decideDequeue(job, command, { slice, state });
  },
};

/** The control file. */
export const scheduleCtl: Control<ScheduleSlice, never> = control;

/** In the order of the source: values, capacity, duplicate. */
function decideJob(slice: Readonly<ScheduleSlice>, command: ParsedCommand<JobLine>, state: Readonly<State>): Decision {
  const { value } = command;
  const illegal = valueProblem(value, state);
  if (illegal !== undefined) return illegal;
  const { queue_max: max } = manifestIn(state).schedule;
  if (queuedCount(slice) >= max) return reject('buffer-full', `schedule.queue_max is ${max}, and as many wait.`);
  if (slice.jobs.has(value.id)) return reject('exists', `Job ${value.id} exists already.`);
  const job = jobOf(slice, command);
  return accept({
    changes: [scheduleChange({ kind: 'queue', job })],
    log: [queuedLine(job)],
    reply: { id: job.id, seq: job.seq },
  });
}

function valueProblem(value: JobLine, state: Readonly<State>): Rejection | undefined {
  const { schedule } = manifestIn(state);
  const { resource, retries = 0, mem_mb, streams } = value;
  if (retries > schedule.retries_max)
    return reject('limit', `$.retries: ${retries} is above schedule.retries_max, ${schedule.retries_max}.`);
  if (resource !== undefined) return resourceProblem({ ...value, resource }, leasesIn(state));
  if (mem_mb === undefined && streams === undefined) return undefined;
  return reject('invalid-payload', '$.resource: missing; mem_mb and streams are of a resource.');
}

function jobOf({ nextSeq: seq }: Readonly<ScheduleSlice>, { value, at, seq: entry, who }: ParsedCommand<JobLine>): Job {
  const { resource } = value;
  return {
    id: value.id,
    role: value.role,
    priority: value.priority,
    ticks: value.ticks,
    budgetMs: value.budget_ms,
    deadlineMs: value.deadline_ms ?? null,
    retries: value.retries ?? 0,
    need: resource === undefined ? null : { resource, demand: demandOf(value) },
    seq,
    entry,
    queuedAt: at,
    by: granterOf(who),
    state: 'queued',
    attempt: 0,
    notBefore: at,
    startedAt: null,
    worker: null,
    leaseFence: null,
    cause: null,
    reason: '',
  };
}

function decideCancel(job: Job, { at, seq: entry }: ParsedCommand, state: Readonly<State>): Decision {
  if (job.state !== 'running') return ended(job, { at, state }, ['cancelled', 'cancelled']);
  const worker = job.worker === null ? undefined : liveWorker(state, job.worker);
  if (worker === undefined) return reject('invalid-transition', `Job ${job.id} is ending already.`);
  const reason = 'job cancelled';
  const { changes, ...stop } = stopParts(worker, { reason, entry, line: revokedLine(worker.id, reason) });
  const ending = scheduleChange({ kind: 'ending', id: job.id, cause: 'cancelled', reason: 'cancelled' });
  return accept({ ...stop, changes: [...changes, ending], reply: { id: job.id, state: 'ending' } });
}

function decideDequeue(
  job: Job,
  { at }: ParsedCommand,
  { slice, state }: { readonly slice: Readonly<ScheduleSlice>; readonly state: Readonly<State> },
): Decision {
  const [head] = inTurn(slice, state, lastTime(state));
  if (head?.id !== job.id)
    return reject(
      'stale',
      `The head of the queue is ${head?.id ?? 'nothing'}, not ${job.id}; see /proc/schedule/queue.`,
    );
  return ended(job, { at, state }, ['dequeued', 'dequeued']);
}

function ended(
  job: Job,
  { at, state }: { readonly at: number; readonly state: Readonly<State> },
  [ending, reason]: readonly [Ending, string],
): Decision {
  const kept = manifestIn(state).schedule.history_max;
  return accept({
    changes: [scheduleChange({ kind: 'end', id: job.id, state: ending, reason, at, kept })],
    log: [endedLine(job, ending, reason)],
    reply: { id: job.id, state: ending },
  });
}
