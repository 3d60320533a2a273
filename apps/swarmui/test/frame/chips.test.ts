import { describe, expect, test } from 'vitest';
import { chipsOf, gravest, type HeaderTexts } from '../../src/app/chips.ts';
import { Growths, NEWS_MS } from '../../src/app/growth.ts';
import { lostWords } from '../../src/app/lost-words.ts';

const texts = (files: Readonly<Record<string, string>>): HeaderTexts =>
  new Map(Object.entries(files).map(([path, value]) => [path, { kind: 'here', value, isStale: false }]));
const none = () => 0;
const words = (files: Readonly<Record<string, string>>, growth = none) =>
  chipsOf(texts(files), growth).map(({ text, tone }) => `${tone}: ${text}`);

describe('the header', () => {
  test('says the root, the lifecycle, sessions and pressure as the files do', () => {
    expect(
      words({
        '/proc/root/reachable': 'reachable=yes\n',
        '/proc/root/cut_reason': 'cut_reason=none\n',
        '/proc/lifecycle/state': 'state=ONLINE\n',
        '/proc/9p/session/active': 'active=2 draining=0\n',
        '/proc/ingest/queued': 'queued=0\n',
        '/proc/ingest/dropped': 'dropped=7\n',
        '/proc/pressure/busy': 'busy=4\n',
      }),
    ).toEqual([
      'ok: ROOT OK',
      'ok: state ONLINE',
      'plain: sessions 2',
      'plain: backlog 0',
      'plain: dropped 7',
      'plain: busy 4',
    ]);
  });

  test('says a cut with its reason before all else', () => {
    const cut = words({
      '/proc/root/reachable': 'reachable=no\n',
      '/proc/root/cut_reason': 'cut_reason=session_revoked\n',
      '/proc/lifecycle/state': 'state=DRAINING\n',
      '/proc/9p/session/active': 'active=3 draining=1\n',
      '/proc/ingest/queued': 'queued=12\n',
    });
    expect(cut).toEqual([
      'error: CUT session_revoked',
      'warn: state DRAINING',
      'warn: sessions 3, 1 draining',
      'warn: backlog 12',
    ]);
  });

  test('does not guess what it cannot read', () => {
    expect(words({})).toEqual(['warn: ROOT ?']);
    expect(words({ '/proc/root/reachable': 'garbage\n', '/proc/pressure/busy': 'nonsense' })).toEqual(['warn: ROOT ?']);
  });

  test('warns of a counter that grows, and says by how much', () => {
    const chips = chipsOf(texts({ '/proc/pressure/policy': 'policy=9\n' }), () => 3);
    expect(chips.at(-1)).toMatchObject({ text: 'policy 9 (+3)', tone: 'warn', path: '/proc/pressure/policy' });
    expect(gravest(chips)).toBe('warn');
  });

  test('does not warn of what a full ring drops: it happens in a hive that is well', () => {
    const chips = chipsOf(texts({ '/proc/ingest/dropped': 'dropped=9\n' }), () => 3);
    expect(chips.at(-1)).toMatchObject({ text: 'dropped 9', tone: 'plain', path: '/proc/ingest/dropped' });
  });
});

describe('the growth of a counter', () => {
  test('is what came within the last minute', () => {
    const growths = new Growths();
    expect(growths.note('busy', 10, 0)).toBe(0);
    expect(growths.note('busy', 12, 1000)).toBe(2);
    expect(growths.note('busy', 13, 30_000)).toBe(3);
    expect(growths.note('busy', 13, 1000 + NEWS_MS)).toBe(1);
    expect(growths.note('busy', 13, 30_000 + NEWS_MS)).toBe(0);
  });

  test('begins anew with a hive that did', () => {
    const growths = new Growths();
    growths.note('busy', 10, 0);
    expect(growths.note('busy', 2, 10)).toBe(0);
    expect(growths.note('busy', 3, 20)).toBe(1);
  });
});

test('the banner says when the next attempt is made, and what a first one lacks', () => {
  const lost = lostWords({ lostAtMs: 0, nextAtMs: 4200 }, 1000);
  expect(lost.next).toBe('Trying again in 4 s');
  expect(lost.detail).toContain('may have changed');
  expect(lostWords({}, 0)).toMatchObject({ title: 'Connecting…', detail: '' });
  const why = { code: 'unreachable', detail: 'No connection.' } as const;
  expect(lostWords({ why }, 0).detail).toContain('coh up');
});
