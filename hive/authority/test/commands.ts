// Random sessions: lists of lines by several people and the hive, mostly sensible, some not, with time passing and
// boots in between. Small sets of ids, so that lines meet.

import { defaultManifest } from '@cohesix/manifest';
import fc from 'fast-check';
import { type Authority, type Command, type Outcome, type Principal, SYSTEM } from '../src/index.ts';
import { GPU_0, gpuJob, inventory, spawnGpu } from './gpus.ts';
import { ALICE, BOB, childOf, hexId, START_MS } from './hive.ts';
import { applyLine, loadLine, policyDocument } from './policy-documents.ts';

/** One line of a random session, `wait` ms after the one before. */
export interface Step {
  readonly wait: number;
  readonly who: Principal;
  readonly path: string;
  readonly line: string;
}

const people = fc.constantFrom(ALICE, BOB, childOf(ALICE, 'helper'), childOf(BOB, 'bob'));
const small = fc.integer({ min: 0, max: 5 });
const worker = fc.integer({ min: 1, max: 6 }).map((id) => `worker-${id}`);
const ttl = fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined });
const optional = (arbitrary: fc.Arbitrary<number>) => fc.option(arbitrary, { nil: undefined });

const queenLine = fc.oneof(
  fc.record({
    spawn: fc.constantFrom('heartbeat', 'host', 'gpu'),
    ticks: optional(small),
    budget: fc.option(fc.record({ ops: optional(small), ttl_s: ttl }), { nil: undefined }),
  }),
  { weight: 6, arbitrary: fc.constantFrom({ spawn: 'host' }, { spawn: 'heartbeat', ticks: 3 }, { kill: 'worker-1' }) },
  fc.record({ kill: worker }),
  fc.record({ budget: fc.record({ ops: optional(small), ttl_s: ttl }) }),
  fc.record({ bind: fc.record({ from: fc.constant('/log'), to: fc.constantFrom('/l', '/', 'x') }) }),
);

const id = fc.constantFrom('a', 'b', 'c');

const queue = fc.oneof(
  fc.record({
    id,
    target: fc.constantFrom('/queen/ctl', undefined),
    line: fc.constantFrom('{"spawn":"host"}', '{"spawn":"heartbeat","ticks":3}', '{"kill":"worker-1"}', undefined),
    decision: fc.constantFrom('request', 'approve', 'approve', 'deny'),
    ttl_s: ttl,
  }),
  fc.record({ id, entry: fc.integer({ min: 1, max: 40 }), decision: fc.constantFrom('approve', 'deny') }),
);

const receipt = fc
  .record({
    kind: fc.constantFrom('started', 'used', 'exited', 'failed'),
    worker,
    fence: fc.integer({ min: 1, max: 8 }),
    epoch: fc.integer({ min: 1, max: 3 }),
    ticks: small,
    ops: small,
    entry: fc.integer({ min: 1, max: 40 }),
  })
  .map(({ kind, ticks, ops, entry, ...from }) => {
    const rest = { started: {}, used: { ticks, ops }, exited: { reason: 'gone' }, failed: { entry, reason: 'no' } }[
      kind
    ];
    return { [kind]: { ...from, ...rest } };
  });

const settings = fc.boolean().map((enabled) => {
  const { policy, workers, tickets } = defaultManifest();
  return {
    set: {
      policy: { ...policy, enabled, approvals_max: 2 },
      workers: { max: 3, default_budget: workers.default_budget },
      tickets: { attach_failures: tickets.attach_failures },
    },
  };
});

const documentId = fc.integer({ min: 1, max: 3 });

/** A short document: two approve a kill, alice has a small budget. The third has a test that fails. */
function shortDocument(version: number): object {
  const test = { name: 't', who: { role: 'queen', subject: 'bob' }, path: '/queen/ctl', line: '{"kill":"worker-1"}' };
  return policyDocument({
    id: `p-${version}`,
    version,
    rules: [{ id: 'orders', target: '/queen/ctl', effect: 'approve', approvals: version }],
    grants: [
      { id: 'g', subject: 'alice', target: '/queen/*', uses: 2, per_s: 1, expires_ms: START_MS + 9000 * version },
    ],
    tests: [{ ...test, expect: version === 3 ? 'allow' : 'needs-approval' }],
  });
}

