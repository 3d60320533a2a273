// A/B pages and the settings in them: which page holds, what a damaged one does, what is no page at all.

import { expect, test } from 'vitest';
import { SettingsStore, type StoredSettings } from '../src/index.ts';
import { encodePage, PAGE_HEADER_SIZE, readPage } from '../src/settings/page-pair.ts';
import { decodeSettings, encodeSettings, SETTINGS_PAGE_BYTES } from '../src/settings/settings-store.ts';
import { MemoryDisk } from './memory-disk.ts';
import { must, told } from './spool-kit.ts';

const PATH = '/data/settings.pages';

function settings(
  revision: number,
  values: Readonly<Record<string, string>> = { site: `s${revision}` },
): StoredSettings {
  return { hive: 'aa11', fingerprint: 'f1', revision, values };
}

test('nothing is made before the first write; then the pages take turns', async () => {
  const disk = new MemoryDisk();
  const store = must(await SettingsStore.open(disk, PATH));
  expect([store.current, store.page, await disk.lstat(PATH)]).toEqual([undefined, undefined, undefined]);
  for (const [revision, name] of [
    [1, 'A'],
    [2, 'B'],
    [3, 'A'],
  ] as const) {
    must(await store.write(settings(revision)));
    expect(store.page).toMatchObject({ name, generation: revision });
    const again = must(await SettingsStore.open(disk, PATH));
    expect(again.current).toEqual(settings(revision));
  }
});

test('when the page that holds is damaged the other one does, and the next write goes over the damaged one', async () => {
  const disk = new MemoryDisk();
  const store = must(await SettingsStore.open(disk, PATH));
  must(await store.write(settings(1)));
  must(await store.write(settings(2)));
  disk.flip(PATH, (SETTINGS_PAGE_BYTES + PAGE_HEADER_SIZE + 5) * 8);
  const after = must(await SettingsStore.open(disk, PATH));
  expect([after.current, after.damaged]).toEqual([settings(1), ['B']]);
  must(await after.write(settings(3)));
  const last = must(await SettingsStore.open(disk, PATH));
  expect([last.current, last.page?.name, last.damaged]).toEqual([settings(3), 'B', []]);
});

test('a write that the disk refuses leaves what was', async () => {
  const disk = new MemoryDisk();
  const store = must(await SettingsStore.open(disk, PATH));
  must(await store.write(settings(1)));
  disk.plan = (_index, name) => (name === 'writev' ? 'ENOSPC' : 'ok');
  expect(await told(store.write(settings(2)))).toBe('internal');
  disk.plan = () => 'ok';
  expect(store.current).toEqual(settings(1));
  must(await store.write(settings(3)));
  expect(must(await SettingsStore.open(disk, PATH)).current).toEqual(settings(3));
});

test('what does not fit into a page is refused, what just fits is kept', async () => {
  const disk = new MemoryDisk();
  const store = must(await SettingsStore.open(disk, PATH));
  const room = SETTINGS_PAGE_BYTES - PAGE_HEADER_SIZE - encodeSettings(settings(1, { site: '' })).length;
  must(await store.write(settings(1, { site: 'x'.repeat(room) })));
  expect(await told(store.write(settings(2, { site: 'x'.repeat(room + 1) })))).toBe('too-big');
  expect(must(await SettingsStore.open(disk, PATH)).current?.revision).toBe(1);
});

test.each([
  ['no JSON', 'nonsense'],
  ['no settings', '{"hive":"a","fingerprint":"f","revision":1}'],
  ['a list', '{"hive":"a","fingerprint":"f","revision":1,"values":["x"]}'],
  ['a revision that nobody counts', '{"hive":"a","fingerprint":"f","revision":0,"values":{}}'],
  ['a value that is no text', '{"hive":"a","fingerprint":"f","revision":1,"values":{"site":7}}'],
  ['a name that is none', '{"hive":"a","fingerprint":"f","revision":1,"values":{"Site":"x"}}'],
  ['ill-formed UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
])('a page with %s is nothing', (_, content) => {
  expect(decodeSettings(Buffer.from(content))).toBeUndefined();
});

test('each flipped bit of a page is seen', () => {
  const page = encodePage(7, Buffer.from('content'));
  expect(readPage('A', page)).toMatchObject({ generation: 7 });
  for (let bit = 0; bit < (PAGE_HEADER_SIZE + 7) * 8; bit++) {
    const flipped = Buffer.from(page);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(readPage('A', flipped), `bit ${bit}`).toBe('damaged');
  }
});
