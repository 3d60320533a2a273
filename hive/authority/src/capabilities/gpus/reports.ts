// `/gpu/bridge/jobs`: what the bridge of a host says about its jobs. QUEUED → RUNNING → OK, ERR or TIMEOUT; a job that cannot be begun
// goes to ERR at once. Only who publishes the host speaks for it, and only under the fence of the job.

import Type, { type Static } from 'typebox';
import { accept, reject } from '../../kernel/decision.ts';
import { logField, utf8Size } from '../../kernel/text.ts';
import { SYSTEM_ROLE } from '../../principal.ts';
import type { Acceptance, Control, Decision, Effect, ParsedCommand } from '../../types.ts';
import { type GpusChange, gpusChange } from './changes.ts';
import { statusEffect, telemetryEffect } from './effects.ts';
import { jobField } from './jobs.ts';
import { gpuField, hostField } from './names.ts';
import { type GpuJob, type GpusSlice, type JobState, jobKey } from './record.ts';
import { TELEMETRY_RECORD_BYTES_MAX, type TelemetryRecord, telemetryField, telemetryRecord } from './telemetry.ts';

const reportLine = Type.Object(
  {
    host: hostField,
    gpu: gpuField,
    job: jobField,
    fence: Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Of the job, as `jobs` tells it.',
    }),
    state: Type.Union(['RUNNING', 'OK', 'ERR', 'TIMEOUT'].map((word) => Type.Literal(word as ReportedState))),
    detail: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: 'For people.' })),
    telemetry: Type.Optional(telemetryField),
  },
  { additionalProperties: false, description: 'How a job stands, and what it told of itself meanwhile.' },
);

type ReportedState = Exclude<JobState, 'QUEUED'>;
type ReportLine = Omit<Static<typeof reportLine>, 'state' | 'telemetry'> & {
  readonly state: ReportedState;
  readonly telemetry?: TelemetryRecord;
};

const EXAMPLE = { host: 'local', gpu: 'GPU-0', job: 'jid-9', fence: 7 };

const control: Control<GpusSlice, ReportLine> = {
  pattern: '/gpu/bridge/jobs',
  summary: 'Reports of the bridge of a host about its jobs.',
  schema: reportLine,
  writers: ['queen', 'system'],
  examples: [
    JSON.stringify({ ...EXAMPLE, state: 'RUNNING', detail: 'scheduled' }),
    JSON.stringify({ ...EXAMPLE, state: 'OK', detail: 'completed' }),
    JSON.stringify({
      ...EXAMPLE,
      state: 'RUNNING',
      telemetry: {
        schema_version: 'gpu-telemetry/v1',
        device_id: 'GPU-0',
        model_id: 'llama-7b',
        time_window: 'ms:0-1000',
        token_count: 128,
        latency_histogram: [1, 5, 2],
      },
    }),
  ],
  decide: decideReport,
};

/** The control file. */
export const reportCtl: Control<GpusSlice, never> = control;

function decideReport(slice: Readonly<GpusSlice>, command: ParsedCommand<ReportLine>): Decision {
  const { value, who } = command;
  const publisher = slice.hosts.get(value.host);
  if (publisher === undefined) return reject('not-found', `No host ${value.host} publishes GPUs.`);
  if (who.role !== SYSTEM_ROLE && publisher.by.ticketIds[0] !== who.ticketIds[0])
    return reject(
      'denied',
      `Host ${value.host} is published by ${publisher.by.subject}; only that ticket reports for it.`,
    );
  const key = jobKey(value);
  const job = slice.jobs.get(key);
  if (job === undefined) return noJob(slice, key);
  if (job.fence !== value.fence)
    return reject('stale', `Job ${value.job} runs under fence ${job.fence}, not ${value.fence}.`);
  const size = value.telemetry === undefined ? 0 : utf8Size(JSON.stringify(value.telemetry));
  if (size > TELEMETRY_RECORD_BYTES_MAX)
    return reject('too-big', `$.telemetry: has ${size} bytes; at most ${TELEMETRY_RECORD_BYTES_MAX}.`);
  return reported(job, command);
}

function noJob({ ended }: Readonly<GpusSlice>, key: string): Decision {
  const known = ended.findLast((one) => one.key === key);
  if (known === undefined) return reject('not-found', `No job ${key}.`);
  return reject('stale', `Job ${key} has ended: ${known.state} ${known.detail}.`);
}

/** A second RUNNING only brings telemetry. */
function reported(job: GpuJob, { value, at, seq: entry }: ParsedCommand<ReportLine>): Decision {
  const { state, detail = DETAILS[state] } = value;
  const telemetry =
    value.telemetry === undefined ? [] : [telemetryEffect(job.worker, entry, telemetryRecord(value.telemetry))];
  if (state === 'RUNNING' && job.state === 'RUNNING') {
    if (telemetry.length === 0) return reject('invalid-transition', `Job ${job.job} is RUNNING already.`);
    return accept({ effects: telemetry });
  }
  if (state === 'OK' && job.state === 'QUEUED')
    return reject('invalid-transition', `Job ${job.job} is QUEUED; it cannot be OK before it was RUNNING.`);
  const parts =
    state === 'RUNNING' ? runParts(job, { at, entry, detail }) : endParts(job, { state, at, entry, detail });
  return accept({ ...parts, effects: [...telemetry, ...parts.effects], reply: { id: job.job, state } });
}

/** What is said of a state when the bridge says nothing (the source's words). */
const DETAILS: Readonly<Record<ReportedState, string>> = {
  RUNNING: 'scheduled',
  OK: 'completed',
  ERR: 'failed',
  TIMEOUT: 'timeout_ms is over',
};

type Parts = Required<Pick<Acceptance, 'changes' | 'effects' | 'log'>>;

interface Report {
  readonly at: number;
  readonly entry: number;
  readonly detail: string;
}

function runParts(job: GpuJob, { at, entry, detail }: Report): Parts {
  return parts(job, { kind: 'run', key: jobKey(job), dueAt: at + job.timeoutMs }, { state: 'RUNNING', entry, detail });
}

/** What ends a job. */
export function endParts(job: GpuJob, report: Report & { readonly state: JobState }): Parts {
  const { state, at, detail } = report;
  return parts(job, { kind: 'end', key: jobKey(job), state, detail, endedAt: at }, report);
}

function parts(
  job: GpuJob,
  change: GpusChange,
  { state, entry, detail }: { readonly state: JobState; readonly entry: number; readonly detail: string },
): Parts {
  const { host, gpu, worker, fence } = job;
  const effects: Effect[] = [
    statusEffect({ host, gpu }, entry, [{ job: job.job, state, detail, worker, fence }]),
    telemetryEffect(worker, entry, { job: job.job, state, detail }),
  ];
  const line = `gpu job job=${job.job} gpu=${host}/${gpu} state=${state} fence=${fence} detail=${logField(detail)}`;
  return { changes: [gpusChange(change)], effects, log: [line] };
}
