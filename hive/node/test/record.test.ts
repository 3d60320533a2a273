// Records as bytes: read whole, and split where what was asked ends.

import { expect, it } from 'vitest';
import { answeredText, encodeRecord, type LedgerRecord, parseRecord, splitRecord } from '../src/record.ts';
import { QUEEN, START_MS } from './fixture.ts';

function record(lines: readonly string[], change: Partial<LedgerRecord> = {}): LedgerRecord {
  const outcomes = lines.map((line) => ({ ok: true, changes: [], effects: [], log: [line], reply: {} }) as const);
  const asked = { seq: 7, at: START_MS, mono_us: 5, who: QUEEN, path: '/queen/ctl', lines };
  return { ...asked, outcomes, decisions: lines.map(() => 'open' as const), ...change };
}

const STATE = 'ab'.repeat(32);

it('splits a record into what was asked and the very text of the rest', () => {
  for (const each of [record(['{}']), record(['a', 'b']), record(['{}'], { state: STATE })]) {
    const { outcomes, decisions, state, ...asked } = each;
    const body = encodeRecord(each);
    expect(splitRecord(body)).toEqual({ asked, state, answered: answeredText(each) });
    expect(parseRecord(body)).toEqual(each);
  }
});

it('is not led astray by lines, names and paths that look like the rest of a record', () => {
  const nasty = [',"outcomes":[', '","outcomes":[],"x":"', '\\",\\"outcomes\\":[', `,"state":"${STATE}"}`, '"}'];
  for (const line of nasty) {
    const each = record([line], { path: `/x${line}`, who: { ...QUEEN, subject: line } });
    const { outcomes, decisions, ...asked } = each;
    expect(splitRecord(encodeRecord(each)), line).toEqual({ asked, state: undefined, answered: answeredText(each) });
  }
});

it('takes nothing that is no record', () => {
  const texts = ['', 'null', '{}', '{"seq":1,"outcomes":[]}', ',"outcomes":[', '{"seq":"1","at":2,"outcomes":[]}'];
  for (const text of texts) {
    expect(splitRecord(Buffer.from(text)), text).toBeUndefined();
    expect(parseRecord(Buffer.from(text)), text).toBeUndefined();
  }
  expect(splitRecord(Uint8Array.of(0xff))).toBeUndefined();
});

it('records of before there were decisions are read, and are not split into more than they have', () => {
  const { decisions, mono_us, ...old } = record(['{}']);
  const body = encodeRecord(old);
  expect(parseRecord(body)).toEqual(old);
  expect(splitRecord(body)?.answered).toBe(answeredText(old));
});
