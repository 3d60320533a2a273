// Every bound of the authority, at it and one past it.

import { defaultManifest, settingsOf } from '@cohesix/manifest';
import { expect, test } from 'vitest';
import { REVOKED_MAX } from '../src/capabilities/sessions/index.ts';
import {
  CLOCK_LINE,
  CLOCK_PATH,
  createAuthority,
  isRevoked,
  LINE_BYTES_MAX,
  SYSTEM,
  startOrders,
} from '../src/index.ts';
import { APPROVED_LINE_BYTES_MAX } from '../src/kernel/bounds.ts';
import { cutAtLine, utf8Size } from '../src/kernel/text.ts';
import { ALICE, BOB, manifestWith, START_MS, TestHive } from './hive.ts';

const FREE = manifestWith((manifest) => {
  manifest.policy.enabled = false;
});

test('a line has at most 4096 bytes, counted in UTF-8', () => {
  const hive = TestHive.booted(FREE);
  const kill = '{"kill":"w"}';
  const padded = (size: number) => kill + ' '.repeat(size - kill.length);
  expect(hive.code(ALICE, '/queen/ctl', padded(LINE_BYTES_MAX))).toBe('not-found');
  expect(hive.code(ALICE, '/queen/ctl', padded(LINE_BYTES_MAX + 1))).toBe('too-big');
  expect(hive.code(ALICE, '/queen/ctl', 'é'.repeat(LINE_BYTES_MAX / 2))).toBe('invalid-payload');
  expect(hive.code(ALICE, '/queen/ctl', `${'é'.repeat(LINE_BYTES_MAX / 2)}x`)).toBe('too-big');
});

test('the longest line that is approved fits into the queue', () => {
  const hive = TestHive.booted();
  const line = '{"kill":"worker-1"}'.padEnd(LINE_BYTES_MAX, ' ');
  expect(hive.code(BOB, '/actions/queue', { id: 'a', target: '/queen/ctl', line, decision: 'approve' })).toBe('ok');
  const quoted = '"'.repeat(LINE_BYTES_MAX);
  expect(hive.code(BOB, '/actions/queue', { id: 'b', target: '/queen/ctl', line: quoted, decision: 'deny' })).toBe(
    'ok',
  );
});

test('the longest settings that reload can be asked for and approved under the default rules', () => {
  const hive = TestHive.booted();
  const set = structuredClone(settingsOf(defaultManifest())) as { policy: { rules: readonly object[] } };
  set.policy.rules = set.policy.rules.concat(
    Array.from({ length: 110 }, (_, index) => ({ id: `r${index}`, target: `/host/unit-${index}/some-control/ctl` })),
  );
  const line = JSON.stringify({ set }).padEnd(APPROVED_LINE_BYTES_MAX, ' ');
  expect(line.length).toBe(APPROVED_LINE_BYTES_MAX);
  hive.ok(ALICE, '/actions/queue', { id: 'a', target: '/queen/manifest/ctl', line, decision: 'request' });
  hive.ok(BOB, '/actions/queue', { id: 'a', entry: 2, decision: 'approve' });
  expect(hive.code(ALICE, '/queen/manifest/ctl', line)).toBe('ok');
});

test('a lowered maximum of actions is reached line by line, each within a record', () => {
  const hive = TestHive.booted(manifestWith((manifest) => (manifest.policy.approvals_max = 300)));
  const ask = (id: string) => hive.run(ALICE, '/actions/queue', JSON.stringify({ id, ...ABOUT, ttl_s: 1 }));
  const ABOUT = { target: '/queen/ctl', line: '{"spawn":"host"}', decision: 'request' };
  for (let index = 0; index < 300; index++) ask(`a${index}`);
  hive.at += 2000;
  hive.boot(
    2,
    manifestWith((manifest) => (manifest.policy.approvals_max = 10)),
  );
  const kept = () => hive.authority.listNames(hive.state, '/actions/:id').length;
  const counts = Array.from({ length: 6 }, (_, index) => {
    expect(ask(`b${index}`).ok).toBe(true);
    return kept();
  });
  expect(counts).toEqual([237, 174, 111, 48, 10, 10]);
});