const policyLine = fc.oneof(
  documentId.map((version) => loadLine(shortDocument(version))),
  documentId.map((version) => applyLine(`p-${version}`)),
  fc.constantFrom('p-1', 'manifest').map((id) => ({ op: 'rollback', id })),
);

const cosignature = fc.record({ size: small, witness: fc.constantFrom('v', 'w') }).map(({ size, witness }) => ({
  size,
  root: `${'A'.repeat(43)}=`,
  cosignature: `— ${witness} ${'A'.repeat(104)}`,
}));

const modelId = fc.constantFrom('m', 'n', 'o');
const modelHost = fc.option(fc.constantFrom('local', 'gpu-a'), { nil: undefined });
const content = `${'a'.repeat(64)}:1`;

const modelLine = fc.oneof(
  fc.record({
    op: fc.constant('register'),
    id: modelId,
    host: modelHost,
    base: fc.constantFrom('b', 'm', undefined),
    hashes: fc.constantFrom({ adapter: content }, { adapter: content, weights: content }, undefined),
    job: fc.constantFrom('j', undefined),
  }),
  fc.record({ op: fc.constantFrom('approve', 'remove'), id: modelId, host: modelHost }),
  fc.record({ op: fc.constant('reject'), id: modelId, host: modelHost, reason: fc.constant('r') }),
);

const activeLine = fc.oneof(
  fc.record({ op: fc.constant('activate'), id: modelId, host: modelHost, base: fc.constantFrom('b', undefined) }),
  fc.record({ op: fc.constant('rollback'), host: modelHost, steps: fc.constantFrom(1, 2, undefined) }),
);

const loraLine = fc.oneof(
  fc.record({
    op: fc.constant('publish'),
    id: fc.constantFrom('j', 'k'),
    base: fc.constantFrom('b', 'm'),
    telemetry: fc.constant(content),
    base_model: fc.constant(content),
    policy: fc.constant(content),
  }),
  fc.record({ op: fc.constant('remove'), id: fc.constantFrom('j', 'k') }),
);

const resource = fc.constantFrom('disk', 'gpu');
const holder = fc.constantFrom('p', 'q');
const leaseId = fc.constantFrom('l', 'm', 'n');

const lease = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('grant'),
      id: leaseId,
      subject: holder,
      resource,
      ttl_s: fc.integer({ min: 0, max: 3 }),
      priority: small,
      wait: fc.boolean(),
      preempt: fc.boolean(),
    }),
  },
  fc.record({ op: fc.constant('renew'), id: leaseId, ttl_s: fc.integer({ min: 1, max: 3 }), fence: optional(small) }),
  fc.record({ op: fc.constantFrom('release', 'preempt'), id: leaseId, reason: fc.constantFrom('r', undefined) }),
  fc.record({ op: fc.constant('quota'), subject: holder, resource, max_active: small, max_preemptions: small }),
);

const schedule = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      id: leaseId,
      role: fc.constantFrom('heartbeat', 'gpu'),
      priority: small,
      ticks: fc.integer({ min: 1, max: 3 }),
      budget_ms: fc.constantFrom(999, 5000),
      deadline_ms: fc.constantFrom(undefined, 1500),
      retries: fc.constantFrom(0, 1, 9),
      resource: fc.constantFrom(undefined, 'disk', 'gpu'),
    }),
  },
  fc.record({ op: fc.constantFrom('cancel', 'dequeue'), id: leaseId }),
);

const ticket = fc.record({
  id: fc.constantFrom('t', 'u'),
  idempotency_key: fc.constant('k'),
  action: fc.constant('docker.stop'),
});

const hostSpec = fc.record({
  schema: fc.constant('host-ticket/v1'),
  ticket,
  expires_unix_ms: optional(fc.integer({ min: START_MS, max: START_MS + 9000 })),
  writer_epoch: optional(fc.integer({ min: 1, max: 3 })),
});

const hostResult = fc.record({
  schema: fc.constant('host-ticket-result/v1'),
  ticket,
  state: fc.constantFrom('claimed', 'claimed', 'running', 'succeeded'),
  claim_ttl_s: ttl,
  fence: optional(fc.integer({ min: 1, max: 4 })),
});

