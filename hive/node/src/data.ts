// What a hive keeps beside the journal: the stores of the data capabilities (content, segments, spool), opened before the
// parts are connected, and what each of them brings: files, executors of effects, things that begin and end with the hive.

import { carriedLine, type Effect, INTENTS_PATH, type State } from '@cohesix/authority';
import type { Manifest } from '@cohesix/manifest';
import type { CommandPort, NodeDefinition, TurnedAway } from '@cohesix/ninedoor';
import { ok, type Refusal, type Result } from '@cohesix/wire';
import { openBuses } from './buses/part.ts';
import { openCasPart } from './cas/part.ts';
import { openCursors } from './cursors/part.ts';
import { openGpus } from './gpu/part.ts';
import type { Host } from './host.ts';
import { openHostProviders } from './hosts/part.ts';
import { openLoraJobs } from './lora-jobs/part.ts';
import { openSegments } from './segments/part.ts';
import { openStoredSettings } from './settings/part.ts';
import { openSpoolPart } from './spool/part.ts';
import type { Streams } from './streams.ts';

/** What a store is opened with. */
export interface DataOptions {
  readonly manifest: Manifest;
  readonly host: Host;
  /** The data directory; each store has a folder of its own in it. */
  readonly directory: string;
  /** Which hive this is (`hiveIdentity`), for stores that can be carried from machine to machine. */
  readonly identity: string;
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

/** Lines of one append to a control file, and which of them was refused. */
export interface RefusedLines {
  readonly path: string;
  readonly lines: readonly string[];
  readonly refusal: Refusal;
  /** Index of the line that was refused. */
  readonly refusedLine: number;
}

/** Carries out one kind of effect; idempotent. */
export type Executor = (effect: Effect) => void;

/** What a store says to lines, at once or when what it had begun is done. */
export type Checked = Result<void> | Promise<Result<void>>;

/** One data capability as the hive sees it. */
export interface DataPart {
  readonly nodes: readonly NodeDefinition[];
  /** Kind of effect → its executor. */
  readonly executors?: Readonly<Record<string, Executor>>;
  /** Looks at lines for a control file before they are decided: what only a store knows of them. */
  readonly check?: (path: string, lines: readonly string[]) => Checked;
  /** Told of lines that were refused before their writer is; `tell`, called once, lets the answer go. */
  readonly refused?: (refused: RefusedLines, tell: () => void) => void;
  /** Told of what NineDoor turned away by itself, after it was answered. */
  readonly turnedAway?: (event: TurnedAway) => void;
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
const STORES: readonly OpenStore[] = [
  openBuses,
  openCasPart,
  openLoraJobs,
  openHostProviders,
  openSegments,
  openCursors,
  openStoredSettings,
  openSpoolPart,
  openGpus,
];

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
    check: (path, lines) =>
      firstRefusal(
        parts.map(
          ({ check }) =>
            () =>
              check?.(path, lines) ?? ok(undefined),
        ),
      ),
    refused: (refused, tell) => toldInTurn(parts, refused, tell),
    turnedAway: (event) => {
      for (const { turnedAway } of parts) turnedAway?.(event);
    },
    begin: () => {
      for (const { begin } of parts) begin?.();
    },
    end: async () => {
      for (const { end } of parts) await end?.();
    },
  };
}

/** Runs checks one after the other until one refuses. */
function firstRefusal(checks: readonly (() => Checked)[]): Checked {
  for (const [index, check] of checks.entries()) {
    const checked = check();
    if (checked instanceof Promise)
      return checked.then((result) => (result.ok ? firstRefusal(checks.slice(index + 1)) : result));
    if (!checked.ok) return checked;
  }
  return ok(undefined);
}

function toldInTurn(parts: readonly DataPart[], refused: RefusedLines, tell: () => void): void {
  const [first, ...others] = parts.filter((part) => part.refused !== undefined);
  if (first?.refused === undefined) return tell();
  first.refused(refused, () => toldInTurn(others, refused, tell));
}

type Command = Parameters<CommandPort['submit']>;

/** A command whose refusal the stores hear of before its writer does. */
export function heardOf({ refused }: DataPart, [who, path, lines, done]: Command): Command {
  return [
    who,
    path,
    lines,
    (result, known) => {
      if (result.ok || refused === undefined) return done(result, known);
      const refusedLine = known !== undefined && 'refusedLine' in known ? known.refusedLine : 0;
      refused({ path, lines, refusal: result.refusal, refusedLine }, () => done(result, known));
    },
  ];
}

/** Lets a command on its way when no store has anything against its lines, those that intents carry included; else ends it. */
export function submitStored({ check }: DataPart, [, path, lines, done]: Command, go: () => void): void {
  const carried = path === INTENTS_PATH ? lines.flatMap((line) => carriedLine(line) ?? []) : [];
  const all = [{ path, lines }, ...carried.map((each) => ({ path: each.path, lines: [each.line] }))];
  const checked = firstRefusal(all.map((each) => () => check?.(each.path, each.lines) ?? ok(undefined)));
  const end = (result: Result<void>): void => (result.ok ? go() : done(result));
  if (checked instanceof Promise) void checked.then(end);
  else end(checked);
}
