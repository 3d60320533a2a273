// LoRA jobs for export (m23; contracts-1, 4.4): `/queen/export/lora_jobs/ctl`. The bytes of a job are in a store of the hive, by
// their hashes; that a job has exactly these files is a line here. So a job is published, replaced and removed as a whole, and a
// crash leaves the old one or the new.

import { unreachable } from '@cohesix/check';
import Type, { type Static } from 'typebox';
import { accept, reject } from '../../kernel/decision.ts';
import { logField } from '../../kernel/text.ts';
import { partyOf } from '../../principal.ts';
import type { Capability, Change, Control, Decision, Effect, ParsedCommand, State, View } from '../../types.ts';
import { manifestIn } from '../settings/queries.ts';
import {
  LORA_JOBS_CTL,
  LORA_PARTS,
  type LoraContent,
  type LoraJob,
  type LoraJobsChange,
  type LoraJobsSlice,
  type LoraPart,
} from './queries.ts';

const closed = { additionalProperties: false } as const;

const id = Type.String({ pattern: '^(?!ctl$)[A-Za-z0-9_-]{1,64}$', description: 'Name of the job.' });

function part(name: LoraPart) {
  const { file, bytesMax } = LORA_PARTS[name];
  return Type.String({
    pattern: '^[0-9a-f]{64}:(?:0|[1-9][0-9]{0,6})$',
    description: `SHA-256 of \`${file}\`, hex, a colon, and bytes; at most ${bytesMax}.`,
  });
}

const publishLine = Type.Object(
  {
    op: Type.Literal('publish'),
    id,
    base: Type.String({
      pattern: '^[A-Za-z0-9._-]{1,128}$',
      description: 'The base model: what is in `base_model.ref`.',
    }),
    telemetry: part('telemetry'),
    base_model: part('base_model'),
    policy: part('policy'),
  },
  { ...closed, description: 'Publishes the three files that were written, in place of those there were.' },
);

const removeLine = Type.Object(
  { op: Type.Literal('remove'), id },
  { ...closed, description: 'Removes a job and its files.' },
);

const jobLine = Type.Union([publishLine, removeLine]);

const EXAMPLE = 'b6ac3cc10386331c765f04f041c147d0f278f2aed8eaa021e2d0057fc6f6ff9e';

const control: Control<LoraJobsSlice, Static<typeof jobLine>> = {
  pattern: LORA_JOBS_CTL,
  summary: 'Publishes and removes LoRA jobs; they are read only while an export window of their id is open.',
  schema: jobLine,
  writers: ['queen', 'system'],
  examples: [
    `{"op":"publish","id":"job_8932","base":"llama3-8b","telemetry":"${EXAMPLE}:128","base_model":"${EXAMPLE}:128","policy":"${EXAMPLE}:128"}`,
    '{"op":"remove","id":"job_8932"}',
  ],
  decide: (slice, command, state) =>
    command.value.op === 'publish'
      ? decidePublish(slice, { ...command, value: command.value }, state)
      : decideRemove(slice, command),
};

function decidePublish(
  { jobs }: Readonly<LoraJobsSlice>,
  { value, who, at, seq }: ParsedCommand<Static<typeof publishLine>>,
  state: Readonly<State>,
): Decision {
  const { jobs_max: max } = manifestIn(state).models;
  if (!jobs.has(value.id) && jobs.size >= max)
    return reject('buffer-full', `models.jobs_max is ${max} and as many are published; remove one.`);
  const parts = {
    telemetry: contentOf(value.telemetry),
    base_model: contentOf(value.base_model),
    policy: contentOf(value.policy),
  };
  for (const [name, { bytes }] of Object.entries(parts)) {
    const { file, bytesMax } = LORA_PARTS[name as LoraPart];
    if (bytes > bytesMax) return reject('too-big', `$.${name}: ${file} has ${bytes} bytes; at most ${bytesMax}.`);
  }
  const job: LoraJob = { id: value.id, base: value.base, parts, by: partyOf(who), at, entry: seq };
  return accept({
    changes: [jobsChange({ kind: 'put', job })],
    effects: [COLLECT],
    log: [`lora-job published id=${job.id} base=${logField(job.base)} by=${logField(who.subject)}`],
    reply: { id: job.id },
  });
}

function contentOf(text: string): LoraContent {
  const [sha256 = '', bytes = ''] = text.split(':');
  return { sha256, bytes: Number(bytes) };
}

function decideRemove(
  { jobs }: Readonly<LoraJobsSlice>,
  { value, who }: ParsedCommand<Static<typeof jobLine>>,
): Decision {
  if (!jobs.has(value.id)) return reject('not-found', `No job ${value.id}; see /proc/lora_jobs.`);
  return accept({
    changes: [jobsChange({ kind: 'drop', id: value.id })],
    effects: [COLLECT],
    log: [`lora-job removed id=${value.id} by=${logField(who.subject)}`],
    reply: { id: value.id },
  });
}

/** Removes the bytes that no job has any more; whatever is published at that time decides what those are. */
const COLLECT: Effect = { kind: 'lora-jobs.collect' };

function jobsChange(change: LoraJobsChange): Change {
  return { capability: 'lora-jobs', change };
}

function evolve({ jobs }: LoraJobsSlice, change: LoraJobsChange): void {
  switch (change.kind) {
    case 'put':
      jobs.set(change.job.id, change.job);
      return;
    case 'drop':
      jobs.delete(change.id);
      return;
    default:
      unreachable(change);
  }
}

const views: readonly View<LoraJobsSlice>[] = [
  {
    pattern: '/proc/lora_jobs',
    summary:
      'Published LoRA jobs, by id: `id= base=`, `<part>_sha256= <part>_bytes=` of telemetry, base_model and policy, `by= at_ms= entry=`.',
    boundBytes: 262_144,
    render: ({ jobs }) =>
      [...jobs.keys()]
        .sort()
        .flatMap((name) => jobs.get(name) ?? [])
        .map(jobText)
        .join(''),
  },
];

function jobText({ id: name, base, parts, by, at, entry }: LoraJob): string {
  const contents = (Object.keys(LORA_PARTS) as LoraPart[])
    .map((one) => `${one}_sha256=${parts[one].sha256} ${one}_bytes=${parts[one].bytes}`)
    .join(' ');
  return `id=${name} base=${base} ${contents} by=${logField(by.subject)} at_ms=${at} entry=${entry}\n`;
}

/** Most jobs any manifest allows; a boot with a lower maximum removes none. */
const JOBS_EVER_MAX = 256;

function invariants({ jobs }: Readonly<LoraJobsSlice>): string[] {
  const broken = jobs.size <= JOBS_EVER_MAX ? [] : [`lora-jobs: ${jobs.size} are published`];
  for (const [key, job] of jobs) {
    if (key !== job.id) broken.push(`lora-jobs: ${job.id} is kept as ${key}`);
    for (const name of Object.keys(LORA_PARTS) as LoraPart[])
      if (job.parts[name].bytes > LORA_PARTS[name].bytesMax) broken.push(`lora-jobs: ${key} has too much ${name}`);
  }
  return broken;
}

/** LoRA jobs: `/queen/export/lora_jobs/ctl`, `/proc/lora_jobs`. */
export const loraJobsCapability: Capability<LoraJobsSlice> = {
  name: 'lora-jobs',
  controls: [control],
  views,
  names: [],
  initial: () => ({ jobs: new Map() }),
  evolve,
  invariants,
};
