// Control files never fill up and block: three times as many lines as a log keeps, and every file takes one more. What the first lines did
// is still there, because the log is a window and the state is elsewhere.

import { expect, test } from 'vitest';
import { createAuthority, type Principal, SYSTEM } from '../src/index.ts';
import { GPU_0, gpuJob, inventory, spawnGpu } from './gpus.ts';
import { ALICE, BOB, hexId, manifestWith, START_MS, TestHive } from './hive.ts';
import { loadLine, policyDocument } from './policy-documents.ts';
import { withSidecars } from './sidecars.ts';

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
  withSidecars(manifest);
});

interface Filling {
  /** The file that is filled, when the path of the control is a pattern; default: the path. */
  readonly file?: string;
  /** What is done first and must still be there at the end. */
  readonly first?: (hive: TestHive) => void;
  /** The n-th accepted line, n from 1, with what it needs. */
  readonly write: (hive: TestHive, n: number) => void;
  /** A view, and what it must say about the first lines in the end. */
  readonly still?: readonly [view: string, text: RegExp];
}

const TICKET = { schema: 'host-ticket/v1', idempotency_key: 'k', action: 'docker.stop' };
const RESULT = { ...TICKET, schema: 'host-ticket-result/v1' };
const CONTENT = `${'a'.repeat(64)}:1`;
const MODEL = { op: 'register', base: 'b', hashes: { adapter: CONTENT } };
const LORA_JOB = { op: 'publish', base: 'b', telemetry: CONTENT, base_model: CONTENT, policy: CONTENT };
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

/** Control files of hosts: the pattern and the path below a host, and a line. */
const HOST_ORDERS = [
  ...['start', 'stop', 'restart'].map(
    (verb) => [`systemd/:unit/${verb}`, `systemd/ssh.service/${verb}`, verb] as const,
  ),
  ...['cordon', 'drain'].map((verb) => [`k8s/node/:node/${verb}`, `k8s/node/node-1/${verb}`, verb] as const),
  ...['restart', 'stop'].map((verb) => [`docker/${verb}`, `docker/${verb}`, 'web'] as const),
  ['nvidia/gpu/:gpu/power_cap', 'nvidia/gpu/0/power_cap', '250'] as const,
];

/** Orders that are given and answered, at the path of a host and at the short one. */
function orders(below: string, file: string, line: string): readonly (readonly [pattern: string, Filling])[] {
  return [
    ['/host/:host', '/host/local'],
    ['/host', '/host'],
  ].map(([root, at]) => {
    const filling: Filling = {
      file: `${at}/${file}`,
      first(hive) {
        hive.ok(ALICE, '/host/ctl', { op: 'declare', host: 'local', gpus: ['0'] });
        hive.ok(ALICE, '/host/local/systemd/ssh.service/start', 'kept');
      },
      write(hive) {
        const { order } = hive.ok(ALICE, `${at}/${file}`, line).reply;
        hive.ok(ALICE, '/host/ctl', { op: 'result', host: 'local', order, fence: 1, state: 'failed' });
      },
      still: ['/proc/hosts/orders', /host=local control=systemd\.start member=ssh\.service value=kept state=queued /],
    };
    return [`${root}/${below}`, filling] as const;
  });
}

const REPORT = { host: 'local', gpu: 'GPU-0', fence: 1 };

/** A file of a GPU on which a worker has a lease; what each line begins is ended with `end`. */
function onGpu(path: string, line: (n: number) => object | string, end?: string): Filling {
  return {
    file: path,
    first(hive) {
      hive.ok(ALICE, '/gpu/bridge/ctl', inventory('local'));
      hive.ok(ALICE, '/queen/ctl', spawnGpu());
    },
    write(hive, n) {
      hive.ok(ALICE, path, line(n));
      if (end !== undefined) hive.ok(ALICE, '/gpu/bridge/jobs', { ...REPORT, job: `j${n}`, state: end });
    },
    still: ['/gpu/local/GPU-0/lease', /"fence":1,/],
  };
}

