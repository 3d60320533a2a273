// The leaves of the kernel: JSON as strict as the page says, explanations for every wrong value, paths, plain data.

import fc from 'fast-check';
import Type from 'typebox';
import { expect, test } from 'vitest';
import { clone, isSameJson, type State, stateFromText, stateText } from '../src/index.ts';
import { parseJson } from '../src/kernel/json.ts';
import { compilePatterns, pathProblem } from '../src/kernel/pattern.ts';
import { canonical } from '../src/kernel/plain.ts';
import { compileLine } from '../src/kernel/schema.ts';
import { asciiJson, logField, textProblem, utf8Size } from '../src/kernel/text.ts';

const plainJson = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false),
    fc.maxSafeInteger().map((value) => value + 0),
    fc
      .double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 })
      .map((value) => (value === 0 ? 0 : value)),
    fc.string({ unit: 'grapheme' }).filter((text) => textProblem(text) === undefined),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.string({ unit: 'grapheme-ascii' }).filter((name) => name !== '__proto__'),
      tie('value'),
      {
        maxKeys: 4,
        noNullPrototype: true,
      },
    ),
  ),
})).value;

test('what JSON.stringify writes is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(plainJson, fc.constantFrom(undefined, '\t', ' '), (value, indent) => {
      const text = JSON.stringify(value, null, indent).replaceAll('\n', ' ');
      expect(parseJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
    }),
    { numRuns: 500 },
  );
});

test('what is read is JSON to JSON.parse too, with the same value', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:\\u0019eE+-. truefalsn\t'), maxLength: 12 }), (text) => {
      const ours = parseJson(text);
      if (ours.ok) expect(JSON.stringify(JSON.parse(text)), 'but -0 is 0').toBe(JSON.stringify(ours.value));
    }),
    { numRuns: 5000 },
  );
});

test('escapes decode', () => {
  expect(parseJson('"\\u00e9\\t\\/\\ud83d\\ude00"')).toEqual({ ok: true, value: 'é\t/😀' });
  for (const bad of [
    '"\\x"',
    '"\\u12"',
    '"a',
    '"\\ud800"',
    '"\\n"',
    '"\t"',
    '"\\u0041\t"',
    '1.',
    '.5',
    '+1',
    '01',
    '1e',
    '--1',
    'nul',
    'True',
  ]) {
    expect(parseJson(bad), bad).toMatchObject({ ok: false });
  }
  expect(parseJson('-0')).toEqual({ ok: true, value: 0 });
  expect(parseJson('9007199254740991')).toEqual({ ok: true, value: 9_007_199_254_740_991 });
  expect(parseJson('9007199254740992')).toMatchObject({ ok: false });
});

const schema = Type.Union([
  Type.Object({ op: Type.Literal('a'), n: Type.Integer({ minimum: 1, maximum: 9 }) }, { additionalProperties: false }),
  Type.Object(
    { op: Type.Literal('b'), s: Type.Optional(Type.String({ maxLength: 2 })) },
    { additionalProperties: false },
  ),
  Type.Object({
    list: Type.Array(Type.Object({ x: Type.Boolean() }, { additionalProperties: false }), { maxItems: 2 }),
  }),
]);

test('a wrong value is explained where it is wrong', () => {
  const check = compileLine(schema);
  const cases: readonly (readonly [unknown, string | undefined])[] = [
    [{ op: 'a', n: 9 }, undefined],
    [{ op: 'a', n: 10 }, '$.n: expected integer 1..9, got 10'],
    [{ op: 'c' }, '$.op: expected "a" or "b", got "c"'],
    [{ op: 'b', n: 1 }, '$: unknown field "n"; known here: op, s'],
    [{ op: 'b', s: 'abc' }, '$.s: expected string of 0..2 characters, got "abc"'],
    [{ list: [{ x: true }, { x: 1 }] }, '$.list[1].x: expected boolean, got 1'],
    [{ list: [{}, {}, {}] }, '$.list: expected list 0..2 of {x}, got 3 items'],
    [{ list: {} }, '$.list: expected list 0..2 of {x}, got an object with no fields'],
    [{ n: 3 }, '$.op: missing; expected "a"'],
    ['a', '$: expected {op, n} or {op, s?} or {list}, got "a"'],
  ];
  for (const [value, text] of cases) expect(check(value)).toBe(text);
});

test('every value is either fit or explained', () => {
  const check = compileLine(schema);
  const names = fc.constantFrom('op', 'n', 's', 'list', 'x', 'constructor', 'toString');
  const value = fc.oneof(
    fc.dictionary(names, fc.oneof(fc.constantFrom('a', 'b', 1, 10, null, true), fc.anything())),
    fc.anything(),
  );
  fc.assert(
    fc.property(value, (given) => {
      expect(['string', 'undefined']).toContain(typeof check(given));
    }),
    { numRuns: 1000 },
  );
});

