// The mock GPU: kernels run for real, and what cannot be run is said.

import { hash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type GpuJob, MOCK_GPUS, runOnCpu } from '../src/index.ts';

function job(kernel: string, floats: readonly number[] | Uint8Array | undefined, more: Partial<GpuJob> = {}): GpuJob {
  const payload = floats === undefined || floats instanceof Uint8Array ? floats : bytesOf(floats);
  const sizes = { grid: [1, 1, 1], block: [64, 1, 1] };
  return { host: 'local', gpu: 'GPU-0', job: 'j', fence: 1, state: 'QUEUED', kernel, payload, ...sizes, ...more };
}

function bytesOf(floats: readonly number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(floats).buffer);
}

describe('kernels', () => {
  test.each([
    ['vadd', [1, 2, 3, 10, 20, 30], [11, 22, 33]],
    ['matmul', [1, 2, 3, 4, 5, 6, 7, 8], [19, 22, 43, 50]],
    ['matmul', [3, 0.5], [1.5]],
  ] as const)('%s of %j', (kernel, given, expected) => {
    const digest = hash('sha256', bytesOf(expected));
    expect(runOnCpu(job(kernel, given))).toEqual({
      state: 'OK',
      detail: `mock cpu ${kernel} ${expected.length} elements sha256:${digest}`,
    });
  });

  test.each([
    ['no payload', job('vadd', undefined), 'no inline payload'],
    ['an empty one', job('vadd', []), 'no pair of float arrays'],
    ['half a float', job('vadd', new Uint8Array(10)), 'no pair of float arrays'],
    ['no squares', job('matmul', [1, 2, 3, 4, 5, 6]), 'no pair of square matrices'],
    ['too few threads', job('vadd', [1, 2, 3, 4], { block: [1, 1, 1] }), '1 threads for 2 elements'],
  ])('with %s end in ERR', (_, given, why) => {
    const outcome = runOnCpu(given);
    expect(outcome.state).toBe('ERR');
    expect(outcome.detail).toContain(why);
  });

  test('a payload that is a part of a larger buffer is read from its own beginning', () => {
    const padded = new Uint8Array([9, ...bytesOf([1, 2])]);
    expect(runOnCpu(job('vadd', padded.subarray(1)))).toEqual(runOnCpu(job('vadd', [1, 2])));
  });
});

test('the GPUs are those of the source', () => {
  expect(MOCK_GPUS.map(({ id, name, memory_mb, sm_count }) => [id, name, memory_mb, sm_count])).toEqual([
    ['GPU-0', 'Mock 4090', 24_576, 144],
    ['GPU-1', 'Mock 4060', 8192, 64],
  ]);
});
