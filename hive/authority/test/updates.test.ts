// Updates and models: what the store's word makes known, which update may become active, and that what is active or needed stays.

import { describe, expect, test } from 'vitest';
import { knownModels, knownUpdates, SYSTEM } from '../src/index.ts';
import { ALICE, BOB, manifestWith, TestHive } from './hive.ts';

const CTL = '/updates/ctl';
const CAS = '/sys/cas';
const HASH = 'a'.repeat(64);
const MODEL = 'b'.repeat(64);
const WORKER = { ...ALICE, role: 'worker-heartbeat' };

function accepted(epoch: string, base: string | null = null): object {
  return { accepted: { epoch, base, payload_sha256: HASH, payload_bytes: 256, chunks: 2 } };
}

/** A hive with whole updates of these epochs. */
function hiveWith(...epochs: readonly string[]): TestHive {
  const hive = TestHive.booted();
  for (const epoch of epochs) {
    hive.ok(SYSTEM, CAS, accepted(epoch));
    hive.ok(SYSTEM, CAS, { ready: { epoch } });
  }
  return hive;
}

function activate(hive: TestHive, epoch: string): string {
  return hive.code(ALICE, CTL, { op: 'activate', epoch });
}

describe("the store's word", () => {
  test('the lines of the log are those of the source', () => {
    const hive = TestHive.booted();
    const log = (line: object): readonly string[] => hive.ok(SYSTEM, CAS, line).log;
    expect(log(accepted('7'))).toEqual([`cas-manifest accepted epoch=7 kind=base payload_sha256=${HASH} chunks=2`]);
    expect(log(accepted('8', '7'))).toEqual([
      `cas-manifest accepted epoch=8 kind=delta payload_sha256=${HASH} chunks=2`,
    ]);
    expect(log({ rejected: { epoch: '9', reason: 'signature-failed' } })).toEqual([
      'cas-manifest rejected epoch=9 reason=signature-failed',
    ]);
    expect(log({ quarantined: { epoch: '7', expected: HASH, actual: MODEL, bytes: 128 } })).toEqual([
      `cas-chunk quarantined epoch=7 expected=${HASH} actual=${MODEL} bytes=128`,
    ]);
    expect(log({ sealed: { model: MODEL, weights_bytes: 3 } })).toEqual([`cas-model sealed model=${MODEL} bytes=3`]);
    expect(hive.view('/proc/cas/summary')).toBe(
      'cas updates=2 ready=0 models=1 active=none rejected=1 quarantined=1\n',
    );
    expect(hive.replay()).toBe(hive.text());
  });

  test('an update is pending, ready, spoiled, ready again', () => {
    const hive = TestHive.booted();
    expect(hive.code(SYSTEM, CAS, { ready: { epoch: '7' } })).toBe('not-found');
    hive.ok(SYSTEM, CAS, accepted('7'));
    const states = [{ ready: { epoch: '7' } }, { spoiled: { epoch: '7' } }, { ready: { epoch: '7' } }].map((line) => {
      hive.ok(SYSTEM, CAS, line);
      return knownUpdates(hive.state).get('7')?.isReady;
    });
    expect(states).toEqual([true, false, true]);
  });

  test('only the hive itself writes it', () => {
    const hive = TestHive.booted();
    expect(hive.code(ALICE, CAS, { ready: { epoch: '7' } })).toBe('denied');
    expect(hive.code(WORKER, CTL, { op: 'collect' })).toBe('denied');
  });
});

describe('activation', () => {
  test('goes forward only, by number and not by text', () => {
    const hive = hiveWith('9', '10');
    expect([activate(hive, '10'), activate(hive, '9'), activate(hive, '10')]).toEqual([
      'ok',
      'stale',
      'invalid-transition',
    ]);
    expect(hive.view('/updates/active')).toMatch(
      /^active epoch=10 payload_sha256=a+ since_ms=\d+ entry=\d+ by=alice\n$/,
    );
  });

  test('only of what is whole and stays', () => {
    const hive = hiveWith('1');
    hive.ok(SYSTEM, CAS, accepted('2'));
    expect([activate(hive, '2'), activate(hive, '3')]).toEqual(['invalid-transition', 'not-found']);
    hive.ok(ALICE, CTL, { op: 'remove', epoch: '1' });
    expect(activate(hive, '1')).toBe('invalid-transition');
    expect(hive.view('/updates/active')).toBe('active epoch=none\n');
  });

  test('back leads only to what was active: one step, or several', () => {
    const hive = hiveWith('1', '2', '3', '4');
    expect(hive.code(ALICE, CTL, { op: 'rollback' })).toBe('not-found');
    for (const epoch of ['1', '2', '4']) hive.ok(ALICE, CTL, { op: 'activate', epoch });
    expect(hive.code(ALICE, CTL, { op: 'rollback', epoch: '3' })).toBe('not-found');
    expect(hive.ok(BOB, CTL, { op: 'rollback' }).reply).toMatchObject({ epoch: '2', from: '4' });
    expect(hive.view('/updates/active')).toMatch(/^active epoch=2 .*by=bob\nbefore epoch=1 .*\n$/);
    hive.ok(ALICE, CTL, { op: 'activate', epoch: '3' });
    expect(hive.ok(ALICE, CTL, { op: 'rollback', epoch: '1' }).reply).toMatchObject({ epoch: '1', from: '3' });
    expect(hive.code(ALICE, CTL, { op: 'rollback' })).toBe('not-found');
    const told = hive.view('/updates/history')?.match(/how=\w+ epoch=\d/g);
    expect(told).toEqual(
      ['activate 1', 'activate 2', 'activate 4', 'rollback 2', 'activate 3', 'rollback 1'].map(
        (text) => `how=${text.replace(' ', ' epoch=')}`,
      ),
    );
    expect(hive.replay()).toBe(hive.text());
  });

  test('nothing leads back to what went bad, until it is whole again', () => {
    const hive = hiveWith('1', '2');
    for (const epoch of ['1', '2']) hive.ok(ALICE, CTL, { op: 'activate', epoch });
    hive.ok(SYSTEM, CAS, { spoiled: { epoch: '1' } });
    expect(hive.code(ALICE, CTL, { op: 'rollback' })).toBe('invalid-transition');
    hive.ok(SYSTEM, CAS, { ready: { epoch: '1' } });
    expect(hive.code(ALICE, CTL, { op: 'rollback' })).toBe('ok');
  });

  test('so many steps lead back and no more, and the history is as long as it says', () => {
    const epochs = Array.from({ length: 100 }, (_, index) => String(index + 1));
    const hive = hiveWith(...epochs);
    for (const epoch of epochs) hive.ok(ALICE, CTL, { op: 'activate', epoch });
    expect(hive.view('/updates/active')?.match(/^before /gm)).toHaveLength(16);
    expect(hive.view('/updates/history')?.split('\n')).toHaveLength(64 + 1);
    expect(hive.code(ALICE, CTL, { op: 'rollback', epoch: '83' })).toBe('not-found');
    expect(hive.code(ALICE, CTL, { op: 'rollback', epoch: '84' })).toBe('ok');
  });
});

