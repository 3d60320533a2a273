// The open journal on a disk in memory: order, batches, limits, sealing, reading back.

import { describe, expect, test } from 'vitest';
import type { Journal } from '../src/index.ts';
import { bytes, DIRECTORY, fill, keep, must, refusalOf, tryOpen } from './helpers.ts';
import { MemoryDisk } from './memory-disk.ts';

const RECORD_HEADER = 76;

function count(disk: MemoryDisk, name: string): number {
  return disk.log.filter((entry) => entry === name).length;
}

async function readAll(journal: Journal, from: number): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const entry of journal.read(from)) {
    const { seq, body } = must(entry);
    lines.push(`${seq} ${Buffer.from(body)}`);
  }
  return lines;
}

describe('appending', () => {
  test('numbers from 1, survives a restart, goes on where it was', async () => {
    const disk = new MemoryDisk();
    await fill(disk, ['a', 'b']);
    const { journal, report, bodies } = must(await tryOpen(disk));
    expect(bodies).toEqual(['a', 'b']);
    expect(report).toEqual({ records: 2, segments: 1, bytes: 64 + 2 * (RECORD_HEADER + 1), torn: undefined });
    expect(journal.head.seq).toBe(2);
    expect(await keep(journal, 'c')).toBe(3);
    expect(journal.head.seq).toBe(3);
    must(await journal.close());
    expect(must(await tryOpen(disk)).bodies).toEqual(['a', 'b', 'c']);
  });

  test('everything of one turn goes out in one write and one sync', async () => {
    const disk = new MemoryDisk();
    const { journal } = must(await tryOpen(disk));
    await keep(journal, 'first');
    const [writes, syncs] = [count(disk, 'writev'), count(disk, 'datasync')];
    const answers: number[] = [];
    for (let index = 0; index < 100; index++) {
      must(
        journal.append(bytes(`line ${index}`), (seq, refusal) => {
          expect(refusal).toBeUndefined();
          expect(journal.head.seq, 'durable before acknowledged').toBe(102);
          answers.push(seq);
        }),
      );
    }
    expect(answers, 'nothing is acknowledged in the turn itself').toEqual([]);
    must(await must(journal.append(bytes('last'))).durable);
    expect(answers).toEqual(Array.from({ length: 100 }, (_, index) => index + 2));
    expect([count(disk, 'writev') - writes, count(disk, 'datasync') - syncs]).toEqual([1, 1]);
  });

  test('what comes while a batch is at the disk forms the next batch', async () => {
    const disk = new MemoryDisk();
    const { journal } = must(await tryOpen(disk));
    await keep(journal, 'first');
    const syncs = count(disk, 'datasync');
    const during: Promise<unknown>[] = [];
    disk.plan = (_, name) => {
      if (name === 'writev' && during.length < 5) {
        for (let index = 0; index < 5; index++) during.push(must(journal.append(bytes(`during ${index}`))).durable);
      }
      return 'ok';
    };
    await keep(journal, 'second');
    await Promise.all(during);
    expect(count(disk, 'datasync') - syncs).toBe(2);
    expect(journal.head.seq).toBe(7);
  });

  test('copies the body', async () => {
    const disk = new MemoryDisk();
    const { journal } = must(await tryOpen(disk));
    const body = Buffer.from('before');
    const appended = must(journal.append(body));
    body.fill('x');
    must(await appended.durable);
    expect(await readAll(journal, 1)).toEqual(['1 before']);
  });

  test('begins a segment when the next record would pass the size, and keeps one larger record alone', async () => {
    const disk = new MemoryDisk();
    const segmentBytesMax = 64 + 2 * (RECORD_HEADER + 10);
    await fill(disk, ['0123456789', '0123456789', '0123456789', 'x'.repeat(500), 'y'], { segmentBytesMax });
    const names = disk.names(DIRECTORY).filter((name) => name.endsWith('.seg'));
    expect(names).toEqual([
      '0000000000000001.seg',
      '0000000000000003.seg',
      '0000000000000004.seg',
      '0000000000000005.seg',
    ]);
    expect(disk.contents(`${DIRECTORY}/${names[0]}`).length).toBe(segmentBytesMax);
    expect(must(await tryOpen(disk)).bodies).toHaveLength(5);
  });

  test('many records in one turn over several batches and segments stay in order', async () => {
    const disk = new MemoryDisk();
    const bodies = Array.from({ length: 500 }, (_, index) => `${index} ${'z'.repeat(index % 97)}`);
    const options = { segmentBytesMax: 5000, batchRecordsMax: 7 };
    const { journal } = must(await tryOpen(disk, options));
    const order: number[] = [];
    for (const body of bodies) must(journal.append(bytes(body), (seq) => order.push(seq)));
    must(await journal.close());
    expect(order).toEqual(bodies.map((_, index) => index + 1));
    expect(must(await tryOpen(disk)).bodies).toEqual(bodies);
  });

  test('more bytes in one turn than a batch holds', async () => {
    const disk = new MemoryDisk();
    const bodies = Array.from({ length: 300 }, (_, index) => String(index % 10).repeat(1000 + index * 17));
    const { journal } = must(await tryOpen(disk));
    for (const body of bodies) must(journal.append(bytes(body)));
    must(await journal.close());
    expect(must(await tryOpen(disk)).bodies).toEqual(bodies);
  });

  test('a callback that throws does not keep the others from their answer', async () => {
    const { journal } = must(await tryOpen(new MemoryDisk()));
    const thrown: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => thrown.push(error));
    const defect = new Error('a defect of the caller');
    must(
      journal.append(bytes('one'), () => {
        throw defect;
      }),
    );
    await keep(journal, 'two');
    must(await journal.close());
    await new Promise(setImmediate);
    process.removeAllListeners('uncaughtException');
    for (const listener of listeners) process.on('uncaughtException', listener);
    expect(thrown).toEqual([defect]);
  });
});

