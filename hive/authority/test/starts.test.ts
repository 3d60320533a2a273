// What whoever carries a start out asks first: is it the newest, was the worker stopped meanwhile, is the lease of its job held.

import { expect, test } from 'vitest';
import { checkStart, clone, type State, SYSTEM } from '../src/index.ts';
import { ALICE, manifestWith, TestHive } from './hive.ts';

const FREE = manifestWith((manifest) => {
  manifest.policy.enabled = false;
});

/** A hive that has started a job which needs a lease, and the order of that start. */
function started(): { readonly hive: TestHive; readonly order: Parameters<typeof checkStart>[1] } {
  const hive = TestHive.booted(FREE);
  const job = { id: 'j', role: 'heartbeat', priority: 1, ticks: 2, budget_ms: 60_000, resource: 'gpu' };
  hive.ok(ALICE, '/queen/schedule/ctl', job);
  const { effects } = hive.ok(SYSTEM, '/sys/clock', 'tick');
  const { worker, fence, epoch } = effects[0] as unknown as Parameters<typeof checkStart>[1];
  return { hive, order: { worker, fence, epoch } };
}

/** What a start is answered: `ok`, or the code. */
function answer(state: Readonly<State>, order: Parameters<typeof checkStart>[1]): string {
  const result = checkStart(state, order);
  return result.ok ? 'ok' : result.refusal.code;
}

test('the newest start is carried out, any other is stale', () => {
  const { hive, order } = started();
  expect(answer(hive.state, order)).toBe('ok');
  for (const change of [{ fence: order.fence + 1 }, { fence: order.fence - 1 }, { epoch: 2 }, { worker: 'worker-9' }])
    expect(answer(hive.state, { ...order, ...change }), JSON.stringify(change)).toBe('stale');
  hive.boot(2, FREE);
  expect(answer(hive.state, order), 'of before a boot').toBe('stale');
  expect(answer(hive.state, { ...order, fence: order.fence + 1, epoch: 2 })).toBe('ok');
});

test('a start whose worker was stopped meanwhile is stale', () => {
  const { hive, order } = started();
  hive.ok(ALICE, '/queen/schedule/ctl', { op: 'cancel', id: 'j' });
  expect(answer(hive.state, order)).toBe('stale');
});

test('a start of a job without its lease, or under another fence of it, is stale', () => {
  const { hive, order } = started();
  const without = clone(hive.state);
  const leases = without.get('leases') as { active: Map<string, object>; held: Map<string, string[]> };
  leases.held.clear();
  leases.active.clear();
  expect(answer(without, order)).toBe('stale');
  const other = clone(hive.state);
  const { active } = other.get('leases') as { active: Map<string, object> };
  active.set('job:j', { ...active.get('job:j'), fence: 99 });
  expect(answer(other, order)).toBe('stale');
});

test('a worker that does no job needs no lease', () => {
  const hive = TestHive.booted(FREE);
  hive.ok(ALICE, '/queen/ctl', { spawn: 'host' });
  expect(answer(hive.state, { worker: 'worker-1', fence: 1, epoch: 1 })).toBe('ok');
});