describe('removal', () => {
  test('not of what is active, nor of the base of a delta; once', () => {
    const hive = hiveWith('1', '2');
    hive.ok(SYSTEM, CAS, accepted('3', '1'));
    hive.ok(ALICE, CTL, { op: 'activate', epoch: '2' });
    const remove = (epoch: string): string => hive.code(ALICE, CTL, { op: 'remove', epoch });
    expect([remove('1'), remove('2')]).toEqual(['busy', 'busy']);
    const { effects } = hive.ok(ALICE, CTL, { op: 'remove', epoch: '3' });
    expect(effects).toEqual([{ kind: 'cas.remove', what: 'update', name: '3', entry: expect.any(Number) }]);
    expect(remove('3')).toBe('busy');
    hive.ok(SYSTEM, CAS, { gone: { what: 'update', name: '3', why: 'removed' } });
    expect(remove('1')).toBe('ok');
    expect([...knownUpdates(hive.state).keys()]).toEqual(['1', '2']);
  });

  test('what goes cannot be gone back to; what could not go stays', () => {
    const hive = hiveWith('1', '2');
    for (const epoch of ['1', '2']) hive.ok(ALICE, CTL, { op: 'activate', epoch });
    hive.ok(ALICE, CTL, { op: 'remove', epoch: '1' });
    expect(hive.code(ALICE, CTL, { op: 'rollback' })).toBe('not-found');
    hive.ok(SYSTEM, CAS, { kept: { what: 'update', name: '1', reason: 'busy' } });
    expect(hive.view('/proc/cas/updates')).toMatch(/^epoch=1 state=ready /);
  });

  test('an active update that the disk lost is active no more, and the log says so', () => {
    const hive = hiveWith('1', '2');
    for (const epoch of ['1', '2']) hive.ok(ALICE, CTL, { op: 'activate', epoch });
    const { log } = hive.ok(SYSTEM, CAS, { gone: { what: 'update', name: '2', why: 'lost' } });
    expect(log).toEqual(['cas-update lost epoch=2']);
    expect(hive.view('/updates/active')).toMatch(/^active epoch=none\nbefore epoch=1 /);
    expect(hive.code(ALICE, CTL, { op: 'rollback' })).toBe('ok');
  });

  test('models', () => {
    const hive = TestHive.booted();
    hive.ok(SYSTEM, CAS, { sealed: { model: MODEL, weights_bytes: 3 } });
    const { effects } = hive.ok(ALICE, '/models/ctl', { op: 'remove', model: MODEL });
    expect(effects).toEqual([{ kind: 'cas.remove', what: 'model', name: MODEL, entry: expect.any(Number) }]);
    expect(hive.code(ALICE, '/models/ctl', { op: 'remove', model: MODEL })).toBe('busy');
    hive.ok(SYSTEM, CAS, { gone: { what: 'model', name: MODEL, why: 'removed' } });
    expect(knownModels(hive.state).size).toBe(0);
  });
});

test('a hive without a store refuses every order', () => {
  const hive = TestHive.booted(manifestWith((manifest) => (manifest.cas.enable = false)));
  expect(hive.code(ALICE, CTL, { op: 'collect' })).toBe('unsupported');
  expect(hive.code(ALICE, '/models/ctl', { op: 'remove', model: MODEL })).toBe('unsupported');
});

test.each([
  ['no epoch', { epoch: undefined }],
  ['an epoch that is no number', { epoch: '1a' }],
  ['an epoch of 21 digits', { epoch: '1'.repeat(21) }],
  ['another word', { op: 'install' }],
  ['another field', { force: true }],
])('a line with %s is refused', (_, change) => {
  const hive = hiveWith('1');
  expect(hive.code(ALICE, CTL, { op: 'activate', epoch: '1', ...change })).toBe('invalid-payload');
});
