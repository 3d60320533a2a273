// Streams over a clean stop, with the same bounds and with others; and what is left of them after a crash.

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from '@cohesix/manifest';
import type { Ring } from '@cohesix/telemetry';
import { ok, type Result, refuse } from '@cohesix/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Streams } from '../src/streams.ts';
import { plainManifest, temporaryFolder } from './fixture.ts';

let folder = temporaryFolder();
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const withLog = (bytes: number): Manifest =>
  plainManifest((m) => ({ ...m, log: { ...m.log, queen_log_bytes: bytes } }));
const open = (manifest: Manifest = plainManifest()): Promise<Streams> =>
  Streams.open(manifest, join(folder.path, 'streams'));
const isLive = (worker: string): boolean => worker !== 'worker-9';
const textOf = (ring: Ring): string => Buffer.from(ring.snapshot()).toString();

describe('streams', () => {
  it('go on after a stop where they were, with their cursors', async () => {
    const first = await open();
    first.audit('one');
    first.append('worker-1', Buffer.from('tick\n'));
    await first.store(isLive);
    const second = await open();
    expect(second.isLogKept).toBe(true);
    expect([textOf(second.log), second.log.end]).toEqual(['one\n', 4]);
    expect([textOf(second.telemetryOf('worker-1')), second.telemetryOf('worker-1').end]).toEqual(['tick\n', 5]);
    second.audit('two');
    expect([textOf(second.log), second.log.end]).toEqual(['one\ntwo\n', 8]);
  });

  it('are used by one start: a crash after it forgets them, a start that failed does not', async () => {
    const first = await open();
    first.audit('one');
    await first.store(isLive);
    await open();
    const third = await open();
    expect([third.isLogKept, third.log.end]).toEqual([true, 4]);
    await third.started();
    expect((await open()).log.end).toBe(0);
  });

  it('that nobody asked for are kept on while their worker lives', async () => {
    const first = await open();
    for (const worker of ['worker-1', 'worker-9']) first.append(worker, Buffer.from('tick\n'));
    await first.store(() => true);
    const second = await open();
    await second.started();
    await second.store(isLive);
    const third = await open();
    expect([third.telemetryOf('worker-1').end, third.telemetryOf('worker-9').end]).toEqual([5, 0]);
  });

  it('never go back when the manifest retains less now', async () => {
    const first = await open(withLog(65_536));
    for (let line = 0; line < 500; line++) first.audit(`line ${line} ${'x'.repeat(80)}`);
    await first.store(isLive);
    const second = await open(withLog(4096));
    expect(second.log.end).toBe(first.log.end);
    const reader = textOf(second.log);
    expect(reader.endsWith(`line 499 ${'x'.repeat(80)}\n`)).toBe(true);
    expect(reader.length).toBeLessThanOrEqual(4096);
    expect(reader.length).toBeGreaterThan(3900);
  });

  it('of a worker that ended are forgotten', async () => {
    const first = await open();
    first.append('worker-1', Buffer.from('tick\n'));
    const ring = first.end('worker-1');
    expect(ring?.bufferSize).toBe(0);
    await first.store(isLive);
    expect((await open()).telemetryOf('worker-1').end).toBe(0);
  });

  it('are bounded together', async () => {
    const streams = await open(
      plainManifest((m) => ({
        ...m,
        telemetry: { ...m.telemetry, ring_bytes_per_worker: 1024, ring_budget_bytes: 1024 },
      })),
    );
    const line = Buffer.from(`${'x'.repeat(1000)}\n`);
    expect(streams.append('worker-1', line).ok).toBe(true);
    expect(streams.append('worker-2', line)).toMatchObject({ ok: false, refusal: { code: 'buffer-full' } });
    expect(streams.append('worker-1', Buffer.from(`${'x'.repeat(1024)}\n`))).toMatchObject({
      refusal: { code: 'too-big' },
    });
  });

  it('are left out when a later life came after the stop that kept them', async () => {
    const first = await open();
    first.append('worker-1', Buffer.from('tick\n'));
    await first.store(isLive);
    const second = await open();
    second.keepCursors({ startOf: () => ({ start: 100, gaps: [{ from: 5, to: 100 }] }), reserve: () => ok(undefined) });
    const ring = second.telemetryOf('worker-1');
    expect([textOf(ring), ring.base, ring.unknownBetween(0, 100)]).toEqual(['', 100, 95]);
    const third = await open();
    third.keepCursors({ startOf: () => ({ start: 5, gaps: [] }), reserve: () => ok(undefined) });
    expect(textOf(third.telemetryOf('worker-1'))).toBe('tick\n');
  });

  it('take nothing while no cursors are reserved, and count what they did not take', async () => {
    const streams = await open();
    const asked: number[] = [];
    const reserve = (_: string, end: number): Result<void> => {
      asked.push(end);
      return refuse('busy');
    };
    streams.keepCursors({ startOf: () => ({ start: 0, gaps: [] }), reserve });
    expect(streams.append('worker-1', Buffer.from('tick\ntack\n'))).toMatchObject({ refusal: { code: 'busy' } });
    expect([asked, streams.droppedLines, streams.telemetryOf('worker-1').end]).toEqual([[10], 2, 0]);
  });

  it('are not kept without retain_on_boot, but the log is', async () => {
    const forgetful = plainManifest((m) => ({
      ...m,
      telemetry: { ...m.telemetry, cursor: { retain_on_boot: false } },
    }));
    const first = await open(forgetful);
    first.audit('one');
    first.append('worker-1', Buffer.from('tick\n'));
    await first.store(isLive);
    const second = await open(forgetful);
    expect([textOf(second.log), second.telemetryOf('worker-1').end]).toEqual(['one\n', 0]);
  });

  it.each(['', 'no head', '{"name":"log"}\nx\n', '{"name":"log","start":0}\nno end', '{"name":5,"start":0}\n'])(
    'leave out a file that is damaged: %j',
    async (content) => {
      mkdirSync(join(folder.path, 'streams'));
      writeFileSync(join(folder.path, 'streams', '0.stream'), content);
      const streams = await open();
      expect([streams.isLogKept, streams.log.end]).toEqual([false, 0]);
      await streams.started();
      expect(readdirSync(folder.path)).toEqual([]);
    },
  );
});
