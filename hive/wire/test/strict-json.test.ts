// The strict reader where it differs from `JSON.parse`: what it refuses, at its limits and one past them, and where it says
// that the problem is. That it agrees with `JSON.parse` on the rest is a property here.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonRules, parseStrictJson } from '../src/index.ts';

const RULES: JsonRules = { depthMax: 4, allowsLineEnds: true, textProblem: () => undefined };

function problemOf(text: string, rules: Partial<JsonRules> = {}): string | undefined {
  const parsed = parseStrictJson(text, { ...RULES, ...rules });
  return parsed.ok ? undefined : parsed.problem;
}

describe('refuses what two readers could understand differently', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['{"a":1,"a":2}', '$: the field "a" is given twice (column 11)'],
    ['{"a":1,"\\u0061":2}', '$: the field "a" is given twice (column 16)'],
    ['{"__proto__":{}}', '$: the field name __proto__ is not allowed (column 13)'],
    ['\ufeff{}', '$: expected a JSON value (column 1)'],
    ['{"a":NaN}', '$.a: expected a JSON value (column 6)'],
    ['{"a":Infinity}', '$.a: expected a JSON value (column 6)'],
    ['{"a":9007199254740992}', '$.a: a number beyond ±9007199254740991 (column 22)'],
    ['[1e400]', '$[0]: a number beyond ±9007199254740991 (column 7)'],
    ['[01]', '$: expected , or ] (column 3)'],
    ["{'a':1}", '$: expected a field name in double quotes (column 2)'],
    ['{"a":1,}', '$: expected a field name in double quotes (column 8)'],
    ['[1]//', '$: expected the end of the text (column 4)'],
    ['{"a":"x', '$.a: a string that does not end, or a bad escape or a TAB in it (column 6)'],
    ['"\t"', '$: a string that does not end, or a bad escape or a TAB in it (column 1)'],
    ['', '$: expected a JSON value (column 1)'],
  ];
  it.each(cases)('%j', (text, problem) => {
    expect(problemOf(text)).toBe(problem);
  });
});

it('goes as deep as the rules say', () => {
  const nested = (depth: number): string => `${'['.repeat(depth)}1${']'.repeat(depth)}`;
  expect(problemOf(nested(4))).toBeUndefined();
  expect(problemOf(nested(5))).toContain('nested deeper than 4');
  expect(problemOf(nested(100_000))).toContain('nested deeper than 4');
});

it('takes line ends between tokens only where the rules say so', () => {
  expect(problemOf('{\r\n"a":\n1}')).toBeUndefined();
  expect(problemOf('{\n"a":1}', { allowsLineEnds: false })).toContain('field name');
});

it('asks the rules about every string, names of fields too', () => {
  const textProblem = (text: string) => (text === 'bad' ? 'a bad word' : undefined);
  expect(problemOf('{"bad":1}', { textProblem })).toContain('a string with a bad word');
  expect(problemOf('["bad"]', { textProblem })).toContain('$[0]: a string with a bad word');
});

it('reads a text of a megabyte', () => {
  expect(problemOf(`"${'\\n'.repeat(1 << 19)}"`)).toBeUndefined();
});

it('agrees with JSON.parse on what JSON.stringify makes', () => {
  const value = fc.jsonValue({ maxDepth: 3 }).filter((one) => problemOf(JSON.stringify(one)) === undefined);
  fc.assert(
    fc.property(value, fc.constantFrom(0, 2), (one, indent) => {
      const text = JSON.stringify(one, null, indent);
      expect(parseStrictJson(text, RULES)).toEqual({ ok: true, value: JSON.parse(text) as unknown });
    }),
  );
});
