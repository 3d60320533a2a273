// Intents and the writer epoch: a line carried out once, whenever it is repeated; approvals as for the line itself; and no
// word of another epoch.

import { describe, expect, test } from 'vitest';
import { PROMOTED_EPOCH_MAX } from '../src/capabilities/epochs/index.ts';
import { AHEAD_MS_MAX } from '../src/capabilities/intents/index.ts';
import { admissionOf, carriedLine, INTENTS_PATH, liveWorker, SYSTEM, stateFromText } from '../src/index.ts';
import { ALICE, BOB, CAROL, manifestWith, START_MS, TestHive } from './hive.ts';

const EPOCH = '/queen/epoch/ctl';
const SPAWN = '{"spawn":"host"}';

const FREE = manifestWith((manifest) => (manifest.policy.enabled = false));

/** A valid intent, with some fields changed. */
function intent(change: object = {}): object {
  const usual = { schema: 'queen-intent/v1', id: 'i', idempotency_key: 'k', issued_unix_ms: START_MS, cmd: SPAWN };
  return { ...usual, ...change };
}

const workers = (hive: TestHive): string[] => hive.authority.listNames(hive.state, '/worker/:worker');

describe('a repeat', () => {
  test('gets the first answer and does nothing', () => {
    const hive = TestHive.booted(FREE);
    const first = hive.ok(ALICE, INTENTS_PATH, intent());
    expect(first.reply).toEqual({ id: 'worker-1', dedupe: 'fresh', intent_entry: 2 });
    expect(first.effects.map(({ kind, entry }) => [kind, entry])).toEqual([['worker.start', 2]]);
    hive.at += 86_400_000;
    const second = hive.ok(ALICE, INTENTS_PATH, intent());
    expect(second.reply).toEqual({ id: 'worker-1', dedupe: 'duplicate', intent_entry: 2 });
    expect(second.effects).toEqual([]);
    expect(workers(hive)).toEqual(['worker-1']);
    expect(hive.replay()).toBe(hive.text());
  });

  test('may have its fields in another order, and nothing else changed', () => {
    const hive = TestHive.booted(FREE);
    hive.ok(ALICE, INTENTS_PATH, intent());
    const reversed = Object.fromEntries(Object.entries(intent()).reverse());
    expect(hive.ok(ALICE, INTENTS_PATH, reversed).reply.dedupe).toBe('duplicate');
    for (const change of [
      { cmd: '{"spawn":"heartbeat","ticks":1}' },
      { issued_unix_ms: START_MS - 1 },
      { writer_epoch: 1 },
    ])
      expect(hive.code(ALICE, INTENTS_PATH, intent(change)), JSON.stringify(change)).toBe('exists');
    expect(hive.code(BOB, INTENTS_PATH, intent()), 'of somebody else').toBe('exists');
    expect(workers(hive)).toEqual(['worker-1']);
  });

  test('with another key, or another id, is another intent (as in the source)', () => {
    const hive = TestHive.booted(FREE);
    for (const change of [{}, { id: 'j' }, { idempotency_key: 'l' }]) hive.ok(ALICE, INTENTS_PATH, intent(change));
    expect(workers(hive)).toHaveLength(3);
  });

  test('is answered after a boot, a promotion and in a drained node; a new one is not taken there', () => {
    const hive = TestHive.booted(FREE);
    hive.ok(ALICE, INTENTS_PATH, intent({ writer_epoch: 1 }));
    hive.boot(2, FREE);
    hive.ok(ALICE, EPOCH, { promote: { epoch: 9, reason: 'standby' } });
    hive.ok(ALICE, '/queen/lifecycle/ctl', 'cordon');
    expect(hive.ok(ALICE, INTENTS_PATH, intent({ writer_epoch: 1 })).reply.dedupe).toBe('duplicate');
    expect(hive.code(ALICE, INTENTS_PATH, intent({ id: 'j' }))).toBe('lifecycle-denied');
  });

  test('of a refused intent is decided anew', () => {
    const hive = TestHive.booted(FREE);
    const kill = intent({ cmd: '{"kill":"worker-1"}' });
    expect(hive.code(ALICE, INTENTS_PATH, kill)).toBe('not-found');
    hive.ok(ALICE, '/queen/ctl', SPAWN);
    expect(hive.ok(ALICE, INTENTS_PATH, kill).reply).toMatchObject({ dedupe: 'fresh' });
    expect(hive.ok(ALICE, INTENTS_PATH, kill).reply).toMatchObject({ dedupe: 'duplicate' });
  });

  test('is known to a snapshot', () => {
    const hive = TestHive.booted(FREE);
    hive.ok(ALICE, INTENTS_PATH, intent());
    const command = hive.command(ALICE, INTENTS_PATH, JSON.stringify(intent()));
    const restored = stateFromText(hive.text());
    expect(hive.authority.decide(restored, command)).toEqual(hive.authority.decide(hive.state, command));
  });
});