test('JSON is nested at most 8 deep', () => {
  const hive = TestHive.booted(FREE);
  const detail = (line: string) => {
    const outcome = hive.run(ALICE, '/queen/ctl', line);
    return outcome.ok ? '' : outcome.detail;
  };
  expect(detail(`${'['.repeat(8)}${']'.repeat(8)}`)).not.toContain('nested');
  expect(detail(`${'['.repeat(9)}${']'.repeat(9)}`)).toContain('nested deeper than 8');
  expect(detail('['.repeat(4000))).toContain('nested deeper than 8');
});

test('workers.max workers, and ids that are never reused', () => {
  const hive = TestHive.booted(
    manifestWith((manifest) => {
      manifest.policy.enabled = false;
      manifest.workers.max = 2;
    }),
  );
  hive.ok(ALICE, '/queen/ctl', { spawn: 'host' });
  hive.ok(ALICE, '/queen/ctl', { spawn: 'host' });
  expect(hive.code(ALICE, '/queen/ctl', { spawn: 'host' })).toBe('limit');
  hive.ok(SYSTEM, '/sys/workers/ctl', { exited: { worker: 'worker-2', fence: 2, epoch: 1, reason: 'done' } });
  expect(hive.ok(ALICE, '/queen/ctl', { spawn: 'host' }).reply).toEqual({ id: 'worker-3' });
  expect(hive.authority.listNames(hive.state, '/worker/:worker')).toEqual(['worker-1', 'worker-3']);
});

test('the limit of workers follows the settings at once', () => {
  const hive = TestHive.booted(FREE);
  hive.ok(ALICE, '/queen/ctl', { spawn: 'host' });
  const set = structuredClone(settingsOf(FREE)) as { workers: { max: number } };
  set.workers.max = 1;
  hive.ok(ALICE, '/queen/manifest/ctl', { set });
  expect(hive.code(ALICE, '/queen/ctl', { spawn: 'host' })).toBe('limit');
  set.workers.max = 2;
  hive.ok(ALICE, '/queen/manifest/ctl', { set });
  expect(hive.code(ALICE, '/queen/ctl', { spawn: 'host' })).toBe('ok');
});

test('ids of actions have at most 64 characters, their time at most a week', () => {
  const hive = TestHive.booted();
  const approve = { target: '/queen/ctl', line: 'x', decision: 'approve' };
  expect(hive.code(BOB, '/actions/queue', { id: 'a'.repeat(64), ...approve })).toBe('ok');
  expect(hive.code(BOB, '/actions/queue', { id: 'a'.repeat(65), ...approve })).toBe('invalid-payload');
  expect(hive.code(BOB, '/actions/queue', { id: 'week', ...approve, ttl_s: 604_800 })).toBe('ok');
  expect(hive.code(BOB, '/actions/queue', { id: 'more', ...approve, ttl_s: 604_801 })).toBe('invalid-payload');
  expect(hive.code(BOB, '/actions/queue', { id: 'none', ...approve, ttl_s: 0 })).toBe('invalid-payload');
});

test('as many revocations as are kept, then none until one is forgotten', () => {
  const authority = createAuthority(defaultManifest());
  const hive = TestHive.booted();
  const state = hive.state;
  let seq = 1;
  const revoke = (index: number, at: number) => {
    const id = index.toString(16).padStart(32, '0');
    const line = JSON.stringify({ revoke: { id, ...(index === 0 ? { expires_ms: START_MS + 10 } : {}) } });
    const command = { seq: seq + 1, at, who: ALICE, path: '/queen/ticket/ctl', line };
    const outcome = authority.decide(state, command);
    authority.evolve(state, command, outcome);
    if (outcome.ok) seq += 1;
    return outcome.ok ? 'ok' : outcome.code;
  };
  for (let index = 0; index < REVOKED_MAX; index++) expect(revoke(index, START_MS)).toBe('ok');
  expect(revoke(REVOKED_MAX, START_MS + 9)).toBe('buffer-full');
  expect(revoke(REVOKED_MAX, START_MS + 10)).toBe('ok');
  expect(isRevoked(state, [REVOKED_MAX.toString(16).padStart(32, '0')])).toBe(true);
  expect(isRevoked(state, ['0'.repeat(32)])).toBe(false);
  expect(isRevoked(state, ['unknown', '1'.padStart(32, '0')])).toBe(true);
  const text = authority.renderView(state, '/proc/tickets/revoked') ?? '';
  expect(utf8Size(text)).toBeLessThanOrEqual(32_768);
  expect(text.endsWith('… truncated\n')).toBe(true);
});

