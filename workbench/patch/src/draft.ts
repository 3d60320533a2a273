// A file being changed: the bytes as they will be, and every range that was written with the reason. From the ranges the
// edits of the plan are made, against the original.

import { toHex } from '@cohesix/bytes';
import { assert, HOLDS, type Outcome, refused, type Verdict } from '@cohesix/check';
import { addSpace, type Edit, type Image, open, type Space, type SpaceAsk, save } from '@cohesix/image';
import type { PlanEdit } from './plan.ts';

interface Range {
  readonly start: number;
  readonly end: number;
  readonly reason: string;
}

/** The draft of a patched file. */
export class Draft {
  readonly #original: Uint8Array;
  readonly #ranges: Range[] = [];
  /** Ranges that intents wrote; none is written twice. */
  readonly #own: Range[] = [];
  #bytes: Uint8Array;
  #image: Image;

  constructor(image: Image) {
    this.#original = image.bytes;
    this.#bytes = image.bytes.slice();
    this.#image = image;
  }

  /** The file as it is now. Its own bytes: not to be changed. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Makes room; the headers are changed, the room's bytes are not written yet. */
  room(ask: SpaceAsk): Outcome<Space> {
    const space = addSpace(this.#image, ask);
    if (!space.ok) return space;
    const saved = this.#save(space.value.edits);
    return saved.ok ? space : saved;
  }

  #save(edits: readonly Edit[]): Verdict {
    const clash = edits.find(({ offset, before }) => this.#writer(offset, offset + before.length) !== undefined);
    if (clash !== undefined) return refused(`the file's headers at ${clash.offset} are changed by an intent`);
    const saved = save(this.#bytes, edits);
    if (!saved.ok) return saved;
    const image = open(saved.value, { isa: this.#image.machine.isa });
    if (!image.ok) return image;
    this.#bytes = saved.value;
    this.#image = image.value;
    for (const { offset, after, reason } of edits)
      this.#ranges.push({ start: offset, end: offset + after.length, reason });
    return HOLDS;
  }

  #writer(start: number, end: number): Range | undefined {
    return this.#own.find((range) => start < range.end && end > range.start);
  }

  /** Writes an intent's bytes at a file offset. Refuses what another intent has written. */
  write(start: number, after: Uint8Array, reason: string): Verdict {
    const end = start + after.length;
    assert(start >= 0 && end <= this.#bytes.length, 'an edit lies inside the file');
    const other = this.#writer(start, end);
    if (other !== undefined)
      return refused(`${reason}: the bytes at ${start} are changed by another intent (${other.reason})`);
    this.#bytes.set(after, start);
    this.#own.push({ start, end, reason });
    this.#ranges.push({ start, end, reason });
    return HOLDS;
  }

  /** What changes against the original, in order; ranges that stayed as they were are left out. */
  edits(): readonly PlanEdit[] {
    const size = this.#original.length;
    const parts = this.#ranges.flatMap((range) => cutAt(range, size));
    const merged: Range[] = [];
    for (const range of parts.sort((one, other) => one.start - other.start)) {
      const last = merged.at(-1);
      if (last === undefined || range.start >= last.end || last.start >= size !== range.start >= size)
        merged.push(range);
      else merged.splice(-1, 1, joined(last, range));
    }
    const grown = grownRange(merged, size, this.#bytes.length);
    return [...merged.filter(({ start }) => start < size), ...grown].flatMap((range) => this.#edit(range));
  }

  #edit({ start, end, reason }: Range): readonly PlanEdit[] {
    const before = toHex(this.#original.subarray(start, end));
    const after = toHex(this.#bytes.subarray(start, end));
    return before === after ? [] : [{ offset: start, before, after, reason }];
  }
}

function cutAt({ start, end, reason }: Range, size: number): readonly Range[] {
  if (start >= size || end <= size) return [{ start, end, reason }];
  return [
    { start, end: size, reason },
    { start: size, end, reason },
  ];
}

function joined(one: Range, other: Range): Range {
  const reasons = new Set([...one.reason.split('; '), ...other.reason.split('; ')]);
  return { start: one.start, end: Math.max(one.end, other.end), reason: [...reasons].join('; ') };
}

/** All that lies behind the original's end is one edit. */
function grownRange(ranges: readonly Range[], size: number, sizeNow: number): readonly Range[] {
  if (sizeNow === size) return [];
  const behind = ranges.filter(({ start }) => start >= size);
  const all = behind.reduce((one, other) => joined(one, other), { start: size, end: sizeNow, reason: 'new bytes' });
  return [{ ...all, end: sizeNow }];
}
