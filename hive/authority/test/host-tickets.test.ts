// Host tickets: asked once, claimed for a time and under a fence, reported on by who holds the claim and nobody else; expiry
// neither early nor late; and what a repeat, a jump of the clock and a full table make of it.

import { describe, expect, test } from 'vitest';
import { type Principal, SYSTEM, stateFromText } from '../src/index.ts';
import { ALICE, BOB, CAROL, childOf, hexId, manifestWith, queen, START_MS, TestHive } from './hive.ts';

const SPEC = '/host/tickets/spec';
const STATUS = '/host/tickets/status';
const DEAD = '/host/tickets/deadletter';

const IDENTITY = { id: 't', idempotency_key: 'k', action: 'systemd.restart' };
const HIVES = { source_hive: 'hive-a', target_hive: 'hive-b' };

/** A request, with some fields changed. */
function spec(change: object = {}): object {
  return { schema: 'host-ticket/v1', ...IDENTITY, ...change };
}

/** A result, with some fields changed. */
function result(state: string, change: object = {}): object {
  return { schema: 'host-ticket-result/v1', ...IDENTITY, state, ...change };
}

function report(hive: TestHive, who: Principal, state: string, change: object = {}): string {
  return hive.code(who, state === 'failed' || state === 'expired' ? DEAD : STATUS, result(state, change));
}

/** `state fence by` of the only active ticket, or ''. */
function now(hive: TestHive): string {
  const found = /state=(\S+) attempts=\d+ fence=(\S+) by=(\S+)/.exec(hive.view('/proc/host-tickets/active') ?? '');
  return found === null ? '' : `${found[1]} ${found[2]} ${found[3]}`;
}

/** A hive with one ticket, asked for by Alice. */
function asked(change: object = {}, manifest = manifestWith()): TestHive {
  const hive = TestHive.booted(manifest);
  hive.ok(ALICE, SPEC, spec(change));
  return hive;
}

describe('the life of a ticket', () => {
  test('queued, claimed, running, succeeded; each step says so in every view', () => {
    const hive = asked({ target: 'ssh.service', args: { mode: 'replace' } });
    expect(now(hive)).toBe('queued none none');
    const claim = hive.ok(BOB, STATUS, result('claimed'));
    expect(claim.reply).toEqual({ id: 't', state: 'claimed', fence: 1, claim_expires_ms: START_MS + 60_000 });
    expect(now(hive)).toBe('claimed 1 bob');
    expect(report(hive, BOB, 'running', { fence: 1 })).toBe('ok');
    expect(now(hive)).toBe('running 1 bob');
    expect(hive.view('/host/tickets/status.snapshot')).toBe(`${JSON.stringify(result('running'))}\n`);
    expect(report(hive, BOB, 'succeeded', { fence: 1, message: 'active' })).toBe('ok');
    expect(now(hive)).toBe('');
    expect(hive.view('/host/tickets/spec.snapshot')).toBe('');
    expect(hive.view('/host/tickets/status.snapshot')).toBe(
      `${JSON.stringify(result('succeeded', { message: 'active' }))}\n`,
    );
    expect(hive.view('/proc/host-tickets/summary')).toBe(
      'host-tickets queued=0 claimed=0 running=0 max=256 ended=1 total=1 succeeded=1 failed=0 expired=0 duplicates=0\n',
    );
    expect(hive.replay()).toBe(hive.text());
  });

  test('a result without a fence counts when it is of the claimer’s subject (v1)', () => {
    const hive = asked();
    report(hive, BOB, 'claimed');
    for (const state of ['running', 'succeeded', 'failed']) expect(report(hive, CAROL, state), state).toBe('denied');
    expect(report(hive, queen('bob', hexId('another')), 'running')).toBe('ok');
    expect(report(hive, BOB, 'succeeded')).toBe('ok');
  });

  test('a dead letter ends it too, and the file decides which states it takes', () => {
    const hive = asked();
    report(hive, BOB, 'claimed');
    expect(hive.code(BOB, STATUS, result('failed'))).toBe('invalid-payload');
    expect(hive.code(BOB, DEAD, result('running'))).toBe('invalid-payload');
    expect(report(hive, BOB, 'failed', { message: 'no such unit' })).toBe('ok');
    expect(hive.view('/host/tickets/deadletter.snapshot')).toBe(
      `${JSON.stringify(result('failed', { message: 'no such unit' }))}\n`,
    );
    expect(hive.view('/host/tickets/status.snapshot')).toBe('');
  });

  test.each(['running', 'succeeded', 'failed', 'expired'])('nobody reports %s on a ticket nobody claimed', (state) => {
    expect(report(asked(), BOB, state)).toBe('invalid-transition');
  });

  test('what has ended stays so; its holder may say it again, and that does nothing', () => {
    const hive = asked();
    report(hive, BOB, 'claimed');
    report(hive, BOB, 'succeeded', { fence: 1 });
    const before = hive.view('/host/tickets/status.snapshot');
    expect(hive.ok(BOB, STATUS, result('succeeded', { fence: 1 })).reply).toEqual({
      id: 't',
      state: 'succeeded',
      duplicate: true,
    });
    expect(report(hive, BOB, 'succeeded')).toBe('ok');
    expect(report(hive, BOB, 'failed')).toBe('invalid-transition');
    expect(report(hive, CAROL, 'succeeded')).toBe('invalid-transition');
    expect(report(hive, BOB, 'succeeded', { fence: 2 })).toBe('stale');
    expect(report(hive, BOB, 'claimed')).toBe('invalid-transition');
    expect(hive.view('/host/tickets/status.snapshot')).toBe(before);
  });

  test('a result that names another key, action or ticket is about nothing', () => {
    const hive = asked();
    for (const change of [{ id: 'u' }, { idempotency_key: 'l' }, { action: 'docker.stop' }, HIVES])
      expect(report(hive, BOB, 'claimed', change), JSON.stringify(change)).toBe('not-found');
  });
});