describe('the carried line', () => {
  test.each([
    ['no JSON', '{', 'invalid-payload'],
    ['a field nobody knows', '{"spawn":"host","x":1}', 'invalid-payload'],
    ['a word', 'cordon', 'invalid-payload'],
    ['a worker that is not there', '{"kill":"worker-9"}', 'not-found'],
    ['a line feed in its JSON', '{"spawn":\n"host"}', 'invalid-payload'],
  ])('with %s is refused as in its own file', (_, cmd, code) => {
    expect(TestHive.booted(FREE).code(ALICE, INTENTS_PATH, intent({ cmd }))).toBe(code);
  });

  test('goes to another file of the queen, and to no other', () => {
    const hive = TestHive.booted(FREE);
    const to = (id: string, target: string, cmd: string): string =>
      hive.code(ALICE, INTENTS_PATH, intent({ id, target, cmd }));
    expect(to('a', '/queen/lifecycle/ctl', 'cordon')).toBe('ok');
    expect(hive.view('/proc/lifecycle/state')).toBe('state=DRAINING\n');
    expect(to('b', '/queen/export/ctl', '{"op":"open","id":"w","ttl_s":1}')).toBe('ok');
    for (const target of [
      INTENTS_PATH,
      EPOCH,
      '/queen/ticket/ctl',
      '/queen/manifest/ctl',
      '/actions/queue',
      '/sys/clock',
      '/queen',
    ])
      expect(to('c', target, 'tick'), target).toBe('invalid-payload');
  });

  test('has at most what fits into an intent of 2048 bytes', () => {
    const hive = TestHive.booted(FREE);
    const padded = (size: number): string => JSON.stringify(intent()).padEnd(size, ' ');
    expect(hive.code(ALICE, INTENTS_PATH, padded(2049))).toBe('too-big');
    expect(hive.code(ALICE, INTENTS_PATH, padded(2048))).toBe('ok');
  });

  test('is told to doors, which know what the authority does not', () => {
    expect(carriedLine(JSON.stringify(intent()))).toEqual({ path: '/queen/ctl', line: SPAWN });
    expect(carriedLine(JSON.stringify(intent({ target: '/x' })))).toEqual({ path: '/x', line: SPAWN });
    for (const line of ['', '[]', 'null', '{}', '{"cmd":1}', '{"cmd":"x","target":1}', '{"cmd":"x","cmd":"y"}'])
      expect(carriedLine(line), line).toBeUndefined();
  });
});

