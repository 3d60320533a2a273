// Cosignatures of witnesses as state: what a line must look like, no way back, and how much is kept.

import { expect, test } from 'vitest';
import { WITNESSED_MAX } from '../src/capabilities/audit/index.ts';
import { COSIGN_PATH, cosignaturesIn, SYSTEM } from '../src/index.ts';
import { ALICE, BOB, TestHive } from './hive.ts';

const ROOT = `${'A'.repeat(43)}=`;

/** The line of a witness; its key ID is its number. */
function line(size: number, witness = 1, name = 'w'): string {
  const id = Buffer.alloc(76);
  id.writeUInt32BE(witness);
  return JSON.stringify({ size, root: ROOT, cosignature: `— ${name} ${id.toString('base64')}` });
}

const sizes = (hive: TestHive): number[] => cosignaturesIn(hive.state).map(({ size }) => size);

test('a witness goes forward only; its latest cosignature and the one before are kept', () => {
  const hive = TestHive.booted();
  expect(hive.ok(ALICE, COSIGN_PATH, line(5)).log).toEqual(['audit cosigned records=5 witness=w+00000001']);
  expect(hive.code(BOB, COSIGN_PATH, line(4))).toBe('stale');
  expect(hive.code(BOB, COSIGN_PATH, line(5))).toBe('exists');
  hive.ok(SYSTEM, COSIGN_PATH, line(6));
  hive.ok(ALICE, COSIGN_PATH, line(9));
  expect(sizes(hive)).toEqual([9, 6]);
  expect(hive.replay()).toBe(hive.text());
});

test('witnesses are told apart by name and key ID', () => {
  const hive = TestHive.booted();
  hive.ok(ALICE, COSIGN_PATH, line(5, 1));
  hive.ok(ALICE, COSIGN_PATH, line(3, 2));
  hive.ok(ALICE, COSIGN_PATH, line(2, 1, 'v'));
  expect(sizes(hive).sort()).toEqual([2, 3, 5]);
});

test('sixteen witnesses are kept; the seventeenth takes the place of who came longest ago', () => {
  const hive = TestHive.booted();
  for (let witness = 1; witness <= WITNESSED_MAX; witness++) hive.ok(ALICE, COSIGN_PATH, line(witness, witness));
  hive.ok(ALICE, COSIGN_PATH, line(100, 1));
  expect(sizes(hive)).toHaveLength(WITNESSED_MAX + 1);
  hive.ok(ALICE, COSIGN_PATH, line(101, WITNESSED_MAX + 1));
  expect(sizes(hive)).toHaveLength(WITNESSED_MAX + 1);
  expect(sizes(hive)).not.toContain(2);
  expect(hive.code(ALICE, COSIGN_PATH, line(2, 2))).toBe('ok');
});

test.each([
  ['no size', { size: undefined }],
  ['size 0', { size: 0 }],
  ['a size that is no whole number', { size: 1.5 }],
  ['a short root', { root: 'AAAA' }],
  ['a root that is no base64', { root: '!'.repeat(43) }],
  ['a signature without its dash', { cosignature: 'w AAAAAAA=' }],
  ['a signature without a key ID', { cosignature: '— w AAA=' }],
  ['a name with a blank', { cosignature: `— w w ${'A'.repeat(104)}` }],
  ['a name with a plus', { cosignature: `— w+w ${'A'.repeat(104)}` }],
  ['a name of 65 characters', { cosignature: `— ${'w'.repeat(65)} ${'A'.repeat(104)}` }],
  ['another field', { time: 1 }],
])('a line with %s is refused', (_, change) => {
  const hive = TestHive.booted();
  const good = { size: 1, root: ROOT, cosignature: `— ${'w'.repeat(64)} ${'A'.repeat(104)}` };
  expect(hive.code(ALICE, COSIGN_PATH, { ...good, ...change })).toBe('invalid-payload');
  expect(hive.code(ALICE, COSIGN_PATH, good)).toBe('ok');
});

test('a worker cosigns nothing', () => {
  const worker = { ...ALICE, role: 'worker-heartbeat' };
  expect(TestHive.booted().code(worker, COSIGN_PATH, line(1))).toBe('denied');
});