describe('a claim', () => {
  test('is one agent’s until its end, and renewed by its holder only', () => {
    const hive = asked();
    report(hive, BOB, 'claimed', { claim_ttl_s: 10 });
    expect(report(hive, CAROL, 'claimed')).toBe('busy');
    hive.pass(9999);
    expect(report(hive, BOB, 'claimed', { claim_ttl_s: 10, fence: 1 })).toBe('ok');
    hive.pass(9999);
    expect(now(hive)).toBe('claimed 1 bob');
    expect(report(hive, BOB, 'running', { claim_ttl_s: 5 })).toBe('ok');
    expect(report(hive, BOB, 'claimed'), 'running does not go back').toBe('invalid-transition');
    hive.pass(4999);
    expect(report(hive, BOB, 'running', { claim_ttl_s: 5 })).toBe('ok');
    hive.pass(5000);
    expect(now(hive)).toBe('queued none none');
  });

  test('that ran out is taken by the next, under a greater fence; what the first still says is stale', () => {
    const hive = asked();
    report(hive, BOB, 'claimed', { claim_ttl_s: 1 });
    report(hive, BOB, 'running', { claim_ttl_s: 1, fence: 1 });
    hive.pass(1000);
    for (const state of ['claimed', 'running', 'succeeded', 'failed'])
      expect(report(hive, BOB, state, { fence: 1 }), `${state} while queued`).toBe('stale');
    expect(report(hive, BOB, 'succeeded')).toBe('invalid-transition');
    expect(hive.ok(CAROL, STATUS, result('claimed')).reply.fence).toBe(2);
    for (const state of ['claimed', 'running', 'succeeded', 'failed'])
      expect(report(hive, BOB, state, { fence: 1 }), `${state} while Carol has it`).toBe('stale');
    expect(report(hive, BOB, 'succeeded')).toBe('denied');
    expect(report(hive, CAROL, 'succeeded', { fence: 2 })).toBe('ok');
    expect(report(hive, BOB, 'succeeded', { fence: 1 }), 'after the end').toBe('stale');
  });

  test('of the same subject under the earlier fence is stale as well', () => {
    const hive = asked();
    report(hive, BOB, 'claimed', { claim_ttl_s: 1 });
    hive.pass(1000);
    report(hive, BOB, 'claimed');
    expect(report(hive, BOB, 'succeeded', { fence: 1 })).toBe('stale');
    expect(report(hive, BOB, 'succeeded', { fence: 2 })).toBe('ok');
  });

  test('is over at its very millisecond, before the clock line as after it', () => {
    const hive = asked();
    report(hive, BOB, 'claimed', { claim_ttl_s: 1 });
    hive.at += 1000;
    for (const fence of [undefined, 1]) {
      for (const state of ['running', 'succeeded', 'failed'])
        expect(report(hive, BOB, state, { fence }), state).toBe('stale');
    }
    expect(report(hive, CAROL, 'claimed')).toBe('busy');
    hive.pass(0);
    expect(report(hive, CAROL, 'claimed')).toBe('ok');
  });

  test('may run out three times; then the ticket has failed', () => {
    const hive = asked();
    for (const who of [BOB, CAROL, BOB]) {
      expect(report(hive, who, 'claimed')).toBe('ok');
      hive.pass(60_000);
    }
    expect(now(hive)).toBe('');
    expect(hive.view('/host/tickets/deadletter.snapshot')).toBe(
      `${JSON.stringify(result('failed', { message: '3 claims ran out, the last of bob' }))}\n`,
    );
  });

  test('holds for the time it asks for, from a second to what the manifest allows', () => {
    const hive = asked();
    expect(report(hive, BOB, 'claimed', { claim_ttl_s: 0 })).toBe('invalid-payload');
    expect(report(hive, BOB, 'claimed', { claim_ttl_s: 3601 })).toBe('invalid-payload');
    expect(report(hive, BOB, 'claimed', { claim_ttl_s: 3600 })).toBe('ok');
    expect(report(hive, BOB, 'running', { claim_ttl_s: 3601 })).toBe('invalid-payload');
    expect(report(hive, BOB, 'running', { claim_ttl_s: 1 })).toBe('ok');
    expect(hive.authority.deadline(hive.state)).toBe(START_MS + 1000);
  });

  test('survives a boot and a snapshot; the fence goes on from where it was', () => {
    const hive = asked();
    report(hive, BOB, 'claimed', { claim_ttl_s: 1 });
    hive.boot(2);
    expect(now(hive)).toBe('claimed 1 bob');
    hive.pass(1000);
    const restored = stateFromText(hive.text());
    const command = hive.command(CAROL, STATUS, JSON.stringify(result('claimed')));
    expect(hive.authority.decide(restored, command)).toEqual(hive.authority.decide(hive.state, command));
    expect(hive.ok(CAROL, STATUS, result('claimed')).reply.fence).toBe(2);
  });
});

