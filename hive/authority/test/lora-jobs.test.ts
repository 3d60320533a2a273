// LoRA jobs: published as a whole, replaced as a whole, removed; as many as the manifest says.

import { expect, test } from 'vitest';
import { ALICE, manifestWith, TestHive } from './hive.ts';

const CTL = '/queen/export/lora_jobs/ctl';
const HASH = 'c'.repeat(64);

const job = (id: string, more: object = {}): object => ({
  op: 'publish',
  id,
  base: 'llama3-8b',
  telemetry: `${HASH}:131072`,
  base_model: `${HASH}:1024`,
  policy: `${HASH}:8192`,
  ...more,
});

test('a job is listed with what its files must be, replaced whole, and removed', () => {
  const hive = TestHive.booted();
  const published = hive.ok(ALICE, CTL, job('job_8932'));
  expect(published.effects).toEqual([{ kind: 'lora-jobs.collect' }]);
  expect(hive.view('/proc/lora_jobs')).toBe(
    `id=job_8932 base=llama3-8b telemetry_sha256=${HASH} telemetry_bytes=131072 base_model_sha256=${HASH} base_model_bytes=1024 policy_sha256=${HASH} policy_bytes=8192 by=alice at_ms=${hive.at} entry=2\n`,
  );
  hive.ok(ALICE, CTL, job('job_8932', { telemetry: `${'d'.repeat(64)}:1` }));
  expect(hive.view('/proc/lora_jobs')).toContain(`telemetry_sha256=${'d'.repeat(64)} telemetry_bytes=1 `);
  hive.ok(ALICE, CTL, { op: 'remove', id: 'job_8932' });
  expect(hive.view('/proc/lora_jobs')).toBe('');
  expect(hive.code(ALICE, CTL, { op: 'remove', id: 'job_8932' })).toBe('not-found');
  expect(hive.replay()).toBe(hive.text());
});

test('as many jobs as the manifest says; one that is there is replaced all the same', () => {
  const hive = TestHive.booted(manifestWith((manifest) => (manifest.models.jobs_max = 2)));
  const publish = (id: string): string => hive.code(ALICE, CTL, job(id));
  expect([publish('a'), publish('b'), publish('c'), publish('b')]).toEqual(['ok', 'ok', 'buffer-full', 'ok']);
});

test.each([
  ['telemetry', 131_073],
  ['base_model', 1025],
  ['policy', 8193],
])('%s of %i bytes is one too many', (part, bytes) => {
  const hive = TestHive.booted();
  expect(hive.code(ALICE, CTL, job('j', { [part]: `${HASH}:${bytes}` }))).toBe('too-big');
  expect(hive.code(ALICE, CTL, job('j', { [part]: `${HASH}:${bytes - 1}` }))).toBe('ok');
});

test.each([
  ['the name of the control file', { id: 'ctl' }],
  ['a name with a dot', { id: 'a.b' }],
  ['no policy', { policy: undefined }],
  ['a short hash', { policy: 'abc:1' }],
])('a line with %s is refused', (_, more) => {
  expect(TestHive.booted().code(ALICE, CTL, job('j', more))).toBe('invalid-payload');
});
