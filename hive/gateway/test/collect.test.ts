// The metrics of a hive out of its views: bounds of rows, and views that cannot be read.

import type { HiveClient } from '@cohesix/client';
import { ok, type RefusalCode, refuse } from '@cohesix/wire';
import { expect, test } from 'vitest';
import { hiveFamilies } from '../src/metrics/collect.ts';
import type { Family } from '../src/metrics/family.ts';
import { ROWS_MAX } from '../src/metrics/table.ts';

test('lines of GPUs become samples up to the bound; the rest is counted', async () => {
  const line = (index: number): string =>
    `host=h id=GPU-${index} name=Mock memory_mb=16 sm_count=1 driver=1 runtime=1 holders=1 mem_mb=4/16 streams=2/8`;
  const gpus = (count: number): string => `${Array.from({ length: count }, (_, index) => line(index)).join('\n')}\n`;
  const familiesOf = async (count: number) => {
    const families = familiesIn(await hiveFamilies(clientWith({ '/proc/gpus': gpus(count) })));
    return Object.fromEntries(families.map(({ name, samples }) => [name, samples]));
  };
  const full = await familiesOf(ROWS_MAX);
  expect(full.cohesix_gpu_leased_bytes?.length).toBe(ROWS_MAX);
  expect(full.cohesix_gpu_leased_bytes?.[0]).toEqual({ labels: { host: 'h', gpu: 'GPU-0' }, value: 4 * 1024 * 1024 });
  expect(full.cohesix_gpu_leased_streams?.[0]?.value).toBe(2);
  expect(full.cohesix_view_rows_left_out?.[0]?.value).toBe(0);
  const over = await familiesOf(ROWS_MAX + 1);
  expect(over.cohesix_gpu_leased_bytes?.length).toBe(ROWS_MAX);
  expect(over.cohesix_view_rows_left_out?.[0]?.value).toBe(1);
});

test('a view that fails is counted, and does not take the others away', async () => {
  const broken = clientWith({ '/proc/workers': 'workers total=3 running=2 max=9\n' }, 'internal');
  const families = familiesIn(await hiveFamilies(broken));
  const value = (name: string): number | undefined =>
    families.find((family) => family.name === name)?.samples[0]?.value;
  expect(value('cohesix_workers')).toBe(3);
  expect(value('cohesix_views_failed')).toBeGreaterThan(20);
  expect(value('cohesix_views_hidden')).toBe(0);
});

/** Reads these views; every other is refused with `otherwise`. */
function clientWith(
  texts: Readonly<Record<string, string>>,
  otherwise: RefusalCode = 'invalid-path',
): Pick<HiveClient, 'read'> {
  return {
    read: async (path) => (texts[path] === undefined ? refuse(otherwise) : ok(new TextEncoder().encode(texts[path]))),
  };
}

function familiesIn(result: Awaited<ReturnType<typeof hiveFamilies>>): readonly Family[] {
  if (!result.ok) throw new Error(result.refusal.code);
  return result.value;
}

test.each(['exhausted', 'rate-limited', 'revoked', 'closed', 'unreachable'] as const)(
  'a session that is %s gives no half of the metrics',
  async (code) => {
    const client = clientWith({ '/proc/workers': 'workers total=3 running=2 max=9\n' }, code);
    expect(await hiveFamilies(client)).toMatchObject({ ok: false, refusal: { code } });
  },
);