describe('expiry', () => {
  const SOON = { expires_unix_ms: START_MS + 1000 };

  test('is at its very millisecond, neither early nor for whoever is quicker than the clock line', () => {
    const hive = asked(SOON);
    hive.pass(999);
    expect(now(hive)).toBe('queued none none');
    hive.at += 1;
    expect(report(hive, BOB, 'claimed')).toBe('expired');
    hive.pass(0);
    expect(hive.view('/host/tickets/deadletter.snapshot')).toBe(`${JSON.stringify(result('expired'))}\n`);
  });

  test('ends a claimed ticket; one that runs may finish', () => {
    const claimed = asked(SOON);
    report(claimed, BOB, 'claimed');
    claimed.at += 1000;
    expect(report(claimed, BOB, 'running')).toBe('expired');
    claimed.pass(0);
    expect(claimed.view('/proc/host-tickets/summary')).toContain(' expired=1 ');

    const running = asked(SOON);
    report(running, BOB, 'claimed');
    report(running, BOB, 'running');
    running.pass(1000);
    expect(now(running)).toBe('running 1 bob');
    expect(report(running, BOB, 'succeeded')).toBe('ok');
  });

  test('of a running ticket whose claim runs out is not queued again', () => {
    const hive = asked(SOON);
    report(hive, BOB, 'claimed');
    report(hive, BOB, 'running', { claim_ttl_s: 2 });
    hive.pass(2000);
    expect(hive.view('/host/tickets/deadletter.snapshot')).toBe(
      `${JSON.stringify(result('expired', { message: 'the claim of bob ran out' }))}\n`,
    );
  });

  test('is not for an agent with a fast clock to say', () => {
    const hive = asked(SOON);
    report(hive, BOB, 'claimed');
    report(hive, BOB, 'running');
    hive.pass(999);
    expect(report(hive, BOB, 'expired')).toBe('invalid-transition');
    hive.pass(1);
    expect(report(hive, BOB, 'expired')).toBe('ok');
    const never = asked();
    report(never, BOB, 'claimed');
    expect(report(never, BOB, 'expired')).toBe('invalid-transition');
  });

  test('of a ticket that comes too late is said at once', () => {
    const hive = TestHive.booted();
    expect(hive.code(ALICE, SPEC, spec({ expires_unix_ms: START_MS }))).toBe('expired');
    expect(hive.code(ALICE, SPEC, spec({ expires_unix_ms: START_MS + 1 }))).toBe('ok');
  });
});