const hostFailure = fc.record({
  schema: fc.constant('host-ticket-result/v1'),
  ticket,
  state: fc.constantFrom('failed', 'expired'),
  fence: optional(fc.integer({ min: 1, max: 4 })),
});

/** The fields of a ticket beside the others, as the lines have them. */
function flat({ ticket: identity, ...rest }: { readonly ticket: object }): object {
  return { ...identity, ...rest };
}

const intent = fc.record({
  schema: fc.constant('queen-intent/v1'),
  id: fc.constantFrom('i', 'j'),
  idempotency_key: fc.constantFrom('k', 'l'),
  issued_unix_ms: fc.integer({ min: 1, max: 3 }),
  writer_epoch: optional(fc.integer({ min: 1, max: 3 })),
  cmd: fc.constantFrom('{"spawn":"host"}', '{"kill":"worker-1"}', '{"budget":{"ops":1}}', '{'),
});

const window = fc.oneof(
  fc.record({ op: fc.constant('open'), id, ttl_s: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ op: fc.constant('close'), id, reason: fc.constant('done') }),
);

const gpu = { ...GPU_0, id: 'G' };

const bridge = fc.oneof(
  fc.constantFrom(gpu, { ...gpu, memory_mb: 4096 }).map((info) => inventory('local', [info])),
  fc.constantFrom(
    inventory('local', []),
    inventory('other', [gpu], 2),
    'end',
    'b64:YQ==',
    `begin bytes=3 sha256=${'0'.repeat(64)}`,
  ),
);

const gpuSpawn = fc.constantFrom(1, 2, 9).map((ttl_s) => spawnGpu({ gpu_id: 'G', mem_mb: 3000, streams: 1, ttl_s }));

const gpuWords = fc.oneof(
  fc.constantFrom('RESET', 'PRIORITY 3'),
  worker.map((id) => `LEASE ${id} mem=2000 streams=1 ttl=2`),
  worker.map((id) => `RELEASE ${id} done`),
);

const gpuReport = fc.record({
  host: fc.constant('local'),
  gpu: fc.constant('G'),
  job: id,
  fence: fc.integer({ min: 1, max: 6 }),
  state: fc.constantFrom('RUNNING', 'OK', 'ERR'),
});

const hostCtl = fc.oneof(
  fc.record({
    op: fc.constant('declare'),
    host: fc.constantFrom('local', 'web', 'systemd'),
    gpus: fc.constantFrom(['0'], undefined),
  }),
  fc.record({ op: fc.constant('release'), host: fc.constantFrom('local', 'web') }),
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('result'),
      host: fc.constant('local'),
      order: fc.integer({ min: 1, max: 40 }).map((entry) => `o${entry}`),
      fence: fc.integer({ min: 1, max: 3 }),
      state: fc.constantFrom('taken', 'done', 'failed'),
    }),
  },
);

const segmentEvicted = fc.record({
  evicted: fc.record({
    device: fc.constantFrom('cam-1', 'cam-2'),
    segments: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 3 }),
    for: fc.integer({ min: 1, max: 8 }),
  }),
});

const filter = fc.record({
  set: fc.record({ level: fc.constantFrom('info', 'debug', 'loud'), cats: fc.constantFrom(undefined, ['boot'], []) }),
});

const promotion = fc.integer({ min: 1, max: 4 }).map((epoch) => ({ promote: { epoch, reason: 'standby' } }));

const rootLine = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ active: {} }) },
  fc.constantFrom('eof', 'revoked').map((how) => ({ ended: { how } })),
  fc.constant({ refused: {} }),
);

const sessionLine = fc.constantFrom({ close: { session: '2' } }, { drain: { session: '3' } }, { drain: {} });

function lines(who: fc.Arbitrary<Principal>, path: string, line: fc.Arbitrary<object | string>): fc.Arbitrary<Step> {
  const text = line.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  return fc.record({ wait: fc.constantFrom(0, 0, 1, 999, 1000, 1500), who, path: fc.constant(path), line: text });
}

