// Hosts: one publisher each, under a fence; orders that are carried out once and that say so when nobody knows; two paths of one
// file that no rule tells apart; and the tables at their limits.

import type { HostProvider } from '@cohesix/manifest';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkPolicy, defaultHost, isHostFileShown, type Principal, SYSTEM, stateFromText } from '../src/index.ts';
import { ALICE, BOB, CAROL, childOf, hexId, manifestWith, START_MS, TestHive } from './hive.ts';
import { policyDocument } from './policy-documents.ts';

const CTL = '/host/ctl';
const RESTART = '/host/local/systemd/ssh.service/restart';
const SHORT = '/host/systemd/ssh.service/restart';

/** A manifest in which no line needs an approval, with other settings of hosts. */
function open(host: object = {}): ReturnType<typeof manifestWith> {
  return manifestWith((manifest) => {
    manifest.policy.enabled = false;
    Object.assign(manifest.host, host);
  });
}

/** A hive whose host `local` Bob publishes. */
function published(host: object = {}): TestHive {
  const hive = TestHive.booted(open(host));
  hive.ok(BOB, CTL, { op: 'declare', host: 'local' });
  return hive;
}

function order(hive: TestHive, path = RESTART, line = 'now'): string {
  return String(hive.ok(ALICE, path, line).reply.order);
}

function result(hive: TestHive, who: Principal, id: string, state: string, more: object = {}): string {
  return hive.code(who, CTL, { op: 'result', host: 'local', order: id, fence: 1, state, ...more });
}

/** `state fence message` of an order. */
function row(hive: TestHive, id: string): string {
  const found = new RegExp(`^id=${id} .* state=(\\S+) fence=(\\S+) by=\\S+ at_ms=\\d+(?: message=(.*))?$`, 'm').exec(
    hive.view('/proc/hosts/orders') ?? '',
  );
  return found === null ? '' : found.slice(1).filter(Boolean).join(' ');
}