describe('a repeat', () => {
  test('is answered with what became of the first, at every stage, and acts no more', () => {
    const hive = asked();
    const again = (): object => hive.ok(BOB, SPEC, spec()).reply;
    const first = { id: 't', entry: 2, duplicate: true };
    expect(again()).toEqual({ ...first, state: 'queued' });
    report(hive, BOB, 'claimed');
    expect(again()).toEqual({ ...first, state: 'claimed' });
    report(hive, BOB, 'succeeded');
    expect(again()).toEqual({ ...first, state: 'succeeded' });
    expect(hive.view('/host/tickets/spec.snapshot')).toBe('');
    expect(hive.view('/proc/host-tickets/summary')).toContain(' total=1 succeeded=1 failed=0 expired=0 duplicates=3\n');
  });

  test('asks for the same, in whatever order its fields are', () => {
    const hive = asked({ args: { a: 1, b: [2] } });
    const other = {
      args: { b: [2], a: 1 },
      action: 'systemd.restart',
      idempotency_key: 'k',
      id: 't',
      schema: 'host-ticket/v1',
    };
    expect(hive.ok(ALICE, SPEC, other).reply.duplicate).toBe(true);
    for (const change of [
      { idempotency_key: 'l' },
      { action: 'docker.stop' },
      { args: { a: 1, b: [3] } },
      { target: 'x' },
      {},
    ])
      expect(hive.code(ALICE, SPEC, spec(change)), JSON.stringify(change)).toBe('exists');
  });

  test('between hives may come another way; the same id between other hives is another ticket', () => {
    const hive = asked({ ...HIVES, relay_hop: 1, relay_correlation_id: 't:k:hive-a:hive-b' });
    expect(hive.ok(ALICE, SPEC, spec({ ...HIVES, relay_hop: 3 })).reply.duplicate).toBe(true);
    expect(hive.ok(ALICE, SPEC, spec({ ...HIVES, source_hive: 'hive-c' })).reply.duplicate).toBeUndefined();
    expect(hive.ok(ALICE, SPEC, spec()).reply.duplicate).toBeUndefined();
    report(hive, BOB, 'claimed', HIVES);
    expect(hive.view('/host/tickets/status.snapshot')).toBe(
      `${JSON.stringify(result('claimed', { ...HIVES, relay_hop: 1, relay_correlation_id: 't:k:hive-a:hive-b' }))}\n`,
    );
  });

  test('is known for as long, and among as many, as the manifest says', () => {
    const manifest = manifestWith((change) => {
      change.host_tickets.ended_max = 2;
      change.host_tickets.ended_ttl_s = 60;
    });
    const hive = TestHive.booted(manifest);
    const done = (id: string): void => {
      hive.ok(ALICE, SPEC, spec({ id }));
      report(hive, BOB, 'claimed', { id });
      report(hive, BOB, 'succeeded', { id });
    };
    const isKnown = (id: string): boolean => hive.ok(ALICE, SPEC, spec({ id })).reply.duplicate === true;
    for (const id of ['a', 'b', 'c']) done(id);
    expect(isKnown('a')).toBe(false);
    expect(isKnown('b')).toBe(true);
    hive.pass(59_999);
    expect(isKnown('c')).toBe(true);
    hive.pass(1);
    expect(isKnown('c')).toBe(false);
  });
});

