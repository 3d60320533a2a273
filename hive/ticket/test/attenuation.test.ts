// A child is never wider than its parent, whatever its block claims.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BucketTable, compileScopes, parseScope, roleCeiling, type Scope, type VerifiedTicket } from '../src/index.ts';
import * as arbitrary from './arbitraries.ts';
import { check, child, expectRefused, id, minted, NOW, value, verified } from './kit.ts';

const scope = (text: string): Scope => value(parseScope(text));

function matcherOf(ticket: VerifiedTicket): ReturnType<typeof compileScopes> {
  return compileScopes(
    roleCeiling(ticket.role, ticket.rootSubject),
    ticket.blocks.map((block) => block.scopes),
  );
}

describe('a child that claims more gets no more', () => {
  test('paths and verbs', () => {
    const matcher = matcherOf(verified(child(minted({ scopes: [scope('/log:r')] }), { scopes: [scope('/:rw')] })));
    expect(matcher.matches('/log/x', 'read')).toBe(true);
    expect(matcher.matches('/log/x', 'write')).toBe(false);
    expect(matcher.matches('/queen/ctl', 'read')).toBe(false);
  });

  test('rates', () => {
    const ticket = verified(child(minted({ scopes: [scope('/log:r@2/s')] }), { scopes: [scope('/log:r')] }));
    const matcher = matcherOf(ticket);
    const meter = value(new BucketTable().open(ticket, matcher.rates, NOW));
    const { readRates } = matcher.root().child('log');
    expect([1, 2, 3].map(() => meter.takeOperation(readRates, NOW))).toEqual([undefined, undefined, 'rate']);
  });

  test('quotas', () => {
    const ticket = verified(child(minted({ quotas: { operationsBurst: 2 } }), { quotas: { operationsBurst: 99 } }));
    const meter = value(new BucketTable().open(ticket, [], NOW));
    expect([1, 2, 3].map(() => meter.take('operations', 1, NOW))).toEqual([undefined, undefined, 'operations']);
  });

  test('times', () => {
    const token = child(minted({ notBeforeMs: NOW, expiresMs: NOW + 10 }), { notBeforeMs: 1, expiresMs: NOW + 9999 });
    expect(verified(token)).toMatchObject({ notBeforeMs: NOW, expiresMs: NOW + 10 });
    expectRefused(check(token, { nowMs: NOW - 1 }), 'expired');
    expectRefused(check(token, { nowMs: NOW + 10 }), 'expired');
    const bare = child(minted({ expiresMs: NOW + 10 }));
    expectRefused(check(bare, { nowMs: NOW + 10 }), 'expired');
  });

  test("role and root subject are the parent's; a suffix names the holder and is no other subject", () => {
    const ticket = verified(child(minted({ role: 'worker-host', subject: 'worker-1' }), { subjectSuffix: '0' }));
    expect(ticket).toMatchObject({ role: 'worker-host', rootSubject: 'worker-1', subject: 'worker-1/0' });
    expect(matcherOf(ticket).matches('/worker/worker-1/telemetry', 'write')).toBe(true);
    expect(matcherOf(ticket).matches('/worker/worker-10/telemetry', 'read')).toBe(false);
  });
});

describe('a child that claims less gets less', () => {
  test('all along the chain', () => {
    const first = child(minted(), { scopes: [scope('/queen:rw'), scope('/log:r')], expiresMs: NOW + 100 });
    const second = child(first, { nonce: id(3), scopes: [scope('/queen/ctl:w')], notBeforeMs: NOW + 50 });
    const ticket = verified(second, { nowMs: NOW + 60 });
    const matcher = matcherOf(ticket);
    expect(matcher.matches('/queen/ctl', 'write')).toBe(true);
    expect(matcher.matches('/queen/ctl', 'read')).toBe(false);
    expect(matcher.matches('/log/queen.log', 'read')).toBe(false);
    expectRefused(check(second, { nowMs: NOW + 49 }), 'expired');
    expectRefused(check(second, { nowMs: NOW + 100 }), 'expired');
  });

  test('spans that do not meet make a ticket that is never valid', () => {
    const token = child(minted({ expiresMs: NOW }), { notBeforeMs: NOW + 10 });
    for (const nowMs of [NOW - 1, NOW, NOW + 10]) expectRefused(check(token, { nowMs }), 'expired');
  });
});

test('what a child may do, its parent may do: any scopes, any depth, any path', () => {
  fc.assert(
    fc.property(
      fc.array(arbitrary.scopes, { minLength: 1, maxLength: 4 }),
      fc.array(arbitrary.components, { minLength: 1, maxLength: 10 }),
      fc.constantFrom('read' as const, 'write' as const, 'both' as const),
      (blocks, paths, verb) => {
        let token = minted({ scopes: blocks[0]! });
        let parent = matcherOf(verified(token));
        for (const scopes of blocks.slice(1)) {
          token = child(token, { scopes });
          const narrower = matcherOf(verified(token));
          for (const path of paths.map((names) => `/${names.join('/')}`)) {
            if (narrower.matches(path, verb)) expect(parent.matches(path, verb), path).toBe(true);
          }
          parent = narrower;
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('when a child is valid, its parent is: any times', () => {
  const time = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 20 }));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(time, time), { minLength: 2, maxLength: 4 }),
      fc.integer({ min: 0, max: 21 }),
      (spans, now) => {
        fc.pre(spans.every(([start, end]) => end === 0 || end > start));
        const restraint = ([notBeforeMs, expiresMs]: readonly [number, number]) => ({ notBeforeMs, expiresMs });
        let token = minted(restraint(spans[0]!));
        for (const span of spans.slice(1)) {
          const parentIsValid = check(token, { nowMs: now }).ok;
          token = child(token, restraint(span));
          if (check(token, { nowMs: now }).ok) expect(parentIsValid).toBe(true);
        }
      },
    ),
  );
});
