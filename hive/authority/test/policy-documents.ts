// A policy document for tests, and a hive that has one.

import type { Manifest } from '@cohesix/manifest';
import type { Principal } from '../src/index.ts';
import { ALICE, BOB, manifestWith, START_MS, TestHive } from './hive.ts';

export const QUEUE = '/actions/queue';
export const CTL = '/policy/ctl';
const QUEEN_CTL = '/queen/ctl';
export const SPAWN = '{"spawn":"host"}';
export const DAY_MS = 86_400_000;

const WHO = { role: 'queen', subject: 'alice' };

/** Two must approve a kill, one everything else on `/queen/ctl`; carol may spawn thrice, at most twice a second. */
export function policyDocument(change: object = {}): object {
  return {
    schema: 'cohesix-policy/v1',
    id: 'p-1',
    version: 1,
    rules: [
      { id: 'orders', target: QUEEN_CTL, effect: 'approve' },
      { id: 'kills', target: QUEEN_CTL, effect: 'approve', approvals: 2, when: { fields: { kill: 'worker-1' } } },
      { id: 'no-gpu', target: QUEEN_CTL, effect: 'deny', when: { fields: { spawn: ['gpu', 'lora'] } } },
    ],
    grants: [
      {
        id: 'carols',
        subject: 'carol',
        target: QUEEN_CTL,
        fields: { spawn: 'host' },
        uses: 3,
        per_s: 2,
        expires_ms: START_MS + DAY_MS,
      },
    ],
    tests: [
      { name: 'a spawn', who: WHO, path: QUEEN_CTL, line: SPAWN, expect: 'needs-approval' },
      {
        name: 'no gpu',
        who: WHO,
        path: QUEEN_CTL,
        line: '{"spawn":"gpu","lease":{"gpu_id":"g","mem_mb":1,"streams":1,"ttl_s":1}}',
        expect: 'deny',
      },
      {
        name: 'carol',
        who: { role: 'queen', subject: 'carol' },
        path: QUEEN_CTL,
        line: SPAWN,
        expect: 'allow',
      },
      {
        name: 'leases are free',
        who: WHO,
        path: '/queen/lease/ctl',
        line: '{"op":"release","id":"l"}',
        expect: 'allow',
      },
    ],
    ...change,
  };
}

/** A hash as the hive would have checked it; the authority takes any. */
export function hashOf(id: unknown): string {
  return [...String(id)]
    .map((unit) => unit.charCodeAt(0).toString(16).padStart(2, '0'))
    .join('')
    .padEnd(64, '0');
}

/** The line that loads a document. */
export function loadLine(document: object): object {
  const { id } = document as { readonly id: string };
  return { op: 'load', document, sha256: hashOf(id), signature: `— hive/policy ${'A'.repeat(91)}=` };
}

/** The line that applies a document. */
export function applyLine(id: string): object {
  return { op: 'apply', id, sha256: hashOf(id) };
}

/** Lets `by` approve exactly one line; any line object is written as it will be sent. */
export function approve(hive: TestHive, target: string, line: object | string, by: Principal = BOB): string {
  const text = typeof line === 'string' ? line : JSON.stringify(line);
  const id = `x${hive.journal.length}`;
  hive.ok(by, QUEUE, { id, target, line: text, decision: 'approve' });
  return id;
}

/** Sends a line that bob approved before. */
export function approved(hive: TestHive, target: string, line: object | string): ReturnType<TestHive['ok']> {
  approve(hive, target, line);
  return hive.ok(ALICE, target, line);
}

/** A booted hive in which a document holds. */
export function hiveUnder(document: object = policyDocument(), manifest: Manifest = manifestWith()): TestHive {
  const hive = TestHive.booted(manifest);
  hive.ok(ALICE, CTL, loadLine(document));
  approved(hive, CTL, applyLine((document as { readonly id: string }).id));
  return hive;
}