describe('a line', () => {
  test('that is refused leaves the stream as it was: the next is taken', () => {
    const hive = TestHive.booted();
    for (const bad of ['{', '{"schema":"host-ticket/v2"}', JSON.stringify(spec({ x: 1 })), 'x'.repeat(3000)])
      expect(hive.run(ALICE, SPEC, bad).ok).toBe(false);
    expect(hive.code(ALICE, SPEC, spec())).toBe('ok');
  });

  test.each([
    ['an empty id', { id: '' }],
    ['an id of 129', { id: 'x'.repeat(129) }],
    ['an id with a blank', { id: 'a b' }],
    ['no key', { idempotency_key: undefined }],
    ['no action', { action: undefined }],
    ['an empty target', { target: '' }],
    ['args that are a list', { args: [] }],
    ['an expiry of 0', { expires_unix_ms: 0 }],
    ['hop 0', { ...HIVES, relay_hop: 0 }],
    ['hop 33', { ...HIVES, relay_hop: 33 }],
    ['only a source', { source_hive: 'hive-a' }],
    ['only a target', { target_hive: 'hive-b' }],
    ['a state', { state: 'queued' }],
  ])('with %s is refused', (_, change) => {
    const hive = TestHive.booted();
    expect(hive.code(ALICE, SPEC, spec(change))).toBe('invalid-payload');
    expect(hive.code(ALICE, SPEC, spec({ id: 'A.z_9:-'.padEnd(128, 'x'), ...HIVES, relay_hop: 32, target: 'x' }))).toBe(
      'ok',
    );
  });

  test('has at most 2048 bytes, and its args may be anything', () => {
    const hive = TestHive.booted();
    const args = { text: 'é', deep: { list: [1, null, true, { x: {} }] }, schema: 1 };
    const line = JSON.stringify(spec({ args }));
    const size = new TextEncoder().encode(line).length;
    expect(hive.code(ALICE, SPEC, line + ' '.repeat(2049 - size))).toBe('too-big');
    expect(hive.code(ALICE, SPEC, line + ' '.repeat(2048 - size))).toBe('ok');
  });

  test('with a fault beside its args is told the fault, not its args', () => {
    const outcome = TestHive.booted().run(ALICE, SPEC, JSON.stringify(spec({ args: { unit: 'x' }, relay_hop: 99 })));
    expect(outcome.ok ? '' : outcome.detail).toBe('$.relay_hop: expected integer 1..32, got 99');
  });

  test('asks for an action of the manifest', () => {
    const hive = TestHive.booted(manifestWith((manifest) => (manifest.host_tickets.actions = ['light.on'])));
    expect(hive.code(ALICE, SPEC, spec())).toBe('unsupported');
    expect(hive.code(ALICE, SPEC, spec({ action: 'light.on' }))).toBe('ok');
  });

  test('of a worker, of any kind, is refused in every file', () => {
    const hive = asked();
    for (const role of ['worker-heartbeat', 'worker-host', 'worker-gpu']) {
      const worker = { ...BOB, role };
      expect(hive.code(worker, SPEC, spec({ id: 'u' }))).toBe('denied');
      expect(report(hive, worker, 'claimed')).toBe('denied');
      expect(report(hive, worker, 'failed')).toBe('denied');
    }
    expect(hive.code(SYSTEM, SPEC, spec({ id: 'u' }))).toBe('ok');
  });
});

test('the table of active tickets is bounded, and a place is free when one ends', () => {
  const hive = TestHive.booted(manifestWith((manifest) => (manifest.host_tickets.active_max = 2)));
  const ask = (id: string): string => hive.code(ALICE, SPEC, spec({ id }));
  expect([ask('a'), ask('b'), ask('c'), ask('a')]).toEqual(['ok', 'ok', 'buffer-full', 'ok']);
  report(hive, BOB, 'claimed', { id: 'a' });
  report(hive, BOB, 'succeeded', { id: 'a' });
  expect(ask('c')).toBe('ok');
});

