import { encodeUtf8 } from '@cohesix/bytes';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nameProblem } from '../src/index.ts';
import { decodeName } from '../src/name.ts';

test.each([
  ['queen', undefined],
  ['...', undefined],
  ['a b', undefined],
  ['x'.repeat(255), undefined],
  ['é'.repeat(127), undefined],
  ['', 'a name is not empty'],
  ['.', 'a name is not . or ..'],
  ['..', 'a name is not . or ..'],
  ['a/b', 'a name has no slash'],
  ['a\0', 'a name has no NUL'],
  ['\ud800', 'a name is well-formed Unicode'],
  ['x'.repeat(256), 'a name has at most 255 bytes'],
  ['é'.repeat(128), 'a name has at most 255 bytes'],
])('%j: %s', (name, problem) => expect(nameProblem(name)).toBe(problem));

test('text and bytes are judged alike', () => {
  const near = fc.string({ unit: fc.constantFrom('.', '/', '\0', 'a', 'é'), maxLength: 4 });
  fc.assert(
    fc.property(near, (name) => {
      const bytes = encodeUtf8(name);
      const decoded = decodeName(bytes, 0, bytes.length, 5);
      expect(decoded).toBe(nameProblem(name, 5) === undefined ? name : undefined);
    }),
    { numRuns: 1000 },
  );
});
