import { describe, expect, test } from 'vitest';
import {
  BucketTable,
  compileScopes,
  meterRefusal,
  parseScope,
  type Quotas,
  type TicketMeter,
  type VerifiedTicket,
} from '../src/index.ts';
import { child, expectRefused, id, minted, NOW, value, verified } from './kit.ts';

const open = (table: BucketTable, ticket: VerifiedTicket, nowMs = NOW): TicketMeter =>
  value(table.open(ticket, [], nowMs));

const budget = (seed: number, operationsBurst: number): VerifiedTicket =>
  verified(minted({ id: id(seed), quotas: { operationsBurst } }));

/** Tickets with ids of their own, more than `id` can make. */
const numbered = (seed: number): VerifiedTicket =>
  verified(minted({ id: new Uint8Array(new Uint32Array([seed, 0, 0, 1]).buffer), quotas: { operationsBurst: 1 } }));

describe('sharing', () => {
  test('all sessions of a ticket spend the same budget, also one after another', () => {
    const table = new BucketTable();
    const ticket = budget(1, 3);
    const [first, second] = [open(table, ticket), open(table, ticket)];
    expect(first.take('operations', 2, NOW)).toBeUndefined();
    expect(second.take('operations', 2, NOW)).toBe('operations');
    first.close();
    second.close();
    const again = open(table, ticket);
    expect(again.available('operations', NOW)).toBe(1);
    expect(again.take('operations', 1, NOW)).toBeUndefined();
    expect(again.take('operations', 1, NOW)).toBe('operations');
  });

  test("a child spends its own and every ancestor's; siblings share the parent", () => {
    const table = new BucketTable();
    const parent = minted({ quotas: { operationsBurst: 5 } });
    const one = open(table, verified(child(parent, { nonce: id(2), quotas: { operationsBurst: 3 } })));
    const two = open(table, verified(child(parent, { nonce: id(3), quotas: { operationsBurst: 3 } })));
    expect(one.take('operations', 3, NOW)).toBeUndefined();
    expect(one.take('operations', 1, NOW)).toBe('operations');
    expect(two.available('operations', NOW)).toBe(2);
    expect(two.take('operations', 3, NOW)).toBe('operations');
    expect(two.take('operations', 2, NOW)).toBeUndefined();
    expect(open(table, verified(parent)).available('operations', NOW)).toBe(0);
  });

  test('a refused charge takes nothing anywhere: not from the ancestor, not from other quotas or rates', () => {
    const table = new BucketTable();
    const scopes = [value(parseScope('/a:r@2/s')), value(parseScope('/a:rw@1/s'))];
    const parent = verified(minted({ quotas: { operationsBurst: 9 }, scopes }));
    const ticket = verified(
      child(minted({ quotas: { operationsBurst: 9 }, scopes }), { quotas: { bandwidthBurst: 4 } }),
    );
    const matcher = compileScopes(
      [value(parseScope('/:rw'))],
      ticket.blocks.map((block) => block.scopes),
    );
    const meter = value(table.open(ticket, matcher.rates, NOW));
    const { readRates } = matcher.root().child('a');
    expect(readRates.length).toBe(2);
    expect(meter.takeOperation(readRates, NOW)).toBeUndefined();
    expect(meter.takeOperation(readRates, NOW)).toBe('rate');
    const left = meter.view(NOW).map(({ kind, tokens }) => `${kind} ${tokens}`);
    expect(left).toEqual(['operations 8', 'rate 1', 'rate 0', 'bandwidth 4']);
    expect(value(table.open(parent, matcher.rates, NOW)).available('operations', NOW)).toBe(8);
  });

  test('what was not used goes back to all', () => {
    const table = new BucketTable();
    const parent = minted({ quotas: { bandwidthBurst: 100 } });
    const meter = open(table, verified(child(parent, { quotas: { bandwidthBurst: 50 } })));
    expect(meter.available('bandwidth', NOW)).toBe(50);
    meter.take('bandwidth', 50, NOW);
    meter.refund('bandwidth', 30);
    expect(meter.view(NOW).map(({ tokens }) => tokens)).toEqual([80, 30]);
  });

  test('quotas refill with time', () => {
    const meter = open(new BucketTable(), verified(minted({ quotas: { cursorMovesPerS: 10, cursorMovesBurst: 2 } })));
    expect([1, 2, 3].map(() => meter.take('cursorMoves', 1, NOW))).toEqual([undefined, undefined, 'cursorMoves']);
    expect(meter.take('cursorMoves', 1, NOW + 99)).toBe('cursorMoves');
    expect(meter.take('cursorMoves', 1, NOW + 100)).toBeUndefined();
  });

  test('a ticket without quotas and rates needs no account and is never refused', () => {
    const table = new BucketTable({ accountsMax: 0 });
    const meter = open(table, verified(minted()));
    expect(table.size).toBe(0);
    expect(meter.take('bandwidth', 1e12, NOW)).toBeUndefined();
    expect(meter.available('bandwidth', NOW)).toBe(Number.POSITIVE_INFINITY);
    expect(meter.takeOperation([], NOW)).toBeUndefined();
  });

  test('a rate of the ceiling is shared by all sessions of the root ticket', () => {
    const table = new BucketTable();
    const ticket = verified(minted());
    const matcher = compileScopes(
      [value(parseScope('/:rw@1/s'))],
      ticket.blocks.map((block) => block.scopes),
    );
    const meters = [1, 2].map(() => value(table.open(ticket, matcher.rates, NOW)));
    expect(meters.map((meter) => meter.takeOperation(matcher.root().readRates, NOW))).toEqual([undefined, 'rate']);
  });
});

