import { describe, expect, test } from 'vitest';
import { judge, type Row, type Verdict } from '../src/bars.ts';

const ROW: Row = {
  operation: 'getattr',
  shape: '4x32',
  target: 'hive',
  opsPerSecond: 300_000,
  p50Us: 1,
  p99Us: 2,
  serverCpuUs: 5.5,
  clientCores: 0.5,
  operations: 1,
};
const DIOD: Row = { ...ROW, target: 'diod', opsPerSecond: 100_000 };
const CANNED: Row = { ...ROW, target: 'canned', serverCpuUs: 0.5 };

function verdictOf(rows: readonly Row[], bar: string): Verdict['verdict'] | undefined {
  return judge(rows).find((each) => each.bar === bar)?.verdict;
}

describe('judge', () => {
  test('passes at the bar and fails just below', () => {
    const bar = 'getattr 4x32 >= 3 x diod';
    expect(verdictOf([ROW, DIOD], bar)).toBe('PASS');
    expect(verdictOf([{ ...ROW, opsPerSecond: 299_999 }, DIOD], bar)).toBe('FAIL');
  });

  test('holds CPU time per operation against the canned server', () => {
    const bar = 'getattr 4x32 CPU <= canned + 5 us';
    expect(verdictOf([ROW, CANNED], bar)).toBe('PASS');
    expect(verdictOf([{ ...ROW, serverCpuUs: 5.51 }, CANNED], bar)).toBe('FAIL');
  });

  test('holds durable appends against a number', () => {
    const durable: Row = { ...ROW, operation: 'durable append', shape: '1x16', opsPerSecond: 15_000 };
    const bar = 'durable append 1x16 >= 15000/s';
    expect(verdictOf([durable], bar)).toBe('PASS');
    expect(verdictOf([{ ...durable, opsPerSecond: 14_999 }], bar)).toBe('FAIL');
  });

  test('judges nothing that was not measured', () => {
    expect(new Set(judge([DIOD, CANNED]).map(({ verdict }) => verdict))).toEqual(new Set(['unknown']));
  });
});
