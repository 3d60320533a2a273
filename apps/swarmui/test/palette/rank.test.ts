// What the palette finds for what was typed.

import { describe, expect, it } from 'vitest';
import { parseRecord } from '../../src/journal/record.ts';
import { actChoices, entryChoices, fileChoices, pathTyped, workerChoices } from '../../src/palette/choices.ts';
import { viewOfKey } from '../../src/palette/palette.ts';
import { CHOICES_MAX, type Choice, ranked } from '../../src/palette/rank.ts';
import { parseFleet } from '../../src/places/hive/model.ts';

const titled = (title: string, hint = ''): Choice => ({ id: title, title, hint, group: 'file', href: '#/' });
const titles = (choices: readonly Choice[]): readonly string[] => choices.map(({ title }) => title);

describe('ranking', () => {
  it('puts a match at the beginning before one of a word, inside, and beside', () => {
    const choices = [titled('x', 'fleet'), titled('afleet'), titled('the fleet'), titled('Fleet')];
    expect(titles(ranked('fleet', choices))).toEqual(['Fleet', 'the fleet', 'afleet', 'x']);
  });

  it('wants every word, in any order', () => {
    expect(titles(ranked('gpu 7', [titled('worker-7', 'gpu'), titled('worker-8', 'gpu')]))).toEqual(['worker-7']);
  });

  it('puts the exact one before longer ones', () => {
    const fleet = parseFleet('id=worker-11 kind=gpu state=running\nid=worker-1 kind=gpu state=running\n');
    expect(titles(ranked('worker-1', workerChoices(fleet.workers)))).toEqual(['worker-1', 'worker-11']);
  });

  it('is bounded', () => {
    const many = Array.from({ length: 10_000 }, (_, index) => titled(`worker-${index}`));
    expect(ranked('worker', many)).toHaveLength(CHOICES_MAX);
    expect(ranked('', many)).toHaveLength(CHOICES_MAX);
  });
});

describe('choices', () => {
  it('completes the last name of a path', () => {
    expect(pathTyped('/proc/bo')).toEqual({ directory: '/proc', start: 'bo' });
    expect(pathTyped('/pr')).toEqual({ directory: '/', start: 'pr' });
    expect(pathTyped('worker')).toBeUndefined();
    expect(ranked('/proc/bo', fileChoices('/proc', ['boot', 'fleet'])).map(({ href }) => href)).toEqual([
      '#/files/proc/boot',
    ]);
  });

  it('finds a line by its number, retained or not, and by its text', () => {
    const record = parseRecord(
      '{"seq":4,"at":1,"who":{"subject":"ann"},"path":"/queue/ctl","lines":["{\\"kill\\":7}"]}',
    );
    expect(entryChoices('900', [])).toMatchObject([{ href: '#/audit/900' }]);
    expect(ranked('kill', entryChoices('kill', record === undefined ? [] : [record]))).toMatchObject([
      { href: '#/audit/4' },
    ]);
  });

  it('offers control files of one path as acts', () => {
    const doc = { writers: [], lineBytesMax: 1, isWord: false, schema: {}, examples: [] };
    const docs = [
      { ...doc, pattern: '/queen/ctl', summary: 'Spawn and end workers.' },
      { ...doc, pattern: '/worker/:id/ctl', summary: 'x' },
    ];
    expect(ranked('spawn', actChoices(docs))).toMatchObject([{ href: '#/files/queen/ctl', hint: '/queen/ctl' }]);
    expect(actChoices(docs)).toHaveLength(1);
  });
});

it('opens by Ctrl-K and Cmd-K everywhere, by ? where nobody types', () => {
  const key = { key: 'k', ctrlKey: false, metaKey: false, altKey: false };
  expect(viewOfKey({ ...key, ctrlKey: true }, true)).toBe('choices');
  expect(viewOfKey({ ...key, metaKey: true }, true)).toBe('choices');
  expect(viewOfKey(key, false)).toBeUndefined();
  expect(viewOfKey({ ...key, key: '?' }, false)).toBe('keys');
  expect(viewOfKey({ ...key, key: '?' }, true)).toBeUndefined();
});