describe('one read of a stream', () => {
  const meterOf = (quotas: Quotas): TicketMeter => open(new BucketTable(), verified(minted({ quotas })));
  const left = (meter: TicketMeter): readonly number[] => [
    meter.available('cursorMoves', NOW),
    meter.available('cursorResumes', NOW),
  ];

  test('costs a move, and a resume when it goes back', () => {
    const meter = meterOf({ cursorMovesBurst: 2, cursorResumesBurst: 2 });
    expect(meter.takeCursor(false, NOW)).toBeUndefined();
    expect(left(meter)).toEqual([1, 2]);
    expect(meter.takeCursor(true, NOW)).toBeUndefined();
    expect(left(meter)).toEqual([0, 1]);
    expect([meter.takeCursor(false, NOW), meter.takeCursor(true, NOW)]).toEqual(['cursorMoves', 'cursorMoves']);
    expect(left(meter)).toEqual([0, 1]);
  });

  test('that may not go back costs nothing', () => {
    const meter = meterOf({ cursorMovesBurst: 2, cursorResumesBurst: 1 });
    expect(meter.takeCursor(true, NOW)).toBeUndefined();
    expect(meter.takeCursor(true, NOW)).toBe('cursorResumes');
    expect(left(meter)).toEqual([1, 0]);
    expect(meter.takeCursor(false, NOW)).toBeUndefined();
  });

  test('gives back to ancestors too', () => {
    const parent = minted({ quotas: { cursorMovesBurst: 5 } });
    const meter = open(new BucketTable(), verified(child(parent, { quotas: { cursorResumesBurst: 1 } })));
    expect([meter.takeCursor(true, NOW), meter.takeCursor(true, NOW)]).toEqual([undefined, 'cursorResumes']);
    expect(left(meter)).toEqual([4, 0]);
  });
});

describe('revoked tickets', () => {
  const parent = minted({ quotas: { operationsBurst: 9 } });
  const middle = child(parent, { nonce: id(2), quotas: { operationsBurst: 5 } });
  const leaf = verified(child(middle, { nonce: id(3), quotas: { operationsBurst: 3 } }));
  const other = verified(child(parent, { nonce: id(4), quotas: { operationsBurst: 3 } }));
  const spend = (table: BucketTable, ticket: VerifiedTicket): TicketMeter => {
    const meter = open(table, ticket);
    expect(meter.take('operations', 1, NOW)).toBeUndefined();
    return meter;
  };

  test('spent children block their root until they are revoked', () => {
    const table = new BucketTable({ accountsPerRootMax: 3 });
    spend(table, leaf).close();
    expectRefused(table.open(other, [], NOW), 'limit');
    table.forget(leaf.ids[2]!);
    expect(table.size).toBe(2);
    expect(open(table, other).available('operations', NOW), 'what the parent spent stays spent').toBe(3);
    expect(open(table, verified(parent)).available('operations', NOW)).toBe(8);
  });

  test('take all that was made from them along, and nothing else', () => {
    const table = new BucketTable();
    for (const ticket of [leaf, other, budget(7, 2)]) spend(table, ticket).close();
    expect(table.size).toBe(5);
    table.forget(leaf.ids[1]!);
    expect(table.size).toBe(3);
    table.forget('00'.repeat(16));
    expect(table.size).toBe(3);
    table.forget(leaf.ids[0]!);
    expect(table.size).toBe(1);
    expect(open(table, budget(7, 2)).available('operations', NOW)).toBe(1);
  });

  test('keep their accounts as long as a session uses them, and lose them with the last', () => {
    const table = new BucketTable();
    const [first, second] = [spend(table, leaf), spend(table, leaf)];
    table.forget(leaf.ids[0]!);
    expect([table.size, first.available('operations', NOW)]).toEqual([3, 1]);
    first.close();
    expect(table.size).toBe(3);
    second.close();
    expect(table.size).toBe(0);
  });
});

