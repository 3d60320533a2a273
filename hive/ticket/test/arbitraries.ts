// Random scopes over a small alphabet, so that prefixes meet often.

import fc from 'fast-check';
import type { Scope } from '../src/index.ts';

const name = fc.constantFrom('a', 'b', 'ab', 'A', 'log', 'logs');

/** Components of a path, 0 to 4. */
export const components: fc.Arbitrary<readonly string[]> = fc.array(name, { maxLength: 4 });

/** A valid scope; a new object every time. */
export const scope: fc.Arbitrary<Scope> = fc.record({
  path: components.map((names) => `/${names.join('/')}`),
  verbs: fc.constantFrom('read' as const, 'write' as const, 'both' as const),
  ratePerS: fc.constantFrom(0, 0, 1, 10),
});

/** A list of scopes as a block holds it. */
export const scopes: fc.Arbitrary<readonly Scope[]> = fc.array(scope, { minLength: 1, maxLength: 5 });
