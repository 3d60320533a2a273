// Control files never fill up and block: three times as many lines as a log keeps, and every file takes one more. What the first lines did
// is still there, because the log is a window and the state is elsewhere.

import { expect, test } from 'vitest';
import { createAuthority, type Principal, SYSTEM } from '../src/index.ts';
import { ALICE, BOB, hexId, manifestWith, START_MS, TestHive } from './hive.ts';
import { loadLine, policyDocument } from './policy-documents.ts';

/** Lines that the log of a file keeps here, and how many are written. */
const KEPT = 8;
const WRITTEN = 3 * KEPT;

/** Hives of these tests: small logs, no approvals. */
const MANIFEST = manifestWith((manifest) => {
  Object.assign(manifest.log, { control_log_entries: KEPT, control_log_bytes: 65_536 });
  manifest.policy.enabled = false;
  Object.assign(manifest.leases, { history_max: 4, preemptions_max: 4 });
  manifest.schedule.history_max = 4;
  Object.assign(manifest.host_tickets, { ended_max: 4, active_max: 4 });
  manifest.intents.dedupe_max = 4;
  manifest.policy.approvals_max = 4;
});

interface Filling {
  /** What is done first and must still be there at the end. */
  readonly first?: (hive: TestHive) => void;
  /** The n-th accepted line, n from 1, with what it needs. */
  readonly write: (hive: TestHive, n: number) => void;
  /** A view, and what it must say about the first lines in the end. */
  readonly still?: readonly [view: string, text: RegExp];
}

const TICKET = { schema: 'host-ticket/v1', idempotency_key: 'k', action: 'docker.stop' };
const RESULT = { ...TICKET, schema: 'host-ticket-result/v1' };
const JOB = { role: 'gpu', priority: 1, ticks: 1, budget_ms: 1000 };

function writes(path: string, line: (n: number, hive: TestHive) => object | string, who: Principal = ALICE): Filling {
  return { write: (hive, n) => void hive.ok(who, path, line(n, hive)) };
}

/** Asks for a ticket and takes it; the last word about it is the caller's. */
function claimed(hive: TestHive, id: string): void {
  hive.ok(ALICE, '/host/tickets/spec', { ...TICKET, id });
  hive.ok(BOB, '/host/tickets/status', { ...RESULT, id, state: 'claimed' });
}

function cosignature(size: number): object {
  const id = Buffer.alloc(76);
  id.writeUInt32BE(1);
  return { size, root: `${'A'.repeat(43)}=`, cosignature: `— w ${id.toString('base64')}` };
}

