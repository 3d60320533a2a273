// What a hive keeps beside the journal: the stores of the data capabilities (content, segments, spool), opened before the
// parts are connected, and what each of them brings: files, executors of effects, things that begin and end with the hive.

import type { Effect, State } from '@cohesix/authority';
import type { Manifest } from '@cohesix/manifest';
import type { NodeDefinition } from '@cohesix/ninedoor';
import { ok, type Result } from '@cohesix/wire';
import type { Host } from './host.ts';
import type { Streams } from './streams.ts';

/** What a store is opened with. */
export interface DataOptions {
  readonly manifest: Manifest;
  readonly host: Host;
  /** The data directory; each store has a folder of its own in it. */
  readonly directory: string;
}

/** What a running store may use of the hive. */
export interface DataHive extends DataOptions {
  /** Durable state. */
  readonly shown: () => State;
  readonly streams: Streams;
  /** Writes a line of the system's own; the answer comes when it is durable or refused. */
  readonly system: (path: string, line: string) => Promise<Result<void>>;
  /** Appends a line to `/log/queen.log`. */
  readonly audit: (line: string) => void;
}

/** Carries out one kind of effect; idempotent. */
export type Executor = (effect: Effect) => void;

/** One data capability as the hive sees it. */
export interface DataPart {
  readonly nodes: readonly NodeDefinition[];
  /** Kind of effect → its executor. */
  readonly executors?: Readonly<Record<string, Executor>>;
  /** The boot record is written and the doors open soon: what a crash cut off may be finished. */
  readonly begin?: () => void;
  /** Nothing calls any more: flush and close. */
  readonly end?: () => Promise<void>;
}

/** An opened store, to be connected once the hive's parts are there. */
export type OpenedStore = (hive: DataHive) => DataPart;

/** A capability's way to open what it keeps on disk. Refuses with what stands in the way. */
type OpenStore = (options: DataOptions) => Promise<Result<OpenedStore>>;

/** Every data capability, one line each. */
const STORES: readonly OpenStore[] = [];

/** Opens all stores of a hive; a refusal says which could not be opened. */
export async function openStores(options: DataOptions): Promise<Result<OpenedStore>> {
  const opened: OpenedStore[] = [];
  for (const open of STORES) {
    const store = await open(options);
    if (!store.ok) return store;
    opened.push(store.value);
  }
  return ok((hive) => joined(opened.map((connect) => connect(hive))));
}

function joined(parts: readonly DataPart[]): DataPart {
  return {
    nodes: parts.flatMap(({ nodes }) => nodes),
    executors: Object.assign({}, ...parts.map(({ executors }) => executors)),
    begin: () => {
      for (const { begin } of parts) begin?.();
    },
    end: async () => {
      for (const { end } of parts) await end?.();
    },
  };
}
