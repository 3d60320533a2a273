// Policy documents: loaded when they are right and their own tests hold, applied by two persons, gone back to; what holds
// then, and what ends when the policy becomes another one.

import { settingsOf } from '@cohesix/manifest';
import { describe, expect, test } from 'vitest';
import { admissionOf, type Outcome, stateFromText } from '../src/index.ts';
import { ALICE, BOB, CAROL, childOf, manifestWith, queen, TestHive } from './hive.ts';
import {
  applyLine,
  approve,
  approved,
  CTL,
  hashOf,
  hiveUnder,
  loadLine,
  policyDocument,
  QUEUE,
  SPAWN,
} from './policy-documents.ts';

const QUEEN_CTL = '/queen/ctl';
const KILL = '{"kill":"worker-1"}';

const detail = (outcome: Outcome): string => (outcome.ok ? 'ok' : outcome.detail);

function run(hive: TestHive, line: object, who = ALICE): Outcome {
  return hive.run(who, CTL, JSON.stringify(line));
}

describe('load', () => {
  test('stages a document and changes nothing that holds', () => {
    const hive = TestHive.booted();
    expect(hive.ok(ALICE, CTL, loadLine(policyDocument())).reply).toEqual({ id: 'p-1', state: 'staged' });
    expect(hive.view('/policy/documents')).toContain('"state":"staged"');
    expect(hive.view('/policy/rules')).toContain('"document": null');
    expect(hive.view('/policy/grants')).toBe('');
    expect(JSON.parse(hive.view('/policy/document/p-1') ?? '')).toEqual(policyDocument());
    expect(hive.code(CAROL, QUEEN_CTL, SPAWN)).toBe('needs-approval');
  });

  test('again is answered and nothing is done; another document of that id is refused', () => {
    const hive = TestHive.booted();
    hive.ok(ALICE, CTL, loadLine(policyDocument()));
    expect(hive.ok(ALICE, CTL, loadLine(policyDocument())).changes).toEqual([]);
    expect(hive.code(ALICE, CTL, { ...loadLine(policyDocument({ version: 2 })), sha256: hashOf('other') })).toBe(
      'exists',
    );
  });

  test.each([
    [
      'a test that fails',
      { rules: [] },
      '$.document: test "a spawn": expected needs-approval, got allow (no rule is about it)',
    ],
    [
      'a test whose line its file does not take',
      {
        tests: [
          {
            name: 't',
            who: { role: 'queen', subject: 'a' },
            path: QUEEN_CTL,
            line: '{"spwan":"host"}',
            expect: 'allow',
          },
        ],
      },
      '$.document: test "t": /queen/ctl does not take the line',
    ],
    ['no test', { tests: [] }, '$.document.tests: expected list 1..256'],
    ['an unknown field', { note: 'x' }, '$.document: unknown field "note"'],
    ['another schema', { schema: 'cohesix-policy/v2' }, '$.document.schema: expected "cohesix-policy/v1"'],
    [
      'five approvals',
      { rules: [{ id: 'r', target: '/x', effect: 'approve', approvals: 5 }] },
      '$.document.rules[0].approvals',
    ],
    [
      'two rules of one id',
      {
        rules: [
          { id: 'r', target: '/x', effect: 'deny' },
          { id: 'r', target: '/y', effect: 'deny' },
        ],
      },
      'two have the id "r"',
    ],
    [
      'the id of a built-in rule',
      { rules: [{ id: 'policy-ctl', target: '/x', effect: 'deny' }] },
      'two have the id "policy-ctl"',
    ],
    [
      'half a star',
      { rules: [{ id: 'r', target: '/host/a*', effect: 'deny' }] },
      '$.document.rules[0].target: * stands for',
    ],
    ['a path that goes up', { rules: [{ id: 'r', target: '/a/../b', effect: 'deny' }] }, 'has a . or .. component'],
    [
      'a rule over the queue',
      { rules: [{ id: 'r', target: '/actions/*', effect: 'approve' }] },
      'no rule is about /actions/queue',
    ],
    ['approvals of a refusal', { rules: [{ id: 'r', target: '/x', effect: 'deny', approvals: 1 }] }, 'asks for none'],
    [
      'what would keep the policy for ever',
      { rules: [{ id: 'r', target: '/policy/*', effect: 'deny', when: { roles: ['queen'] } }] },
      'would keep this policy for ever',
    ],
    [
      'a grant to change the policy alone',
      { grants: [{ id: 'g', subject: 'alice', target: '/policy/ctl', uses: 1, expires_ms: 1 }] },
      'nobody changes /policy/ctl alone',
    ],
    [
      'a grant to switch it off alone',
      { grants: [{ id: 'g', subject: 'alice', target: '/queen/*/ctl', uses: 1, expires_ms: 1 }] },
      'nobody changes /queen/manifest/ctl alone',
    ],
    [
      'a field that is an object',
      { rules: [{ id: 'r', target: '/x', effect: 'deny', when: { fields: { a: {} } } }] },
      'fields.a: expected a string',
    ],
    [
      'a test of many files',
      { tests: [{ name: 't', who: { role: 'queen', subject: 'a' }, path: '/queen/*', line: 'x', expect: 'allow' }] },
      '$.document.tests[0].path: has a *',
    ],
    ['the id of the manifest', { id: 'manifest' }, '$.document.id: manifest stands for'],
  ])('refuses %s, and says where', (_name, change, words) => {
    const hive = TestHive.booted();
    const outcome = run(hive, loadLine(policyDocument(change)));
    expect(outcome).toMatchObject({ ok: false, code: 'invalid-payload' });
    expect(detail(outcome)).toContain(words);
    expect(hive.view('/policy/documents')).toBe('');
  });

  test('takes lists as long as the manifest says, and no longer', () => {
    const small = manifestWith(({ policy }) => {
      policy.document_rules_max = 3;
      policy.document_grants_max = 1;
      policy.document_tests_max = 4;
    });
    expect(run(TestHive.booted(small), loadLine(policyDocument())).ok).toBe(true);
    for (const field of ['document_rules_max', 'document_grants_max', 'document_tests_max'] as const) {
      const less = manifestWith(({ policy }) =>
        Object.assign(policy, small.policy, { [field]: small.policy[field] - 1 }),
      );
      expect(detail(run(TestHive.booted(less), loadLine(policyDocument()))), field).toContain(`policy.${field} is`);
    }
  });

  test('takes a line of 16,384 bytes, and no longer', () => {
    const hive = TestHive.booted();
    // The dash of the signature has three bytes.
    const line = (size: number): string => JSON.stringify(loadLine(policyDocument())).padEnd(size - 2, ' ');
    expect(hive.code(ALICE, CTL, line(16_385))).toBe('too-big');
    expect(hive.code(ALICE, CTL, line(16_384))).toBe('ok');
  });

  test('is not for the system, whose lines nobody checks', () => {
    const hive = TestHive.booted();
    expect(hive.code({ ...ALICE, role: 'system' }, CTL, loadLine(policyDocument()))).toBe('denied');
  });

  test('takes no version that is not above all that were applied', () => {
    const hive = hiveUnder(policyDocument({ id: 'p-5', version: 5 }));
    expect(hive.code(ALICE, CTL, loadLine(policyDocument({ id: 'p-x', version: 5 })))).toBe('stale');
    expect(hive.code(ALICE, CTL, loadLine(policyDocument({ id: 'p-6', version: 6 })))).toBe('ok');
  });

  test('keeps as many as the manifest says, and never forgets the one that holds', () => {
    const hive = hiveUnder(
      policyDocument(),
      manifestWith(({ policy }) => (policy.documents_max = 2)),
    );
    for (const version of [2, 3]) hive.ok(ALICE, CTL, loadLine(policyDocument({ id: `p-${version}`, version })));
    expect(hive.authority.listNames(hive.state, '/policy/document/:document')).toEqual(['p-1', 'p-3']);
    expect(hive.view('/policy/document/p-2')).toBeUndefined();
  });
});

