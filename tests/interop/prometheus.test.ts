// The metrics as Prometheus takes them: `promtool` has nothing to say of the text, and a Prometheus server scrapes a hive with a
// ticket in a file, as docs/reference/metrics.md says.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startHive, type TestHive } from '../support/hive.ts';
import { runTool, toolMissing } from '../support/tool.ts';

const PROMTOOL = '/usr/bin/promtool';
const PROMETHEUS = '/usr/bin/prometheus';
const missing = toolMissing(PROMTOOL, 'prometheus');
const WAIT = { timeout: 30_000, interval: 200 };

const folder = mkdtempSync(join(tmpdir(), 'cohesix-prometheus-'));
const closers: (() => Promise<unknown>)[] = [];
let hive: TestHive;
let url: string;

beforeAll(async () => {
  hive = await startHive();
  closers.push(() => hive.stop());
  const line =
    hive
      .output()
      .split('\n')
      .find((one) => one.startsWith('{')) ?? '{}';
  url = (JSON.parse(line) as { http: string }).http;
});

afterAll(async () => {
  for (const close of closers.reverse()) await close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the metrics as Prometheus takes them', () => {
  test('promtool finds nothing to say', async (context) => {
    if (missing !== undefined) context.skip(missing);
    const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${hive.ticket}` } });
    expect(await promtoolSays(await response.text())).toEqual([0, '']);
    // It would: a counter without its suffix.
    expect((await promtoolSays('# HELP x_bad Bad.\n# TYPE x_bad counter\nx_bad 1\n'))[1]).toContain('_total');
  });

  test('a server scrapes them with a ticket, and knows their types', { timeout: 60_000 }, async (context) => {
    if (missing !== undefined) context.skip(missing);
    const server = await prometheus(join(hive.data, 'run', 'queen.ticket'));
    const ask = async (path: string): Promise<{ data: unknown }> =>
      (await (await fetch(server + path)).json()) as never;
    const value = async (query: string): Promise<unknown> => {
      const { data } = (await ask(`/api/v1/query?query=${encodeURIComponent(query)}`)) as {
        data: { result: { value: [number, string] }[] };
      };
      return data.result[0]?.value[1];
    };
    await vi.waitFor(async () => expect(await value('up{job="cohesix"}')).toBe('1'), WAIT);
    expect(await value('cohesix_lifecycle_state{state="ONLINE"}')).toBe('1');
    expect(await value('sum(cohesix_lifecycle_state)')).toBe('1');
    const { data } = await ask('/api/v1/metadata');
    expect(data).toMatchObject({
      // In OpenMetrics, which Prometheus asks for, the family has the name without suffix.
      cohesix_refusals: [{ type: 'counter', unit: '' }],
      cohesix_store_used_bytes: [{ type: 'gauge', unit: 'bytes' }],
      cohesix_hive: [{ type: 'info' }],
    });
  });

  test('a ticket that is none is a target that is down, and why', { timeout: 60_000 }, async (context) => {
    if (missing !== undefined) context.skip(missing);
    const wrong = join(folder, 'wrong.ticket');
    writeFileSync(wrong, 'no ticket');
    const server = await prometheus(wrong);
    await vi.waitFor(async () => {
      const { data } = (await (await fetch(`${server}/api/v1/targets`)).json()) as {
        data: { activeTargets: { health: string; lastError: string }[] };
      };
      expect(data.activeTargets[0]).toMatchObject({
        health: 'down',
        lastError: expect.stringMatching(/HTTP status (401|429)/),
      });
    }, WAIT);
  });
});

/** Exit status and everything that `promtool check metrics` said. */
async function promtoolSays(text: string): Promise<[number | null, string]> {
  const child = spawn(PROMTOOL, ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] });
  const said: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => said.push(piece));
  child.stderr.on('data', (piece: Buffer) => said.push(piece));
  child.stdin.end(text);
  const [status] = (await once(child, 'close')) as [number | null];
  return [status, Buffer.concat(said).toString()];
}

/** A Prometheus server that scrapes the hive with the ticket of a file; its URL. */
async function prometheus(ticketFile: string): Promise<string> {
  const own = mkdtempSync(join(folder, 'server-'));
  const config = join(own, 'prometheus.yml');
  const target = new URL(url).host;
  writeFileSync(
    config,
    `scrape_configs:
  - job_name: cohesix
    scrape_interval: 1s
    authorization:
      type: Bearer
      credentials_file: ${ticketFile}
    static_configs:
      - targets: ['${target}']
`,
  );
  const checked = await runTool(PROMTOOL, ['check', 'config', config]);
  expect([checked.status, checked.stderr]).toEqual([0, '']);
  const port = await getPort({ host: '127.0.0.1' });
  const flags = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(own, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const child = spawn(PROMETHEUS, flags, { stdio: 'ignore' });
  closers.push(async () => {
    if (child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  });
  const server = `http://127.0.0.1:${port}`;
  await vi.waitFor(async () => expect((await fetch(`${server}/-/ready`)).status).toBe(200), WAIT);
  return server;
}