const hive = fc.constant(SYSTEM);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: lines(people, '/queen/ctl', queenLine) },
  { weight: 4, arbitrary: lines(hive, '/queen/ctl', queenLine) },
  { weight: 8, arbitrary: lines(people, '/actions/queue', queue) },
  { weight: 8, arbitrary: lines(hive, '/sys/workers/ctl', receipt) },
  { weight: 4, arbitrary: lines(hive, '/sys/clock', fc.constant('tick')) },
  { weight: 6, arbitrary: lines(people, '/queen/lease/ctl', lease) },
  { weight: 4, arbitrary: lines(people, '/queen/schedule/ctl', schedule) },
  {
    weight: 3,
    arbitrary: lines(people, '/queen/telemetry/cam-1/ctl', fc.constantFrom({ new: 'segment' }, { new: 'x' })),
  },
  { weight: 1, arbitrary: lines(people, '/queen/telemetry/cam-2/ctl', fc.constant({ new: 'segment', bytes: 5 })) },
  { weight: 1, arbitrary: lines(people, '/queen/telemetry/ctl', fc.constant({ forget: { device: 'cam-1' } })) },
  { weight: 2, arbitrary: lines(hive, '/sys/segments', segmentEvicted) },
  {
    weight: 3,
    arbitrary: lines(
      people,
      '/queen/lifecycle/ctl',
      fc.constantFrom('cordon', 'drain', 'resume', 'resume', 'quiesce', 'reset'),
    ),
  },
  {
    weight: 1,
    arbitrary: lines(
      hive,
      '/sys/boot',
      fc.integer({ min: 1, max: 4 }).map((epoch) => ({ boot: { epoch, fingerprint: 'f', version: '1' } })),
    ),
  },
  {
    weight: 1,
    arbitrary: lines(
      people,
      '/queen/ticket/ctl',
      fc.record({
        revoke: fc.record({
          id: fc.constantFrom(hexId('helper'), hexId('bob'), hexId('nobody')),
          expires_ms: optional(fc.integer({ min: START_MS, max: START_MS + 9000 })),
        }),
      }),
    ),
  },
  { weight: 4, arbitrary: lines(people, '/gpu/bridge/ctl', bridge) },
  { weight: 6, arbitrary: lines(hive, '/queen/ctl', gpuSpawn) },
  { weight: 3, arbitrary: lines(people, '/gpu/local/G/ctl', gpuWords) },
  {
    weight: 3,
    arbitrary: lines(
      people,
      '/gpu/local/G/job',
      id.map((name) => gpuJob(name, { timeout_ms: 900 })),
    ),
  },
  { weight: 3, arbitrary: lines(people, '/gpu/bridge/jobs', gpuReport) },
  { weight: 1, arbitrary: lines(people, '/gpu/ctl', fc.constantFrom({ release: 'local' }, { release: 'other' })) },
  { weight: 2, arbitrary: lines(hive, '/sys/root/ctl', rootLine) },
  { weight: 1, arbitrary: lines(people, '/queen/session/ctl', sessionLine) },
  { weight: 1, arbitrary: lines(people, '/audit/cosign', cosignature) },
  { weight: 2, arbitrary: lines(people, '/policy/ctl', policyLine) },
  { weight: 2, arbitrary: lines(people, '/host/tickets/spec', hostSpec.map(flat)) },
  { weight: 4, arbitrary: lines(people, '/host/tickets/status', hostResult.map(flat)) },
  { weight: 1, arbitrary: lines(people, '/host/tickets/deadletter', hostFailure.map(flat)) },
  { weight: 3, arbitrary: lines(people, '/queen/intents/ctl', intent) },
  { weight: 2, arbitrary: lines(people, '/queen/export/ctl', window) },
  { weight: 1, arbitrary: lines(people, '/queen/epoch/ctl', promotion) },
  { weight: 1, arbitrary: lines(people, '/trace/ctl', filter) },
  { weight: 4, arbitrary: lines(people, '/host/ctl', hostCtl) },
  { weight: 3, arbitrary: lines(people, '/host/local/docker/restart', fc.constantFrom('web', ' ')) },
  { weight: 1, arbitrary: lines(people, '/host/nvidia/gpu/0/power_cap', fc.constantFrom('100', 'most')) },
  { weight: 3, arbitrary: lines(people, '/gpu/models/ctl', modelLine) },
  { weight: 3, arbitrary: lines(people, '/gpu/models/active', activeLine) },
  { weight: 1, arbitrary: lines(people, '/queen/export/lora_jobs/ctl', loraLine) },
  { weight: 1, arbitrary: lines(people, '/queen/manifest/ctl', settings) },
  { weight: 1, arbitrary: lines(people, '/queen/ctl', fc.string({ unit: 'binary' })) },
);