describe('apply and rollback', () => {
  test('take a second person, under a document and without one, and only while the policy is on', () => {
    const hive = TestHive.booted();
    hive.ok(ALICE, CTL, loadLine(policyDocument()));
    expect(hive.code(ALICE, CTL, applyLine('p-1'))).toBe('needs-approval');
    approved(hive, CTL, applyLine('p-1'));
    expect(hive.code(ALICE, CTL, { op: 'rollback', id: 'manifest' })).toBe('needs-approval');
    expect(hive.code(ALICE, '/queen/manifest/ctl', { set: settingsOf(manifestWith()) }), 'settings too').toBe(
      'needs-approval',
    );
    const off = TestHive.booted(manifestWith(({ policy }) => (policy.enabled = false)));
    off.ok(ALICE, CTL, loadLine(policyDocument()));
    expect(off.code(ALICE, CTL, applyLine('p-1'))).toBe('ok');
  });

  test('apply names the very document', () => {
    const hive = TestHive.booted();
    hive.ok(ALICE, CTL, loadLine(policyDocument()));
    expect(hive.code(ALICE, CTL, applyLine('p-9'))).toBe('not-found');
    expect(hive.code(ALICE, CTL, { ...applyLine('p-1'), sha256: hashOf('p-2') })).toBe('stale');
    approved(hive, CTL, applyLine('p-1'));
    expect(hive.code(ALICE, CTL, applyLine('p-1'))).toBe('invalid-transition');
  });

  test('the rules of the document hold in place of those of the manifest, until one goes back', () => {
    const hive = hiveUnder();
    expect(hive.view('/policy/documents')).toContain('"state":"active"');
    expect(hive.view('/policy/rules')).toContain('"id": "orders"');
    hive.ok(
      ALICE,
      CTL,
      loadLine(policyDocument({ id: 'p-2', version: 2, grants: [], tests: policyTests(['a spawn']) })),
    );
    approved(hive, CTL, applyLine('p-2'));
    expect(hive.code(CAROL, QUEEN_CTL, SPAWN)).toBe('needs-approval');
    approved(hive, CTL, { op: 'rollback', id: 'p-1' });
    expect(hive.code(CAROL, QUEEN_CTL, SPAWN)).toBe('ok');
    approved(hive, CTL, { op: 'rollback', id: 'manifest' });
    expect(hive.view('/policy/rules')).toContain('"document": null');
    expect(hive.code(CAROL, QUEEN_CTL, SPAWN)).toBe('needs-approval');
    expect(hive.replay()).toBe(hive.text());
  });

  test('nobody goes back to what never held, is unknown, or holds', () => {
    const hive = hiveUnder();
    hive.ok(ALICE, CTL, loadLine(policyDocument({ id: 'p-2', version: 2 })));
    for (const [id, code] of [
      ['p-2', 'invalid-transition'],
      ['p-9', 'not-found'],
      ['p-1', 'invalid-transition'],
    ] as const)
      expect(hive.code(ALICE, CTL, { op: 'rollback', id }), id).toBe(code);
    const fresh = TestHive.booted();
    expect(fresh.code(ALICE, CTL, { op: 'rollback', id: 'manifest' })).toBe('invalid-transition');
  });
});