test('the log of a control file keeps whole lines within its bytes', () => {
  const manifest = manifestWith((change) => {
    change.policy.enabled = false;
    change.log.control_log_bytes = 512;
  });
  const hive = TestHive.booted(manifest);
  for (let index = 1; index <= 20; index++) {
    hive.ok(ALICE, '/queen/ctl', { budget: { ops: index } });
    const text = hive.authority.controlLogText(hive.state, '/queen/ctl');
    expect(utf8Size(text)).toBeLessThanOrEqual(512);
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { seq: number });
    expect(lines.at(-1)?.seq).toBe(index + 1);
    expect(hive.authority.controlLogVersion(hive.state, '/queen/ctl')).toBe(index + 1);
  }
  hive.ok(ALICE, '/queen/ctl', `{"budget":{"ops":1}}${' '.repeat(600)}`);
  expect(hive.authority.controlLogText(hive.state, '/queen/ctl'), 'a line longer than the log').toBe('');
});

test('a status over its bound says oversize', () => {
  const status = (bytes: number) => {
    const hive = TestHive.booted(
      manifestWith((manifest) => {
        manifest.policy.status_max_bytes = bytes;
      }),
    );
    hive.ok(BOB, '/actions/queue', { id: 'a', target: '/queen/ctl', line: 'x', decision: 'approve' });
    return hive.view('/actions/a/status') ?? '';
  };
  const full = status(8192);
  expect(status(utf8Size(full))).toBe(full);
  expect(status(utf8Size(full) - 1)).toBe('{"id":"a","state":"oversize"}\n');
});

test('a view is cut at a line end', () => {
  const text = 'aaaa\nbbbb\ncccc\n';
  expect(cutAtLine(text, 15)).toBe(text);
  expect(cutAtLine(`${text}d\n`, 16)).toBe('… truncated\n');
  expect(cutAtLine(`${text}ddddddd\n`, 19)).toBe('aaaa\n… truncated\n');
  expect(utf8Size(cutAtLine(`${text}ddddddd\n`, 19))).toBe(19);
  expect(cutAtLine(`${text}ddddddd\n`, 18)).toBe('… truncated\n');
});

test('a manifest with many rules boots; it reloads while its line can be approved', () => {
  const rules = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ id: `rule-${index}`, target: `/host/unit-${index}/restart` }));
  const hive = TestHive.booted(
    manifestWith((manifest) => {
      manifest.policy.rules = rules(200);
    }),
  );
  const set = structuredClone(settingsOf(defaultManifest())) as { policy: { rules: unknown } };
  set.policy.rules = rules(100);
  expect(hive.code(ALICE, '/queen/manifest/ctl', { set })).toBe('ok');
  set.policy.rules = rules(200);
  expect(hive.code(ALICE, '/queen/manifest/ctl', { set })).toBe('too-big');
});

test('a boot and a clock tick fit into a journal record, however many workers there are', () => {
  const recordBytesMax = 65_535;
  const hive = TestHive.booted();
  const spawn = '{"spawn":"heartbeat","ticks":1,"budget":{"ttl_s":60}}';
  for (let count = 0; count < 200; count++) hive.run(SYSTEM, '/queen/ctl', spawn);
  const booted = hive.boot(2);
  expect(JSON.stringify(booted).length).toBeLessThan(recordBytesMax / 4);
  expect(startOrders(hive.state).length).toBe(200);
  hive.at += 60_000;
  const stopped = [64, 64, 64, 8, 0].map(() => {
    const ticked = hive.run(SYSTEM, CLOCK_PATH, CLOCK_LINE);
    expect(JSON.stringify(ticked).length).toBeLessThan(recordBytesMax);
    return ticked.ok ? ticked.effects.length : -1;
  });
  expect(stopped).toEqual([64, 64, 64, 8, 0]);
  expect(hive.authority.deadline(hive.state)).toBeUndefined();
});
