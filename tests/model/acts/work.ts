// Acts about workers, the node, the manifest and the epoch: what queens order and what the hive itself says.

import { BOOT_PATH, bootLine, SYSTEM } from '@cohesix/authority';
import { type Manifest, type SettingsLine, settingsOf } from '@cohesix/manifest';
import type { Random } from '../../sim/random.ts';
import { type Act, act, type Deck, helperId, someKey } from './act.ts';

/** Spawns and kills workers, and sets their default budget. */
export function order(deck: Deck): Act {
  const { random, reference } = deck;
  const budget = random.chance(1, 2) ? { budget: { ttl_s: random.between(1, 4) } } : {};
  const line = random.weighted<object>([
    [3, { spawn: 'heartbeat', ticks: random.between(1, 3), ...budget }],
    [2, { spawn: 'host', ...budget }],
    [2, { kill: someKey(deck, reference.workers.workers) ?? 'worker-1' }],
    [1, { budget: { ops: random.between(1, 3) } }],
  ]);
  return act(deck, '/queen/ctl', line);
}

/** What the hive says about a worker: of its newest start, of an older one, of another epoch. */
export function receipt(deck: Deck): Act | undefined {
  const { random, reference } = deck;
  const worker = someKey(deck, reference.workers.workers);
  const start = reference.workers.workers.get(worker ?? '');
  if (start === undefined) return undefined;
  const isStale = random.chance(1, 4);
  const fence = isStale ? Math.max(1, start.fence - random.below(3)) : start.fence;
  const epoch = isStale ? Math.max(1, start.epoch - random.below(2)) : start.epoch;
  const from = { worker, fence, epoch };
  const line = random.weighted<object>([
    [3, { started: from }],
    [2, { used: { ...from, ticks: random.below(4), ops: 0 } }],
    [3, { exited: { ...from, reason: 'gone' } }],
    [2, { failed: { ...from, entry: start.entry, reason: 'no' } }],
  ]);
  return { who: SYSTEM, path: '/sys/workers/ctl', line: JSON.stringify(line) };
}

/** A word of the lifecycle; a node that does not serve is resumed before long. */
export function word(deck: Deck): Act {
  const { random, reference } = deck;
  const isServing = reference.scene.lifecycle === 'ONLINE';
  const words = isServing ? ['cordon', 'cordon', 'quiesce', 'reset', 'drain'] : ['resume', 'resume', 'resume', 'drain'];
  return act(deck, '/queen/lifecycle/ctl', random.pick(words));
}

/** A start of the hive; now and then of an epoch that is over, or with a manifest that lists other resources. */
export function boot({ random, reference }: Deck): Act {
  const { scene } = reference;
  const start = { epoch: Math.max(1, scene.epoch + random.pick([1, 1, 1, 0, -1])), fingerprint: 'f', version: '1' };
  const line = random.chance(1, 3)
    ? bootLine(relisted(scene.manifest, random), start)
    : JSON.stringify({ boot: start });
  return { who: SYSTEM, path: BOOT_PATH, line };
}

/** A manifest whose shared resources are fewer, or other ones. */
function relisted(manifest: Manifest, random: Random): Manifest {
  const resources = ['mem:0', 'mem:1', 'gpu']
    .filter(() => random.chance(1, 2))
    .map((id) => ({ id, mem_mb: random.between(1, 5), streams: random.between(1, 4) }));
  return { ...manifest, leases: { ...manifest.leases, resources } };
}

/** A promotion. */
export function promotion(deck: Deck): Act {
  const epoch = Math.max(2, deck.reference.scene.epoch + deck.random.pick([1, 1, 3, 0, -1]));
  return act(deck, '/queen/epoch/ctl', { promote: { epoch, reason: 'standby' } });
}

/** Other settings: the policy on and off, fewer workers, other resources, other bounds. */
export function settings(deck: Deck): Act {
  const { random, reference } = deck;
  const now = settingsOf(reference.scene.manifest);
  const { leases: _leases, schedule, ...always } = now;
  const limits = { active_max: random.pick([3, 8, 64]), waiting_max: random.pick([0, 2, 16]) };
  const set: SettingsLine = {
    ...always,
    ...(random.chance(1, 2) ? { leases: { ...relisted(reference.scene.manifest, random).leases, ...limits } } : {}),
    ...(random.chance(1, 2) ? { schedule: { ...schedule, running_max: random.between(1, 4) } } : {}),
    policy: { ...now.policy, enabled: random.chance(3, 4) },
    workers: { ...now.workers, max: random.between(4, 16) },
  };
  return act(deck, '/queen/manifest/ctl', { set });
}

/** Opens and closes export windows. */
export function window(deck: Deck): Act {
  const { random } = deck;
  const id = random.pick(['w', 'x', 'y']);
  const line = random.chance(2, 3) ? { op: 'open', id, ttl_s: random.between(1, 4) } : { op: 'close', id, reason: 'r' };
  return act(deck, '/queen/export/ctl', line);
}

/** Revokes the ticket of the helper in use, mostly until soon. */
export function revocation(deck: Deck): Act {
  const { random, memory, at } = deck;
  const until = random.chance(7, 8) ? { expires_ms: at + random.between(1000, 30_000) } : {};
  return act(deck, '/queen/ticket/ctl', { revoke: { id: helperId(memory.generation), ...until } });
}
