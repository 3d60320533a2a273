// Stored settings: lines at their limits, what a set leaves as it is, what comes back from beside the journal.

import { describe, expect, test } from 'vitest';
import { SYSTEM, stateFromText, storedSettings } from '../src/index.ts';
import { ALICE, manifestWith, TestHive } from './hive.ts';

const CTL = '/settings/ctl';
const RESTORE = '/sys/settings/ctl';
const MANIFEST = manifestWith(({ settings_store: store }) => {
  Object.assign(store, { keys_max: 3, value_bytes_max: 40, bytes_max: 256 });
});

function shown(hive: TestHive): unknown {
  return JSON.parse(hive.view('/settings/all') ?? '');
}

describe('setting', () => {
  test('some, the others stay; the revision counts, in the order of the journal', () => {
    const hive = TestHive.booted(MANIFEST);
    expect(shown(hive)).toEqual({ revision: 0, entry: 0, values: {} });
    expect(hive.ok(ALICE, CTL, { set: { zone: 'eu', site: 'lab' } }).reply).toEqual({ revision: 1 });
    hive.ok(ALICE, CTL, { set: { site: 'roof' } });
    expect(hive.view('/settings/all')).toBe(
      '{\n  "revision": 2,\n  "entry": 3,\n  "values": {\n    "site": "roof",\n    "zone": "eu"\n  }\n}\n',
    );
    hive.ok(ALICE, CTL, { unset: ['zone'] });
    expect(shown(hive)).toEqual({ revision: 3, entry: 4, values: { site: 'roof' } });
    expect(hive.replay()).toBe(hive.text());
  });

  test('asks the hive for a copy, and tells the log which, not what', () => {
    const { effects, log } = TestHive.booted(MANIFEST).ok(ALICE, CTL, { set: { site: 'lab' } });
    expect(effects).toEqual([{ kind: 'settings.store', entry: 2 }]);
    expect(log).toEqual(['settings stored revision=1 keys=site by=alice']);
  });

  test.each([
    ['keys', { set: { a: '1', b: '2', c: '3' } }, { set: { d: '4' } }, 'buffer-full'],
    ['bytes of a value', { set: { a: 'x'.repeat(40) } }, { set: { a: 'x'.repeat(41) } }, 'invalid-payload'],
    ['bytes of a value in UTF-8', { set: { a: 'é'.repeat(20) } }, { set: { a: 'é'.repeat(21) } }, 'invalid-payload'],
    ['letters of a name', { set: { ['k'.repeat(64)]: '' } }, { set: { ['k'.repeat(65)]: '' } }, 'invalid-payload'],
  ])('%s: at the limit, and one past it', (_, fits, over, code) => {
    const hive = TestHive.booted(MANIFEST);
    hive.ok(ALICE, CTL, fits);
    expect(hive.code(ALICE, CTL, over)).toBe(code);
  });

  test('all together have at most bytes_max bytes as JSON', () => {
    const hive = TestHive.booted(
      manifestWith(({ settings_store: store }) => Object.assign(store, { value_bytes_max: 2048, bytes_max: 256 })),
    );
    // {"a":"…"}
    hive.ok(ALICE, CTL, { set: { a: 'x'.repeat(248) } });
    expect(hive.code(ALICE, CTL, { set: { a: 'x'.repeat(249) } })).toBe('buffer-full');
  });

  test.each([
    ['nothing', { set: {} }],
    ['a number', { set: { site: 7 } }],
    ['no text', { set: { site: null } }],
    ['a capital letter', { set: { Site: 'x' } }],
    ['a path', { set: { 'a/b': 'x' } }],
    ['a name of nothing', { set: { '': 'x' } }],
    ['a name of objects', '{"set":{"__proto__":"x"}}'],
    ['a name given twice', '{"set":{"a":"1","a":"2"}}'],
    ['a control character', { set: { site: 'a\u0007b' } }],
    ['both words', { set: { a: '1' }, unset: ['a'] }],
    ['no word', {}],
    ['nothing to take away', { unset: [] }],
  ])('a line with %s is refused', (_, line) => {
    expect(TestHive.booted(MANIFEST).code(ALICE, CTL, line)).toBe('invalid-payload');
  });

  test('what is not there cannot be taken away, and then nothing is', () => {
    const hive = TestHive.booted(MANIFEST);
    hive.ok(ALICE, CTL, { set: { a: '1' } });
    expect(hive.code(ALICE, CTL, { unset: ['a', 'b'] })).toBe('not-found');
    expect(hive.code(ALICE, CTL, { unset: ['a', 'a'] })).toBe('not-found');
    expect(shown(hive)).toMatchObject({ revision: 1, values: { a: '1' } });
  });

  test('only queens and the hive itself', () => {
    const hive = TestHive.booted(MANIFEST);
    expect(hive.code({ ...ALICE, role: 'worker-heartbeat' }, CTL, { set: { a: '1' } })).not.toBe('ok');
    expect(hive.code(SYSTEM, CTL, { set: { a: '1' } })).toBe('ok');
  });
});

describe('what the hive found beside the journal', () => {
  const restored = (revision: number, values: object) => ({ restored: { revision, values } });

  test('holds when its revision is higher, whole: what the journal had is replaced', () => {
    const hive = TestHive.booted(MANIFEST);
    hive.ok(ALICE, CTL, { set: { a: '1', b: '2' } });
    hive.ok(SYSTEM, RESTORE, restored(7, { b: '3', c: '4' }));
    expect(shown(hive)).toEqual({ revision: 7, entry: 3, values: { b: '3', c: '4' } });
    expect(hive.ok(ALICE, CTL, { set: { a: '5' } }).reply).toEqual({ revision: 8 });
    expect(hive.replay()).toBe(hive.text());
  });

  test('is refused when it is not newer, or no settings, or somebody else says so', () => {
    const hive = TestHive.booted(MANIFEST);
    hive.ok(ALICE, CTL, { set: { a: '1' } });
    expect(hive.code(SYSTEM, RESTORE, restored(1, { a: '2' }))).toBe('stale');
    expect(hive.code(SYSTEM, RESTORE, restored(2, { A: '2' }))).toBe('invalid-payload');
    expect(hive.code(SYSTEM, RESTORE, restored(2, { a: 2 }))).toBe('invalid-payload');
    expect(hive.code(ALICE, RESTORE, restored(2, { a: '2' }))).not.toBe('ok');
    expect(shown(hive)).toMatchObject({ revision: 1, values: { a: '1' } });
  });

  test('may be more than a smaller manifest allows; setting waits until it is less', () => {
    const hive = TestHive.booted(MANIFEST);
    hive.ok(SYSTEM, RESTORE, restored(9, { a: '1', b: '2', c: '3', d: '4' }));
    expect(hive.code(ALICE, CTL, { set: { a: '5' } })).toBe('buffer-full');
    hive.ok(ALICE, CTL, { unset: ['b'] });
    hive.ok(ALICE, CTL, { set: { a: '5' } });
  });
});

test('they stay over a boot, and a snapshot decides the same', () => {
  const hive = TestHive.booted(MANIFEST);
  hive.ok(ALICE, CTL, { set: { site: 'lab' } });
  hive.boot(2, MANIFEST);
  expect(storedSettings(hive.state).values.get('site')).toBe('lab');
  const restored = stateFromText(hive.text());
  const command = hive.command(ALICE, CTL, '{"set":{"site":"roof"}}');
  expect(hive.authority.decide(restored, command)).toEqual(hive.authority.decide(hive.state, command));
});
