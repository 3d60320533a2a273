// `telemetry` with few rings: that every line and every frame arrives and every follower gets each, not how fast. And its bars, and
// what looks at the lines.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkFrames } from '@cohesix/telemetry';
import { afterEach, expect, test } from 'vitest';
import { CONTENT_BYTES, FOLLOWERS, judgeTelemetry, RINGS } from '../src/telemetry/bars.ts';
import { PUSH_BY_REFERENCE, PUSH_UPDATE } from '../src/telemetry/content.ts';
import type { FollowersStretch } from '../src/telemetry/followers.ts';
import { FIRST_SEQ, FrameMaker } from '../src/telemetry/frames-load.ts';
import { LINE_BYTES, linesFrom, numberAt } from '../src/telemetry/lines.ts';
import type { TelemetryReport } from '../src/telemetry/telemetry.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const TIMEOUT_MS = 120_000;
const leftovers: (() => void)[] = [];

afterEach(() => {
  for (const remove of leftovers.splice(0)) remove();
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'cohesix-bench-test-'));
  leftovers.push(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

test('a small run counts every line, frame and follower', { timeout: TIMEOUT_MS }, async () => {
  const place = folder();
  const json = join(place, 'report.json');
  const args = [MAIN, 'telemetry', '--quick', '--dir', place, '--json', json];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: TIMEOUT_MS });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [status] = await once(child, 'close');
  const output = Buffer.concat(chunks).toString();
  expect(status, output).toBe(0);
  const report = JSON.parse(readFileSync(json, 'utf8')) as TelemetryReport;
  const { rings = [], frames = [], flat = [], followers } = report;
  expect(rings.filter(({ target }) => target === 'hive').map(({ batch }) => batch)).toEqual([1, 16, 100]);
  for (const row of [...rings, ...frames]) expect(row.lines, row.target).toBeGreaterThan(0);
  expect(frames).toHaveLength(3);
  expect(flat).toHaveLength(3);
  for (const row of followers?.stretches ?? []) expect(row.delivered).toBe(row.lines * 100);
  const { writtenBytes, givenBytes, toldLostBytes } = followers?.away ?? {};
  expect(writtenBytes).toBeGreaterThan(0);
  expect(Number(givenBytes) + Number(toldLostBytes)).toBe(writtenBytes);
  expect(report.content?.map(({ step }) => step)).toContain('coh telemetry push, by reference');
  expect(new Set(report.verdicts.map(({ verdict }) => verdict))).toEqual(new Set(['unknown']));
  expect(readdirSync(place)).toEqual(['report.json']);
});

const SPREAD = { operations: 1, errors: 0, seconds: 1, perSecond: 1, p50Ms: 1, p95Ms: 1, p99Ms: 1, maxMs: 1 };

function stretchAt(by: number): FollowersStretch {
  return {
    ...{ pace: 'paced', followers: FOLLOWERS, lines: 10, delivered: 10 * FOLLOWERS - by },
    ...{ linesPerSecond: 1, deliveredPerSecond: 1, lastHasIt: SPREAD, serverCpuUs: 1, memoryBytes: 1 },
  };
}

/** A report in which every figure is at its bar, or beyond it by a hair. */
function reportAt(by: number): Omit<TelemetryReport, 'verdicts'> {
  const row = { batch: 16, lines: 1, seconds: 1, serverCpuUs: 1, clientCores: 1, memoryBytes: 1 };
  return {
    benchmark: 'telemetry',
    machine: { at: '', node: '', cpu: '', cores: 1, memoryGiB: 1, linux: '' },
    ...{ fileSystem: '', ringCount: RINGS, followerCount: FOLLOWERS, contentBytes: CONTENT_BYTES, missing: [] },
    rings: [
      { ...row, target: 'hive', linesPerSecond: 100_000 - by },
      { ...row, target: 'jetstream', linesPerSecond: 100_000 },
    ],
    frames: [{ ...row, target: 'hive, frames', linesPerSecond: 100_000 - by }],
    flat: [100, 100, 110 + by],
    content: [PUSH_BY_REFERENCE, PUSH_UPDATE].map((step) => ({ step, seconds: 1, megabytesPerSecond: 200 - by })),
    followers: { stretches: [stretchAt(by)], away: { writtenBytes: 10 + by, toldLostBytes: 4, givenBytes: 6 } },
  };
}

test('a run at every bar passes, just beyond each it fails', () => {
  const verdictsOf = (by: number): string[] => judgeTelemetry(reportAt(by)).map(({ verdict }) => verdict);
  expect(verdictsOf(0)).toEqual(Array(8).fill('PASS'));
  expect(verdictsOf(1)).toEqual(Array(8).fill('FAIL'));
});

test('fewer rings or followers are not judged', () => {
  for (const fewer of [{ ringCount: RINGS - 1 }, { followerCount: FOLLOWERS - 1 }])
    expect(new Set(judgeTelemetry({ ...reportAt(0), ...fewer }).map(({ verdict }) => verdict))).toEqual(
      new Set(['unknown']),
    );
});

test('lines say their number, frames are those of their worker', () => {
  const lines = linesFrom(41, 3);
  expect(lines).toHaveLength(3 * LINE_BYTES);
  expect([0, 1, 2].map((index) => numberAt(lines, index * LINE_BYTES))).toEqual([41, 42, 43]);
  expect(new TextDecoder().decode(lines).split('\n')).toHaveLength(4);
  const maker = new FrameMaker('worker-3');
  maker.next(5);
  const writer = { worker: 'worker-3', role: 'worker-heartbeat', seq: FIRST_SEQ + 4 };
  expect(checkFrames(maker.next(2), writer)).toMatchObject({ ok: true, value: { seq: FIRST_SEQ + 6 } });
});
