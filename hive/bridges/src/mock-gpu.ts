// GPUs that do not exist (contracts-1 4.8), and a processor that does what they would: kernels run for real, on the CPU. For tests, tours and
// looking around; every outcome says that it is of a mock.
//
// A payload is 32-bit floats, little endian. vadd: `a[n] b[n]` gives `c[n]`. matmul: `A[n*n] B[n*n]`, by rows, gives `C[n*n]`.

import { hash } from 'node:crypto';
import type { GpuJob, JobOutcome } from './gpu-job.ts';

/** What a publisher says about a GPU. */
export interface GpuInfo {
  readonly id: string;
  readonly name: string;
  readonly memory_mb: number;
  readonly sm_count: number;
  readonly driver_version: string;
  readonly runtime_version: string;
  readonly uuid?: string;
}

const VERSIONS = { driver_version: '555.0', runtime_version: '12.4' } as const;

/** The GPUs of the source's mock. */
export const MOCK_GPUS: readonly GpuInfo[] = [
  { id: 'GPU-0', name: 'Mock 4090', memory_mb: 24_576, sm_count: 144, ...VERSIONS },
  { id: 'GPU-1', name: 'Mock 4060', memory_mb: 8192, sm_count: 64, ...VERSIONS },
];

const FLOAT_SIZE = 4;

/** Runs a kernel. What is wrong with a job is an outcome: `ERR`. */
export function runOnCpu({ kernel, payload, grid, block }: GpuJob): JobOutcome {
  if (payload === undefined) return failed('has no inline payload; a mock has no buffers');
  const floats = floatsOf(payload);
  if (floats === undefined) return failed(`payload of ${payload.length} bytes is no pair of float arrays`);
  const result = kernel === 'matmul' ? matmul(floats) : vadd(floats);
  if (result === undefined) return failed(`${floats.length} floats are no pair of square matrices`);
  const threads = [...grid, ...block].reduce((product, size) => product * size, 1);
  if (threads < result.length) return failed(`grid and block are ${threads} threads for ${result.length} elements`);
  const digest = hash('sha256', bytesOf(result));
  return { state: 'OK', detail: `mock cpu ${kernel} ${result.length} elements sha256:${digest}` };
}

function failed(why: string): JobOutcome {
  return { state: 'ERR', detail: `mock cpu: ${why}` };
}

function floatsOf(payload: Uint8Array): Float32Array | undefined {
  if (payload.length === 0 || payload.length % (2 * FLOAT_SIZE) !== 0) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  return Float32Array.from({ length: payload.length / FLOAT_SIZE }, (_, at) => view.getFloat32(at * FLOAT_SIZE, true));
}

function bytesOf(floats: Float32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(floats.length * FLOAT_SIZE));
  for (const [at, value] of floats.entries()) view.setFloat32(at * FLOAT_SIZE, value, true);
  return new Uint8Array(view.buffer);
}

function vadd(floats: Float32Array): Float32Array {
  const half = floats.length / 2;
  return Float32Array.from({ length: half }, (_, at) => (floats[at] ?? 0) + (floats[half + at] ?? 0));
}

function matmul(floats: Float32Array): Float32Array | undefined {
  const size = Math.sqrt(floats.length / 2);
  if (!Number.isInteger(size)) return undefined;
  const [left, right] = [floats.subarray(0, size * size), floats.subarray(size * size)];
  return Float32Array.from({ length: size * size }, (_, at) => {
    const [row, column] = [Math.floor(at / size), at % size];
    let sum = 0;
    for (let k = 0; k < size; k++) sum += (left[row * size + k] ?? 0) * (right[k * size + column] ?? 0);
    return sum;
  });
}