describe('the hosts', () => {
  test('begin with the default one, with what the manifest says it has', () => {
    const hive = TestHive.booted(open());
    const { authority, state } = hive;
    expect(authority.listNames(state, '/host/:host')).toEqual(['local']);
    expect(authority.listNames(state, '/host/systemd/:unit')).toEqual(['cohesix-agent.service', 'ssh.service']);
    expect(authority.listNames(state, '/host/:host/k8s/node/:node', { host: 'local' })).toEqual(['node-1']);
    expect(authority.listNames(state, '/host/:host/systemd/:unit', { host: 'web-1' })).toEqual([]);
    expect(hive.view('/proc/hosts/list')).toBe(
      'host=local publisher=none fence=none since_ms=none units=2 nodes=1 gpus=0 interfaces=0\n',
    );
  });

  test('are those declared, with what they were last declared with', () => {
    const hive = TestHive.booted(open({ providers: ['systemd', 'nvidia'] }));
    const declared = hive.ok(BOB, CTL, { op: 'declare', host: 'web-1', units: ['nginx.service'], gpus: ['0', '1'] });
    expect(declared.reply).toEqual({ host: 'web-1', fence: 1 });
    expect(declared.effects).toEqual([{ kind: 'host.changed', host: 'web-1' }]);
    hive.ok(BOB, CTL, { op: 'declare', host: 'web-1', gpus: ['1'] });
    const { authority, state } = hive;
    expect(authority.listNames(state, '/host/:host')).toEqual(['local', 'web-1']);
    expect(authority.listNames(state, '/host/:host/systemd/:unit', { host: 'web-1' })).toEqual(['nginx.service']);
    expect(authority.listNames(state, '/host/:host/nvidia/gpu/:gpu', { host: 'web-1' })).toEqual(['1']);
    expect(hive.view('/proc/hosts/list')).toContain(`host=web-1 publisher=bob fence=2 since_ms=${START_MS} units=1 `);
  });

  test('the default one that is released is again what the manifest says', () => {
    const hive = published();
    hive.ok(BOB, CTL, { op: 'declare', host: 'local', units: ['nginx.service'] });
    expect(hive.code(ALICE, '/host/systemd/ssh.service/stop', 'x')).toBe('not-found');
    hive.ok(BOB, CTL, { op: 'release', host: 'local' });
    expect(hive.code(ALICE, '/host/systemd/ssh.service/stop', 'x')).toBe('ok');
    expect(hive.code(BOB, CTL, { op: 'release', host: 'local' })).toBe('not-found');
  });

  test.each(['systemd', 'tickets', 'ctl', 'jetson'])('none is called %s, which /host has itself', (host) => {
    expect(TestHive.booted(open()).code(BOB, CTL, { op: 'declare', host })).toBe('invalid-payload');
  });

  test.each([
    ['a name with a slash', { host: 'a/b' }],
    ['an empty name', { host: '' }],
    ['a name of 64', { host: 'x'.repeat(64) }],
    ['a unit called ..', { units: ['..'] }],
    ['a unit with a slash', { units: ['a/b'] }],
    ['a unit of 129', { units: ['x'.repeat(129)] }],
    ['a unit twice', { units: ['a', 'a'] }],
    ['an escape sequence in a unit', { units: ['\u001b[31m'] }],
    ['an unknown list', { pods: ['p'] }],
  ])('are not declared with %s', (_, change) => {
    const hive = TestHive.booted(open());
    expect(hive.code(BOB, CTL, { op: 'declare', host: 'web-1', ...change })).toBe('invalid-payload');
    const longest = { op: 'declare', host: 'x'.repeat(63), units: ['u'.repeat(128), '-.mount', 'getty@tty1.service'] };
    expect(hive.code(BOB, CTL, longest)).toBe('ok');
  });

  test('are bounded, each and together; one that is published already is none more', () => {
    const hive = TestHive.booted(open({ hosts_max: 2, members_max: 3 }));
    const declare = (host: string, units: string[]): string => hive.code(BOB, CTL, { op: 'declare', host, units });
    expect(declare('a', ['1', '2', '3'])).toBe('ok');
    expect(declare('b', ['1', '2', '3', '4'])).toBe('limit');
    expect(declare('b', [])).toBe('ok');
    expect(declare('c', [])).toBe('buffer-full');
    expect(declare('b', ['1'])).toBe('ok');
  });

  test('are not there at all when the manifest says so; neither are providers it leaves out', () => {
    const off = TestHive.booted(open({ enabled: false }));
    expect(off.authority.listNames(off.state, '/host/:host')).toEqual([]);
    expect(off.code(ALICE, SHORT, 'now')).toBe('invalid-path');
    expect(off.code(BOB, CTL, { op: 'declare', host: 'a' })).toBe('invalid-path');
    const some = TestHive.booted(open({ providers: ['docker'] }));
    expect(some.code(ALICE, SHORT, 'now')).toBe('invalid-path');
    expect(some.code(BOB, CTL, { op: 'declare', host: 'a', units: ['u'] })).toBe('unsupported');
    expect(some.code(ALICE, '/host/docker/restart', 'web')).toBe('ok');
    const shown = (pattern: string, enabled: boolean, providers: HostProvider[]): boolean =>
      isHostFileShown(open({ enabled, providers }), pattern);
    expect(shown('/host/:host/docker/stop', true, ['docker'])).toBe(true);
    expect(shown('/host/:host/systemd/:unit/stop', true, ['docker'])).toBe(false);
    expect(shown('/host/systemd/:unit', true, ['docker'])).toBe(false);
    expect(shown('/host/ctl', false, ['docker'])).toBe(false);
    expect(shown('/host/tickets/spec', false, [])).toBe(true);
    expect(shown('/queen/ctl', false, [])).toBe(true);
  });
});