test('while draining nothing new is asked for or begun, and what runs is reported', () => {
  const hive = asked();
  hive.ok(ALICE, SPEC, spec({ id: 'u' }));
  report(hive, BOB, 'claimed');
  hive.ok(ALICE, '/queen/lifecycle/ctl', 'cordon');
  expect(hive.code(ALICE, SPEC, spec({ id: 'v' }))).toBe('lifecycle-denied');
  expect(report(hive, BOB, 'claimed', { id: 'u' })).toBe('lifecycle-denied');
  expect(report(hive, BOB, 'running')).toBe('ok');
  expect(report(hive, BOB, 'succeeded')).toBe('ok');
});

test('a revoked ticket has nothing begun any more; what an agent has goes on', () => {
  const hive = TestHive.booted();
  const helper = childOf(ALICE, 'helper');
  for (const id of ['a', 'b']) hive.ok(helper, SPEC, spec({ id }));
  hive.ok(ALICE, SPEC, spec({ id: 'c' }));
  report(hive, BOB, 'claimed', { id: 'b' });
  hive.ok(CAROL, '/queen/ticket/ctl', { revoke: { id: hexId('helper') } });
  expect(hive.view('/proc/host-tickets/active')?.match(/^id=\S+/gm)).toEqual(['id=b', 'id=c']);
  expect(hive.view('/host/tickets/deadletter.snapshot')).toBe(
    `${JSON.stringify(result('failed', { id: 'a', message: 'the ticket of its writer was revoked' }))}\n`,
  );
  expect(report(hive, BOB, 'succeeded', { id: 'b' })).toBe('ok');
});

test('a clock that jumps a year runs every claim out once, 16 tickets by each tick, and loses none', () => {
  const hive = TestHive.booted();
  for (let index = 0; index < 20; index++) {
    hive.ok(ALICE, SPEC, spec({ id: `t${index}` }));
    report(hive, BOB, 'claimed', { id: `t${index}` });
  }
  hive.pass(365 * 86_400_000);
  expect(hive.view('/proc/host-tickets/summary')).toContain(' queued=16 claimed=4 ');
  hive.pass(0);
  expect(hive.view('/proc/host-tickets/summary')).toContain(' queued=20 claimed=0 ');
  expect(hive.view('/proc/host-tickets/active')?.match(/attempts=1 /g)).toHaveLength(20);
});

test('a clock command fits into a journal record, however long the names are', () => {
  const hive = TestHive.booted(
    manifestWith((manifest) => {
      manifest.host_tickets.attempts_max = 1;
      manifest.host_tickets.ended_ttl_s = 60;
    }),
  );
  const long = 'x'.repeat(126);
  const far = { source_hive: `a${long}`, target_hive: `b${long}` };
  const agent = { ...BOB, subject: `bob/${'é'.repeat(60)}` };
  const sizes: number[] = [];
  const tickAll = (): void => {
    while ((hive.authority.deadline(hive.state) ?? Number.POSITIVE_INFINITY) <= hive.at) {
      hive.ok(SYSTEM, '/sys/clock', 'tick');
      sizes.push(JSON.stringify(hive.journal.at(-1)).length);
    }
  };
  for (const round of ['p', 'q']) {
    for (let index = 0; index < 40; index++) {
      const id = `${round}${index}`.padEnd(128, 'x');
      hive.ok(ALICE, SPEC, spec({ id, ...far }));
      expect(report(hive, agent, 'claimed', { id, ...far })).toBe('ok');
    }
    hive.at += 60_000;
    tickAll();
  }
  hive.pass(60_000);
  tickAll();
  expect(hive.view('/proc/host-tickets/summary')).toContain(' ended=0 total=80 succeeded=0 failed=80 ');
  expect(Math.max(...sizes)).toBeLessThan(32_768);
});

