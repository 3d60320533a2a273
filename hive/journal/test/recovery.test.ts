// What a damaged journal looks like to the next start: a torn tail is kept aside, anything else is refused.

import { describe, expect, test } from 'vitest';
import { bytes, DIRECTORY, fill, must, randomOf, refusalOf, tryOpen } from './helpers.ts';
import { MemoryDisk } from './memory-disk.ts';

const FIRST = `${DIRECTORY}/0000000000000001.seg`;
const HEADER = 64;
const RECORD_HEADER = 76;
const BODIES = ['first record', 'second', 'the third one'];

/** Offset of each record and of the end. */
const OFFSETS: number[] = [HEADER];
for (const [index, body] of BODIES.entries()) OFFSETS.push(OFFSETS[index]! + RECORD_HEADER + body.length);

async function filled(options = {}): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  await fill(disk, BODIES, options);
  return disk;
}

function copyOf(disk: MemoryDisk): MemoryDisk {
  return disk.crash({ kind: 'all' });
}

async function expectTampering(disk: MemoryDisk, path: string, offset: number): Promise<void> {
  const before = disk
    .names(DIRECTORY)
    .map((name) => [name, name.endsWith('.seg') && disk.contents(`${DIRECTORY}/${name}`)]);
  const { code, detail } = refusalOf(await tryOpen(disk));
  expect(code).toBe('audit-unavailable');
  expect(detail).toContain(`tampering: ${path} at byte ${offset}:`);
  const after = disk
    .names(DIRECTORY)
    .map((name) => [name, name.endsWith('.seg') && disk.contents(`${DIRECTORY}/${name}`)]);
  expect(after, 'a refused start changes no segment').toEqual(before);
}