describe('a publisher', () => {
  test('is one a host: a second with another root ticket is refused until the first is released', () => {
    const hive = published();
    expect(hive.code(CAROL, CTL, { op: 'declare', host: 'local' })).toBe('busy');
    hive.ok(ALICE, CTL, { op: 'release', host: 'local', reason: 'gone' });
    expect(hive.ok(CAROL, CTL, { op: 'declare', host: 'local' }).reply).toEqual({ host: 'local', fence: 2 });
    expect(hive.code(BOB, CTL, { op: 'declare', host: 'local' })).toBe('busy');
  });

  test('may come again with a ticket made from the same root, under a greater fence; what is left of it is stale', () => {
    const hive = published();
    const id = order(hive);
    expect(hive.ok(childOf(BOB, 'two'), CTL, { op: 'declare', host: 'local' }).reply.fence).toBe(2);
    expect(result(hive, BOB, id, 'taken')).toBe('stale');
    expect(result(hive, BOB, id, 'taken', { fence: 2 })).toBe('ok');
  });

  test('whose ticket was revoked holds nothing any more', () => {
    const hive = published();
    hive.ok(ALICE, '/queen/ticket/ctl', { revoke: { id: hexId('bob') } });
    expect(hive.code(CAROL, CTL, { op: 'declare', host: 'local' })).toBe('ok');
  });

  test('is a queen, never a worker', () => {
    const hive = published();
    for (const role of ['worker-heartbeat', 'worker-host', 'worker-gpu']) {
      expect(hive.code({ ...BOB, role }, CTL, { op: 'declare', host: 'local' })).toBe('denied');
      expect(hive.code({ ...BOB, role }, RESTART, 'now')).toBe('denied');
    }
  });
});

