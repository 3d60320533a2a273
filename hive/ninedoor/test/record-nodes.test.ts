// A record as text and as CBOR: the same names and values, each within its bound, and the twin counted when it is asked for.

import { recordText, type ViewRecord } from '@cohesix/authority';
import { decode } from 'cborg';
import { describe, expect, it } from 'vitest';
import { recordCbor } from '../src/record-cbor.ts';
import { recordNodes } from '../src/record-nodes.ts';

const SHARDS: ViewRecord = {
  word: 'sessions',
  fields: { total: 3, worker: 2 },
  rows: {
    name: 'shards',
    word: 'shard',
    isBare: true,
    each: [
      { label: '13', count: 1 },
      { label: '1c', count: 1 },
    ],
  },
};

/** A record of `count` rows of 24 bytes each in CBOR. */
function rowsOf(count: number): ViewRecord {
  const each = Array.from({ length: count }, (_, index) => ({ id: `row-${String(index).padStart(11, '0')}`, n: 0 }));
  return { word: 'list', fields: { total: count }, rows: { name: 'entries', word: 'row', each } };
}

describe('a record', () => {
  it('as text has a line of fields and a line a row', () => {
    expect(recordText(SHARDS)).toBe('sessions total=3 worker=2\nshard 13 1\nshard 1c 1\n');
    expect(recordText({ fields: { p50_ms: 4 } })).toBe('p50_ms=4\n');
    expect(recordText(rowsOf(1))).toBe('list total=1\nrow id=row-00000000000 n=0\n');
  });

  it('as text quotes what is more than one word, so that no value makes a second field', () => {
    expect(recordText({ fields: { target: '/a b=c\nrow' } })).toBe('target="/a b=c\\nrow"\n');
  });

  it('as CBOR is one map, the same bytes every time', () => {
    const bytes = recordCbor(SHARDS, 8192);
    expect(decode(bytes)).toEqual({ total: 3, worker: 2, shards: SHARDS.rows?.each });
    expect(Buffer.from(recordCbor({ fields: { p50_ms: 4 } }, 64)).toString('hex')).toBe('a1667035305f6d7304');
    expect(recordCbor(structuredClone(SHARDS), 8192)).toEqual(bytes);
  });

  it('as CBOR carries numbers beyond 32 bits whole', () => {
    expect(decode(recordCbor({ fields: { total: Number.MAX_SAFE_INTEGER } }, 64))).toEqual({
      total: Number.MAX_SAFE_INTEGER,
    });
  });

  it('as CBOR is whole at its own length; one byte below, whole rows fewer and said so', () => {
    const record = rowsOf(300);
    const whole = recordCbor(record, 1 << 20);
    expect(recordCbor(record, whole.length)).toEqual(whole);
    const cut = recordCbor(record, whole.length - 1);
    expect(cut.length).toBeLessThan(whole.length);
    const map = decode(cut) as { readonly total: number; readonly truncated: boolean; readonly entries: object[] };
    expect([map.total, map.truncated]).toEqual([300, true]);
    expect(map.entries).toEqual(record.rows?.each.slice(0, map.entries.length));
    expect(map.entries.length).toBeGreaterThan(290);
  });

  it.each([40, 100, 1000, 8192])('as CBOR keeps a bound of %d bytes however many rows there are', (bound) => {
    for (const count of [0, 1, 23, 24, 255, 256, 4000]) {
      expect(recordCbor(rowsOf(count), bound).length).toBeLessThanOrEqual(bound);
    }
  });
});

describe('the files of a record', () => {
  const file = { pattern: '/proc/x', boundBytes: 24, record: () => SHARDS };

  it('are the text and, where it is shown, the twin', () => {
    const patterns = (hasTwin: boolean) =>
      recordNodes({ ...file, hasTwin }, () => undefined).map(({ pattern }) => pattern);
    expect([patterns(true), patterns(false)]).toEqual([['/proc/x', '/proc/x.cbor'], ['/proc/x']]);
  });

  it('keep the bound of the text, and of the twin one that holds a read of 9P', () => {
    const [text, twin] = recordNodes({ ...file, hasTwin: true }, () => undefined);
    if (text === undefined || !('file' in text) || text.file.kind !== 'view') throw new Error('no text');
    if (twin === undefined || !('file' in twin) || twin.file.kind !== 'view') throw new Error('no twin');
    expect(Buffer.from(text.file.render({}, {} as never)).toString()).toBe('… truncated\n');
    expect(twin.file.boundBytes).toBe(8192);
    expect(decode(twin.file.render({}, {} as never))).toMatchObject({ total: 3 });
  });
});
