// The past: where its files are, and how a scrubber goes there.

import type { HiveClient } from '@cohesix/client/core';
import { ok, type Result, refuse } from '@cohesix/wire';
import { describe, expect, test } from 'vitest';
import { pastClient, pathAt } from '../../src/past/past-client.ts';
import { Scrubber } from '../../src/past/scrubber.ts';
import { stepOf } from '../../src/past/steps.ts';

describe('a path in the past', () => {
  test('is below the line; the log and the session are those of now', () => {
    expect(pathAt(57, '/proc/lease/active')).toBe('/replay/at/57/proc/lease/active');
    expect(pathAt(57, '/')).toBe('/replay/at/57');
    expect(pathAt(57, '/audit/journal')).toBe('/audit/journal');
    expect(pathAt(57, '/auditor')).toBe('/replay/at/57/auditor');
    expect(pathAt(57, '/proc/self/session')).toBe('/proc/self/session');
  });

  test('takes no line, and tells why a file is not there', async () => {
    const read = async (path: string): Promise<Result<Uint8Array>> => refuse('invalid-path', `No ${path}.`);
    const past = pastClient({ read } as unknown as HiveClient, 5);
    expect(await past.append('/queen/ctl', 'x')).toMatchObject({ ok: false, refusal: { code: 'unsupported' } });
    const refused = await past.read('/log/queen.log');
    expect(refused.ok || refused.refusal.detail).toContain('After line 5 there was no /log/queen.log');
  });
});

describe('the scrubber', () => {
  test('shows the line only when the hive has made it, and of many asked for the last one', async () => {
    const waits: (() => void)[] = [];
    const shown: (number | undefined)[] = [];
    const stat = (): Promise<unknown> => new Promise((resolve) => waits.push(() => resolve(ok({}))));
    const live = { stat } as unknown as HiveClient;
    const scrubber = new Scrubber({ live: () => live, show: (past) => shown.push(past?.at) });
    const going = scrubber.goTo(3);
    void scrubber.goTo(4);
    void scrubber.goTo(5);
    expect(shown).toEqual([]);
    waits.shift()?.();
    await Promise.resolve();
    await Promise.resolve();
    expect([shown, waits.length, scrubber.scrub.get()?.line]).toEqual([[], 1, 5]);
    waits.shift()?.();
    await going;
    expect([shown, scrubber.scrub.get()]).toEqual([[5], { line: 5, shown: 5, refusal: undefined }]);
    scrubber.leave();
    expect([shown, scrubber.scrub.get()]).toEqual([[5, undefined], undefined]);
  });

  test('stays where it is when a line is refused, and says why', async () => {
    const shown: (number | undefined)[] = [];
    const stat = async (path: string): Promise<unknown> =>
      path === '/replay/at/2' ? ok({}) : refuse('invalid-path', 'No such path.');
    const live = { stat } as unknown as HiveClient;
    const scrubber = new Scrubber({ live: () => live, show: (past) => shown.push(past?.at) });
    await scrubber.goTo(2);
    await scrubber.goTo(900);
    expect(shown).toEqual([2]);
    expect(scrubber.scrub.get()).toMatchObject({ line: 900, shown: 2, refusal: { code: 'invalid-path' } });
    expect(scrubber.scrub.get()?.refusal?.detail).toContain('no line 900');
  });
});

test('keys go to lines within the journal', () => {
  const at = (line: number, isBig = false) => ({ line, last: 57, isBig });
  expect(stepOf('ArrowLeft', at(5))).toBe(4);
  expect(stepOf('ArrowRight', at(5, true))).toBe(15);
  expect(stepOf('ArrowLeft', at(5, true))).toBe(1);
  expect(stepOf('End', at(5))).toBe(57);
  expect(stepOf('Home', at(5))).toBe(1);
  expect(stepOf('ArrowRight', at(57))).toBe(57);
  expect(stepOf('x', at(5))).toBeUndefined();
});