describe('approvals', () => {
  test('are needed for the line itself, used up once, and not by repeats', () => {
    const hive = TestHive.booted();
    const line = JSON.stringify(intent());
    expect(hive.code(ALICE, INTENTS_PATH, line)).toBe('needs-approval');
    hive.ok(BOB, '/actions/queue', { id: 'a', target: '/queen/ctl', line: SPAWN, decision: 'approve' });
    const before = stateFromText(hive.text());
    const { command, outcome } = journaled(hive, line);
    expect(admissionOf(before, command, outcome)).toEqual({ rule: 'queen-ctl', approval: 'a' });
    expect(hive.view('/actions/a/status')).toContain('"state":"consumed"');
    expect(hive.ok(ALICE, INTENTS_PATH, line).reply.dedupe).toBe('duplicate');
    expect(hive.code(ALICE, '/queen/ctl', SPAWN), 'the approval is gone').toBe('needs-approval');
    expect(hive.code(ALICE, INTENTS_PATH, intent({ id: 'j' }))).toBe('needs-approval');
  });

  test('of another line, or of the intent instead of its line, do not help', () => {
    const hive = TestHive.booted();
    const line = JSON.stringify(intent());
    hive.ok(BOB, '/actions/queue', { id: 'a', target: '/queen/ctl', line: `${SPAWN} `, decision: 'approve' });
    hive.ok(BOB, '/actions/queue', { id: 'b', target: INTENTS_PATH, line, decision: 'approve' });
    expect(hive.code(ALICE, INTENTS_PATH, line)).toBe('needs-approval');
  });

  test('a denial of the line denies the intent', () => {
    const hive = TestHive.booted();
    hive.ok(CAROL, '/actions/queue', { id: 'n', target: '/queen/ctl', line: SPAWN, decision: 'deny' });
    hive.ok(BOB, '/actions/queue', { id: 'a', target: '/queen/ctl', line: SPAWN, decision: 'approve' });
    expect(hive.code(ALICE, INTENTS_PATH, intent())).toBe('approval-denied');
  });

  test('are given back when the effect of the carried line fails', () => {
    const hive = TestHive.booted();
    hive.ok(BOB, '/actions/queue', { id: 'a', target: '/queen/ctl', line: SPAWN, decision: 'approve' });
    const { effects } = hive.ok(ALICE, INTENTS_PATH, intent());
    const { worker, fence, epoch, entry } = effects[0] ?? { kind: 'none' };
    hive.ok(SYSTEM, '/sys/workers/ctl', { failed: { worker, fence, epoch, entry, reason: 'no' } });
    expect(hive.view('/actions/a/status')).toContain('"state":"queued"');
  });

  test('a rule over intents asks for both approvals', () => {
    const hive = TestHive.booted(
      manifestWith(
        (manifest) => (manifest.policy.rules = [...manifest.policy.rules, { id: 'i', target: INTENTS_PATH }]),
      ),
    );
    const line = JSON.stringify(intent());
    hive.ok(BOB, '/actions/queue', { id: 'a', target: '/queen/ctl', line: SPAWN, decision: 'approve' });
    expect(hive.code(ALICE, INTENTS_PATH, line)).toBe('needs-approval');
    expect(hive.view('/actions/a/status')).toContain('"state":"queued"');
    hive.ok(BOB, '/actions/queue', { id: 'b', target: INTENTS_PATH, line, decision: 'approve' });
    const { command, outcome } = journaled(hive, line);
    for (const id of ['a', 'b']) expect(hive.view(`/actions/${id}/status`)).toContain('"state":"consumed"');
    expect(admissionOf(hive.state, command, outcome), 'the record says both').toEqual([
      { rule: 'queen-ctl', approval: 'a' },
      { rule: 'i', approval: 'b' },
    ]);
    const { worker, fence, epoch, entry } = (outcome.ok ? outcome.effects[0] : undefined) ?? { kind: 'none' };
    hive.ok(SYSTEM, '/sys/workers/ctl', { failed: { worker, fence, epoch, entry, reason: 'no' } });
    for (const id of ['a', 'b']) expect(hive.view(`/actions/${id}/status`), id).toContain('"state":"queued"');
  });
});

function journaled(hive: TestHive, line: string): TestHive['journal'][number] {
  hive.ok(ALICE, INTENTS_PATH, line);
  const last = hive.journal.at(-1);
  if (last === undefined) throw new Error('nothing was journaled');
  return last;
}

