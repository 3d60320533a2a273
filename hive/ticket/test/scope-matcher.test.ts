import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileScopes, parseScope, READ, type Scope, type ScopeMatcher, type ScopeNode, WRITE } from '../src/index.ts';
import * as arbitrary from './arbitraries.ts';
import { value } from './kit.ts';
import { naiveAllows, naiveRates, naiveVisible } from './naive-scopes.ts';

const list = (...texts: string[]): readonly Scope[] => texts.map((text) => value(parseScope(text)));
const ALL = list('/:rw');

function at(matcher: ScopeMatcher, path: string): ScopeNode {
  return path
    .split('/')
    .filter(Boolean)
    .reduce((node, name) => node.child(name), matcher.root());
}

describe('paths', () => {
  const matcher = compileScopes(ALL, [list('/log:r', '/queen/ctl:w')]);

  test.each([
    ['/log', 'read', true],
    ['/log/queen.log', 'read', true],
    ['/log/a/b/c/d/e/f/g/h', 'read', true],
    ['/logs', 'read', false],
    ['/lo', 'read', false],
    ['/Log', 'read', false],
    ['/log', 'write', false],
    ['/log', 'both', false],
    ['/queen/ctl', 'write', true],
    ['/queen', 'write', false],
    ['/', 'read', false],
    ['', 'read', false],
    ['/log/../queen/ctl', 'read', false],
    ['/log/.', 'read', false],
    ['/log//x', 'read', false],
    ['//log', 'read', false],
    ['/log/', 'read', false],
    ['log', 'read', false],
    ['/log\0', 'read', false],
  ] as const)('%j %s: %s', (path, verb, allowed) => {
    expect(matcher.matches(path, verb)).toBe(allowed);
  });

  test('two normal forms of one letter are two names', () => {
    const composed = compileScopes(ALL, [list('/\u00e9:r')]);
    expect(composed.matches('/\u00e9', 'read')).toBe(true);
    expect(composed.matches('/e\u0301', 'read')).toBe(false);
  });

  test('"/" and the empty path are everything', () => {
    for (const path of ['/', '']) {
      const everything = compileScopes([{ path, verbs: 'both', ratePerS: 0 }], []);
      expect(everything.matches('/any/thing', 'both')).toBe(true);
      expect(everything.matches('/', 'both')).toBe(true);
    }
  });

  test('names that objects have by birth are ordinary names', () => {
    const odd = compileScopes(ALL, [list('/__proto__:r', '/constructor/x:r')]);
    expect(odd.matches('/__proto__/a', 'read')).toBe(true);
    expect(odd.matches('/toString', 'read')).toBe(false);
    expect(odd.matches('/constructor', 'read')).toBe(false);
  });
});

describe('nodes', () => {
  test('a directory on the way to a scope is visible and has no verb; its other children are not there', () => {
    const matcher = compileScopes(ALL, [list('/a/b/c:rw')]);
    const seen = ['/', '/a', '/a/b', '/a/b/c', '/a/b/c/d', '/a/x', '/x'].map((path) => {
      const node = at(matcher, path);
      return [path, node.mask, node.below, node.visible];
    });
    expect(seen).toEqual([
      ['/', 0, READ | WRITE, true],
      ['/a', 0, READ | WRITE, true],
      ['/a/b', 0, READ | WRITE, true],
      ['/a/b/c', READ | WRITE, READ | WRITE, true],
      ['/a/b/c/d', READ | WRITE, READ | WRITE, true],
      ['/a/x', 0, 0, false],
      ['/x', 0, 0, false],
    ]);
  });

  test('a scope that another block takes away leaves no trace, not even its directory', () => {
    const matcher = compileScopes(list('/a:r'), [list('/a/b:w', '/c:rw')]);
    expect(at(matcher, '/').visible).toBe(false);
    expect(at(matcher, '/a').visible).toBe(false);
  });

  test('an empty list allows nothing; no lists but the ceiling allow the ceiling', () => {
    expect(compileScopes(ALL, [[]]).root().visible).toBe(false);
    expect(compileScopes([], [ALL]).root().visible).toBe(false);
    expect(compileScopes(list('/a:r'), []).matches('/a', 'read')).toBe(true);
  });

  test('looking up any name twice gives the same object', () => {
    const matcher = compileScopes(ALL, [list('/a/b:r')]);
    const root = matcher.root();
    for (const name of ['a', 'x', '', '..', 'y']) expect(root.child(name)).toBe(root.child(name));
    expect(root.child('x')).toBe(root.child('y'));
    expect(root.child('x').child('z')).toBe(root.child('x'));
  });
});

describe('rates', () => {
  test('the longest matching scope with the verb is charged, in every block', () => {
    const matcher = compileScopes(ALL, [
      list('/:r@100/s', '/queen:rw@10/s', '/queen/ctl:w@1/s'),
      list('/queen:rw@5/s'),
    ]);
    const shown = (indexes: readonly number[]): string[] =>
      indexes.map((index) => `${matcher.rates[index]!.block}:${matcher.rates[index]!.ratePerS}`);
    expect(shown(at(matcher, '/queen/x').readRates)).toEqual(['0:10', '1:5']);
    expect(shown(at(matcher, '/queen/ctl').readRates)).toEqual(['0:10', '1:5']);
    expect(shown(at(matcher, '/queen/ctl').writeRates)).toEqual(['0:1', '1:5']);
    expect(shown(at(matcher, '/log').readRates)).toEqual([]);
  });

  test('a ceiling may have rates; they belong to no block', () => {
    expect(compileScopes(list('/:rw@7/s'), [ALL]).rates).toEqual([{ block: -1, scope: 0, ratePerS: 7 }]);
  });
});

test('a path that was not checked is a bug in the caller', () => {
  expect(() => compileScopes([{ path: '/a/../b', verbs: 'read', ratePerS: 0 }], [])).toThrow(TypeError);
});

test('the trie is the rules: masks, visibility and rates as in a naive reading, for any scopes and paths', () => {
  const lists = fc.array(arbitrary.scopes, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(lists, fc.array(arbitrary.components, { minLength: 1, maxLength: 8 }), (all, paths) => {
      const matcher = compileScopes(all[0]!, all.slice(1));
      const places = all.flat().map((scope) => scope.path.split('/').filter(Boolean));
      for (const names of [...paths, ...places]) {
        const path = `/${names.join('/')}`;
        const node = at(matcher, path);
        const shown = (indexes: readonly number[]): string[] =>
          indexes.map((index) => `${matcher.rates[index]!.block}:${matcher.rates[index]!.scope}`);
        expect((node.mask & READ) !== 0).toBe(naiveAllows(all, names, 'read'));
        expect((node.mask & WRITE) !== 0).toBe(naiveAllows(all, names, 'write'));
        expect(node.visible).toBe(naiveVisible(all, names, places));
        expect(shown(node.readRates)).toEqual(naiveRates(all, names, 'read'));
        expect(shown(node.writeRates)).toEqual(naiveRates(all, names, 'write'));
        expect(matcher.matches(path, 'both')).toBe(naiveAllows(all, names, 'both'));
      }
    }),
    { numRuns: 500 },
  );
});
