// The files of a hive, put together: what the authority owns (controls and views), the streams (telemetry, the log),
// what the machine and the manifest say (`/proc/boot`, `/proc/bounds`), and the self-test scripts. NineDoor adds its
// own (`/proc/9p`, `/proc/pressure`, `/proc/self`).

import { hash } from 'node:crypto';
import {
  type Authority,
  checkGate,
  controlDocs,
  controlDocsText,
  gpuTelemetryProblem,
  isHostFileShown,
  isSidecarShown,
  lifecycleState,
  liveWorker,
  type State,
} from '@cohesix/authority';
import type { Manifest } from '@cohesix/manifest';
import type { NodeDefinition, Params, Session, ViewNode } from '@cohesix/ninedoor';
import type { Ring } from '@cohesix/telemetry';
import { type Result, refuse } from '@cohesix/wire';
import { fleetNode, type IsSeen } from './fleet.ts';
import { framesOf } from './frames.ts';
import { appendNote, streamTextProblem } from './notes.ts';
import type { Observation } from './observation.ts';
import { REPLAY_STATUS_BYTES } from './replay-job.ts';
import type { Streams } from './streams.ts';

/** What the nodes need of the running hive. */
export interface HiveView {
  readonly manifest: Manifest;
  readonly authority: Authority;
  /** Durable state. */
  readonly shown: () => State;
  /** Whether the journal cannot be written any more, so that every change is refused. */
  readonly isSealed: () => boolean;
  /** Whether a session of a queen is open: then the root is reachable, also while that is not on disk yet. */
  readonly isQueenHere: () => boolean;
  /** What sessions see of the fleet. */
  readonly isSeen: IsSeen;
  readonly streams: Streams;
  readonly observed: Observation;
  readonly bootText: () => string;
  readonly boundsText: () => string;
  readonly journalText: () => string;
  readonly replayText: () => string;
  /** Name of a self-test script → its text. */
  readonly selfTests: ReadonlyMap<string, string>;
}

const UTF8 = new TextEncoder();

/** All definitions, for `NineDoor`. */
export function hiveNodes(hive: HiveView): readonly NodeDefinition[] {
  return [...authorityNodes(hive), ...streamNodes(hive), ...procNodes(hive)];
}

/** The control files and views of the authority, and `/proc/fleet`, over whatever state `shown` gives. */
export function authorityNodes(
  hive: Pick<HiveView, 'manifest' | 'authority' | 'shown' | 'isSealed' | 'isQueenHere' | 'isSeen'>,
): NodeDefinition[] {
  const { manifest, authority, shown } = hive;
  const isShown = shownBy(manifest);
  const controls = authority.controls
    .filter(({ pattern }) => !pattern.startsWith('/sys/') && isShown(pattern))
    .map(({ pattern, control }): NodeDefinition => {
      const path = (params: Params): string => bind(pattern, params);
      return {
        pattern,
        file: {
          kind: 'control',
          log: (params) => UTF8.encode(authority.controlText(shown(), path(params))),
          // What a pointer points to may change without a line of its own.
          version: (params) =>
            control.text === undefined
              ? authority.controlLogVersion(shown(), path(params))
              : authority.version(shown()),
          writers: control.writers,
        },
      };
    });
  const views = authority.views
    .filter(({ pattern }) => isShown(pattern))
    .map(({ pattern, view }) => authorityView(hive, pattern, view.boundBytes));
  const names = authority.names
    .filter(({ pattern }) => isShown(pattern))
    .map(
      ({ pattern }): NodeDefinition => ({
        pattern,
        names: {
          list: (params) => authority.listNames(shown(), pattern, params),
          has: (name, params) => authority.hasName(shown(), pattern, name, params),
        },
      }),
    );
  const { shard_bits: bits } = manifest.sharding;
  const label = onlyByShard(manifest) ? (worker: string) => shardLabel(worker, bits) : undefined;
  return [...controls, ...views, ...names, fleetNode({ ...hive, shardLabel: label })];
}

/** Which of the patterns that the authority knows a hive with this manifest has. */
function shownBy(manifest: Manifest): (pattern: string) => boolean {
  return (pattern) => isHostFileShown(manifest, pattern) && isSidecarShown(manifest, pattern);
}