describe('the table', () => {
  const small = manifestWith((manifest) => {
    manifest.policy.enabled = false;
    manifest.intents.dedupe_max = 2;
  });

  test('keeps the newest, and what it forgot is refused, not done again', () => {
    const hive = TestHive.booted(small);
    const send = (id: string, issued: number): string =>
      hive.code(ALICE, INTENTS_PATH, intent({ id, issued_unix_ms: issued }));
    expect([send('a', 10), send('b', 20), send('c', 30)]).toEqual(['ok', 'ok', 'ok']);
    expect(workers(hive)).toHaveLength(3);
    expect(send('a', 10), 'forgotten').toBe('stale');
    expect(send('new', 10), 'as old as the forgotten one').toBe('stale');
    expect(send('new', 11), 'younger').toBe('ok');
    expect(send('b', 20), 'forgotten now').toBe('stale');
    expect(send('c', 30), 'known').toBe('ok');
    expect(workers(hive)).toHaveLength(4);
    expect(hive.view('/proc/queen/dedupe')?.split('\n')[0]).toBe(
      '{"schema":"queen-dedupe/v1","entries":2,"capacity":2,"accepted":4,"duplicates":1,"floor_unix_ms":20}',
    );
  });

  test('never refuses new work because it is full', () => {
    const hive = TestHive.booted(small);
    for (let index = 1; index <= 50; index++)
      hive.ok(ALICE, INTENTS_PATH, intent({ id: `i${index}`, issued_unix_ms: index }));
    expect(workers(hive)).toHaveLength(50);
  });

  test('shrinks at the next intent after a boot with a lower maximum', () => {
    const hive = TestHive.booted(FREE);
    for (let index = 1; index <= 5; index++)
      hive.ok(ALICE, INTENTS_PATH, intent({ id: `i${index}`, issued_unix_ms: index }));
    hive.boot(2, small);
    hive.ok(ALICE, INTENTS_PATH, intent({ id: 'i6', issued_unix_ms: 6 }));
    expect(hive.code(ALICE, INTENTS_PATH, intent({ id: 'i4', issued_unix_ms: 4 }))).toBe('stale');
    expect(hive.ok(ALICE, INTENTS_PATH, intent({ id: 'i5', issued_unix_ms: 5 })).reply.dedupe).toBe('duplicate');
  });

  test('is shown with its sixteen latest, newest first, and without what they ordered', () => {
    const hive = TestHive.booted(FREE);
    const long = (index: number): string => `${index}-`.padEnd(128, 'x');
    for (let index = 1; index <= 20; index++)
      hive.ok(ALICE, INTENTS_PATH, intent({ id: long(index), idempotency_key: long(index) }));
    const text = hive.view('/proc/queen/dedupe') ?? '';
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly id?: string });
    expect(lines.slice(1).map(({ id }) => id)).toEqual(Array.from({ length: 16 }, (_, index) => long(20 - index)));
    expect(text).not.toContain('spawn');
    expect(Buffer.byteLength(text)).toBeLessThan(16_384);
  });
});

test.each([
  ['no schema', { schema: undefined }],
  ['another schema', { schema: 'queen-intent/v2' }],
  ['an empty id', { id: '' }],
  ['an id of 129', { id: 'x'.repeat(129) }],
  ['an id like an option', { id: '-rf' }],
  ['an id like a path', { id: '../x' }],
  ['an id with a colon', { id: 'a:b' }],
  ['no key', { idempotency_key: undefined }],
  ['issue time 0', { issued_unix_ms: 0 }],
  ['no issue time', { issued_unix_ms: undefined }],
  ['an issue time more than a minute ahead', { issued_unix_ms: START_MS + AHEAD_MS_MAX + 1 }],
  ['an empty command', { cmd: '' }],
  ['a command that is no string', { cmd: { spawn: 'host' } }],
  ['another field', { admission: {} }],
])('an intent with %s is refused', (_, change) => {
  const hive = TestHive.booted(FREE);
  expect(hive.code(ALICE, INTENTS_PATH, intent(change))).toBe('invalid-payload');
  const good = { id: 'x'.repeat(128), idempotency_key: 'A.b_c-9', issued_unix_ms: START_MS + AHEAD_MS_MAX };
  expect(hive.code(ALICE, INTENTS_PATH, intent(good))).toBe('ok');
});

