// The whole benchmark, quickly: that every operation is answered by every server, not how fast.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import type { NinepReport } from '../src/ninep.ts';
import { diod } from '../src/target-diod.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const TIMEOUT_MS = 90_000;
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function quick(targets: string): Promise<{ status: unknown; report: NinepReport; output: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'cohesix-bench-test-'));
  folders.push(folder);
  const json = join(folder, 'report.json');
  const args = [MAIN, 'ninep', '--quick', '--targets', targets, '--json', json];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: TIMEOUT_MS });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [status] = await once(child, 'close');
  const output = Buffer.concat(chunks).toString();
  try {
    return { status, report: JSON.parse(readFileSync(json, 'utf8')) as NinepReport, output };
  } catch (error) {
    throw new Error(`no report; the benchmark printed:\n${output}`, { cause: error });
  }
}

function expectAllAnswered({ status, report, output }: Awaited<ReturnType<typeof quick>>, rows: number): void {
  expect(report.failures, output).toEqual([]);
  expect(report.rows).toHaveLength(rows);
  for (const { operations, target, operation } of report.rows) {
    expect(operations, `${operation} ${target}`).toBeGreaterThan(0);
  }
  expect(status).toBe(0);
}

// Six operations in three shapes, session set-up in two; durable appends in three, the hive's alone.
const ROWS_OF_A_PEER = 6 * 3 + 2;
const ROWS_OF_THE_HIVE = ROWS_OF_A_PEER + 3;

test('the canned server answers everything', { timeout: TIMEOUT_MS }, async () => {
  expectAllAnswered(await quick('canned'), ROWS_OF_A_PEER);
});

test('diod answers everything', { timeout: TIMEOUT_MS }, async (ctx) => {
  const missing = diod.missing();
  if (missing) ctx.skip(missing);
  expectAllAnswered(await quick('diod'), ROWS_OF_A_PEER);
});

test('the hive answers everything', { timeout: TIMEOUT_MS }, async () => {
  expectAllAnswered(await quick('hive'), ROWS_OF_THE_HIVE);
});