function authorityView(
  hive: Parameters<typeof authorityNodes>[0],
  pattern: string,
  boundBytes: number,
): NodeDefinition {
  const { authority, shown } = hive;
  const text = (params: Params): string => authority.renderView(shown(), bind(pattern, params)) ?? '';
  const unrecorded = unrecordedOf(hive, pattern);
  return {
    pattern,
    file: {
      kind: 'view',
      boundBytes,
      version: () => (unrecorded() === undefined ? authority.version(shown()) : UNRECORDED_VERSION),
      render: (params) => UTF8.encode(unrecorded() ?? text(params)),
    },
  };
}

/** A version that no record has. */
const UNRECORDED_VERSION = -1;

/** What a view says that is no state (yet), each time it is asked; undefined while the state is right. */
function unrecordedOf(
  { shown, isSealed, isQueenHere }: Parameters<typeof authorityNodes>[0],
  pattern: string,
): () => string | undefined {
  const sealed = SEALED_VIEWS.get(pattern);
  if (sealed !== undefined) return () => (isSealed() ? sealed : undefined);
  const reachable = REACHABLE_VIEWS.get(pattern);
  if (reachable === undefined) return () => undefined;
  return () => (isQueenHere() && lifecycleState(shown()) !== 'OFFLINE' ? reachable : undefined);
}

/** What a hive says of its root while a queen is here. That becomes state a moment later; no queen should read `no`. */
const REACHABLE_VIEWS: ReadonlyMap<string, string> = new Map([
  ['/proc/root/reachable', 'reachable=yes\n'],
  ['/proc/root/cut_reason', 'cut_reason=none\n'],
]);

/** What a sealed hive says of itself. It cannot be state: no change of state can be recorded any more. */
const SEALED_VIEWS: ReadonlyMap<string, string> = new Map([
  ['/proc/lifecycle/state', 'state=DEGRADED\n'],
  ['/proc/lifecycle/reason', 'reason=audit-unavailable\n'],
]);

/** The path of a pattern with its parameters filled in. */
function bind(pattern: string, params: Params): string {
  return pattern.includes(':') ? pattern.replace(/:([a-z_]+)/g, (_, name: string) => params[name] ?? '') : pattern;
}

/** Shard label of a worker id: the first byte of its SHA-256, cut to `bits`, as two hex digits (`contracts-1.md` 4.5). */
export function shardLabel(worker: string, bits: number): string {
  const first = hash('sha256', worker, 'buffer')[0] ?? 0;
  return (first >> (8 - bits)).toString(16).padStart(2, '0');
}

/** Whether the telemetry of a worker is reached by the label of its shard alone. */
export function onlyByShard({ sharding }: Manifest): boolean {
  return sharding.enabled && !sharding.legacy_worker_alias;
}

/** Where the telemetry of a worker is, in a hive where that is so. */
export function pathByShard({ sharding }: Manifest, worker: string): string {
  return `/shard/${shardLabel(worker, sharding.shard_bits)}/worker/${worker}/telemetry`;
}

function streamNodes(hive: HiveView): NodeDefinition[] {
  const { sharding } = hive.manifest;
  const telemetry = {
    kind: 'stream',
    ring: (params: Params) => telemetryOf(hive, params),
    append: (params: Params, bytes: Uint8Array) => appendTelemetry(hive, params, bytes),
  } as const;
  const log = {
    kind: 'stream',
    ring: () => hive.streams.log,
    append: (_: Params, bytes: Uint8Array, session: Session) =>
      hive.observed.ingest.stream(() => appendNote(hive.streams.log, bytes, session)),
  } as const;
  const nodes: NodeDefinition[] = [{ pattern: '/log/queen.log', file: log }];
  if (!onlyByShard(hive.manifest)) nodes.push({ pattern: '/worker/:worker/telemetry', file: telemetry });
  return sharding.enabled ? [...nodes, ...shardNodes(hive, telemetry)] : nodes;
}

function telemetryOf({ authority, shown, streams }: HiveView, { worker = '' }: Params): Ring | undefined {
  return authority.hasName(shown(), '/worker/:worker', worker) ? streams.telemetryOf(worker) : undefined;
}

