// A day of a small hive, told by lines: workers of several kinds, leases that are held, waited for and taken away, jobs, requests that are
// open and decided, telemetry, hosts with GPUs, and a cordon. For tests of what the page shows of it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from '@cohesix/client';
import type { HiveOptions, TestHive } from '../support/hive.ts';
import { runTool } from '../support/tool.ts';
import { cat, echo, type UiHive } from './kit.ts';

/** Lines of the lifecycle need an approval, others do not; workers write nothing by themselves. */
export const SCRIPTED: HiveOptions = {
  manifest: `schema = "cohesix-hive/1"

[policy]
enabled = true

[[policy.rules]]
id = "lifecycle"
target = "/queen/lifecycle/ctl"

[workers]
heartbeat_interval_ms = 3600000
start = []

[[leases.resources]]
id = "gpu:GPU-0"
mem_mb = 24576
streams = 4
`,
};

const MAIN = fileURLToPath(new URL('../../apps/coh/src/main.ts', import.meta.url));
const COMMAND_MS = 60_000;

const WORKERS = [
  { spawn: 'heartbeat', ticks: 1_000_000 },
  { spawn: 'heartbeat', ticks: 100 },
  { spawn: 'heartbeat', ticks: 100, budget: { ttl_s: 3600 } },
  { spawn: 'host' },
];
const SHARE = { op: 'grant', resource: 'gpu:GPU-0', ttl_s: 600 };
const LEASES = [
  { ...SHARE, id: 'low', subject: 'bob', priority: 1 },
  { ...SHARE, id: 'train', subject: 'alice', priority: 5, mem_mb: 16_384, streams: 2, preempt: true },
  { ...SHARE, id: 'third', subject: 'carol', priority: 1, wait: true },
  { op: 'quota', subject: 'alice', resource: 'gpu:*', max_active: 2, max_preemptions: 4 },
];
const JOB = { role: 'dispatcher-b', ticks: 9, budget_ms: 60_000 };
const JOBS = [
  { ...JOB, id: 'later', priority: 1 },
  { ...JOB, id: 'sooner', priority: 7 },
  { op: 'cancel', id: 'later' },
  { ...JOB, id: 'here', role: 'heartbeat', priority: 2, ticks: 1000, budget_ms: 600_000 },
];
const CTL = '/queen/lifecycle/ctl';
const QUEUE = '/actions/queue';

/** Tells the day; afterwards `worker-1` has telemetry, `asked` is open, `cordoned` was approved and used, `refused` was denied. */
export async function scriptedDay(hive: UiHive): Promise<void> {
  const client = await hive.client();
  const lines = (path: string, all: readonly object[]): Promise<void> =>
    echo(client, path, all.map((line) => JSON.stringify(line)).join('\n'));
  await cohHere(hive, 'coh gpu publish --mock --once');
  await lines('/queen/ctl', WORKERS);
  await lines('/queen/lease/ctl', LEASES);
  await lines('/queen/schedule/ctl', JOBS);
  for (const text of ['{"temp":21}', 'fan 900 rpm']) await echo(client, '/worker/worker-1/telemetry', text);
  const ask = { target: CTL, decision: 'request' };
  await lines(QUEUE, [
    { ...ask, id: 'cordoned', line: 'cordon' },
    { ...ask, id: 'refused', line: 'drain' },
    { ...ask, id: 'asked', line: 'resume' },
  ]);
  await decided(hive, { cordoned: 'approve', refused: 'deny' });
  await echo(client, CTL, 'cordon');
}

/** The second person decides on open requests. */
async function decided(hive: UiHive, decisions: Readonly<Record<string, string>>): Promise<void> {
  const pending = (await cat(await hive.client(), '/actions/pending')).split('\n').filter((line) => line !== '');
  const ticket = readFileSync(join(hive.data, 'run', 'approver.ticket'), 'utf8').trim();
  const second = await connect({ url: `9p://127.0.0.1:${hive.ninepPort}`, role: 'queen', ticket });
  if (!second.ok) throw new Error(second.refusal.detail);
  for (const line of pending) {
    const { id, entry } = JSON.parse(line) as { readonly id: string; readonly entry: number };
    const decision = decisions[id];
    if (decision !== undefined) await echo(second.value, QUEUE, JSON.stringify({ id, entry, decision }));
  }
  await second.value.close();
}

/** Runs a line of a shell, in which `coh` speaks to this hive; what it printed. @throws Error when it fails. */
export async function cohHere({ data }: Pick<TestHive, 'data'>, line: string): Promise<string> {
  const script = `node=$1 main=$2 data=$3\ncoh() { "$node" "$main" --data "$data" "$@"; }\n${line}`;
  const run = await runTool('/bin/sh', ['-c', script, 'sh', process.execPath, MAIN, data], COMMAND_MS);
  if (run.status !== 0) throw new Error(`${line}: ${run.stderr}`);
  return run.stdout;
}
