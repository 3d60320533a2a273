// Whatever a repository serves: nothing is thrown, nothing goes back, and what is kept is what somebody signed.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { advance, beginUpdate, canonicalJson, type SignedPart, type TufRole, wantedBy } from '../src/index.ts';
import { parseMetadata } from '../src/tuf/metadata.ts';
import { crypto } from './crypto.ts';
import { TestClient, TestRepository } from './tuf-kit.ts';

const SEED = 20261121;
const ROLES: readonly TufRole[] = ['root', 'timestamp', 'snapshot', 'targets'];

test('any bytes, at any step', async () => {
  const repository = new TestRepository();
  const client = new TestClient(repository);
  await client.refresh();
  const served = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((text) => new TextEncoder().encode(text)),
    fc.constant(undefined),
    fc
      .constantFrom('1.root.json', 'timestamp.json', '1.snapshot.json', '1.targets.json')
      .map((name) => repository.file(name)),
  );
  fc.assert(
    fc.property(fc.array(served, { minLength: 1, maxLength: 6 }), (files) => {
      let update = beginUpdate(client.context, client.files);
      if ('reason' in update) expect.fail(update.refusal.detail);
      for (const file of files) {
        if (wantedBy(client.context, update) === undefined) break;
        const step = advance(client.context, update, file);
        for (const change of step.changes) expect(change.kind).toBe('keep');
        if (step.problem !== undefined) break;
        update = step.update;
      }
      expect(update.root.version).toBe(1);
    }),
    { seed: SEED, numRuns: 1000 },
  );
});

/** A place in a JSON value: which of its parts, which of that one's parts, … */
const place = fc.array(fc.nat(), { minLength: 1, maxLength: 4 });

/** `value` with the part at a place replaced. */
function replaced(value: unknown, [index = 0, ...rest]: readonly number[], by: unknown): unknown {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return by;
  const copy: Record<string, unknown> = structuredClone(value) as Record<string, unknown>;
  const keys = Object.keys(copy);
  const key = keys[index % keys.length] ?? '';
  copy[key] = rest.length === 0 ? by : replaced(copy[key], rest, by);
  return copy;
}

test('any change of a file that its own key signs: taken or refused, and no version goes back', async () => {
  const seen = { ok: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...ROLES), place, fc.jsonValue({ maxDepth: 2 }), async (role, where, by) => {
      const repository = new TestRepository();
      const client = new TestClient(repository);
      await client.refresh();
      repository.twist = (each, part) => {
        const changed = each === role ? replaced(part, where, by) : part;
        // What cannot be signed is left as it is.
        return canonicalJson(changed) === undefined ? part : (changed as SignedPart);
      };
      repository.release('root', 'targets', 'snapshot', 'timestamp');
      seen[(await client.refresh()) === 'ok' ? 'ok' : 'refused'] += 1;
      for (const each of ROLES) {
        const bytes = client.files[each];
        if (bytes === undefined) continue;
        expect(client.version(each)).toBeGreaterThanOrEqual(1);
        expect(parseMetadata(bytes, each, crypto).ok).toBe(true);
      }
    }),
    { seed: SEED, numRuns: 300 },
  );
  expect(Math.min(seen.ok, seen.refused)).toBeGreaterThan(20);
});