function takenUpdate(epoch: string): object {
  return { accepted: { epoch, base: null, payload_sha256: 'a'.repeat(64), payload_bytes: 1, chunks: 1 } };
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
  '/updates/ctl': {
    first(hive) {
      hive.ok(SYSTEM, '/sys/cas', takenUpdate('1'));
      hive.ok(SYSTEM, '/sys/cas', { ready: { epoch: '1' } });
      hive.ok(ALICE, '/updates/ctl', { op: 'activate', epoch: '1' });
    },
    ...writes('/updates/ctl', () => ({ op: 'collect' })),
    still: ['/updates/active', /^active epoch=1 /],
  },
  '/models/ctl': writes('/models/ctl', (n) => ({ op: 'remove', model: String(n).padStart(64, '0') })),
  '/sys/cas': {
    first: (hive) => void hive.ok(SYSTEM, '/sys/cas', takenUpdate('1')),
    ...writes('/sys/cas', (n) => ({ rejected: { epoch: String(n), reason: 'epoch' } }), SYSTEM),
    still: ['/proc/cas/summary', new RegExp(`updates=1 .* rejected=${WRITTEN + 1} `)],
  },
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
  '/bus/:adapter/ctl': { file: '/bus/plc-1/ctl', ...writes('/bus/plc-1/ctl', (n) => `order ${n}`) },
  '/bus/:adapter/link': {
    file: '/bus/plc-1/link',
    ...writes('/bus/plc-1/link', (n) => (n % 2 === 1 ? 'online' : 'offline')),
    still: ['/bus/plc-1/status', / link=online /],
  },
  '/bus/:adapter/replay': {
    file: '/bus/plc-1/replay',
    ...writes('/bus/plc-1/replay', (n) => `replay entries=1 bytes=1 through=${n}`, SYSTEM),
    still: ['/bus/plc-1/status', new RegExp(`replays=${WRITTEN + 1} `)],
  },
  '/lora/:adapter/ctl': {
    file: '/lora/radio-1/ctl',
    write(hive, n) {
      hive.at += 300_000;
      hive.ok(ALICE, '/lora/radio-1/ctl', `payload ${n}`);
    },
    still: ['/lora/radio-1/status', new RegExp(`sent=${WRITTEN + 1} `)],
  },
  '/sys/lora/ctl': {
    ...writes(
      '/sys/lora/ctl',
      (n) => ({ tamper: { adapter: 'radio-1', entries: [{ ts_ms: n, reason: 'duty-cycle', bytes: 1 }] } }),
      SYSTEM,
    ),
    still: ['/lora/radio-1/status', new RegExp(`refused=${WRITTEN + 1} `)],
  },
  '/queen/telemetry/:device/ctl': {
    file: '/queen/telemetry/cam-1/ctl',
    ...writes('/queen/telemetry/cam-1/ctl', () => ({ new: 'segment' })),
    still: ['/queen/telemetry/cam-1/latest', new RegExp(`seg-0000${WRITTEN + 1}`)],
  },
  '/queen/telemetry/ctl': {
    first: (hive) => void hive.ok(ALICE, '/queen/telemetry/kept/ctl', { new: 'segment' }),
    write(hive, n) {
      hive.ok(ALICE, `/queen/telemetry/d${n}/ctl`, { new: 'segment' });
      hive.ok(ALICE, '/queen/telemetry/ctl', { forget: { device: `d${n}` } });
    },
    still: ['/queen/telemetry/kept/latest', /seg-000001/],
  },
  '/sys/segments': {
    first: (hive) => void hive.ok(ALICE, '/queen/telemetry/cam-1/ctl', { new: 'segment' }),
    ...writes('/sys/segments', (n) => ({ evicted: { device: 'cam-1', segments: [n + 1], for: n + 2 } }), SYSTEM),
    still: ['/queen/telemetry/cam-1/latest', /seg-000001/],
  },
  '/sys/boot': writes('/sys/boot', (n) => ({ boot: { epoch: n + 1, fingerprint: 'f', version: '1' } }), SYSTEM),
  '/sys/root/ctl': writes('/sys/root/ctl', (n) => (n % 2 === 1 ? { active: {} } : { ended: { how: 'eof' } }), SYSTEM),
  '/sys/journal/ctl': writes('/sys/journal/ctl', () => ({ sealed: { reason: 'ENOSPC' } }), SYSTEM),
  '/replay/ctl': writes('/replay/ctl', () => ({ from: 0 })),
  '/audit/cosign': writes('/audit/cosign', cosignature),
  '/gpu/models/ctl': {
    first: (hive) => void hive.ok(ALICE, '/gpu/models/ctl', { ...MODEL, id: 'kept' }),
    ...writes('/gpu/models/ctl', (n) => (n % 2 === 1 ? { ...MODEL, id: 'm' } : { op: 'remove', id: 'm' })),
    still: ['/gpu/models/list', /id=kept /],
  },
  '/gpu/models/active': {
    first(hive) {
      for (const id of ['kept', 'm', 'n']) hive.ok(ALICE, '/gpu/models/ctl', { ...MODEL, id });
      hive.ok(ALICE, '/gpu/models/active', 'kept');
    },
    ...writes('/gpu/models/active', (n) => (n % 2 === 1 ? 'm' : { op: 'rollback' })),
    still: ['/gpu/models/lineage', /id=m previous=kept /],
  },
  '/queen/export/lora_jobs/ctl': {
    first: (hive) => void hive.ok(ALICE, '/queen/export/lora_jobs/ctl', { ...LORA_JOB, id: 'kept' }),
    ...writes('/queen/export/lora_jobs/ctl', (n) =>
      n % 2 === 1 ? { ...LORA_JOB, id: 'j' } : { op: 'remove', id: 'j' },
    ),
    still: ['/proc/lora_jobs', /id=kept /],
  },
  '/trace/ctl': writes('/trace/ctl', (n) => ({ set: { level: n % 2 === 1 ? 'debug' : 'info' } })),
  '/host/ctl': {
    first: (hive) => void hive.ok(ALICE, '/host/ctl', { op: 'declare', host: 'kept' }),
    ...writes('/host/ctl', (n) => ({ op: n % 2 === 1 ? 'declare' : 'release', host: 'web' })),
    still: ['/proc/hosts/list', /host=kept publisher=alice fence=1 /],
  },
  ...Object.fromEntries(HOST_ORDERS.flatMap(([below, file, line]) => orders(below, file, line))),
  '/settings/ctl': writes('/settings/ctl', (n) => (n % 2 === 1 ? { set: { site: String(n) } } : { unset: ['site'] })),
  '/sys/settings/ctl': writes(
    '/sys/settings/ctl',
    (n) => ({ restored: { revision: n, values: { site: String(n) } } }),
    SYSTEM,
  ),
  '/gpu/bridge/ctl': {
    ...writes('/gpu/bridge/ctl', (n) => inventory(n % 2 === 1 ? 'local' : 'other', [{ ...GPU_0, sm_count: n }])),
    still: ['/gpu/local/GPU-0/info', new RegExp(`"sm_count":${WRITTEN + 1},`)],
  },
  '/gpu/ctl': {
    first: (hive) => void hive.ok(ALICE, '/gpu/bridge/ctl', inventory('kept')),
    write(hive) {
      hive.ok(ALICE, '/gpu/bridge/ctl', inventory('local'));
      hive.ok(ALICE, '/gpu/ctl', { release: 'local' });
    },
    still: ['/gpu/kept/GPU-0/info', /Mock 4090/],
  },
  '/gpu/:host/:gpu/ctl': onGpu('/gpu/local/GPU-0/ctl', (n) => `PRIORITY ${n}`),
  '/gpu/:host/ctl': onGpu('/gpu/GPU-0/ctl', (n) => `PRIORITY ${n}`),
  '/gpu/:host/:gpu/job': onGpu('/gpu/local/GPU-0/job', (n) => gpuJob(`j${n}`), 'ERR'),
  '/gpu/:host/job': onGpu('/gpu/GPU-0/job', (n) => gpuJob(`j${n}`), 'ERR'),
  '/gpu/bridge/jobs': {
    first: (hive) => onGpu('', () => '').first?.(hive),
    write(hive, n) {
      hive.ok(ALICE, '/gpu/local/GPU-0/job', gpuJob(`j${n}`));
      hive.ok(ALICE, '/gpu/bridge/jobs', { ...REPORT, job: `j${n}`, state: 'ERR' });
    },
  },
  '/sys/clock': writes('/sys/clock', () => 'tick', SYSTEM),
};

const PATHS = createAuthority(MANIFEST).controls.map(({ pattern }) => pattern);

test('every control file is filled here', () => {
  expect(Object.keys(FILLINGS).sort()).toEqual([...PATHS].sort());
});

test.each(PATHS)('%s takes three times what its log keeps, and one more', (path) => {
  const { file = path, first, write, still } = FILLINGS[path] ?? { write: () => undefined };
  const hive = TestHive.booted(MANIFEST);
  first?.(hive);
  const before = countOf(hive, file);
  for (let n = 1; n <= WRITTEN + 1; n++) write(hive, n);
  expect(countOf(hive, file) - before).toBe(WRITTEN + 1);
  const log = hive.authority.controlLogText(hive.state, file).split('\n').slice(0, -1);
  expect(log).toHaveLength(KEPT);
  expect(JSON.parse(log.at(-1) ?? '{}')).toMatchObject({ line: lastOf(hive, file) });
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