test('patterns bind whole components, and a literal wins', () => {
  const match = compilePatterns([
    { pattern: '/actions/:id/status' },
    { pattern: '/actions/pending' },
    { pattern: '/:a/:b' },
  ]);
  expect(match('/actions/x/status')).toMatchObject({ params: { id: 'x' } });
  expect(match('/actions/pending')).toMatchObject({ found: { pattern: '/actions/pending' }, params: {} });
  expect(match('/actions/y')).toMatchObject({ params: { a: 'actions', b: 'y' } });
  for (const none of ['/actions//status', '/actions/x/status/', 'actions/x/status', '/', ''])
    expect(match(none)).toBeUndefined();
});

test('paths a line may name', () => {
  const bad = ['', 'a', '/', '//', '/a/', '/./a', '/a/..', '/1/2/3/4/5/6/7/8/9'];
  for (const path of bad) expect(pathProblem(path), path).toBeDefined();
  for (const path of ['/a', '/...', '/1/2/3/4/5/6/7/8', '/ü']) expect(pathProblem(path), path).toBeUndefined();
});

test('text of log lines: one record a line, nothing hidden', () => {
  expect(logField('worker-1')).toBe('worker-1');
  expect(logField('')).toBe('""');
  expect(logField('a b="c"')).toBe('"a b=\\"c\\""');
  expect(logField('a\nb\u202e')).toBe('"a\\nb\\u202e"');
  expect(asciiJson({ line: 'ü\u200b😀' })).toBe('{"line":"\\u00fc\\u200b\\ud83d\\ude00"}');
  expect(textProblem('tab\t ok')).toBeUndefined();
  for (const bad of ['\n', '\r', '\u0000', '\u001b[2J', '\u007f', '\u0085', '\u2028', '\ud800', '\udc00\ud800']) {
    expect(textProblem(`a${bad}`), JSON.stringify(bad)).toBeDefined();
  }
});

test('utf8Size is what TextEncoder says', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(utf8Size(text)).toBe(new TextEncoder().encode(text).length);
    }),
  );
  expect(utf8Size('\ud800x\udc00')).toBe(new TextEncoder().encode('\ud800x\udc00').length);
});

test('plain data: copies share nothing, texts are canonical and come back', () => {
  const state: State = new Map<string, unknown>([
    [
      'b',
      {
        map: new Map([
          ['z', [1, null]],
          ['a', { y: 'é', x: undefined }],
        ]),
      },
    ],
    ['a', true],
  ]);
  const text = stateText(state);
  expect(text).toBe('{\n"a":true,\n"b":{"map":{"$map":[["a",{"y":"é"}],["z",[1,null]]]}}\n}\n');
  expect(stateText(stateFromText(text))).toBe(text);
  const copy = clone(state);
  (copy.get('b') as { map: Map<string, unknown> }).map.set('q', 1);
  expect(stateText(state)).toBe(text);
  expect(() => stateFromText('null')).toThrow(SyntaxError);
  expect(() => stateText(new Map([['a', () => 1]]))).toThrow(TypeError);
});

test('a canonical copy has the text of JSON whose names were sorted, whatever order they came in', () => {
  fc.assert(
    fc.property(plainJson, (value) => {
      const text = JSON.stringify(canonical(value));
      expect(JSON.parse(text)).toEqual(value);
      expect(JSON.stringify(canonical(reversed(value)))).toBe(text);
    }),
    { numRuns: 500 },
  );
  const copied = canonical([
    { b: 1, a: { d: [], c: null } },
    { B: 1, a: 2 },
  ]);
  expect(JSON.stringify(copied)).toBe('[{"a":{"c":null,"d":[]},"b":1},{"B":1,"a":2}]');
});

test('JSON is the same when its text is', () => {
  fc.assert(
    fc.property(plainJson, plainJson, (one, other) => {
      expect(isSameJson(one, JSON.parse(JSON.stringify(one)))).toBe(true);
      expect(isSameJson(one, other)).toBe(JSON.stringify(one) === JSON.stringify(other));
      expect(isSameJson(one, reversed(one))).toBe(JSON.stringify(one) === JSON.stringify(reversed(one)));
    }),
    { numRuns: 500 },
  );
  const different: readonly (readonly [unknown, unknown])[] = [
    [{}, []],
    [[], {}],
    [{}, null],
    [[1], [1, 2]],
    [{ a: 1 }, { a: 1, b: 1 }],
    [{ a: 1 }, { b: 1 }],
    [{ a: [{ b: 1 }] }, { a: [{ b: '1' }] }],
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
  ];
  for (const [one, other] of different) expect(isSameJson(one, other), JSON.stringify([one, other])).toBe(false);
});

/** The same data with the fields of every object in the opposite order. */
function reversed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(reversed);
  const entries = Object.entries(value).toReversed();
  return Object.fromEntries(entries.map(([name, item]) => [name, reversed(item)]));
}