describe('a torn tail', () => {
  test.each([
    ['cut', 'cut off'],
    ['zeros', 'zeros instead'],
    ['noise', 'noise instead'],
  ])('of the last record at every length: %s', async (kind) => {
    const disk = await filled();
    const whole = disk.contents(FIRST);
    for (let size = OFFSETS[2]!; size < whole.length; size++) {
      const torn = copyOf(disk);
      const rest = Buffer.alloc(kind === 'cut' ? 0 : whole.length - size, kind === 'zeros' ? 0 : 0xa7);
      // A zero may be what stood there.
      const image = Buffer.concat([whole.subarray(0, size), rest]);
      if (image.equals(whole)) continue;
      torn.overwrite(FIRST, image);
      const { journal, report, bodies } = must(await tryOpen(torn, { at: 77 }));
      expect(bodies).toEqual(BODIES.slice(0, 2));
      const left = image.subarray(OFFSETS[2]!);
      if (left.length === 0) {
        expect(report.torn).toBeUndefined();
      } else {
        expect(report.torn).toMatchObject({ segment: '0000000000000001.seg', offset: OFFSETS[2], size: left.length });
        expect(report.torn?.keptAs).toBe('torn-77.bin');
        expect(torn.contents(`${DIRECTORY}/torn-77.bin`)).toEqual(left);
      }
      must(await must(journal.append(bytes('new'))).durable);
      must(await journal.close());
      expect(must(await tryOpen(torn)).bodies).toEqual([...BODIES.slice(0, 2), 'new']);
    }
  });

  test('of the only segment, down to nothing: the file goes and the journal begins again', async () => {
    const disk = await filled();
    const whole = disk.contents(FIRST);
    for (let size = 0; size < HEADER; size++) {
      const torn = copyOf(disk);
      torn.overwrite(FIRST, whole.subarray(0, size));
      const { journal, report, bodies } = must(await tryOpen(torn));
      expect(bodies).toEqual([]);
      expect(report.torn).toMatchObject({ offset: 0, size, keptAs: size === 0 ? undefined : 'torn-0.bin' });
      expect(must(journal.append(bytes('again'))).seq).toBe(1);
      must(await journal.close());
      expect(must(await tryOpen(torn)).bodies).toEqual(['again']);
    }
  });

  test('survives a power cut right after recovery, under a name of its own each time', async () => {
    const disk = await filled();
    for (const name of ['torn-5.bin', 'torn-5-1.bin', 'torn-5-2.bin']) {
      disk.overwrite(FIRST, Buffer.concat([disk.contents(FIRST), bytes(`tail of ${name}`)]));
      const { journal, report } = must(await tryOpen(disk, { at: 5 }));
      expect(report.torn?.keptAs).toBe(name);
      expect(disk.crash({ kind: 'none' }).contents(`${DIRECTORY}/${name}`).toString()).toBe(`tail of ${name}`);
      must(await journal.close());
    }
    expect(must(await tryOpen(disk)).bodies).toEqual(BODIES);
  });

  test('is in the segment or aside after a power cut at any moment of the recovery', async () => {
    const disk = await filled();
    disk.overwrite(FIRST, Buffer.concat([disk.contents(FIRST), bytes('the torn tail')]));
    for (let at = 0; ; at++) {
      for (let seed = 0; seed < 40; seed++) {
        const recovering = copyOf(disk);
        recovering.plan = (index) => (index === at ? 'dead' : 'ok');
        const opened = await tryOpen(recovering);
        const crashed = recovering.crash({ kind: 'some', random: randomOf(seed) });
        expect(must(await tryOpen(crashed)).bodies).toEqual(BODIES);
        const kept = crashed.names(DIRECTORY).filter((name) => name.startsWith('torn-'));
        const texts = kept.map((name) => crashed.contents(`${DIRECTORY}/${name}`).toString());
        expect(texts, `power cut at operation ${at}, seed ${seed}`).toContain('the torn tail');
        if (opened.ok) return;
      }
    }
  });

  test('may be the front of a batch whose back reached the disk: nobody was promised either', async () => {
    const disk = new MemoryDisk();
    const { journal } = must(await tryOpen(disk));
    const appended = BODIES.map((body) => must(journal.append(bytes(body))).durable);
    await Promise.all(appended);
    must(await journal.close());
    const image = disk.contents(FIRST);
    image.fill(0, OFFSETS[1]!, OFFSETS[1]! + 20);
    disk.overwrite(FIRST, image);
    const { bodies, report } = must(await tryOpen(disk));
    expect(bodies).toEqual(BODIES.slice(0, 1));
    expect(report.torn).toMatchObject({ offset: OFFSETS[1], size: OFFSETS[3]! - OFFSETS[1]! });
  });
});