describe('limits', () => {
  test('a record of the largest size is taken, one byte more is too big, an empty one is none', async () => {
    const { journal } = must(await tryOpen(new MemoryDisk(), { recordBytesMax: 100 }));
    expect(must(journal.append(new Uint8Array(100))).seq).toBe(1);
    expect(refusalOf(journal.append(new Uint8Array(101))).code).toBe('too-big');
    expect(refusalOf(journal.append(new Uint8Array(0))).code).toBe('invalid-payload');
    expect(journal.nextSeq, 'a refused record takes no number').toBe(2);
    must(await journal.close());
  });

  test('bytes waiting for the disk are bounded, and room comes back', async () => {
    const { journal } = must(await tryOpen(new MemoryDisk(), { pendingBytesMax: 2 * (RECORD_HEADER + 10) }));
    const first = must(journal.append(new Uint8Array(10).fill(1)));
    must(journal.append(new Uint8Array(10).fill(2)));
    expect(refusalOf(journal.append(new Uint8Array(1))).code).toBe('buffer-full');
    expect(journal.refusalFor(1)?.code).toBe('buffer-full');
    must(await first.durable);
    expect(journal.pendingBytes).toBe(0);
    expect(journal.refusalFor(1)).toBeUndefined();
    must(journal.append(new Uint8Array(1000)));
    expect(refusalOf(journal.append(new Uint8Array(1))).code, 'a record over the bound goes alone').toBe('buffer-full');
    must(await journal.close());
  });

  test('limits that make no sense are a RangeError', async () => {
    for (const limits of [{ segmentBytesMax: 0 }, { recordBytesMax: 16 * 1024 * 1024 + 1 }, { batchRecordsMax: 0.5 }]) {
      await expect(tryOpen(new MemoryDisk(), limits)).rejects.toThrow(RangeError);
    }
  });
});

describe('a failing disk', () => {
  test.each(['datasync', 'writev'])('one failed %s seals for ever although the next would work', async (operation) => {
    const disk = new MemoryDisk();
    const reasons: string[] = [];
    const { journal } = must(await tryOpen(disk, { onSealed: (reason) => reasons.push(reason), batchRecordsMax: 2 }));
    await keep(journal, 'kept');
    let failures = 0;
    disk.plan = (_, name) => (name === operation && failures++ === 0 ? 'EIO' : 'ok');
    const pending = ['a', 'b', 'c', 'd', 'e'].map((text) => must(journal.append(bytes(text))).durable);
    for (const result of await Promise.all(pending)) expect(refusalOf(result).code).toBe('audit-unavailable');
    expect(journal.sealed).toContain('EIO');
    expect(reasons).toEqual([`EIO: ${operation}`]);
    expect(refusalOf(journal.append(bytes('later'))).code).toBe('audit-unavailable');
    expect(journal.pendingBytes).toBe(0);
    expect(await readAll(journal, 1), 'reads go on').toEqual(['1 kept']);
    expect(refusalOf(await journal.close()).code).toBe('audit-unavailable');
    expect(must(await tryOpen(disk)).bodies).toEqual(['kept']);
  });

  test('a full disk: refused with the reason, and after room is made a restart goes on', async () => {
    const disk = new MemoryDisk();
    const { journal } = must(await tryOpen(disk));
    await keep(journal, 'kept');
    let writes = 0;
    // Half of the write goes in, as on a disk that fills up.
    disk.plan = (_, name) => (name !== 'writev' ? 'ok' : writes++ === 0 ? 'short' : 'ENOSPC');
    const result = await must(journal.append(bytes('does not fit'))).durable;
    expect(refusalOf(result).detail).toContain('ENOSPC');
    await journal.close();
    disk.plan = () => 'ok';
    const again = must(await tryOpen(disk));
    expect(again.bodies).toEqual(['kept']);
    expect(await keep(again.journal, 'fits')).toBe(2);
    must(await again.journal.close());
  });

  test('when even taking back fails, the reason says so', async () => {
    const disk = new MemoryDisk();
    const { journal } = must(await tryOpen(disk));
    await keep(journal, 'kept');
    disk.plan = (_, name) => (['datasync', 'truncate'].includes(name) ? 'EIO' : 'ok');
    refusalOf(await must(journal.append(bytes('unknown'))).durable);
    expect(journal.sealed).toBe('EIO: datasync; could not take back the last batch: EIO: truncate');
    await journal.close();
  });
});

