// The streams of GPUs: `/gpu/:host/:gpu/status` and `/gpu/:host/status`, in memory under one budget. The hive's own lines come as
// effects of the gpus room; host tools append breadcrumbs. Everything that must last is state; after a start the rings begin with
// what goes on.

import { checkGate, gpuAt, gpuNews, holdsGpu, isGpuHost, liveWorker } from '@cohesix/authority';
import type { NodeDefinition, Params } from '@cohesix/ninedoor';
import { type CborMap, checkFrames, encodeFrame, Ring, RingBudget } from '@cohesix/telemetry';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { DataHive, DataOptions, DataPart, Executor, OpenedStore } from '../data.ts';
import { breadcrumbsIn } from './breadcrumbs.ts';

/** A status, and the last journal entry whose lines it has. */
interface Status {
  readonly ring: Ring;
  entry: number;
}

/** Where a status is: a GPU, or its host (`gpu` null). */
interface Place {
  readonly host: string;
  readonly gpu: string | null;
}

const UTF8 = new TextEncoder();

/** The effects of the gpus room. */
interface StatusOrder extends Place {
  readonly entry: number;
  /** JSON, without LF. */
  readonly lines: readonly string[];
}

/** Opens what GPUs keep beside the journal: nothing on disk. */
export function openGpus(_options: DataOptions): Promise<Result<OpenedStore>> {
  return Promise.resolve(ok((hive) => new GpuPart(hive).part()));
}

class GpuPart {
  readonly #hive: DataHive;
  readonly #budget: RingBudget;
  readonly #statuses = new Map<string, Status>();

  constructor(hive: DataHive) {
    this.#hive = hive;
    this.#budget = new RingBudget(hive.manifest.gpu.status_budget_bytes);
  }

  part(): DataPart {
    const status: Executor = (effect) => this.#told(effect as unknown as StatusOrder);
    const telemetry: Executor = ({ worker, line }) => this.#worker(String(worker), String(line));
    const executors = { 'gpu.status': status, 'gpu.telemetry': telemetry };
    return { nodes: this.#nodes(), executors, begin: () => this.#begin() };
  }

  #nodes(): readonly NodeDefinition[] {
    return ['/gpu/:host/status', '/gpu/:host/:gpu/status'].map((pattern) => ({
      pattern,
      file: {
        kind: 'stream',
        ring: (params: Params) => this.#ringAt(params),
        append: (params: Params, bytes: Uint8Array) => this.#append(params, bytes),
      },
    }));
  }

  /** What goes on since before the start: the rings were memory. */
  #begin(): void {
    for (const { host, gpu, line } of gpuNews(this.#hive.shown()))
      this.#statusOf({ host, gpu }).ring.append(UTF8.encode(`${line}\n`));
  }

  /** Lines of the hive's own. An entry that was told already is not told again. */
  #told(order: StatusOrder): void {
    const status = this.#statusOf(order);
    if (order.entry <= status.entry) return;
    status.entry = order.entry;
    for (const line of order.lines) status.ring.append(UTF8.encode(`${line}\n`));
    this.#forgetGone();
  }

  /** What becomes of the jobs of a worker that has ended is in the status only: it has no stream any more. */
  #worker(worker: string, line: string): void {
    const record = liveWorker(this.#hive.shown(), worker);
    if (record === undefined) return;
    const isFramed = this.#hive.manifest.telemetry.frame_schema === 'cbor-v1';
    const kept = isFramed
      ? this.#appendFrame(record, line)
      : this.#hive.streams.append(worker, UTF8.encode(`${line}\n`));
    if (!kept.ok) this.#hive.audit(`gpu telemetry dropped worker=${worker} reason=${kept.refusal.code}`);
  }

  #appendFrame({ id, kind }: { readonly id: string; readonly kind: string }, line: string): Result<void> {
    const { streams, host } = this.#hive;
    const role = `worker-${kind}`;
    const payload = JSON.parse(line) as CborMap;
    const frame = encodeFrame({ worker_id: id, role, seq: streams.nextSeq(id), emitted_ms: host.now(), payload });
    const checked = checkFrames(frame, { worker: id, role, seq: streams.lastSeq(id) });
    return checked.ok ? streams.appendFrames(id, checked.value) : checked;
  }

  #ringAt(params: Params): Ring | undefined {
    const place = this.#placeAt(params);
    return place === undefined ? undefined : this.#statusOf(place).ring;
  }

  #placeAt(params: Params): Place | undefined {
    const { host = '', gpu } = params;
    const state = this.#hive.shown();
    if (gpu === undefined && isGpuHost(state, host)) return { host, gpu: null };
    return gpuAt(state, params);
  }

  #statusOf({ host, gpu }: Place): Status {
    const key = keyOf({ host, gpu });
    const known = this.#statuses.get(key);
    if (known !== undefined) return known;
    const capacity = this.#hive.manifest.gpu.status_ring_bytes;
    const status = { ring: new Ring({ capacity, budget: this.#budget }), entry: 0 };
    this.#statuses.set(key, status);
    return status;
  }

  /** Breadcrumbs of host tools, and nothing else: nobody can forge a line of the hive's own. */
  #append(params: Params, bytes: Uint8Array): Result<void> {
    const place = this.#placeAt(params);
    if (place === undefined) return refuse('invalid-path');
    if (place.gpu === null) return refuse('unsupported', 'Breadcrumbs are of one GPU; append to its own status.');
    const state = this.#hive.shown();
    const gate = checkGate(state, 'worker-job');
    if (!gate.ok) return gate;
    const crumbs = breadcrumbsIn(bytes);
    if (!crumbs.ok) return crumbs;
    const { host, gpu } = place;
    const now = this.#hive.host.now();
    // Who ends may have lost the lease meanwhile; who begins must hold it.
    const lost = crumbs.value.find(
      ({ event, fence }) => event === 'START' && fence !== undefined && !holdsGpu(state, { host, gpu, fence }, now),
    );
    if (lost !== undefined) return refuse('stale', `No lease of ${host}/${gpu} has fence ${lost.fence} any more.`);
    const kept = this.#statusOf(place).ring.append(bytes);
    return kept.ok ? ok(undefined) : kept;
  }

  /** Gives the memory of what is not there any more back. */
  #forgetGone(): void {
    const state = this.#hive.shown();
    for (const [key, { ring }] of this.#statuses) {
      const [host = '', gpu] = key.split('/');
      const isThere = gpu === undefined ? isGpuHost(state, host) : gpuAt(state, { host, gpu }) !== undefined;
      if (isThere) continue;
      ring.clear();
      this.#statuses.delete(key);
    }
  }
}

function keyOf({ host, gpu }: Place): string {
  return gpu === null ? host : `${host}/${gpu}`;
}