describe('tampering', () => {
  test('every byte of every earlier record and of the header, flipped', async () => {
    const disk = await filled();
    const whole = disk.contents(FIRST);
    for (let at = 0; at < OFFSETS[2]!; at++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const changed = copyOf(disk);
        const image = Buffer.from(whole);
        image[at]! ^= mask;
        changed.overwrite(FIRST, image);
        await expectTampering(changed, FIRST, at < HEADER ? 0 : at < OFFSETS[1]! ? OFFSETS[0]! : OFFSETS[1]!);
      }
    }
  });

  test('a record left out, repeated, or moved', async () => {
    const disk = await filled();
    const whole = disk.contents(FIRST);
    const [one, two, three] = BODIES.map((_, index) => whole.subarray(OFFSETS[index], OFFSETS[index + 1])) as Buffer[];
    const header = whole.subarray(0, HEADER);
    const cases: readonly (readonly [Buffer[], number])[] = [
      [[two!, three!], HEADER],
      [[one!, three!], OFFSETS[1]!],
      [[one!, two!, two!], OFFSETS[2]!],
      [[one!, two!, three!, three!], OFFSETS[3]!],
      [[one!, three!, two!], OFFSETS[1]!],
      [[three!], HEADER],
    ];
    for (const [records, offset] of cases) {
      const changed = copyOf(disk);
      changed.overwrite(FIRST, Buffer.concat([header, ...records]));
      await expectTampering(changed, FIRST, offset);
    }
  });

  test('in an earlier segment even its last record, its end, or its absence', async () => {
    const disk = await filled({ segmentBytesMax: 1 });
    const names = ['0000000000000001.seg', '0000000000000002.seg', '0000000000000003.seg'];
    expect(disk.names(DIRECTORY).filter((name) => name.endsWith('.seg'))).toEqual(names);
    const [first, second, third] = names.map((name) => `${DIRECTORY}/${name}`) as [string, string, string];
    const cut = copyOf(disk);
    cut.overwrite(first, cut.contents(first).subarray(0, -1));
    await expectTampering(cut, first, HEADER);
    const flipped = copyOf(disk);
    const image = flipped.contents(second);
    image[image.length - 1]! ^= 1;
    flipped.overwrite(second, image);
    await expectTampering(flipped, second, HEADER);
    const empty = copyOf(disk);
    empty.overwrite(second, Buffer.alloc(0));
    await expectTampering(empty, second, 0);
    const missing = copyOf(disk);
    missing.remove(second);
    await expectTampering(missing, third, 0);
    const headless = copyOf(disk);
    headless.remove(first);
    await expectTampering(headless, second, 0);
  });

  test('a segment of another journal, or under another name', async () => {
    const ours = await filled({ segmentBytesMax: 1 });
    const theirs = new MemoryDisk();
    await fill(theirs, ['other', 'words', 'here'], { segmentBytesMax: 1 });
    const third = `${DIRECTORY}/0000000000000003.seg`;
    const swapped = copyOf(ours);
    swapped.overwrite(third, theirs.contents(third));
    await expectTampering(swapped, third, 0);
    const renamed = copyOf(ours);
    renamed.overwrite(third, renamed.contents(FIRST));
    await expectTampering(renamed, third, 0);
    const beyond = copyOf(ours);
    beyond.put(`${DIRECTORY}/0000000000000005.seg`, beyond.contents(FIRST));
    await expectTampering(beyond, `${DIRECTORY}/0000000000000005.seg`, 0);
  });

  test('names that are not segments are left alone', async () => {
    const disk = await filled();
    disk.put(`${DIRECTORY}/notes.txt`, bytes('mine'));
    disk.put(`${DIRECTORY}/0001.seg`, bytes('not a segment name'));
    expect(must(await tryOpen(disk)).bodies).toEqual(BODIES);
    expect(disk.contents(`${DIRECTORY}/notes.txt`).toString()).toBe('mine');
  });
});

describe('the replay', () => {
  test('is stopped by a refusal, which gives the directory back', async () => {
    const disk = await filled();
    const stopped = await tryOpen(disk, {
      onRecord: (seq) => (seq === 2 ? { code: 'internal', detail: 'record 2 decides differently' } : undefined),
    });
    expect(refusalOf(stopped)).toEqual({ code: 'internal', detail: 'record 2 decides differently' });
    expect(
      must(await tryOpen(disk, { owner: { pid: 1, hostname: 'h', since: 0, program: 'p' }, livenessOf: () => 'alive' }))
        .bodies,
    ).toEqual(BODIES);
  });

  test('does not mind reads that bring less than asked', async () => {
    const disk = await filled();
    disk.plan = (_, name) => (name === 'read' ? 'short' : 'ok');
    const { bodies, journal } = must(await tryOpen(disk));
    expect(bodies).toEqual(BODIES);
    must(await journal.close());
  });

  test('takes records larger than the reading window', async () => {
    const disk = new MemoryDisk();
    const bodies = ['small', 'L'.repeat(3 * 1024 * 1024), 'after', 'M'.repeat(1024 * 1024 - RECORD_HEADER)];
    await fill(disk, bodies, { recordBytesMax: 4 * 1024 * 1024 });
    expect(must(await tryOpen(disk)).bodies.map((body) => body.length)).toEqual(bodies.map((body) => body.length));
  });
});
