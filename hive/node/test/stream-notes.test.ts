// What the log tells of telemetry: when something is new, and never so often that it pushes the rest out.

import { Ring } from '@cohesix/telemetry';
import { expect, it } from 'vitest';
import { StreamNotes } from '../src/stream-notes.ts';

function notes(): { readonly told: string[]; readonly notes: StreamNotes } {
  const told: string[] = [];
  return { told, notes: new StreamNotes((line) => told.push(line), true) };
}

function full(lines: number): Ring {
  const ring = new Ring({ capacity: 100 });
  for (let count = 0; count < lines; count++) ring.append(Buffer.from('0123456789abcdefghi\n'));
  return ring;
}

it('a ring that overwrites is told at its first wrap, and then when the dropped bytes have doubled', () => {
  const { told, notes: to } = notes();
  for (let lines = 6; lines < 2000; lines++) to.wrapped('worker-1', full(lines));
  expect(told[0]).toBe('[audit] telemetry ring wrap worker=worker-1 dropped_bytes=20 new_base=20');
  expect(told.map((line) => Number(/dropped_bytes=(\d+)/.exec(line)?.[1]))).toEqual([
    20, 1040, 2080, 4160, 8320, 16_640, 33_280,
  ]);
});

it('a reader that came too late is told as often as their number doubles', () => {
  const { told, notes: to } = notes();
  for (let count = 1; count <= 1000; count++) to.lost('worker-1', count, 5000);
  expect(told[0]).toBe('[audit] telemetry cursor stale worker=worker-1 requested=1 rewind_to=5000 retain_on_boot=yes');
  expect(told.map((line) => Number(/requested=(\d+)/.exec(line)?.[1]))).toEqual([
    1, 2, 4, 8, 16, 32, 64, 128, 256, 512,
  ]);
});

it('an append that does not fit is told as often as their number doubles', () => {
  const { told, notes: to } = notes();
  for (let count = 1; count <= 100; count++) to.rejected('worker-1', 2000 + count, 1024);
  expect(told[0]).toBe('[audit] telemetry quota reject worker=worker-1 bytes=2001 quota=1024');
  expect(told).toHaveLength(7);
});

it('64 workers have lines of their own, ten thousand others share one count; one that ended makes room', () => {
  const { told, notes: to } = notes();
  for (let worker = 1; worker <= 10_000; worker++) to.wrapped(`worker-${worker}`, full(6));
  expect(told.filter((line) => line.includes('worker='))).toHaveLength(64);
  expect(told.filter((line) => line.includes('others=')).at(-1)).toBe('[audit] telemetry ring wrap others=8192');
  expect(told.length).toBeLessThan(100);
  to.forget('worker-1');
  to.wrapped('worker-9999', full(6));
  expect(told.at(-1)).toContain('worker=worker-9999');
});