describe('an order', () => {
  test('waits, is taken up, is done; each step says so', () => {
    const hive = published();
    const given = hive.ok(ALICE, RESTART, 'now');
    const line = `{"schema":"host-order/v1","id":"o3","host":"local","control":"systemd.restart","member":"ssh.service","value":"now","entry":3,"expires_ms":${START_MS + 60_000}}`;
    expect(given.reply).toEqual({ order: 'o3', host: 'local', state: 'queued', expires_ms: START_MS + 60_000 });
    expect(given.effects).toEqual([{ kind: 'host.order', host: 'local', entry: 3, line }]);
    expect(given.log).toEqual([
      `host-write outcome=allow role=queen ticket=fp-alice path=${RESTART} control=systemd.restart bytes=3 order=o3`,
    ]);
    expect(hive.view('/host/local/orders.snapshot')).toBe(`${line}\n`);
    expect(result(hive, BOB, 'o3', 'taken')).toBe('ok');
    expect(hive.view('/host/local/orders.snapshot')).toBe('');
    expect(row(hive, 'o3')).toBe('taken 1');
    expect(result(hive, BOB, 'o3', 'done', { message: 'active' })).toBe('ok');
    expect(row(hive, 'o3')).toBe('done 1 active');
    expect(hive.view('/proc/hosts/summary')).toBe(
      'hosts published=1 max=16 orders=0 orders_max=64 total=1 done=1 failed=0 expired=0 lost=0\n',
    );
    expect(hive.replay()).toBe(hive.text());
  });

  test('is taken up once: said again it is a repeat, and of another declaration it is refused', () => {
    const hive = published();
    const id = order(hive);
    expect(result(hive, BOB, id, 'taken')).toBe('ok');
    const again = hive.ok(BOB, CTL, { op: 'result', host: 'local', order: id, fence: 1, state: 'taken' });
    expect(again.reply).toEqual({ order: id, state: 'taken', duplicate: true });
    expect(again.changes).toEqual([]);
    hive.ok(BOB, CTL, { op: 'declare', host: 'local' });
    expect(result(hive, BOB, id, 'taken', { fence: 2 })).toBe('invalid-transition');
    expect(result(hive, BOB, id, 'failed', { fence: 2, message: 'it was cut off' })).toBe('ok');
  });

  test('that has ended stays so; who ended it may say it again', () => {
    const hive = published();
    const id = order(hive);
    expect(result(hive, BOB, id, 'done'), 'not taken up').toBe('invalid-transition');
    expect(result(hive, BOB, id, 'taken')).toBe('ok');
    expect(result(hive, BOB, id, 'failed', { message: 'no such unit' })).toBe('ok');
    expect(result(hive, BOB, id, 'failed')).toBe('ok');
    expect(result(hive, BOB, id, 'done')).toBe('invalid-transition');
    expect(result(hive, BOB, id, 'taken')).toBe('invalid-transition');
    expect(row(hive, id)).toBe('failed 1 "no such unit"');
  });

  test('is nobody else’s to answer, and not that of another host', () => {
    const hive = published();
    const id = order(hive);
    hive.ok(BOB, CTL, { op: 'declare', host: 'web-1' });
    expect(result(hive, CAROL, id, 'taken')).toBe('denied');
    expect(result(hive, BOB, 'o99', 'taken')).toBe('not-found');
    expect(result(hive, BOB, id, 'taken', { host: 'web-1', fence: 2 })).toBe('not-found');
    expect(result(hive, BOB, id, 'taken', { host: 'web-2' })).toBe('not-found');
    expect(result(hive, BOB, id, 'taken')).toBe('ok');
  });

  test('that nobody takes up expires at its millisecond; one taken up is lost when nothing is said in time', () => {
    const hive = published({ order_ttl_s: 10 });
    const [first, second] = [order(hive), order(hive)];
    hive.pass(9999);
    expect(result(hive, BOB, first, 'taken')).toBe('ok');
    hive.at += 1;
    expect(result(hive, BOB, second, 'taken')).toBe('expired');
    hive.pass(0);
    expect(row(hive, second)).toBe('expired none "nobody took it up in time"');
    hive.pass(9998);
    expect(row(hive, first)).toBe('taken 1');
    hive.pass(1);
    expect(row(hive, first)).toMatch(/^lost 1 /);
    expect(result(hive, BOB, first, 'done')).toBe('invalid-transition');
    expect(hive.authority.deadline(hive.state)).toBeUndefined();
  });

  test('of a host that is released is not done, or nobody knows', () => {
    const hive = published();
    const [waiting, taken] = [order(hive), order(hive)];
    result(hive, BOB, taken, 'taken');
    hive.ok(ALICE, CTL, { op: 'release', host: 'local' });
    expect(row(hive, waiting)).toBe('failed none "the host was released"');
    expect(row(hive, taken)).toBe('lost 1 "the host was released"');
  });

  test('by a ticket that was revoked since is not taken up', () => {
    const hive = published();
    const id = String(hive.ok(childOf(ALICE, 'tool'), RESTART, 'now').reply.order);
    hive.ok(BOB, '/queen/ticket/ctl', { revoke: { id: hexId('tool') } });
    expect(result(hive, BOB, id, 'taken')).toBe('revoked');
  });

  test('is one of few that wait, and a place is free when one ends', () => {
    const hive = published({ orders_max: 2 });
    const first = order(hive);
    order(hive);
    expect(hive.code(ALICE, RESTART, 'now')).toBe('buffer-full');
    expect(result(hive, BOB, first, 'failed')).toBe('ok');
    expect(hive.code(ALICE, RESTART, 'now')).toBe('ok');
  });

  test('survives a boot and a snapshot, and is taken up under the same fence', () => {
    const hive = published();
    const id = order(hive);
    hive.boot(2, open());
    const restored = stateFromText(hive.text());
    const line = JSON.stringify({ op: 'result', host: 'local', order: id, fence: 1, state: 'taken' });
    const command = hive.command(BOB, CTL, line);
    expect(hive.authority.decide(restored, command)).toEqual(hive.authority.decide(hive.state, command));
    expect(result(hive, BOB, id, 'taken')).toBe('ok');
  });

  test('for a GPU names watts in a range; any other is text of at most 256 bytes', () => {
    const hive = published();
    hive.ok(BOB, CTL, { op: 'declare', host: 'local', gpus: ['0'] });
    const cap = (line: string): string => hive.code(ALICE, '/host/nvidia/gpu/0/power_cap', line);
    expect(['1', '2000', ' 250 '].map(cap)).toEqual(['ok', 'ok', 'ok']);
    expect(['0', '2001', '-1', '2.5', '1e3', 'max', '{"w":1}'].map(cap)).toEqual(Array(7).fill('invalid-payload'));
    expect(hive.code(ALICE, RESTART, 'é'.repeat(128))).toBe('ok');
    expect(hive.code(ALICE, RESTART, `${'é'.repeat(128)}x`)).toBe('too-big');
    expect(hive.code(ALICE, RESTART, ' ')).toBe('invalid-payload');
    expect(hive.code(ALICE, RESTART, 'a\u001b[2Jb')).toBe('invalid-payload');
  });

  test('is refused while the node takes no work; the word about what was done is not', () => {
    const hive = published();
    const [first, second] = [order(hive), order(hive)];
    result(hive, BOB, first, 'taken');
    hive.ok(ALICE, '/queen/lifecycle/ctl', 'cordon');
    expect(hive.code(ALICE, RESTART, 'now')).toBe('lifecycle-denied');
    expect(result(hive, BOB, second, 'taken')).toBe('lifecycle-denied');
    expect(hive.code(CAROL, CTL, { op: 'declare', host: 'web-1' })).toBe('lifecycle-denied');
    expect(result(hive, BOB, first, 'done')).toBe('ok');
    expect(hive.code(BOB, CTL, { op: 'release', host: 'local' })).toBe('ok');
  });
});