function policyTests(names: readonly string[]): readonly object[] {
  const { tests } = policyDocument() as { readonly tests: readonly { readonly name: string }[] };
  return tests.filter(({ name }) => names.includes(name));
}

describe('rules', () => {
  test('one that refuses lets nothing through, whoever approved it', () => {
    const line = '{"spawn":"heartbeat","ticks":1}';
    const rules = [{ id: 'none', target: QUEEN_CTL, effect: 'deny', when: { fields: { spawn: 'heartbeat' } } }];
    const grants = [{ id: 'g', subject: 'alice', target: QUEEN_CTL, uses: 9, expires_ms: 1_900_000_000_000 }];
    const tests = [{ name: 't', who: { role: 'queen', subject: 'alice' }, path: QUEEN_CTL, line, expect: 'deny' }];
    const hive = hiveUnder(policyDocument({ rules, grants, tests }));
    approve(hive, QUEEN_CTL, line);
    const outcome = hive.run(ALICE, QUEEN_CTL, line);
    expect(outcome).toMatchObject({ code: 'approval-denied', detail: 'Rule none refuses it; no approval helps.' });
    expect(hive.code(ALICE, QUEEN_CTL, SPAWN), 'another line').toBe('ok');
  });

  test('about a subject are about whoever has a ticket made from theirs; about a role, about that role', () => {
    const rules = [
      { id: 'bobs', target: QUEEN_CTL, effect: 'deny', when: { subjects: ['bob'] } },
      { id: 'workers', target: '/queen/lease/ctl', effect: 'deny', when: { roles: ['worker-gpu'] } },
    ];
    const tests = [
      { name: 't', who: { role: 'queen', subject: 'bob/x' }, path: QUEEN_CTL, line: SPAWN, expect: 'deny' },
    ];
    const hive = hiveUnder(policyDocument({ rules, grants: [], tests }));
    expect(hive.code(BOB, QUEEN_CTL, SPAWN)).toBe('approval-denied');
    expect(hive.code(childOf(BOB, 'bot'), QUEEN_CTL, SPAWN)).toBe('approval-denied');
    expect(hive.code(queen('bobby'), QUEEN_CTL, SPAWN)).toBe('ok');
    expect(
      hive.code(
        ALICE,
        '/queen/lease/ctl',
        '{"op":"quota","subject":"s","resource":"r","max_active":1,"max_preemptions":1}',
      ),
    ).toBe('ok');
  });

  test('are about words as well, and about fields of fields', () => {
    const rules = [
      { id: 'word', target: '/queen/lifecycle/ctl', effect: 'deny', when: { fields: { $: 'cordon' } } },
      { id: 'deep', target: QUEEN_CTL, effect: 'deny', when: { fields: { 'budget.ttl_s': 7 } } },
    ];
    const who = { role: 'queen', subject: 'alice' };
    const tests = [{ name: 't', who, path: '/queen/lifecycle/ctl', line: 'CORDON', expect: 'deny' }];
    const hive = hiveUnder(policyDocument({ rules, grants: [], tests }));
    expect(hive.code(ALICE, '/queen/lifecycle/ctl', 'Cordon')).toBe('approval-denied');
    expect(hive.code(ALICE, QUEEN_CTL, '{"budget":{"ttl_s":7}}')).toBe('approval-denied');
    expect(hive.code(ALICE, QUEEN_CTL, '{"budget":{"ttl_s":8}}')).toBe('ok');
  });
});

