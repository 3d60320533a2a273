// Rules as such: which ones fit a line, and which of them decides, whatever their order.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Act, approvalsNeeded, approvalsOf, covers, type Rule, ruleFor } from '../src/capabilities/policy/rule.ts';

const names = fc.constantFrom('alice', 'bob', 'alice/x', 'bobby');
const roles = fc.constantFrom('queen', 'worker-gpu');
const paths = fc.constantFrom('/queen/ctl', '/queen/lease/ctl', '/host/systemd/ssh/restart');
const values = fc.constantFrom<unknown>('cordon', { spawn: 'host' }, { spawn: 'gpu', budget: { ttl_s: 1 } }, undefined);

const when = fc.record(
  {
    roles: fc.uniqueArray(roles, { minLength: 1 }),
    subjects: fc.uniqueArray(names, { minLength: 1 }),
    fields: fc.constantFrom({ spawn: 'host' }, { spawn: ['host', 'gpu'] }, { 'budget.ttl_s': 1 }, { $: 'cordon' }),
  },
  { requiredKeys: [] },
);

const rules = fc
  .array(
    fc.record(
      {
        target: fc.constantFrom('/queen/ctl', '/queen/*', '/queen/*/ctl', '/host/systemd/*/restart'),
        effect: fc.constantFrom('approve', 'approve', 'approve', 'deny'),
        approvals: fc.integer({ min: 1, max: 4 }),
        when,
      },
      { requiredKeys: ['target'] },
    ),
    { maxLength: 6 },
  )
  .map((list) => list.map((rule, index): Rule => ({ id: `r${index}`, ...rule }) as Rule));

const acts: fc.Arbitrary<Act> = fc.record({
  who: fc.record({ role: roles, subject: names }),
  path: paths,
  value: values,
});

/** What a rule means for a line. */
function verdict(rule: Rule | undefined): string {
  if (rule === undefined) return 'free';
  return rule.effect === 'deny' ? 'refused' : `${approvalsOf(rule)} approvals`;
}

test('their order means nothing', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(rules, acts, (list, act) => {
      const found = verdict(ruleFor(list, act));
      seen.add(found);
      expect(verdict(ruleFor([...list].reverse(), act))).toBe(found);
    }),
    { numRuns: 1000 },
  );
  expect([...seen].sort()).toEqual(['1 approvals', '2 approvals', '3 approvals', '4 approvals', 'free', 'refused']);
});

test('one more rule never makes a line easier', () => {
  const rank = (rule: Rule | undefined): number => {
    if (rule === undefined) return 0;
    return rule.effect === 'deny' ? 9 : approvalsOf(rule);
  };
  fc.assert(
    fc.property(rules, acts, (list, act) => {
      const [, ...fewer] = list;
      expect(rank(ruleFor(list, act))).toBeGreaterThanOrEqual(rank(ruleFor(fewer, act)));
    }),
    { numRuns: 1000 },
  );
});

test('approvals given beforehand are enough for whoever writes then', () => {
  fc.assert(
    fc.property(rules, acts, (list, act) => {
      const beforehand = approvalsNeeded(list, { ...act, who: undefined });
      const rule = ruleFor(list, act);
      if (rule !== undefined && rule.effect !== 'deny') expect(approvalsOf(rule)).toBeLessThanOrEqual(beforehand);
    }),
    { numRuns: 1000 },
  );
});

describe('a target', () => {
  test.each([
    ['/queen/ctl', '/queen/ctl', true],
    ['/queen/ctl', '/queen/ctl/x', false],
    ['/queen/*', '/queen/ctl', true],
    ['/queen/*', '/queen/lease/ctl', false],
    ['/queen/*', '/queen', false],
    ['/*/lease/*', '/queen/lease/ctl', true],
    ['/queen/lease', '/queen/leases', false],
  ])('%s and the file %s: %s', (target, path, fits) => {
    expect(covers(target, path)).toBe(fits);
  });
});