describe('the short paths', () => {
  test('lead to the default host, also while others are there', () => {
    const hive = published();
    hive.ok(CAROL, CTL, { op: 'declare', host: 'web-1', units: ['ssh.service'] });
    expect(hive.ok(ALICE, SHORT, 'now').reply.host).toBe('local');
    expect(hive.ok(SYSTEM, SHORT, 'now').reply.host).toBe('local');
  });

  test('without a default host lead to the only one, and to none of two', () => {
    const hive = TestHive.booted(open({ default_host: '' }));
    const declare = (host: string): void => void hive.ok(BOB, CTL, { op: 'declare', host, units: ['ssh.service'] });
    expect(hive.code(ALICE, SHORT, 'now')).toBe('invalid-path');
    declare('a');
    expect(hive.ok(ALICE, SHORT, 'now').reply.host).toBe('a');
    declare('b');
    expect(defaultHost(hive.state)).toBeUndefined();
    expect(hive.code(ALICE, SHORT, 'now')).toBe('invalid-path');
    expect(hive.authority.listNames(hive.state, '/host/systemd/:unit')).toEqual([]);
    hive.ok(BOB, CTL, { op: 'release', host: 'a' });
    expect(hive.ok(ALICE, SHORT, 'now').reply.host).toBe('b');
  });
});