describe('two approvals', () => {
  const kill = { id: 'k', target: QUEEN_CTL, line: KILL };

  function spawned(): TestHive {
    const hive = hiveUnder();
    approved(hive, QUEEN_CTL, SPAWN);
    return hive;
  }

  function decide(hive: TestHive, who: typeof BOB, decision: string): Outcome {
    const [{ entry }] = JSON.parse(`[${hive.view('/actions/pending')?.trim()}]`) as [{ entry: number }];
    return hive.run(who, QUEUE, JSON.stringify({ id: 'k', entry, decision }));
  }

  test('are of two others; one person counts once', () => {
    const hive = spawned();
    hive.ok(ALICE, QUEUE, { ...kill, decision: 'request' });
    expect(decide(hive, BOB, 'approve')).toMatchObject({ ok: true, reply: { state: 'requested', missing: 1 } });
    expect(hive.view('/actions/pending')).toContain('"needs":2,"approved_by":["bob"]');
    expect(hive.view('/actions/k/status')).toContain('"missing":1');
    expect(detail(hive.run(ALICE, QUEEN_CTL, KILL))).toBe('Rule kills: k has 1 of 2 approvals.');
    expect(decide(hive, BOB, 'approve')).toMatchObject({ code: 'denied' });
    expect(decide(hive, childOf(BOB, 'bot'), 'approve')).toMatchObject({ code: 'denied' });
    expect(decide(hive, ALICE, 'approve')).toMatchObject({ code: 'denied' });
    expect(decide(hive, CAROL, 'approve')).toMatchObject({ ok: true, reply: { state: 'queued' } });
    expect(hive.code(BOB, QUEEN_CTL, KILL), 'an approver is no writer').toBe('needs-approval');
    expect(hive.code(ALICE, QUEEN_CTL, KILL)).toBe('ok');
    expect(hive.replay()).toBe(hive.text());
  });

  test('given beforehand are for any third; one of two lets nothing through', () => {
    const hive = spawned();
    hive.ok(BOB, QUEUE, { ...kill, decision: 'approve' });
    expect(hive.code(ALICE, QUEEN_CTL, KILL)).toBe('needs-approval');
    decide(hive, CAROL, 'approve');
    expect(hive.code(CAROL, QUEEN_CTL, KILL)).toBe('needs-approval');
    expect(hive.code(ALICE, QUEEN_CTL, KILL)).toBe('ok');
  });

  test('one of two makes nothing last longer; the last one does', () => {
    const hive = spawned();
    hive.ok(ALICE, QUEUE, { ...kill, decision: 'request', ttl_s: 10 });
    hive.at += 9999;
    expect(decide(hive, BOB, 'approve')).toMatchObject({ reply: { state: 'requested' } });
    hive.at += 1;
    expect(decide(hive, CAROL, 'approve')).toMatchObject({ code: 'stale' });
    const other = spawned();
    other.ok(ALICE, QUEUE, { ...kill, decision: 'request', ttl_s: 10 });
    decide(other, BOB, 'approve');
    other.at += 9999;
    decide(other, CAROL, 'approve');
    other.at += 899_999;
    expect(other.code(ALICE, QUEEN_CTL, KILL)).toBe('ok');
  });

  test('end when one of the two is revoked, or denies', () => {
    const hive = spawned();
    hive.ok(ALICE, QUEUE, { ...kill, decision: 'request' });
    decide(hive, BOB, 'approve');
    hive.ok(ALICE, '/queen/ticket/ctl', { revoke: { id: BOB.ticketIds[0] } });
    expect(hive.view('/actions/k/status')).toContain('"state":"expired"');
    const other = spawned();
    other.ok(ALICE, QUEUE, { ...kill, decision: 'request' });
    decide(other, BOB, 'approve');
    decide(other, CAROL, 'deny');
    expect(other.code(ALICE, QUEEN_CTL, KILL)).toBe('approval-denied');
  });
});