test('workers have no intents', () => {
  const hive = TestHive.booted(FREE);
  expect(hive.code({ ...ALICE, role: 'worker-host' }, INTENTS_PATH, intent())).toBe('denied');
  expect(liveWorker(hive.state, 'worker-1')).toBeUndefined();
});

describe('the writer epoch', () => {
  test('is that of the boot until a promotion raises it; the next boot is above', () => {
    const hive = TestHive.booted();
    expect(hive.view('/proc/epoch')).toBe('epoch=1 promotions=0 promoted=none promoted_ms=none by=none reason=none\n');
    hive.at += 4;
    hive.ok(ALICE, EPOCH, { promote: { epoch: 7, reason: 'hive-a fenced' } });
    expect(hive.view('/proc/epoch')).toBe(
      `epoch=7 promotions=1 promoted=7 promoted_ms=${START_MS + 4} by=alice reason="hive-a fenced"\n`,
    );
    expect(hive.view('/proc/authority')).toBe('{"schema":"authority/v1","writer_epoch":7,"epoch_required":false}\n');
    expect(hive.boot(7).ok).toBe(false);
    expect(hive.boot(8).ok).toBe(true);
    expect(hive.view('/proc/epoch')).toMatch(/^epoch=8 promotions=1 promoted=7 /);
  });

  test.each([
    [1, 'stale'],
    [2, 'stale'],
    [3, 'ok'],
    [PROMOTED_EPOCH_MAX, 'ok'],
    [PROMOTED_EPOCH_MAX + 1, 'invalid-payload'],
    [3.5, 'invalid-payload'],
  ])('a promotion from 2 to %d: %s', (epoch, code) => {
    const hive = TestHive.booted();
    hive.boot(2);
    expect(hive.code(ALICE, EPOCH, { promote: { epoch, reason: 'x' } })).toBe(epoch === 1 ? 'invalid-payload' : code);
    expect(hive.boot(PROMOTED_EPOCH_MAX + 1).ok, 'a boot is always possible').toBe(true);
  });

  test('refuses what names an earlier or a later one, everywhere', () => {
    const hive = TestHive.booted(FREE);
    hive.boot(2, FREE);
    const ticket = { schema: 'host-ticket/v1', id: 't', idempotency_key: 'k', action: 'docker.stop' };
    const result = { ...ticket, schema: 'host-ticket-result/v1', state: 'claimed' };
    hive.ok(ALICE, '/host/tickets/spec', ticket);
    const lines: readonly (readonly [string, object])[] = [
      [INTENTS_PATH, intent()],
      ['/host/tickets/spec', { ...ticket, id: 'u' }],
      ['/host/tickets/status', result],
      ['/host/tickets/deadletter', { ...result, state: 'failed' }],
    ];
    for (const [path, line] of lines) {
      for (const writer_epoch of [0, 1, 3])
        expect(hive.code(ALICE, path, { ...line, writer_epoch }), `${path} ${writer_epoch}`).toBe('stale');
    }
    const after = lines.map(([path, line]) => hive.code(ALICE, path, { ...line, writer_epoch: 2 }));
    expect(after).toEqual(['ok', 'ok', 'ok', 'ok']);
  });

  test('must be named where the manifest says so', () => {
    const strict = manifestWith((manifest) => {
      manifest.policy.enabled = false;
      manifest.intents.epoch_required = true;
    });
    const hive = TestHive.booted(strict);
    expect(hive.view('/proc/authority')).toContain('"epoch_required":true');
    expect(hive.code(ALICE, INTENTS_PATH, intent())).toBe('invalid-payload');
    expect(hive.code(ALICE, INTENTS_PATH, intent({ writer_epoch: 1 }))).toBe('ok');
  });

  test('is raised by nobody but a queen or the hive', () => {
    const hive = TestHive.booted();
    const line = { promote: { epoch: 9, reason: 'x' } };
    expect(hive.code({ ...ALICE, role: 'worker-gpu' }, EPOCH, line)).toBe('denied');
    expect(hive.code(SYSTEM, EPOCH, line)).toBe('ok');
  });
});
