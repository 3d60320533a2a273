// The root of authority: what the hive records of its queens, and when workers are cut off.

import { defaultManifest } from '@cohesix/manifest';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CUTS } from '../src/capabilities/root/queries.ts';
import { checkRoot, isCut, type Principal, SYSTEM, stateFromText } from '../src/index.ts';
import { decideCommand } from '../src/kernel/decide.ts';
import { createRegistry, type Registry } from '../src/kernel/registry.ts';
import { ALICE, manifestWith, TestHive } from './hive.ts';

const CTL = '/sys/root/ctl';

const ACTIVE = { active: {} };
const REFUSED = { refused: {} };
const ended = (how: string): object => ({ ended: { how } });

/** What `/proc/root` shows, as `reachable reason`. */
function shown(hive: TestHive): string {
  const value = (name: string): string => (hive.view(`/proc/root/${name}`) ?? '').trim().split('=')[1] ?? '';
  expect(value('reachable')).toBe(isCut(hive.state) ? 'no' : 'yes');
  expect(value('reachable') === 'yes').toBe(value('cut_reason') === 'none');
  expect(checkRoot(hive.state).ok).toBe(value('reachable') === 'yes');
  return `${value('reachable')} ${value('cut_reason')}`;
}

const say = (hive: TestHive, line: object): string => hive.code(SYSTEM, CTL, line);

test('the views, byte for byte', () => {
  const hive = TestHive.booted();
  const texts = (): (string | undefined)[] =>
    ['reachable', 'cut_reason'].map((name) => hive.view(`/proc/root/${name}`));
  expect(texts()).toEqual(['reachable=no\n', 'cut_reason=network_unreachable\n']);
  say(hive, ACTIVE);
  expect(texts()).toEqual(['reachable=yes\n', 'cut_reason=none\n']);
});

test.each([
  ['eof', 'no network_unreachable'],
  ['error', 'no network_unreachable'],
  ['expired', 'no network_unreachable'],
  ['closed', 'no network_unreachable'],
  ['revoked', 'no session_revoked'],
])('cut by %s: %s, and an attach clears it', (how, after) => {
  const hive = TestHive.booted();
  expect(hive.ok(SYSTEM, CTL, ACTIVE).log).toEqual(['root reachable']);
  expect(hive.ok(SYSTEM, CTL, ended(how)).log).toEqual([`root cut how=${how}`]);
  expect(shown(hive)).toBe(after);
  say(hive, ACTIVE);
  expect(shown(hive)).toBe('yes none');
});

test('the gravest reason is shown: offline, then revoked, then refused, then the network', () => {
  const hive = TestHive.booted(manifestWith((manifest) => (manifest.lifecycle.initial_state = 'OFFLINE')));
  expect(shown(hive)).toBe('no lifecycle_offline');
  say(hive, ACTIVE);
  expect(shown(hive)).toBe('no lifecycle_offline');
  hive.ok(ALICE, '/queen/lifecycle/ctl', 'resume');
  expect(shown(hive)).toBe('yes none');
  say(hive, ended('revoked'));
  say(hive, REFUSED);
  expect(shown(hive)).toBe('no session_revoked');
  say(hive, ACTIVE);
  say(hive, ended('eof'));
  say(hive, REFUSED);
  expect(shown(hive)).toBe('no policy_denied');
});

test('a boot ends all sessions; a promotion of the epoch cuts nobody off', () => {
  const hive = TestHive.booted();
  say(hive, ACTIVE);
  hive.ok(ALICE, '/queen/epoch/ctl', { promote: { epoch: 5, reason: 'x' } });
  expect(shown(hive)).toBe('yes none');
  hive.boot(6);
  expect(shown(hive)).toBe('no network_unreachable');
});

