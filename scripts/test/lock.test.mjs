import { expect, test } from 'vitest';
import { completeLock, missingOptional } from '../lib/lock.mjs';

const parent = { version: '1.0.0', dev: true, optionalDependencies: { '@x/cli-linux-x64-musl': '1.0.0' } };
const entry = { version: '1.0.0', cpu: ['x64'], dev: true, libc: ['musl'], optional: true, os: ['linux'] };

test('an optional platform package that is named but absent gets the entry npm would write', () => {
  const lock = { packages: { '': {}, 'node_modules/x': parent, 'node_modules/a': { version: '2.0.0' } } };
  const whole = completeLock(lock);
  expect(Object.keys(whole.packages)).toEqual([
    '',
    'node_modules/@x/cli-linux-x64-musl',
    'node_modules/a',
    'node_modules/x',
  ]);
  expect(whole.packages['node_modules/@x/cli-linux-x64-musl']).toEqual(entry);
  expect(missingOptional(whole)).toEqual({});
});

test.each(['node_modules/@x/cli-linux-x64-musl', 'node_modules/b/node_modules/@x/cli-linux-x64-musl'])(
  'one that is at %s is found as Node would',
  (at) => {
    expect(missingOptional({ packages: { 'node_modules/b/node_modules/x': parent, [at]: entry } })).toEqual({});
  },
);

test('one below another package is not found', () => {
  const packages = { 'node_modules/x': parent, 'node_modules/b/node_modules/@x/cli-linux-x64-musl': entry };
  expect(Object.keys(missingOptional({ packages }))).toEqual(['node_modules/@x/cli-linux-x64-musl']);
});

test('a name without a platform is said, not guessed', () => {
  const packages = { 'node_modules/x': { optionalDependencies: { fsevents: '2.0.0' } } };
  expect(() => missingOptional({ packages })).toThrow('fsevents: no platform in its name');
});
