// Lines of status files out of values that nobody vouches for.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { statusText } from '../src/index.ts';

test.each([
  ['as it is', { state: 'active', sub: 'running' }, 'state=active sub=running'],
  ['a number', { temp_c: 41, util_pct: 0 }, 'temp_c=41 util_pct=0'],
  ['nothing said', { state: undefined, reason: '' }, 'state=unknown reason=unknown'],
  ['blanks', { name: 'Mock 4090  Ti' }, 'name=Mock_4090_Ti'],
  ['a second field in a value', { state: 'active sub=fake' }, 'state=active_sub=fake'],
  ['a second line in a value', { state: 'active\nstate=failed' }, 'state=active_state=failed'],
  ['colours of a terminal', { state: '\u001b[1;31mfailed\u001b[0m' }, 'state=_failed_'],
  ['a title of a terminal', { state: '\u001b]0;owned\u0007ok' }, 'state=_]0;owned_ok'],
  ['letters of other scripts', { name: 'жёлтый' }, 'name=_'],
  ['a long value', { name: 'x'.repeat(97) }, `name=${'x'.repeat(95)}~`],
])('%s', (_, fields, line) => {
  expect(statusText(fields)).toBe(line);
});

test('fields that do not fit any more are left out whole', () => {
  const long = 'x'.repeat(96);
  const line = statusText({ a: long, b: long, c: long, d: 1 });
  expect(line).toBe(`a=${long} b=${long} d=1`);
});

test('whatever a machine says, it is one line of at most 256 printable bytes, a value a word', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('a', 'b', 'state', 'temp_c'), fc.string({ unit: 'binary' })),
      (fields) => {
        const line = statusText(fields);
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(256);
        expect(line).toMatch(/^([a-z_]+=[!-~]+( [a-z_]+=[!-~]+)*)?$/);
      },
    ),
  );
});