describe('policy', () => {
  /** A hive with one rule. */
  function ruled(target: string): TestHive {
    const manifest = manifestWith((change) => (change.policy.rules = [{ id: 'restarts', target }]));
    const hive = TestHive.booted(manifest);
    hive.ok(BOB, CTL, { op: 'declare', host: 'web-1', units: ['ssh.service'] });
    return hive;
  }

  const WEB = '/host/web-1/systemd/ssh.service/restart';

  test.each([
    ['/host/systemd/*/restart', { [SHORT]: true, [RESTART]: true, [WEB]: true }],
    ['/host/*/systemd/*/restart', { [SHORT]: true, [RESTART]: true, [WEB]: true }],
    ['/host/local/systemd/*/restart', { [SHORT]: true, [RESTART]: true, [WEB]: false }],
    ['/host/web-1/systemd/*/restart', { [SHORT]: false, [RESTART]: false, [WEB]: true }],
    ['/host/systemd/*/stop', { [SHORT]: false, [RESTART]: false, [WEB]: false }],
  ])('a rule about %s is about the file by whichever path', (target, gated) => {
    const hive = ruled(target);
    const found = Object.keys(gated).map((path) => [path, hive.code(ALICE, path, 'now') === 'needs-approval']);
    expect(Object.fromEntries(found)).toEqual(gated);
  });

  test('an approval is for the path and the line it names, once; then the order waits', () => {
    const hive = ruled('/host/systemd/*/restart');
    hive.ok(BOB, '/actions/queue', { id: 'a', target: RESTART, line: 'now', decision: 'approve' });
    expect(hive.code(ALICE, RESTART, 'later')).toBe('needs-approval');
    expect(hive.code(ALICE, SHORT, 'now')).toBe('needs-approval');
    expect(hive.code(ALICE, RESTART, 'now')).toBe('ok');
    expect(hive.view('/host/local/orders.snapshot')).toContain('"control":"systemd.restart"');
    expect(hive.code(ALICE, RESTART, 'now')).toBe('needs-approval');
    expect(hive.replay()).toBe(hive.text());
  });

  test('a document that says otherwise in its tests is not applied: they see both paths too', () => {
    const who = { role: 'queen', subject: 'bob' };
    const found = (target: string, path: string): string => {
      const rules = [{ id: 'r', target, effect: 'approve', approvals: 1 }];
      const tests = [{ name: 't', who, path, line: 'now', expect: 'needs-approval' }];
      const checked = checkPolicy(manifestWith(), policyDocument({ rules, tests }));
      if (!checked.ok) return checked.refusal.detail;
      return checked.value.tests[0]?.problem ?? 'holds';
    };
    expect(found('/host/systemd/*/restart', WEB)).toBe('holds');
    expect(found('/host/*/systemd/*/restart', SHORT)).toBe('holds');
    expect(found('/host/web-1/systemd/*/restart', SHORT)).toContain('expected needs-approval, got allow');
  });

  test('an order that would be refused spends no approval', () => {
    const hive = ruled('/host/systemd/*/restart');
    const path = '/host/local/systemd/nope.service/restart';
    hive.ok(BOB, '/actions/queue', { id: 'a', target: path, line: 'now', decision: 'approve' });
    expect(hive.code(ALICE, path, 'now')).toBe('not-found');
    hive.ok(BOB, CTL, { op: 'declare', host: 'local', units: ['nope.service'] });
    expect(hive.code(ALICE, path, 'now')).toBe('ok');
  });
});

test('whoever declares, takes and answers in whatever order: no order is taken up twice, none is answered by two', () => {
  const publisher = fc.constantFrom(BOB, BOB, CAROL);
  const about = { back: fc.constantFrom(0, 0, 0, 1), nth: fc.nat(2) };
  const step = fc.oneof(
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('declare', 'declare', 'release'), who: publisher }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('order'), who: fc.constant(ALICE) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait'), who: fc.constant(ALICE) }) },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('taken'), who: publisher, ...about }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('done', 'failed'), who: publisher, ...about }) },
  );
  let takenInAll = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 30, maxLength: 30 }), (steps) => {
      const hive = published({ order_ttl_s: 2 });
      let fence = 1;
      const ids: string[] = [];
      const taken: string[] = [];
      const ended: string[] = [];
      for (const { kind, who, ...rest } of steps) {
        if (kind === 'wait') hive.pass(1000);
        else if (kind === 'order') ids.push(order(hive));
        else if (kind === 'declare' || kind === 'release') {
          const outcome = hive.run(who, CTL, JSON.stringify({ op: kind, host: 'local' }));
          if (outcome.ok && typeof outcome.reply.fence === 'number') fence = outcome.reply.fence;
        } else {
          const { back, nth } = rest as { back: number; nth: number };
          const id = ids.at(-1 - nth) ?? 'o1';
          const line = { op: 'result', host: 'local', order: id, fence: Math.max(1, fence - back), state: kind };
          const outcome = hive.run(who, CTL, JSON.stringify(line));
          if (outcome.ok && outcome.changes.length > 0) (kind === 'taken' ? taken : ended).push(id);
        }
      }
      takenInAll += taken.length;
      expect(new Set(taken).size).toBe(taken.length);
      expect(new Set(ended).size).toBe(ended.length);
      expect(hive.replay()).toBe(hive.text());
    }),
    { numRuns: 60 },
  );
  expect(takenInAll, 'some orders are taken up').toBeGreaterThan(50);
});