/** How each control file is filled. One that is not here fails the test below. */
const FILLINGS: Readonly<Record<string, Filling>> = {
  '/queen/ctl': {
    ...writes('/queen/ctl', (n) => ({ budget: { ttl_s: n } })),
    first: (hive) => void hive.ok(ALICE, '/queen/ctl', { spawn: 'heartbeat', ticks: 1 }),
    still: ['/proc/workers', /total=1 /],
  },
  '/sys/workers/ctl': {
    first: (hive) => void hive.ok(ALICE, '/queen/ctl', { spawn: 'host' }),
    ...writes(
      '/sys/workers/ctl',
      (n) => ({ used: { worker: 'worker-1', fence: 1, epoch: 1, ticks: n, ops: 0 } }),
      SYSTEM,
    ),
    still: ['/worker/worker-1/info', new RegExp(`"used":${WRITTEN + 1},`)],
  },
  '/queen/lease/ctl': {
    first: (hive) =>
      void hive.ok(ALICE, '/queen/lease/ctl', { op: 'grant', id: 'kept', subject: 's', resource: 'r', ttl_s: 9 }),
    write(hive, n) {
      const op = n % 2 === 1 ? { op: 'grant', subject: 's', resource: 'other', ttl_s: 9 } : { op: 'release' };
      hive.ok(ALICE, '/queen/lease/ctl', { ...op, id: 'l' });
    },
    still: ['/proc/lease/active', /id=kept subject=s resource=r .* fence=1 /],
  },
  '/queen/schedule/ctl': {
    first: (hive) => void hive.ok(ALICE, '/queen/schedule/ctl', { ...JOB, id: 'kept' }),
    ...writes('/queen/schedule/ctl', (n) => (n % 2 === 1 ? { ...JOB, id: 'j' } : { op: 'cancel', id: 'j' })),
    still: ['/proc/schedule/queue', /id=kept /],
  },
  '/queen/lifecycle/ctl': writes('/queen/lifecycle/ctl', (n) => (n % 2 === 1 ? 'cordon' : 'resume')),
  '/queen/session/ctl': writes('/queen/session/ctl', (n) => ({ drain: { session: String(n) } })),
  '/queen/export/ctl': {
    first: (hive) => void hive.ok(ALICE, '/queen/export/ctl', { op: 'open', id: 'kept', ttl_s: 99 }),
    ...writes('/queen/export/ctl', (n) =>
      n % 2 === 1 ? { op: 'open', id: 'w', ttl_s: 1 } : { op: 'close', id: 'w', reason: 'r' },
    ),
    still: ['/proc/export/windows', /id=kept /],
  },
  '/queen/epoch/ctl': {
    ...writes('/queen/epoch/ctl', (n) => ({ promote: { epoch: n + 1, reason: 'r' } })),
    still: ['/proc/epoch', new RegExp(`promotions=${WRITTEN + 1} `)],
  },
  '/queen/intents/ctl': {
    ...writes('/queen/intents/ctl', (n) => ({
      schema: 'queen-intent/v1',
      id: `i${n}`,
      idempotency_key: 'k',
      issued_unix_ms: START_MS + n,
      cmd: '{"budget":{"ops":1}}',
    })),
    still: ['/proc/queen/dedupe', new RegExp(`"accepted":${WRITTEN + 1},`)],
  },
  '/queen/ticket/ctl': {
    first: (hive) => void hive.ok(ALICE, '/queen/ticket/ctl', { revoke: { id: hexId('kept') } }),
    ...writes('/queen/ticket/ctl', (n) => ({ revoke: { id: hexId(`t${n}`), expires_ms: START_MS + n } })),
    still: ['/proc/tickets/revoked', new RegExp(`id=${hexId('kept')} `)],
  },
  '/queen/manifest/ctl': writes('/queen/manifest/ctl', (n) => {
    const { policy, workers, tickets } = MANIFEST;
    const { max, default_budget } = workers;
    const { attach_failures } = tickets;
    return { set: { policy, workers: { max: max - (n % 2), default_budget }, tickets: { attach_failures } } };
  }),
  '/actions/queue': {
    first(hive) {
      const kept = { id: 'kept', target: '/queen/ctl', line: '{"spawn":"host"}', decision: 'request', ttl_s: 9999 };
      hive.ok(ALICE, '/actions/queue', kept);
    },
    write(hive, n) {
      hive.at += 1000;
      hive.ok(BOB, '/actions/queue', { id: `a${n}`, target: '/queen/ctl', line: 'x', decision: 'approve', ttl_s: 1 });
    },
    still: ['/actions/pending', /"id":"kept"/],
  },
  '/policy/ctl': writes('/policy/ctl', (n) => loadLine(policyDocument({ id: `d${n}`, version: n }))),
  '/host/tickets/spec': {
    first: (hive) => void hive.ok(ALICE, '/host/tickets/spec', { ...TICKET, id: 'kept' }),
    write(hive, n) {
      claimed(hive, `t${n}`);
      hive.ok(BOB, '/host/tickets/status', { ...RESULT, id: `t${n}`, state: 'succeeded' });
    },
    still: ['/proc/host-tickets/active', /id=kept .* state=queued /],
  },
  '/host/tickets/status': {
    first: (hive) => claimed(hive, 'kept'),
    ...writes('/host/tickets/status', () => ({ ...RESULT, id: 'kept', state: 'running' }), BOB),
    still: ['/proc/host-tickets/active', /id=kept .* fence=1 /],
  },
  '/host/tickets/deadletter': {
    first: (hive) => claimed(hive, 'kept'),
    write(hive, n) {
      claimed(hive, `t${n}`);
      hive.ok(BOB, '/host/tickets/deadletter', { ...RESULT, id: `t${n}`, state: 'failed' });
    },
    still: ['/proc/host-tickets/active', /id=kept .* fence=1 /],
  },
  '/sys/boot': writes('/sys/boot', (n) => ({ boot: { epoch: n + 1, fingerprint: 'f', version: '1' } }), SYSTEM),
  '/sys/root/ctl': writes('/sys/root/ctl', (n) => (n % 2 === 1 ? { active: {} } : { ended: { how: 'eof' } }), SYSTEM),
  '/sys/journal/ctl': writes('/sys/journal/ctl', () => ({ sealed: { reason: 'ENOSPC' } }), SYSTEM),
  '/replay/ctl': writes('/replay/ctl', () => ({ from: 0 })),
  '/audit/cosign': writes('/audit/cosign', cosignature),
  '/trace/ctl': writes('/trace/ctl', (n) => ({ set: { level: n % 2 === 1 ? 'debug' : 'info' } })),
  '/sys/clock': writes('/sys/clock', () => 'tick', SYSTEM),
};

const PATHS = createAuthority(MANIFEST).controls.map(({ pattern }) => pattern);

test('every control file is filled here', () => {
  expect(Object.keys(FILLINGS).sort()).toEqual([...PATHS].sort());
});

test.each(PATHS)('%s takes three times what its log keeps, and one more', (path) => {
  const { first, write, still } = FILLINGS[path] ?? { write: () => undefined };
  const hive = TestHive.booted(MANIFEST);
  first?.(hive);
  const before = countOf(hive, path);
  for (let n = 1; n <= WRITTEN + 1; n++) write(hive, n);
  expect(countOf(hive, path) - before).toBe(WRITTEN + 1);
  const log = hive.authority.controlLogText(hive.state, path).split('\n').slice(0, -1);
  expect(log).toHaveLength(KEPT);
  expect(JSON.parse(log.at(-1) ?? '{}')).toMatchObject({ line: lastOf(hive, path) });
  if (still !== undefined) expect(hive.view(still[0])).toMatch(still[1]);
  expect(hive.replay()).toBe(hive.text());
});

/** Lines of a file that were accepted. */
function countOf({ journal }: TestHive, path: string): number {
  return journal.filter(({ command }) => command.path === path).length;
}

function lastOf({ journal }: TestHive, path: string): string | undefined {
  return journal.findLast(({ command }) => command.path === path)?.command.line;
}