test.each([
  [ACTIVE, 'ok', 'invalid-transition'],
  [ended('eof'), 'invalid-transition', 'ok'],
  [REFUSED, 'ok', 'invalid-transition'],
  [ended('quit'), 'invalid-payload', 'invalid-payload'],
  [ended('gone'), 'invalid-payload', 'invalid-payload'],
  [{ active: { session: '1' } }, 'invalid-payload', 'invalid-payload'],
  [{ active: {}, refused: {} }, 'invalid-payload', 'invalid-payload'],
  [{}, 'invalid-payload', 'invalid-payload'],
])('%j is %s while cut and %s while held', (line, whileCut, whileHeld) => {
  const hive = TestHive.booted();
  expect(say(hive, line)).toBe(whileCut);
  const held = TestHive.booted();
  say(held, ACTIVE);
  expect(say(held, line)).toBe(whileHeld);
});

test('a refused queen is noted once, so that nobody without a ticket fills the journal', () => {
  const hive = TestHive.booted();
  expect([say(hive, REFUSED), say(hive, REFUSED), say(hive, REFUSED)]).toEqual([
    'ok',
    'invalid-transition',
    'invalid-transition',
  ]);
});

test('only the hive says so', () => {
  expect(TestHive.booted().code(ALICE, CTL, ACTIVE)).toBe('denied');
});

const WORKER: Principal = {
  subject: 'worker-1',
  role: 'worker-gpu',
  ticket: 'fp-w',
  ticketIds: ['0c'.repeat(16)],
  session: 'w',
};

/** The registry, as if workers might write every file a queen may: no file of today's rooms is theirs. */
function openToWorkers(): Registry {
  const registry = createRegistry(defaultManifest());
  return {
    ...registry,
    controlFor: (path) => {
      const match = registry.controlFor(path);
      if (match === undefined) return undefined;
      const { control } = match.found;
      return {
        ...match,
        found: { ...match.found, control: { ...control, writers: [...control.writers, WORKER.role] } },
      };
    },
  };
}

test('while cut no line of a worker is taken, whatever file it may write; people and the hive go on', () => {
  const hive = TestHive.booted(manifestWith((manifest) => (manifest.policy.enabled = false)));
  const registry = openToWorkers();
  const lines = registry.controls
    .filter(({ pattern }) => pattern.startsWith('/queen/'))
    .map(({ pattern, control }) => ({ path: pattern, line: control.examples[0] ?? '' }));
  expect(lines.length).toBeGreaterThan(5);
  const answer = (who: Principal, path: string, line: string): string => {
    const outcome = decideCommand(registry, hive.state, { ...hive.command(who, path, line) });
    return outcome.ok ? 'ok' : outcome.code;
  };
  for (const { path, line } of lines) {
    expect(answer(WORKER, path, line), path).toBe('root-unreachable');
    for (const who of [ALICE, SYSTEM]) expect(answer(who, path, line), path).not.toBe('root-unreachable');
  }
  say(hive, ACTIVE);
  for (const { path, line } of lines) expect(answer(WORKER, path, line), path).toBe(answer(ALICE, path, line));
  expect(answer(WORKER, '/queen/ctl', '{"spawn":"host"}')).toBe('ok');
  say(hive, ended('error'));
  expect(answer(WORKER, '/queen/ctl', '{"spawn":"host"}')).toBe('root-unreachable');
});

const anyLine = fc.oneof(
  fc.constant(ACTIVE),
  fc.constant(REFUSED),
  fc.constantFrom(...CUTS).map(ended),
  fc.constant('boot'),
);

test('reachable exactly when the last accepted line was an attach; a snapshot decides the same', () => {
  fc.assert(
    fc.property(fc.array(anyLine, { maxLength: 20 }), anyLine, (lines, next) => {
      const hive = TestHive.booted();
      let epoch = 1;
      let last: object | string = 'boot';
      for (const line of lines) {
        if (typeof line === 'string') hive.boot(++epoch);
        else if (say(hive, line) !== 'ok') continue;
        last = line;
      }
      expect(isCut(hive.state)).toBe(last !== ACTIVE);
      const text = typeof next === 'string' ? '{}' : JSON.stringify(next);
      const command = hive.command(SYSTEM, CTL, text);
      const restored = stateFromText(hive.text());
      expect(hive.authority.decide(restored, command)).toEqual(hive.authority.decide(hive.state, command));
    }),
    { numRuns: 100 },
  );
});