/** A receipt about the last worker that was started; `resolve` fills it in. */
const lastReceipt = lines(hive, '/sys/workers/ctl', fc.constantFrom('@failed', '@failed', '@started', '@exited'));

/** How approvals are used: one asks or not, one decides, one writes the line, and its effect fails or not. */
const approvals = fc
  .record({
    line: fc.constantFrom('{"spawn":"host"}', '{"spawn":"heartbeat","ticks":3}'),
    asks: fc.boolean(),
    end: lastReceipt,
  })
  .map(({ line, asks, end }): readonly Step[] => {
    const at = { wait: 1, path: '/actions/queue' };
    const about = { id: 'z', target: '/queen/ctl', line };
    const request = { ...at, who: ALICE, line: JSON.stringify({ ...about, decision: 'request' }) };
    const approve = { ...at, who: BOB, line: asks ? '@approve' : JSON.stringify({ ...about, decision: 'approve' }) };
    return [...(asks ? [request] : []), approve, { wait: 1, who: ALICE, path: '/queen/ctl', line }, end];
  });

/** How a document comes to hold: loaded, approved, applied. */
const policies = documentId.map((version): readonly Step[] => {
  const at = { wait: 1, path: '/policy/ctl', who: ALICE };
  const load = loadLine(shortDocument(version));
  const line = JSON.stringify(applyLine(`p-${version}`));
  const approval = { id: `apply-${version}`, target: '/policy/ctl', line, decision: 'approve' };
  return [
    { ...at, line: JSON.stringify(load) },
    { ...at, who: BOB, path: '/actions/queue', line: JSON.stringify(approval) },
    { ...at, line },
  ];
});

const single = step.map((only): readonly Step[] => [only]);

/** Writes the approval of the last request, or a receipt for the last start effect, if there was any. */
export function resolve(step: Step, outcomes: readonly Outcome[]): Step {
  if (!step.line.startsWith('@')) return step;
  if (step.line === '@approve') {
    const entry = outcomes.findLastIndex((outcome) => outcome.ok && outcome.reply.id === 'z') + 1;
    return { ...step, line: JSON.stringify({ id: 'z', entry, decision: 'approve' }) };
  }
  const starts = outcomes
    .flatMap((outcome) => (outcome.ok ? outcome.effects : []))
    .filter(({ kind }) => kind === 'worker.start');
  const { worker, fence, epoch, entry } = starts.at(-1) ?? { kind: 'none' };
  const kind = step.line.slice(1);
  const rest = { failed: { entry, reason: 'no' }, started: {}, exited: { reason: 'gone' } }[kind];
  return { ...step, line: JSON.stringify({ [kind]: { worker, fence, epoch, ...rest } }) };
}

/** Lists of lines; the first is a boot. */
export const lists: fc.Arbitrary<readonly Step[]> = fc
  .array(
    fc.oneof({ weight: 8, arbitrary: single }, { weight: 1, arbitrary: approvals }, { weight: 1, arbitrary: policies }),
    {
      minLength: 5,
      maxLength: 60,
      size: 'max',
    },
  )
  .map((steps) => [
    { wait: 0, who: SYSTEM, path: '/sys/boot', line: '{"boot":{"epoch":1,"fingerprint":"f","version":"1"}}' },
    ...steps.flat(),
  ]);

/** Runs a list from nothing: every outcome, and the text of the state it ends in. */
export function runAll(
  authority: Authority,
  list: readonly Step[],
): { readonly outcomes: readonly Outcome[]; readonly text: string } {
  const state = authority.initialState();
  const outcomes: Outcome[] = [];
  let seq = 0;
  let at = START_MS;
  for (const step of list) {
    const { wait, who, path, line } = resolve(step, outcomes);
    at += wait;
    const command: Command = { seq: seq + 1, at, who, path, line };
    const outcome = authority.decide(state, command);
    authority.evolve(state, command, outcome);
    outcomes.push(outcome);
    if (outcome.ok) seq += 1;
  }
  return { outcomes, text: authority.stateText(state) };
}
