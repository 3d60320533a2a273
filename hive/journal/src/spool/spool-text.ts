// The records of a spool as a text that can be read at offsets:
//
//   seq=7 ts=1767225600000 kind=record bytes=5
//   hello
//   ~ lost seq=8 records=2
//
// A payload stands as it is, `bytes` bytes, so it may hold anything; after it comes an LF unless it ends in one. What is read is what
// waited for an acknowledgement when the text was opened: offsets stay what they were while records are appended or acknowledged.
// One that was acknowledged meanwhile cannot be read again (`stale`).

import { ok, type Result, refuse } from '@cohesix/wire';
import { type Entry, type IndexTable, type KeptRecord, lastSeqOf } from './index-table.ts';
import { kindName } from './record.ts';

/** Where the text comes from. */
export interface TextSource {
  readonly table: IndexTable;
  /** The payload of a record, checked. */
  readonly read: (entry: KeptRecord) => Promise<Result<Uint8Array>>;
}

/** A text that was opened. */
export interface OpenText {
  /** At most `count` bytes from `offset` on; none: the end. One read at a time is quickest, each at the end of the one before. */
  readonly read: (offset: number, count: number) => Promise<Result<Uint8Array>>;
}

/** The line before a payload, or the mark of a gap; with its LF. */
function entryLine(entry: Entry): string {
  if ('lost' in entry) return `~ lost seq=${entry.seq} records=${entry.lost}\n`;
  return `seq=${entry.seq} ts=${entry.ts} kind=${kindName(entry.kind)} bytes=${entry.size}\n`;
}

/** Bytes of an entry in the text; its line is ASCII. */
function textBytes(entry: Entry): number {
  return entryLine(entry).length + ('lost' in entry ? 0 : entry.size + (entry.isLine ? 0 : 1));
}

/** A place in the text: where entry `seq` begins. */
interface Place {
  readonly seq: number;
  readonly offset: number;
}

export class SpoolText {
  readonly #source: TextSource;

  constructor(source: TextSource) {
    this.#source = source;
  }

  /** Opens the text of the records from `from` up to but not with `to`. */
  open(range: { readonly from: number; readonly to: number }): OpenText {
    const start: Place = { seq: range.from, offset: 0 };
    let last = start;
    return {
      read: async (offset, count) => {
        // Going back costs a walk over the index, going on does not.
        const place = this.#walk(offset < last.offset ? start : last, range.to, offset);
        if (!place.ok) return place;
        last = place.value;
        return this.#gather(place.value, range.to, { offset, count });
      },
    };
  }

  /** The entry in which `offset` lies, or the end. */
  #walk(from: Place, to: number, offset: number): Result<Place> {
    let place = from;
    while (place.seq < to) {
      const entry = this.#entryAt(place.seq);
      if (!entry.ok) return entry;
      const after = place.offset + textBytes(entry.value);
      if (after > offset) break;
      place = { seq: lastSeqOf(entry.value) + 1, offset: after };
    }
    return ok(place);
  }

  #entryAt(seq: number): Result<Entry> {
    const entry = this.#source.table.holding(seq);
    if (entry !== undefined) return ok(entry);
    return refuse('stale', `Record ${seq} was acknowledged while it was read; open the file again.`);
  }

  async #gather(from: Place, to: number, want: { offset: number; count: number }): Promise<Result<Uint8Array>> {
    const parts: Uint8Array[] = [];
    let { seq, offset } = from;
    let missing = want.count;
    while (seq < to && missing > 0) {
      const entry = this.#entryAt(seq);
      const text = entry.ok ? await this.#textOf(entry.value) : entry;
      // What was gathered is right; the next read tells.
      if (!text.ok || !entry.ok) return parts.length > 0 ? ok(Buffer.concat(parts)) : (text as Result<never>);
      const skipped = Math.max(0, want.offset - offset);
      const part = text.value.subarray(skipped, skipped + missing);
      parts.push(part);
      missing -= part.length;
      offset += text.value.length;
      seq = lastSeqOf(entry.value) + 1;
    }
    return ok(Buffer.concat(parts));
  }

  async #textOf(entry: Entry): Promise<Result<Uint8Array>> {
    const line = Buffer.from(entryLine(entry), 'latin1');
    if ('lost' in entry) return ok(line);
    const payload = await this.#source.read(entry);
    return payload.ok ? ok(Buffer.concat(entry.isLine ? [line, payload.value] : [line, payload.value, LF])) : payload;
  }
}

const LF = Buffer.from('\n');