function appendTelemetry(hive: HiveView, params: Params, bytes: Uint8Array): Result<void> {
  const gate = checkGate(hive.shown(), 'worker-telemetry');
  if (!gate.ok) return gate;
  const { worker = '' } = params;
  if (telemetryOf(hive, params) === undefined) return refuse('invalid-path');
  if (hive.manifest.telemetry.frame_schema === 'cbor-v1') return appendFrames(hive, worker, bytes);
  const problem = streamTextProblem(bytes) ?? gpuProblem(hive, worker, bytes);
  if (problem !== undefined) return refuse('invalid-payload', problem);
  return hive.observed.telemetry(worker, bytes, () => hive.streams.append(worker, bytes));
}

/** What is wrong with the first line of the telemetry of a GPU's worker that is no fit record; undefined for any other worker. */
function gpuProblem({ shown }: HiveView, worker: string, bytes: Uint8Array): string | undefined {
  if (liveWorker(shown(), worker)?.kind !== 'gpu') return undefined;
  for (const line of Buffer.from(bytes).toString().split('\n')) {
    const problem = gpuTelemetryProblem(line);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function appendFrames(hive: HiveView, worker: string, bytes: Uint8Array): Result<void> {
  const frames = framesOf(hive, worker, bytes);
  if (!frames.ok) return frames;
  return hive.observed.telemetry(worker, frames.value.bytes, () => hive.streams.appendFrames(worker, frames.value));
}

function shardNodes(hive: HiveView, file: Extract<NodeDefinition, { file: unknown }>['file']): NodeDefinition[] {
  const { authority, shown, manifest } = hive;
  const bits = manifest.sharding.shard_bits;
  const labels = Array.from({ length: 2 ** bits }, (_, index) => index.toString(16).padStart(2, '0'));
  const known = new Set(labels);
  const isIn = (worker: string, params: Params): boolean =>
    shardLabel(worker, bits) === params.label && authority.hasName(shown(), '/worker/:worker', worker);
  return [
    { pattern: '/shard/:label', names: { list: () => labels, has: (name) => known.has(name) } },
    {
      pattern: '/shard/:label/worker/:worker',
      names: {
        list: (params) => authority.listNames(shown(), '/worker/:worker').filter((worker) => isIn(worker, params)),
        has: isIn,
      },
    },
    { pattern: '/shard/:label/worker/:worker/telemetry', file },
  ];
}

function procNodes(hive: HiveView): NodeDefinition[] {
  const tests = [...hive.selfTests].map(([name, script]) => ({
    pattern: `/proc/tests/${name}`,
    file: constant(65_536, () => script),
  }));
  return [
    { pattern: '/proc/boot', file: constant(8192, hive.bootText) },
    {
      pattern: '/proc/bounds',
      // The settings that hold now are in it: a reload changes it.
      file: { ...constant(16_384, hive.boundsText), version: () => hive.authority.version(hive.shown()) },
    },
    { pattern: '/proc/manifest', file: constant(1_048_576, () => `${JSON.stringify(hive.manifest, null, 2)}\n`) },
    { pattern: '/proc/controls', file: constant(CONTROLS_BYTES_MAX, () => controlsText(hive)) },
    { pattern: '/proc/journal', file: { ...constant(512, hive.journalText), version: undefined } },
    { pattern: '/replay/status', file: { ...constant(REPLAY_STATUS_BYTES, hive.replayText), version: undefined } },
    ...tests,
  ];
}

/** The lines of every control file of the default manifest are 90 KB; a bound, since a manifest adds none. */
const CONTROLS_BYTES_MAX = 262_144;

/** `/proc/controls`: what each control file takes, for who makes a form of it. */
function controlsText({ manifest, authority }: HiveView): string {
  const isShown = shownBy(manifest);
  return controlDocsText(controlDocs(authority.controls).filter(({ pattern }) => isShown(pattern)));
}

/** A view that stays the same until the next boot. */
function constant(boundBytes: number, render: () => string): ViewNode {
  return { kind: 'view', boundBytes, version: () => 0, render: () => UTF8.encode(render()) };
}
