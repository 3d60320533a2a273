// The lines that Fleet sends are those of the commands: each command is run, and the line that the hive then has is compared.

import { connect, type HiveClient } from '@cohesix/client';
import { type Act, fleetActs } from '@cohesix/swarmui';
import { afterEach, expect, test } from 'vitest';
import { NO_APPROVALS, startHive, type TestHive } from '../support/hive.ts';
import { cat, coh, echo } from './kit.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const MANIFEST = `${NO_APPROVALS}
[[leases.resources]]
id = "gpu:GPU-0"
mem_mb = 24576
streams = 4
`;

async function started(): Promise<{ readonly hive: TestHive; readonly client: HiveClient }> {
  const hive = await startHive({ manifest: MANIFEST });
  ends.push(() => hive.stop());
  const made = await connect({ url: `9p://127.0.0.1:${hive.ninepPort}`, role: 'queen', ticket: hive.ticket });
  if (!made.ok) throw new Error(made.refusal.detail);
  ends.push(() => made.value.close());
  return { hive, client: made.value };
}

/** The last line that a control file accepted. */
async function lastLine(client: HiveClient, path: string): Promise<string> {
  const last = (await cat(client, path)).trimEnd().split('\n').at(-1) ?? '{}';
  return (JSON.parse(last) as { readonly line: string }).line;
}

const grant = (id: string): string =>
  JSON.stringify({
    op: 'grant',
    id,
    subject: 'alice',
    resource: 'gpu:GPU-0',
    ttl_s: 600,
    priority: 1,
    mem_mb: 1024,
    streams: 1,
  });
const job = (id: string): string =>
  JSON.stringify({ id, role: 'dispatcher-b', priority: 1, ticks: 1, budget_ms: 60_000 });

const CASES: readonly (readonly [string, Act])[] = [
  ['lease renew l1 --ttl 60s', fleetActs.renew('l1', 60)],
  ['lease preempt l1 --reason maintenance', fleetActs.preempt('l1', 'maintenance')],
  ['lease release l2', fleetActs.release('l2')],
  ['job dequeue j1', fleetActs.dequeueJob('j1')],
  ['job cancel j2', fleetActs.cancelJob('j2')],
  ['kill worker-1', fleetActs.kill('worker-1')],
  ['lifecycle cordon', fleetActs.lifecycle('cordon')],
  ['lifecycle resume', fleetActs.lifecycle('resume')],
];

test('one after the other', { timeout: 120_000 }, async () => {
  const { hive, client } = await started();
  await echo(client, '/queen/lease/ctl', `${grant('l1')}\n${grant('l2')}`);
  await echo(client, '/queen/schedule/ctl', `${job('j1')}\n${job('j2')}`);
  for (const [words, act] of CASES) {
    await coh(hive, ...words.split(' '));
    expect(await lastLine(client, act.path), words).toBe(act.line);
  }
});
