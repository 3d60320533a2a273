// `/gpu/:host/:gpu/job` (contracts-1 5.6): asks for a kernel to be run. A job needs a lease of its worker on this GPU, and keeps its
// fence: when the lease ends the job does. It is QUEUED until the bridge of the host says more; nothing is said for it.

import { fromBase64 } from '@cohesix/bytes';
import Type, { type Static, type TString } from 'typebox';
import { APPROVED_LINE_BYTES_MAX } from '../../kernel/bounds.ts';
import { accept, reject } from '../../kernel/decision.ts';
import { sha256Hex } from '../../kernel/sha256.ts';
import type { Control, Decision, ParsedCommand, Rejection, State } from '../../types.ts';
import { holds } from '../leases/queries.ts';
import { manifestIn } from '../settings/queries.ts';
import { gpusChange } from './changes.ts';
import { statusEffect } from './effects.ts';
import { U32_MAX } from './fields.ts';
import { placeAt } from './names.ts';
import { type Device, type GpusSlice, type Holding, jobKey, resourceOf } from './record.ts';

const size = Type.Array(Type.Integer({ minimum: 1, maximum: U32_MAX }), { minItems: 3, maxItems: 3 });
const buffers = Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { maxItems: 16 });

/** Name of a job in a line. */
export const jobField: TString = Type.String({
  pattern: '^[A-Za-z0-9._:-]{1,64}$',
  description: 'Name of the job on this GPU.',
});

const jobLine = Type.Object(
  {
    job: jobField,
    kernel: Type.Union([Type.Literal('vadd'), Type.Literal('matmul')], { description: 'What is run.' }),
    grid: size,
    block: size,
    bytes_hash: Type.String({
      pattern: '^sha256:[0-9a-f]{64}$',
      description: 'Of the payload; of inline bytes it is checked.',
    }),
    inputs: buffers,
    outputs: buffers,
    timeout_ms: Type.Integer({ minimum: 1, maximum: U32_MAX, description: 'From RUNNING on.' }),
    payload_b64: Type.Optional(Type.String({ minLength: 1, description: 'The payload itself, base64.' })),
    worker: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: 'Whose lease it runs under; a worker means itself.' }),
    ),
    fence: Type.Optional(
      Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'Must be the fence of that lease.' }),
    ),
  },
  {
    additionalProperties: false,
    description: 'Queues a job. Its states are in `status`, and in `jobs` until it has ended.',
  },
);

type JobLine = Static<typeof jobLine>;

/** SHA-256 of `a`, and the letter itself in base64. */
const EXAMPLE = {
  bytes_hash: 'sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb',
  payload_b64: 'YQ==',
};

const EXAMPLE_JOB = {
  job: 'jid-9',
  kernel: 'vadd',
  grid: [1, 1, 1],
  block: [256, 1, 1],
  ...EXAMPLE,
  inputs: ['a', 'b'],
  outputs: ['c'],
  timeout_ms: 5000,
};

/** The control files: at the GPU, and at its alias. */
export const jobControls: readonly Control<GpusSlice, never>[] = [
  ['/gpu/:host/:gpu/job', 'Queues jobs for a GPU, under the lease of a worker.'],
  ['/gpu/:host/job', 'The same for a GPU of the only host that publishes.'],
].map(([pattern = '', summary = '']) => controlAt(pattern, summary));

function controlAt(pattern: string, summary: string): Control<GpusSlice, never> {
  const control: Control<GpusSlice, JobLine> = {
    pattern,
    summary,
    schema: jobLine,
    writers: ['queen', 'worker-gpu', 'system'],
    gate: () => 'worker-job',
    lineBytesMax: APPROVED_LINE_BYTES_MAX,
    examples: [JSON.stringify(EXAMPLE_JOB), JSON.stringify({ ...EXAMPLE_JOB, worker: 'worker-1', fence: 7 })],
    decide: decideJob,
  };
  return control;
}

