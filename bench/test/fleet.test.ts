// `fleet` with few workers: that every line is acknowledged, every worker runs and ends, every revocation holds; not how fast.
// And its bars, and its connection against servers that do not behave.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { FLEET, judgeFleet } from '../src/fleet/bars.ts';
import type { FleetReport } from '../src/fleet/fleet.ts';
import { Pipe } from '../src/fleet/pipe.ts';
import type { Spread } from '../src/fleet/spread.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const TIMEOUT_MS = 90_000;
const WORKERS = 200;
const leftovers: (() => void)[] = [];

afterEach(() => {
  for (const remove of leftovers.splice(0)) remove();
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'cohesix-bench-test-'));
  leftovers.push(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

test('a small fleet spawns, leases, works, is revoked and ends without an error', { timeout: TIMEOUT_MS }, async () => {
  const place = folder();
  const json = join(place, 'report.json');
  const args = [MAIN, 'fleet', '--workers', String(WORKERS), '--dir', place, '--json', json];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: TIMEOUT_MS });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [status] = await once(child, 'close');
  const output = Buffer.concat(chunks).toString();
  expect(status, output).toBe(0);
  const report = JSON.parse(readFileSync(json, 'utf8')) as FleetReport;
  expect([report.errors, report.failures]).toEqual([0, []]);
  const { spawn: spawned, leases, steady, sessions, expiry, kill } = report;
  for (const spread of [spawned?.write, leases, expiry?.renew, kill?.write, sessions?.attach])
    expect(spread).toMatchObject({ operations: WORKERS, errors: 0 });
  expect(steady?.map(({ name }) => name)).toEqual([
    'own workers, 128/s',
    'and all over 9P, 128/s',
    'own workers, flat out',
  ]);
  for (const { control, telemetry } of steady ?? []) {
    expect(control.reads.operations).toBeGreaterThan(0);
    expect(control.writes.operations).toBeGreaterThan(0);
    expect(telemetry).toBeGreaterThan(0);
  }
  expect(steady?.[1]?.outside).toMatchObject({ operations: WORKERS, errors: 0 });
  expect(sessions).toMatchObject({ sessions: WORKERS, wrong: 0 });
  expect(sessions?.revoke.operations).toBe(sessions?.tickets);
  expect(report.verdicts.map(({ verdict }) => verdict)).toEqual(Array(report.verdicts.length).fill('unknown'));
  expect(output).toContain('kill a worker');
  expect(readdirSync(place)).toEqual(['report.json']);
});

test('a fleet of no whole number is refused', async () => {
  const child = spawn(process.execPath, [MAIN, 'fleet', '--workers', 'many'], { stdio: 'ignore' });
  expect((await once(child, 'close'))[0]).toBe(2);
});

const SPREAD: Spread = {
  ...{ operations: 1, errors: 0, seconds: 1, perSecond: 2000 },
  ...{ p50Ms: 1, p95Ms: 1, p99Ms: 100, maxMs: 1 },
};

/** A report in which every figure is at its bar, or beyond it by a hair. */
function reportAt(by: number): Omit<FleetReport, 'verdicts'> {
  const control = { ...SPREAD, p99Ms: 100 + by };
  const spreads = { all: control, reads: control, writes: control };
  const memory = { now: 0, most: 1.5 * 2 ** 30 * (1 + by) };
  return {
    benchmark: 'fleet',
    machine: { at: '', node: '', cpu: '', cores: 1, memoryGiB: 1, linux: '' },
    ...{ fileSystem: '', workers: FLEET, telemetryMs: 10_000, failures: [] },
    spawn: { write: { ...SPREAD, perSecond: 2000 - by }, allRunSeconds: 1 },
    steady: [{ name: 'own workers, 128/s', control: spreads, telemetry: 900 - by, expected: 1000, memory }],
    sessions: {
      ...{ sessions: FLEET, tickets: 1, attach: SPREAD, operations: SPREAD, bareSync: SPREAD, wrong: 0 },
      revoke: { ...SPREAD, p99Ms: 50 + by },
    },
    expiry: { renew: SPREAD, control: spreads, lateMs: 0 },
    memory: [
      { after: 'spawn', ...memory },
      { after: 'kill', now: 0, most: 0 },
    ],
    errors: Math.ceil(by),
  };
}

const verdictsOf = (report: Omit<FleetReport, 'verdicts'>): string[] =>
  judgeFleet(report).map(({ verdict }) => verdict);

test('a fleet at every bar passes, just beyond each it fails', () => {
  const passed = verdictsOf(reportAt(0));
  expect(passed).toEqual(Array(passed.length).fill('PASS'));
  expect(verdictsOf(reportAt(0.01))).toEqual(Array(passed.length).fill('FAIL'));
});

test('a smaller fleet is not judged, nor are parts that did not run', () => {
  expect(new Set(verdictsOf({ ...reportAt(1), workers: FLEET - 1 }))).toEqual(new Set(['unknown']));
  const { steady: _steady, expiry: _expiry, sessions: _sessions, ...rest } = reportAt(0);
  expect(judgeFleet(rest).filter(({ verdict }) => verdict === 'unknown').length).toBe(2);
});

const RVERSION = Buffer.from([21, 0, 0, 0, 101, 255, 255, 0, 32, 0, 0, 8, 0, ...Buffer.from('9P2000.L')]);

/** A server that agrees on a version and then answers each chunk with what `answer` makes of it. */
async function serving(answer: (chunk: Buffer) => Buffer | undefined): Promise<string> {
  const path = join(folder(), 's');
  const server: Server = createServer((socket) => {
    socket.once('data', () => {
      socket.write(RVERSION);
      socket.on('data', (chunk) => {
        const bytes = answer(chunk);
        if (bytes === undefined) socket.destroy();
        else socket.write(bytes);
      });
    });
    socket.on('error', () => undefined);
  }).listen(path);
  leftovers.push(() => server.close());
  await once(server, 'listening');
  return path;
}

const reply = (type: number, tag: number, rest: readonly number[]): Buffer =>
  Buffer.from([7 + rest.length, 0, 0, 0, type, tag, 0, ...rest]);

test('a refusal is an answer, sent once', async () => {
  let seen = 0;
  const path = await serving((chunk) => {
    seen += 1;
    return reply(7, chunk[5] ?? 0, [16, 0, 0, 0]);
  });
  const pipe = await Pipe.open(path);
  leftovers.push(() => pipe.close());
  expect(await pipe.getattr(1)).toMatchObject({ errno: 16 });
  expect(seen).toBe(1);
  await expect(pipe.attach('a ticket')).rejects.toThrow('attach was refused with errno 16');
});

test('an answer of another kind is no success, and a connection that ends ends what waits', async () => {
  let count = 0;
  const path = await serving((chunk) => (count++ === 0 ? reply(121, chunk[5] ?? 0, []) : undefined));
  const pipe = await Pipe.open(path);
  leftovers.push(() => pipe.close());
  await expect(pipe.getattr(1)).rejects.toThrow('was answered by message 121');
  await expect(pipe.getattr(1)).rejects.toThrow('the hive closed the connection');
  await expect(pipe.getattr(1)).rejects.toThrow('the hive closed the connection');
});
