// Rows of views, and the tables that people see of them.

import { describe, expect, it } from 'vitest';
import { cellText, rowOf, rowsIn, rowText } from '../src/rows.ts';
import { tableLines } from '../src/table.ts';

describe('rows', () => {
  it('are words: numbers, nothing, and text that only looks like them', () => {
    expect(rowOf('id=42 subject=none fence=7 worker=none mem_mb=all reason="two words"')).toEqual({
      id: '42',
      subject: 'none',
      fence: 7,
      worker: null,
      mem_mb: 'all',
      reason: 'two words',
    });
  });

  it('are not misled by what a value quotes', () => {
    expect(rowOf('id=a by="x fence=9 \\"y\\" id=b" fence=1')).toEqual({ id: 'a', by: 'x fence=9 "y" id=b', fence: 1 });
  });

  it('keep a number that no double holds as text', () => {
    expect(rowOf('seq=9007199254740991 hash=9007199254740993')).toEqual({
      seq: 9_007_199_254_740_991,
      hash: '9007199254740993',
    });
  });

  it('are JSON lines as well', () => {
    expect(rowOf('{"id":"a","n":1,"none":null,"args":{"k":"v"}}')).toEqual({
      id: 'a',
      n: 1,
      none: null,
      args: '{"k":"v"}',
    });
    expect(rowOf('{"id":"a"')).toEqual({});
  });

  it('know when the hive cut the view', () => {
    expect(rowsIn('id=a\nid=b\n')).toEqual({ rows: [{ id: 'a' }, { id: 'b' }], isCut: false });
    expect(rowsIn('id=a\n… truncated\n')).toEqual({ rows: [{ id: 'a' }], isCut: true });
    expect(rowsIn('')).toEqual({ rows: [], isCut: false });
  });

  it('show moments as moments, spans as numbers, and nothing that is not what it looks like', () => {
    expect(cellText('ended_ms', 0)).toBe('0');
    expect(cellText('ended_ms', 1_700_000_000_000)).toBe('2023-11-14T22:13:20.000Z');
    expect(cellText('ended_ms', Number.MAX_SAFE_INTEGER)).toBe('9007199254740991');
    expect(cellText('budget_ms', 60_000)).toBe('60000');
    expect(cellText('subject', 'аlice')).toBe('"\\u0430lice"');
    expect(cellText('message', 'two words')).toBe('"two words"');
    expect([cellText('by', null), cellText('by', '')]).toEqual(['-', '-']);
    expect(rowText({ fence: 1, expires_ms: 1 })).toEqual(['fence=1', 'expires=1970-01-01T00:00:00.001Z']);
  });
});

describe('tables', () => {
  const columns = [{ field: 'id' }, { field: 'by' }, { field: 'ends_ms', title: 'left', kind: 'left' }] as const;

  it('are aligned, say how long is left, and leave out what is empty', () => {
    const rows = [
      { id: 'short', by: null, ends_ms: 61_000 },
      { id: 'much-longer', by: null, ends_ms: 1000 },
    ];
    expect(tableLines(rows, { columns, limit: 9, nowMs: 1000 })).toEqual([
      'ID           LEFT',
      'short        1 min',
      'much-longer  over',
    ]);
  });

  it('are bounded in rows and width', () => {
    const rows = Array.from({ length: 3 }, (_, at) => ({ id: `${at}`.repeat(at === 0 ? 49 : 48) }));
    expect(tableLines(rows, { columns, limit: 2, nowMs: 0 })).toEqual([
      'ID',
      `${'0'.repeat(47)}…`,
      '1'.repeat(48),
      '… and 1 more: --limit shows more of them, --json all',
    ]);
  });

  it('keep a row one line of the terminal', () => {
    const rows = [{ id: 'exactly', by: 'it' }];
    const wish = { columns, limit: 9, nowMs: 0 };
    expect(tableLines(rows, { ...wish, width: 11 })).toEqual(['ID       BY', 'exactly  it']);
    expect(tableLines(rows, { ...wish, width: 10 })).toEqual(['ID       …', 'exactly  …']);
  });
});
