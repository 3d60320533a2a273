// Publishes the GPUs of one host, and carries out the jobs that are queued for them. A job is taken up (RUNNING) before anything is done,
// and the hive lets only one take it up; so of two bridges of one host at most one runs it.

import { type Follow, type HiveClient, jsonLines } from '@cohesix/client';
import { type GpuJob, gpuJobOf, type JobOutcome } from './gpu-job.ts';
import type { GpuInfo } from './mock-gpu.ts';

/** What is published where. */
export interface GpuPublisherOptions {
  readonly client: HiveClient;
  /** Name of the host. */
  readonly host: string;
  readonly gpus: readonly GpuInfo[];
  /** Seconds for which a publish is right; undefined: until the next. */
  readonly ttlS: number | undefined;
  /** Runs a job and tells what came of it. Must not throw. */
  readonly run: (job: GpuJob) => JobOutcome | Promise<JobOutcome>;
  /** Told what happened, a line each; for people. */
  readonly tell: (line: string) => void;
}

type Appended = Awaited<ReturnType<HiveClient['append']>>;

const CTL = '/gpu/bridge/ctl';
const REPORTS = '/gpu/bridge/jobs';

/** Most bytes of the list of jobs. */
const JOBS_BYTES_MAX: number = 1 << 20;

export class GpuPublisher {
  readonly #options: GpuPublisherOptions;
  readonly #follows = new Set<Follow>();
  #count = 0;

  constructor(options: GpuPublisherOptions) {
    this.#options = options;
  }

  /** Jobs that were run. */
  get jobCount(): number {
    return this.#count;
  }

  /** Says which GPUs there are. Refused `exists` while somebody else publishes the host. */
  publish(): Promise<Appended> {
    const { client, host, gpus, ttlS } = this.#options;
    const publish = { host, gpus, ...(ttlS === undefined ? {} : { ttl_s: ttlS }) };
    return client.append(CTL, JSON.stringify({ publish }));
  }

  /** Runs the jobs that wait, oldest first. */
  async runWaiting(): Promise<void> {
    const { client, host } = this.#options;
    const text = await client.read(`/gpu/${host}/jobs`, { maxBytes: JOBS_BYTES_MAX });
    if (!text.ok) return;
    for (const value of jsonLines(new TextDecoder().decode(text.value))) {
      const job = gpuJobOf(value);
      if (job?.state === 'QUEUED') await this.#run(job);
    }
  }

  /** Runs jobs as they come, until `stop` or the session ends. */
  async follow(): Promise<void> {
    const { client, host, gpus } = this.#options;
    for (const { id } of gpus) {
      const follow = await client.follow(`/gpu/${host}/${id}/status`);
      if (follow.ok) this.#follows.add(follow.value);
    }
    // What was queued before the follows began is found here; a job is taken up once.
    await this.runWaiting();
    await Promise.all([...this.#follows].map((follow) => this.#watch(follow)));
  }

  async #watch(follow: Follow): Promise<void> {
    for await (const _chunk of follow) await this.runWaiting();
  }

  /** Ends `follow`; a job that runs is finished. */
  stop(): void {
    for (const follow of this.#follows) follow.stop();
  }

  async #run(job: GpuJob): Promise<void> {
    const { run, tell } = this.#options;
    const taken = await this.#report(job, { state: 'RUNNING' });
    if (!taken.ok) return;
    const outcome = await run(job);
    const said = await this.#report(job, { ...outcome });
    this.#count += 1;
    const unsaid = said.ok ? '' : ` (not reported: ${said.refusal.code})`;
    tell(`job ${job.job} on ${job.gpu}: ${outcome.state} ${outcome.detail}${unsaid}`);
  }

  #report({ host, gpu, job, fence }: GpuJob, more: Readonly<Record<string, string>>): Promise<Appended> {
    return this.#options.client.append(REPORTS, JSON.stringify({ host, gpu, job, fence, ...more }));
  }
}