describe('bounds', () => {
  test('accounts that matter are never forgotten: open ones, and closed ones with something spent', () => {
    const table = new BucketTable({ accountsMax: 2 });
    const first = open(table, budget(1, 5));
    const second = open(table, budget(2, 5));
    expectRefused(table.open(budget(3, 5), [], NOW), 'limit');
    second.take('operations', 1, NOW);
    second.close();
    expectRefused(table.open(budget(3, 5), [], NOW), 'limit');
    first.close();
    expect(table.open(budget(3, 5), [], NOW).ok).toBe(true);
    expect(table.size).toBe(2);
    expect(open(table, budget(2, 5)).available('operations', NOW)).toBe(4);
  });

  test('a spent account may go once it has refilled', () => {
    const table = new BucketTable({ accountsMax: 1 });
    const meter = open(table, verified(minted({ quotas: { operationsPerS: 1, operationsBurst: 10 } })));
    meter.take('operations', 10, NOW);
    meter.close();
    expectRefused(table.open(budget(2, 1), [], NOW + 9999), 'limit');
    expect(table.open(budget(2, 1), [], NOW + 10_000).ok).toBe(true);
  });

  test('a spent account may go once its block has expired', () => {
    const table = new BucketTable({ accountsMax: 1 });
    const meter = open(table, verified(minted({ quotas: { operationsBurst: 1 }, expiresMs: NOW + 5 })));
    meter.take('operations', 1, NOW);
    meter.close();
    expectRefused(table.open(budget(2, 1), [], NOW + 4), 'limit');
    expect(table.open(budget(2, 1), [], NOW + 5).ok).toBe(true);
  });

  test('one root ticket cannot fill the table with children', () => {
    const table = new BucketTable({ accountsPerRootMax: 2 });
    const parent = minted();
    const kid = (seed: number): VerifiedTicket =>
      verified(child(parent, { nonce: id(seed), quotas: { operationsBurst: 1 } }));
    open(table, kid(1));
    const second = open(table, kid(2));
    expectRefused(table.open(kid(3), [], NOW), 'limit');
    expect(table.open(budget(9, 1), [], NOW).ok).toBe(true);
    second.close();
    expect(table.open(kid(3), [], NOW).ok).toBe(true);
    expect(table.size).toBe(3);
  });

  test('a refused open holds nothing', () => {
    const table = new BucketTable({ accountsMax: 1 });
    const parent = minted({ quotas: { operationsBurst: 1 } });
    expectRefused(table.open(verified(child(parent, { quotas: { operationsBurst: 1 } })), [], NOW), 'limit');
    expect(table.open(budget(2, 1), [], NOW).ok).toBe(true);
  });

  test('a forgotten account no longer counts for its root ticket', () => {
    const table = new BucketTable({ accountsMax: 1, accountsPerRootMax: 1 });
    open(table, budget(1, 1)).close();
    open(table, budget(2, 1)).close();
    expect(table.open(budget(1, 1), [], NOW).ok).toBe(true);
    expect(table.size).toBe(1);
  });

  test("a root's accounts are all looked at, however many others there are", () => {
    const table = new BucketTable({ accountsPerRootMax: 1 });
    for (let seed = 0; seed < 1025; seed += 1) open(table, numbered(seed));
    const parent = minted();
    const kid = (seed: number): VerifiedTicket =>
      verified(child(parent, { nonce: id(seed), quotas: { operationsBurst: 1 } }));
    open(table, kid(1)).close();
    expect(table.open(kid(2), [], NOW).ok).toBe(true);
  });

  test('a full table looks at 1,024 accounts a time and goes on from there', () => {
    const table = new BucketTable({ accountsMax: 1025 });
    for (let seed = 0; seed < 1024; seed += 1) open(table, numbered(seed));
    open(table, numbered(1024)).close();
    expectRefused(table.open(numbered(1025), [], NOW), 'limit');
    expect(table.open(numbered(1025), [], NOW).ok).toBe(true);
  });

  test('no accounts at all for a root, when that is the bound', () => {
    expectRefused(new BucketTable({ accountsPerRootMax: 0 }).open(budget(1, 1), [], NOW), 'limit');
  });

  test('closing twice counts once', () => {
    const table = new BucketTable({ accountsMax: 1 });
    const [first] = [open(table, budget(1, 1)), open(table, budget(1, 1))];
    first?.close();
    first?.close();
    expectRefused(table.open(budget(2, 1), [], NOW), 'limit');
  });
});

test('refusals of a meter name the quota', () => {
  expect(meterRefusal('rate').code).toBe('rate-limited');
  expect(meterRefusal('cursorMoves')).toMatchObject({
    code: 'exhausted',
    detail: expect.stringContaining('cursor-moves'),
  });
});
