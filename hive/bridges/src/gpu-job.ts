// A line of `/gpu/<host>/jobs`: a job that has not ended, as the hive tells it.

/** A job for a bridge. */
export interface GpuJob {
  readonly host: string;
  readonly gpu: string;
  readonly job: string;
  /** Fence of the lease it runs under; every report names it. */
  readonly fence: number;
  readonly state: string;
  readonly kernel: string;
  readonly grid: readonly number[];
  readonly block: readonly number[];
  /** The payload, when it came with the line. */
  readonly payload: Uint8Array | undefined;
}

/** What came of a job. */
export interface JobOutcome {
  readonly state: 'OK' | 'ERR';
  /** For people; one line of at most 256 characters. */
  readonly detail: string;
}

/** Reads a value of a line; undefined when it is no job. */
export function gpuJobOf(value: unknown): GpuJob | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { host, gpu, job, fence, state, spec } = value as Readonly<Record<string, unknown>>;
  if (typeof host !== 'string' || typeof gpu !== 'string' || typeof job !== 'string') return undefined;
  if (typeof fence !== 'number' || typeof state !== 'string' || typeof spec !== 'object' || spec === null)
    return undefined;
  const { kernel, grid, block, payload_b64: payload } = spec as Readonly<Record<string, unknown>>;
  if (typeof kernel !== 'string' || !areSizes(grid) || !areSizes(block)) return undefined;
  const bytes = typeof payload === 'string' ? new Uint8Array(Buffer.from(payload, 'base64')) : undefined;
  return { host, gpu, job, fence, state, kernel, grid, block, payload: bytes };
}

function areSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length === 3 && value.every((one) => Number.isSafeInteger(one));
}