function decideJob(slice: Readonly<GpusSlice>, command: ParsedCommand<JobLine>, state: Readonly<State>): Decision {
  const device = placeAt(slice, command.params);
  if (device === undefined) return reject('not-found', `${command.path} is of no GPU that is published.`);
  const unfit = payloadProblem(command.value) ?? roomProblem(slice, device, command.value, state);
  if (unfit !== undefined) return unfit;
  const holding = holdingOf(slice, { device, command, state });
  return 'kind' in holding ? holding : queued(device, holding, command);
}

function payloadProblem({ payload_b64: payload, bytes_hash: hash }: JobLine): Rejection | undefined {
  if (payload === undefined) return undefined;
  const bytes = fromBase64(payload);
  if (bytes === undefined) return reject('invalid-payload', '$.payload_b64: is not base64.');
  if (`sha256:${sha256Hex(bytes)}` === hash) return undefined;
  return reject('invalid-payload', '$.bytes_hash: is not that of $.payload_b64.');
}

function roomProblem(
  { jobs, ended }: Readonly<GpusSlice>,
  { host, info }: Device,
  { job }: JobLine,
  state: Readonly<State>,
): Rejection | undefined {
  const key = jobKey({ host, gpu: info.id, job });
  if (jobs.has(key) || ended.some((one) => one.key === key))
    return reject('exists', `Job ${job} was given to this GPU already.`);
  const { jobs_max: max } = manifestIn(state).gpu;
  return jobs.size < max ? undefined : reject('buffer-full', `gpu.jobs_max is ${max}, and as many have not ended.`);
}

/** The lease it runs under: that of the worker that writes, or that a queen names; the only one there is goes without saying. */
function holdingOf(
  { holdings }: Readonly<GpusSlice>,
  {
    device,
    command,
    state,
  }: { readonly device: Device; readonly command: ParsedCommand<JobLine>; readonly state: Readonly<State> },
): Holding | Rejection {
  const { value, who, at } = command;
  const own = who.role === 'worker-gpu' ? who.subject.split('/', 1)[0] : undefined;
  if (own !== undefined && value.worker !== undefined && value.worker !== own)
    return reject('denied', `A worker runs jobs under its own lease; ${value.worker} is another.`);
  const worker = own ?? value.worker;
  const here = [...holdings.values()].filter(({ host, gpu }) => host === device.host && gpu === device.info.id);
  const found = here.filter((one) => worker === undefined || one.worker === worker);
  const [holding] = found;
  if (holding === undefined)
    return reject('denied', `${worker ?? 'Nobody'} has no lease on this GPU; a job needs one.`);
  if (found.length > 1 && worker === undefined)
    return reject('invalid-payload', '$.worker: several hold this GPU; name one.');
  if (value.fence !== undefined && value.fence !== holding.fence)
    return reject('stale', `The lease of ${holding.worker} has fence ${holding.fence}, not ${value.fence}.`);
  const isHeld = holds(state, { resource: resourceOf(holding), subject: holding.worker, fence: holding.fence }, at);
  return isHeld ? holding : reject('stale', `The lease of ${holding.worker} is over.`);
}

function queued({ host, info }: Device, { worker, lease, fence }: Holding, command: ParsedCommand<JobLine>): Decision {
  const { value, line, seq: entry, at } = command;
  const { job, timeout_ms: timeoutMs } = value;
  const place = { host, gpu: info.id };
  const record = { job, ...place, worker, lease, fence, line, entry, queuedAt: at, timeoutMs };
  return accept({
    changes: [gpusChange({ kind: 'queue', job: { ...record, state: 'QUEUED', dueAt: null } })],
    effects: [statusEffect(place, entry, [{ job, state: 'QUEUED', detail: 'accepted', worker, fence }])],
    log: [`gpu job queued job=${job} gpu=${host}/${info.id} worker=${worker} fence=${fence}`],
    reply: { id: job, state: 'QUEUED', worker, fence },
  });
}
