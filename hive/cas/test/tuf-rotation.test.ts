// Chains of roots with any keys, thresholds and signers, against the rule in two lines: a root is taken when enough keys of the one
// before it signed it, and enough of its own.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, type TufSigner } from '../src/index.ts';
import { keyPair, sha } from './crypto.ts';
import { TestClient, TestRepository } from './tuf-kit.ts';

const SEED = 20261121;
const POOL: readonly TufSigner[] = [1, 2, 3, 4, 5, 6].map(keyPair);

interface Root {
  readonly keys: readonly number[];
  readonly threshold: number;
  readonly signers: readonly number[];
}

const some = fc.subarray([0, 1, 2, 3, 4, 5], { minLength: 1 });
const roots: fc.Arbitrary<Root> = fc.record({ keys: some, threshold: fc.integer({ min: 1, max: 3 }), signers: some });
const first = roots.filter(({ keys, threshold, signers }) => isEnough({ keys, threshold }, signers));

function isEnough({ keys, threshold }: Pick<Root, 'keys' | 'threshold'>, signers: readonly number[]): boolean {
  return signers.filter((signer) => keys.includes(signer)).length >= threshold;
}

function signersOf(numbers: readonly number[]): TufSigner[] {
  return numbers.map((number) => POOL[number]!);
}

test('a chain is followed up to the first root that is not signed enough', async () => {
  const seen = { whole: 0, broken: 0 };
  await fc.assert(
    fc.asyncProperty(first, fc.array(roots, { minLength: 1, maxLength: 5 }), async (begin, chain) => {
      const repository = new TestRepository();
      for (const [index, { keys, threshold, signers }] of [begin, ...chain].entries()) {
        repository.roles.root = { keys: signersOf(keys), threshold, signers: signersOf(signers) };
        repository.editions.root.version = index + 1;
        repository.publishRoot();
      }
      const client = new TestClient(repository);
      const all = [begin, ...chain];
      const isTaken = (root: Root, index: number): boolean =>
        index === 0 || (isEnough(all[index - 1]!, root.signers) && isEnough(root, root.signers));
      const good = all.findIndex((root, index) => !isTaken(root, index));
      expect(await client.refresh()).toBe(good === -1 ? 'ok' : 'threshold');
      expect(client.version('root')).toBe(good === -1 ? all.length : good);
      seen[good === -1 ? 'whole' : 'broken'] += 1;
    }),
    { seed: SEED, numRuns: 150 },
  );
  expect(Math.min(seen.whole, seen.broken)).toBeGreaterThan(10);
});

test('canonical JSON: order, escapes, whole numbers; what has no form has none', () => {
  const text = (value: unknown): string | undefined => {
    const bytes = canonicalJson(value);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  };
  expect(text({ b: [1, -2, true, null], a: { d: '', c: 'é"\\\n' } })).toBe(
    '{"a":{"c":"é\\"\\\\\n","d":""},"b":[1,-2,true,null]}',
  );
  // U+E000 comes before U+10000, although its UTF-16 unit comes after.
  expect(text({ '\u{10000}': 1, '\ue000': 2 })).toBe('{"\ue000":2,"\u{10000}":1}');
  for (const value of [1.5, 2 ** 53, '\udc00', { '\ud800': 1 }, undefined, [Number.NaN]])
    expect(text(value)).toBeUndefined();
  // An example key of the specification's section 4.3, and the id that it has there.
  const keyval = { public: '72378e5bc588793e58f81c8533da64a2e8f1565c1fcc7f253496394ffc52542c' };
  const id = '1bf1c6e3cdd3d3a8420b19199e27511999850f4b376c4547b2f32fba7e80fca3';
  expect(sha(canonicalJson({ keyval, scheme: 'ed25519', keytype: 'ed25519' }) ?? '')).toBe(id);
});
