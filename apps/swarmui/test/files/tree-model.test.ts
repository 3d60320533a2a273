// The tree as rows, and how keys move in it.

import { expect, test } from 'vitest';
import { ancestorsOf, below, moveFor, parentOf, rowsOf, typedTo } from '../../src/places/files/tree-model.ts';

const NAMES: Readonly<Record<string, readonly string[]>> = {
  '/': ['log', 'proc', 'queen'],
  '/proc': ['boot', 'lease'],
  '/proc/lease': ['active'],
};
const rows = (...open: string[]) => rowsOf(new Set(open), (directory) => NAMES[directory]);

test('rows are the names of the root, and below each open directory its own', () => {
  expect(rows().map(({ path }) => path)).toEqual(['/log', '/proc', '/queen']);
  expect(
    rows('/proc', '/proc/lease').map(({ path, level, position, setSize }) => `${level} ${position}/${setSize} ${path}`),
  ).toEqual([
    '1 1/3 /log',
    '1 2/3 /proc',
    '2 1/2 /proc/boot',
    '2 2/2 /proc/lease',
    '3 1/1 /proc/lease/active',
    '1 3/3 /queen',
  ]);
});

test('a directory that is open while the one above is not shows nothing', () => {
  expect(rows('/proc/lease')).toHaveLength(3);
});

test('keys move as in any tree', () => {
  const all = rows('/proc');
  const to = (key: string, at: number, isDirectory = false) => moveFor(key, all, at, isDirectory);
  expect(to('ArrowDown', 0)).toEqual({ kind: 'to', index: 1 });
  expect(to('ArrowDown', 4)).toEqual({ kind: 'to', index: 4 });
  expect(to('ArrowUp', 0)).toEqual({ kind: 'to', index: 0 });
  expect(to('End', 0)).toEqual({ kind: 'to', index: 4 });
  expect(to('ArrowRight', 1, true)).toEqual({ kind: 'to', index: 2 });
  expect(to('ArrowRight', 3, true)).toEqual({ kind: 'open', path: '/proc/lease' });
  expect(to('ArrowRight', 2)).toBeUndefined();
  expect(to('ArrowLeft', 3)).toEqual({ kind: 'to', index: 1 });
  expect(to('ArrowLeft', 1, true)).toEqual({ kind: 'close', path: '/proc' });
  expect(to('ArrowLeft', 0)).toBeUndefined();
  expect(to('Enter', 2)).toEqual({ kind: 'choose', path: '/proc/boot' });
  expect(to('x', 2)).toBeUndefined();
  expect(to('ArrowDown', -1)).toEqual({ kind: 'to', index: 0 });
});

test('typed letters go to the next name that begins with them, round the end', () => {
  const all = rows('/proc');
  expect(typedTo('l', all, -1)).toBe(0);
  expect(typedTo('l', all, 0)).toBe(3);
  expect(typedTo('l', all, 3)).toBe(0);
  expect(typedTo('le', all, 3)).toBe(3);
  expect(typedTo('x', all, 0)).toBeUndefined();
});

test('paths go up and down', () => {
  expect(below('/', 'proc')).toBe('/proc');
  expect(parentOf('/proc')).toBe('/');
  expect(parentOf('/proc/lease/active')).toBe('/proc/lease');
  expect(ancestorsOf('/proc/lease/active')).toEqual(['/', '/proc', '/proc/lease']);
});