describe('generations', () => {
  test('another policy ends requests and approvals, with a word about it; denials stay', () => {
    const hive = TestHive.booted();
    hive.ok(ALICE, QUEUE, { id: 'r', target: QUEEN_CTL, line: SPAWN, decision: 'request' });
    approve(hive, QUEEN_CTL, SPAWN);
    hive.ok(BOB, QUEUE, { id: 'd', target: QUEEN_CTL, line: '{"kill":"w"}', decision: 'deny' });
    hive.ok(ALICE, CTL, loadLine(policyDocument()));
    expect(hive.view('/actions/r/status'), 'loading ends nothing').toContain('"state":"requested"');
    const { seq } = hive.command(ALICE, CTL, '');
    approved(hive, CTL, applyLine('p-1'));
    expect(hive.view('/actions/r/status')).toContain('"state":"expired"');
    expect(detail(hive.run(ALICE, QUEEN_CTL, SPAWN))).toContain(`the policy changed at entry ${seq + 1}`);
    const late = hive.run(BOB, QUEUE, JSON.stringify({ id: 'r', entry: 2, decision: 'approve' }));
    expect(late).toMatchObject({ code: 'stale' });
    expect(detail(late)).toContain('The policy changed at entry');
    expect(hive.view('/actions/d/status')).toContain('"state":"denied"');
    expect(hive.view('/policy/rules')).toContain(`"policy_entry": ${seq + 1}`);
  });

  test('so do other rules of the settings and of a boot; the same rules, or other settings, do not', () => {
    const manifest = manifestWith();
    const hive = TestHive.booted(manifest);
    const holds = (): boolean => hive.view('/actions/r/status')?.includes('"state":"requested"') === true;
    const ask = (): void =>
      void hive.ok(ALICE, QUEUE, { id: 'r', target: QUEEN_CTL, line: SPAWN, decision: 'request' });
    ask();
    hive.boot(2, manifest);
    approved(hive, '/queen/manifest/ctl', {
      set: { ...settingsOf(manifest), workers: { ...settingsOf(manifest).workers, max: 7 } },
    });
    expect(holds()).toBe(true);
    const rules = [{ id: 'queen-ctl', target: QUEEN_CTL }];
    approved(hive, '/queen/manifest/ctl', { set: { ...settingsOf(manifest), policy: { ...manifest.policy, rules } } });
    expect(holds()).toBe(false);
    ask();
    hive.boot(3, manifest);
    expect(holds()).toBe(false);
  });

  test('an approval that was used up is not given back under another policy', () => {
    const hive = TestHive.booted();
    approve(hive, QUEEN_CTL, SPAWN);
    const { effects } = hive.ok(ALICE, QUEEN_CTL, SPAWN);
    const { worker, fence, epoch, entry } = effects[0] as unknown as Record<string, unknown>;
    hive.ok(ALICE, CTL, loadLine(policyDocument()));
    approved(hive, CTL, applyLine('p-1'));
    hive.ok({ ...ALICE, role: 'system' }, '/sys/workers/ctl', {
      failed: { worker, fence, epoch, entry, reason: 'no' },
    });
    expect(hive.code(ALICE, QUEEN_CTL, SPAWN)).toBe('needs-approval');
  });

  test('an approval that names the newest line of the file is good until there is another', () => {
    const hive = TestHive.booted();
    approved(hive, QUEEN_CTL, SPAWN);
    const at = hive.authority.controlLogVersion(hive.state, QUEEN_CTL);
    const kill = { target: QUEEN_CTL, line: KILL };
    expect(hive.code(BOB, QUEUE, { id: 'k', ...kill, decision: 'approve', generation: at - 1 })).toBe('stale');
    hive.ok(BOB, QUEUE, { id: 'k', ...kill, decision: 'approve', generation: at });
    hive.ok(ALICE, QUEUE, { id: 'q', ...kill, decision: 'request' });
    expect(hive.view('/actions/pending')).toContain(`"target_entry":${at}`);
    const { seq } = hive.command(ALICE, QUEEN_CTL, '');
    hive.ok({ ...ALICE, role: 'system' }, QUEEN_CTL, '{"budget":{"ops":1}}');
    expect(detail(hive.run(ALICE, QUEEN_CTL, KILL))).toContain(`for the file as of entry ${at}, and it is at ${seq}`);
    expect(hive.view('/actions/k/status'), 'not used up').toContain('"state":"queued"');
    expect(hive.code(BOB, QUEUE, { id: 'q', entry: seq - 1, decision: 'approve', generation: at })).toBe('stale');
    hive.ok(BOB, QUEUE, { id: 'q', entry: seq - 1, decision: 'approve', generation: seq });
    expect(hive.code(ALICE, QUEEN_CTL, KILL)).toBe('ok');
  });

  test('a request that names it cannot be approved once there is another, but denied', () => {
    const hive = TestHive.booted();
    hive.ok(ALICE, QUEUE, { id: 'q', target: QUEEN_CTL, line: SPAWN, decision: 'request', generation: 0 });
    approved(hive, QUEEN_CTL, '{"budget":{"ops":1}}');
    const now = hive.authority.controlLogVersion(hive.state, QUEEN_CTL);
    expect(hive.code(BOB, QUEUE, { id: 'q', entry: 2, decision: 'approve', generation: now }), 'renamed').toBe('stale');
    const late = hive.run(BOB, QUEUE, JSON.stringify({ id: 'q', entry: 2, decision: 'approve' }));
    expect(late).toMatchObject({ code: 'stale' });
    expect(hive.code(BOB, QUEUE, { id: 'q', entry: 2, decision: 'deny' })).toBe('ok');
  });
});

test('a snapshot of documents, grants and half approvals decides the same', () => {
  const hive = hiveUnder();
  hive.ok(CAROL, QUEEN_CTL, SPAWN);
  hive.ok(ALICE, QUEUE, { id: 'k', target: QUEEN_CTL, line: KILL, decision: 'request' });
  const restored = stateFromText(hive.text());
  const outcomes = [hive.state, restored].map((state) =>
    [
      hive.command(CAROL, QUEEN_CTL, SPAWN),
      hive.command(ALICE, QUEEN_CTL, KILL),
      hive.command(ALICE, CTL, JSON.stringify(loadLine(policyDocument({ id: 'p-2', version: 2 })))),
    ].map((command) => hive.authority.decide(state, command)),
  );
  expect(outcomes[1]).toEqual(outcomes[0]);
  expect(outcomes[0]?.map(({ ok }) => ok)).toEqual([true, false, true]);
  const [spawn] = outcomes[0] ?? [];
  if (spawn === undefined) throw new Error('no outcome');
  expect(admissionOf(hive.state, hive.command(CAROL, QUEEN_CTL, SPAWN), spawn)).toEqual({
    rule: 'orders',
    grant: 'carols',
  });
});
