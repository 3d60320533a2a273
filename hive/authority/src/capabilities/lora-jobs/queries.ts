// What is kept of LoRA jobs, and what others may ask: which there are, what their parts must be, of which base model one is.

import { sliceOf } from '../../kernel/slice.ts';
import type { Party } from '../../principal.ts';
import type { State } from '../../types.ts';

/** Path of the control file of LoRA jobs. */
export const LORA_JOBS_CTL = '/queen/export/lora_jobs/ctl';

/** The files of a job and their most bytes (contracts-1, 4.4), by the field of a line that names their content. */
export const LORA_PARTS = {
  telemetry: { file: 'telemetry.cbor', bytesMax: 131_072 },
  base_model: { file: 'base_model.ref', bytesMax: 1024 },
  policy: { file: 'policy.toml', bytesMax: 8192 },
} as const;

/** Field of a line that names the content of a file. */
export type LoraPart = keyof typeof LORA_PARTS;

/** What a file of a job is. */
export interface LoraContent {
  /** Hex. */
  readonly sha256: string;
  readonly bytes: number;
}

/** A job that is published: all its files at once, or none of them. */
export interface LoraJob {
  readonly id: string;
  /** The base model, as `base_model.ref` names it. */
  readonly base: string;
  readonly parts: Readonly<Record<LoraPart, LoraContent>>;
  readonly by: Party;
  readonly at: number;
  readonly entry: number;
}

/** All of them, by id. */
export interface LoraJobsSlice {
  readonly jobs: Map<string, LoraJob>;
}

/** A change of the jobs. */
export type LoraJobsChange =
  | { readonly kind: 'put'; readonly job: LoraJob }
  | { readonly kind: 'drop'; readonly id: string };

/** The published jobs, by id. */
export function loraJobs(state: Readonly<State>): ReadonlyMap<string, LoraJob> {
  return sliceOf<LoraJobsSlice>(state, 'lora-jobs').jobs;
}

/** A job that is published now. */
export function exportedJob(state: Readonly<State>, id: string): LoraJob | undefined {
  return loraJobs(state).get(id);
}
