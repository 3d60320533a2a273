// What the registry of models keeps: for each source host its models, which of them is active, and what was active before it.
// A model is never changed under its id, so an id means one content for as long as it is there.

import { sliceOf } from '../../kernel/slice.ts';
import type { Party } from '../../principal.ts';
import type { State } from '../../types.ts';

/** Host of models of whoever names none, while no other host has models. */
export const LOCAL_HOST = 'local';

/** Files whose hashes a model may name (contracts-1, 5.7); `weights` is of a model that is no adapter. */
export const MODEL_FILES = ['adapter', 'lora', 'metrics', 'policy', 'telemetry', 'weights'] as const;

/** Name of such a file. */
export type ModelFile = (typeof MODEL_FILES)[number];

/** What a file must be. */
export interface FileHash {
  /** Hex. */
  readonly sha256: string;
  readonly bytes: number;
}

/** Whether somebody vouches for where a model comes from. */
export type Approval = 'pending' | 'approved' | 'rejected';

/** A model of one host. */
export interface Model {
  readonly id: string;
  readonly host: string;
  /** The model it adapts; null: it is no adapter. */
  readonly base: string | null;
  /** SHA-256 of the weights of that model, hex. */
  readonly baseSha256: string | null;
  readonly files: Readonly<Partial<Record<ModelFile, FileHash>>>;
  /** SHA-256 of its weights in the content store of the hive (`/models/<sha256>`). */
  readonly stored: string | null;
  /** What its evaluation said, in a word or a number. */
  readonly evaluation: string | null;
  /** The LoRA job it was trained from. */
  readonly job: string | null;
  readonly approval: Approval;
  /** Subjects that approved or rejected it. */
  readonly decidedBy: readonly string[];
  /** Its `manifest.toml` as a bridge published it; null: made from the fields. */
  readonly text: string | null;
  readonly by: Party;
  readonly at: number;
  readonly entry: number;
}

/** A change of what is active on a host, with the lineage there was then. */
export interface Activation {
  readonly kind: 'activate' | 'rollback';
  readonly host: string;
  readonly id: string;
  /** What was active before; null: nothing. */
  readonly previous: string | null;
  readonly base: string | null;
  /** SHA-256 of the adapter, or of the weights; null: unknown. */
  readonly sha256: string | null;
  readonly evaluation: string | null;
  readonly job: string | null;
  readonly by: string;
  /** Who approved exactly this line; its writer where no rule asked for anybody. */
  readonly approvedBy: readonly string[];
  readonly at: number;
  /** Journal entry. */
  readonly entry: number;
}

/** What is active on a host. */
export interface Pointer {
  /** Ids in the order of their activation, the active one last; a rollback takes from the end. */
  readonly stack: readonly string[];
  readonly last: Activation;
}

/** The registry. */
export interface ModelsSlice {
  /** By `modelKey`. */
  readonly models: Map<string, Model>;
  /** By host. */
  readonly pointers: Map<string, Pointer>;
  /** What the bridge of a host says is loaded there. */
  readonly reported: Map<string, string>;
  /** Oldest first. */
  readonly history: Activation[];
  droppedHistory: number;
}

/** Key of a model in the registry; neither part has a `/`. */
export function modelKey(host: string, id: string): string {
  return `${host}/${id}`;
}

/** The registry in a state. */
export function modelsSlice(state: Readonly<State>): ModelsSlice {
  return sliceOf<ModelsSlice>(state, 'models');
}

/** Hosts that have models, sorted. */
export function hostsOf({ models }: Readonly<ModelsSlice>): readonly string[] {
  return [...new Set([...models.values()].map(({ host }) => host))].sort();
}

/** The one host that has models; undefined when there are several, or none. */
export function soleHost(slice: Readonly<ModelsSlice>): string | undefined {
  const hosts = hostsOf(slice);
  return hosts.length === 1 ? hosts[0] : undefined;
}

/** The active model of a host; undefined: none was activated. */
export function activeOf({ pointers }: Readonly<ModelsSlice>, host: string): string | undefined {
  return pointers.get(host)?.stack.at(-1);
}

/** SHA-256 of what is loaded: the adapter, else the weights; null when nobody told. */
export function contentHash({ base, files, stored }: Model): string | null {
  if (base !== null) return files.adapter?.sha256 ?? null;
  return files.weights?.sha256 ?? stored;
}