test('the longest tickets, as many as the manifest allows, are all in the snapshot an agent reads', () => {
  const hive = TestHive.booted(manifestWith((manifest) => (manifest.host_tickets.active_max = 40)));
  const line = (index: number): string => JSON.stringify(spec({ id: `t${index}` })).padEnd(2048, ' ');
  for (let index = 0; index < 40; index++) hive.ok(ALICE, SPEC, line(index));
  const text = hive.view('/host/tickets/spec.snapshot') ?? '';
  expect(text.length).toBe(40 * 2049);
  expect(text.split('\n').slice(0, -1)).toEqual(Array.from({ length: 40 }, (_, index) => line(index)));
});

describe('taking a request back', () => {
  const cancel = (change: object = {}): object => ({ schema: 'host-ticket-cancel/v1', ...IDENTITY, ...change });

  test('a ticket that nobody has ends as failed, and says who took it back and why', () => {
    const hive = asked();
    const outcome = hive.ok(BOB, SPEC, cancel({ reason: 'not needed' }));
    expect(outcome.reply).toEqual({ id: 't', state: 'failed' });
    expect(outcome.log).toEqual(['host-ticket cancelled id=t by=bob', 'host-ticket ended id=t state=failed']);
    expect(hive.view('/host/tickets/spec.snapshot')).toBe('');
    expect(hive.view('/host/tickets/deadletter.snapshot')).toBe(
      `${JSON.stringify(result('failed', { message: 'cancelled by bob: not needed' }))}\n`,
    );
    expect(report(hive, CAROL, 'claimed'), 'and no agent takes it up').toBe('invalid-transition');
    expect(hive.ok(ALICE, SPEC, spec()).reply, 'nor does a repeat of the request').toMatchObject({ duplicate: true });
  });

  test("once claimed it is the agent's, until the claim runs out", () => {
    const hive = asked();
    expect(report(hive, BOB, 'claimed', { claim_ttl_s: 10 })).toBe('ok');
    expect(hive.code(ALICE, SPEC, cancel())).toBe('busy');
    hive.at += 9999;
    expect(hive.code(ALICE, SPEC, cancel())).toBe('busy');
    hive.at += 1;
    expect(hive.code(ALICE, SPEC, cancel()), 'before the clock line').toBe('ok');
    expect(report(hive, BOB, 'succeeded', { fence: 1 })).toBe('invalid-transition');
    hive.pass(1);
    expect(now(hive)).toBe('');
  });

  test('what has ended or was never asked is not taken back', () => {
    const hive = asked();
    hive.ok(ALICE, SPEC, cancel());
    expect(hive.code(ALICE, SPEC, cancel())).toBe('invalid-transition');
    expect(hive.code(ALICE, SPEC, cancel({ id: 'other' }))).toBe('not-found');
    expect(hive.code(ALICE, SPEC, cancel({ idempotency_key: 'l' }))).toBe('not-found');
    expect(hive.code(ALICE, SPEC, cancel({ writer_epoch: 7 }))).toBe('stale');
    expect(hive.code(ALICE, SPEC, cancel({ source_hive: 'hive-a' }))).toBe('invalid-payload');
    expect(hive.code(ALICE, SPEC, cancel({ reason: '' }))).toBe('invalid-payload');
    expect(hive.code(ALICE, SPEC, cancel({ reason: 'r'.repeat(257) }))).toBe('invalid-payload');
    expect(hive.code(ALICE, SPEC, cancel({ target: 'x' }))).toBe('invalid-payload');
  });

  test("of two hives' tickets of one id it is the one that is named", () => {
    const hive = asked();
    hive.ok(ALICE, SPEC, spec(HIVES));
    hive.ok(ALICE, SPEC, cancel(HIVES));
    expect(hive.view('/host/tickets/spec.snapshot')).toBe(`${JSON.stringify(spec())}\n`);
  });

  test('also while the node takes no new requests', () => {
    const hive = asked();
    hive.ok(ALICE, '/queen/lifecycle/ctl', 'cordon');
    expect(hive.code(ALICE, SPEC, spec({ id: 'u' }))).toBe('lifecycle-denied');
    expect(hive.code(ALICE, SPEC, cancel())).toBe('ok');
  });
});