describe('closing', () => {
  test('flushes what is pending, then refuses; a second close has the same answer', async () => {
    const disk = new MemoryDisk();
    const { journal } = must(await tryOpen(disk));
    const durable = ['a', 'b'].map((text) => must(journal.append(bytes(text))).durable);
    const closing = journal.close();
    expect(refusalOf(journal.append(bytes('late'))).code).toBe('closed');
    must(await closing);
    for (const result of await Promise.all(durable)) must(result);
    expect(await journal.close()).toEqual(await closing);
    expect(must(await tryOpen(disk)).bodies).toEqual(['a', 'b']);
  });

  test('an untouched journal closes and leaves no segment', async () => {
    const disk = new MemoryDisk();
    must(await must(await tryOpen(disk)).journal.close());
    expect(disk.names(DIRECTORY).filter((name) => name.endsWith('.seg'))).toEqual([]);
    expect(must(await tryOpen(disk)).report.records).toBe(0);
  });
});

describe('reading back', () => {
  test('from any number, over segments, up to what is durable', async () => {
    const disk = new MemoryDisk();
    const { journal } = must(await tryOpen(disk, { segmentBytesMax: 300 }));
    const lines: string[] = [];
    for (let seq = 1; seq <= 9; seq++) lines.push(`${await keep(journal, `body${seq}`)} body${seq}`);
    const pending = must(journal.append(bytes('pending')));
    for (let from = 1; from <= 10; from++) expect(await readAll(journal, from)).toEqual(lines.slice(from - 1));
    must(await pending.durable);
    expect(await readAll(journal, 10)).toEqual(['10 pending']);
    expect(await readAll(journal, 11)).toEqual([]);
    must(await journal.close());
  });

  test('goes on where an earlier read ended, in the same segment and in the next ones, without reading what is before', async () => {
    const disk = new MemoryDisk();
    const { journal } = must(await tryOpen(disk, { segmentBytesMax: 64 + 3 * (RECORD_HEADER + 4) }));
    for (let seq = 1; seq <= 10; seq++) await keep(journal, `r${String(seq).padStart(3, '0')}`);
    const ends = [];
    for await (const entry of journal.read(1)) ends.push(must(entry).end);
    expect(ends.map(({ segment }) => segment)).toContain(4);
    // What is before the place in its segment is not looked at.
    const image = disk.contents(`${DIRECTORY}/0000000000000001.seg`);
    image[64 + RECORD_HEADER]! ^= 1;
    disk.overwrite(`${DIRECTORY}/0000000000000001.seg`, image);
    for (const [index, end] of ends.entries()) {
      const seqs = [];
      for await (const entry of journal.read(index + 2, end)) seqs.push(must(entry).seq);
      expect(seqs).toEqual(ends.slice(index + 1).map(({ seq }) => seq));
    }
    await journal.close();
  });

  test('says where a file was damaged since', async () => {
    const disk = new MemoryDisk();
    const { journal } = must(await tryOpen(disk));
    await keep(journal, 'one');
    await keep(journal, 'two');
    const path = `${DIRECTORY}/0000000000000001.seg`;
    const image = disk.contents(path);
    image[image.length - 1]! ^= 1;
    disk.overwrite(path, image);
    const entries = [];
    for await (const entry of journal.read(1)) entries.push(entry);
    expect(entries).toHaveLength(2);
    expect(refusalOf(entries[1]!).detail).toBe(`${path} is damaged at byte ${64 + RECORD_HEADER + 3}`);
    await journal.close();
  });
});
