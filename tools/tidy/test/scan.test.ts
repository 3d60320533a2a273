import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { importsOf } from '../src/imports.ts';
import { lineOf, scan } from '../src/scan.ts';

/** Code with every run of blanks as one, so that expectations are readable. */
function codeOf(text: string): string {
  return scan(text).code.replace(/[ ]+/g, ' ');
}

describe('scan', () => {
  test.each([
    ['a // b\nc', 'a \nc'],
    ['a /* b\n * c */ d', 'a \n d'],
    ["x = 'a // b';", "x = ' ';"],
    [String.raw`x = 'it\'s'; y`, "x = ' '; y"],
    ['`a ${b + `c ${d}`} e` + f', '` ${b + ` ${d}`} ` + f'],
    ['x = /[/"]/.test(y)', 'x = / /.test(y)'],
    ['return /"/.test(y)', 'return / /.test(y)'],
    ['a / b / c // "', 'a / b / c '],
    ['(a) / 2 + "x"', '(a) / 2 + " "'],
    ['list.map((x) => /a"b/.test(x))', 'list.map((x) => / /.test(x))'],
  ])('%j is split', (text, code) => {
    expect(codeOf(text)).toBe(code);
  });

  test('keeps length and line breaks of any text', () => {
    const piece = fc.constantFrom('a', ' ', '\n', "'", '"', '`', '/', '*', '${', '{', '}', '\\', '(', '=', '[', ']');
    const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, (source) => {
        const { code } = scan(source);
        expect(code).toHaveLength(source.length);
        expect([...code.matchAll(/\n/g)].map((m) => m.index)).toEqual([...source.matchAll(/\n/g)].map((m) => m.index));
      }),
    );
  });

  test('comments are given with their line', () => {
    expect(scan('a\n// b\n/* c\n d */').comments).toEqual([
      { text: '// b', line: 2 },
      { text: '/* c\n d */', line: 3 },
    ]);
  });

  test('an unclosed string ends with its line, an unclosed comment with the text', () => {
    expect(scan("x = 'a\ny").code).toBe("x = ' \ny");
    expect(scan('a /* b').code.trim()).toBe('a');
  });

  test('lines count from 1, and a line break belongs to the line it ends', () => {
    expect([0, 1, 2, 3].map((offset) => lineOf('a\nb\n', offset))).toEqual([1, 1, 2, 2]);
  });
});

describe('imports', () => {
  const specifiersOf = (text: string): string[] =>
    importsOf(text, scan(text)).map(({ specifier, line }) => `${line} ${specifier}`);

  test.each([
    ["import { a, type B } from 'x';", ['1 x']],
    ["import type { A } from 'x';", ['1 x']],
    ["import * as a from '@s/x/y';", ['1 @s/x/y']],
    ["import 'x';", ['1 x']],
    ['import a, { b } from "x";', ['1 x']],
    ["import {\n  a,\n} from 'x';", ['3 x']],
    ["export * from './x.ts';", ['1 ./x.ts']],
    ["export type { A } from './x.ts';", ['1 ./x.ts']],
    ["const a = await import('x');", ['1 x']],
    ["import json from './x.json' with { type: 'json' };", ['1 ./x.json']],
    ["type A = import('x').A;", ['1 x']],
    ["// import 'x';\nconst a = `import 'y'`;", []],
    ["export const from = 'x';", []],
    ["export function f(): string {\n  return 'x';\n}", []],
    ['const a = "import \'x\'";', []],
  ])('%j', (text, expected) => {
    expect(specifiersOf(text)).toEqual(expected);
  });
});
