// The transparency log over a journal: what it signs, what it notices at a start, and what a verifier finds in its files.

import { equalHashes, parseTilePath, TreeHasher, verifyConsistency, verifyInclusion } from '@cohesix/tlog';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LogReport, openJournal, sha256, TransparencyLog, verifyLog, writePack } from '../src/index.ts';
import { must } from './helpers.ts';
import { body, JOURNAL, run, signed, signer, verify } from './log-kit.ts';
import { MemoryDisk } from './memory-disk.ts';

const PACK = '/pack';

async function report(disk: MemoryDisk, directory = JOURNAL): Promise<LogReport> {
  return must(await verifyLog(disk, directory, { verify }));
}

describe('a log', () => {
  it('signs what is durable, goes on after a restart, and is what a verifier computes', async () => {
    const { disk, log } = await signed(300);
    expect(log.latest?.size).toBe(300);
    const again = await run(disk, 300);
    if (typeof again === 'string') throw new Error(again);
    expect(again.latest?.size).toBe(600);
    expect(await report(disk)).toMatchObject({ ok: true, kind: 'journal', size: 600, unsigned: 0, keyFrom: 'log' });
    const root = Buffer.from(again.latest?.root ?? []).toString('base64');
    expect((await report(disk)).root).toBe(root);
    expect((await verifyLog(disk, JOURNAL, { verify, older: Buffer.from(log.latest?.note ?? '') })).ok).toBe(true);
  });

  it('proves that a record is in it and that it only grew', async () => {
    const { log } = await signed(700);
    const hasher = new TreeHasher(sha256);
    const rootAt = async (size: number): Promise<Uint8Array> =>
      (await signed(size)).log.latest?.root ?? new Uint8Array();
    for (const [seq, size] of [
      [1, 700],
      [256, 256],
      [257, 257],
      [512, 700],
      [699, 699],
    ] as const) {
      const head = { size, root: await rootAt(size) };
      const claim = { index: seq - 1, leafHash: hasher.leaf(body(seq)), head };
      expect(verifyInclusion(hasher, claim, must(log.inclusion(seq, size))).ok, `${seq} in ${size}`).toBe(true);
    }
    const [first, second] = [
      { size: 300, root: await rootAt(300) },
      { size: 700, root: await rootAt(700) },
    ];
    expect(verifyConsistency(hasher, { first, second }, must(log.consistency(300, 700))).ok).toBe(true);
    expect(log.inclusion(1, 701).ok).toBe(false);
    expect(log.inclusion(701, 700).ok).toBe(false);
  });

  it('does not start on fewer records than were signed', async () => {
    const { disk } = await signed(20);
    const shorter = new MemoryDisk();
    await run(shorter, 19);
    const name = segments(shorter)[0] ?? '';
    disk.overwrite(`${JOURNAL}/${name}`, shorter.contents(`${JOURNAL}/${name}`));
    expect(await run(disk, 1)).toMatch(/tampering: 20 records were signed and only 19 are here/);
  });

  it('does not start on other records than were signed, however well they are chained', async () => {
    const { disk } = await signed(20);
    const other = new MemoryDisk();
    const journal = must(await openJournal(JOURNAL, { at: 1, disk: other })).journal;
    for (let index = 0; index < 25; index++) await must(journal.append(Buffer.from(`{"forged":${index}}`))).durable;
    await journal.close();
    const name = segments(disk)[0] ?? '';
    disk.overwrite(`${JOURNAL}/${name}`, other.contents(`${JOURNAL}/${name}`));
    expect(await run(disk, 1)).toMatch(/tampering: records 1 to 20 are not those that were signed/);
  });

  it('does not start on a checkpoint of somebody else', async () => {
    const { disk } = await signed(3);
    expect(await run(disk, 1, signer('hive', 8))).toMatch(/tampering: the checkpoint is not one that this hive signed/);
  });

  it('writes tiles again that are missing or cut short, and signs nothing twice', async () => {
    const { disk } = await signed(600);
    disk.remove(`${JOURNAL}/tile/0/000`);
    disk.overwrite(`${JOURNAL}/tile/0/001`, new Uint8Array(100));
    const note = disk.contents(`${JOURNAL}/checkpoint`).toString();
    await run(disk, 0);
    expect(disk.contents(`${JOURNAL}/checkpoint`).toString()).toBe(note);
    await run(disk, 1);
    expect([disk.contents(`${JOURNAL}/tile/0/000`).length, disk.contents(`${JOURNAL}/tile/0/001`).length]).toEqual([
      8192, 8192,
    ]);
    expect((await report(disk)).ok).toBe(true);
  });
});

function segments(disk: MemoryDisk): readonly string[] {
  return disk.names(JOURNAL).filter((name) => name.endsWith('.seg'));
}

describe('a verifier', () => {
  it('finds a log whole in every size, as a journal and as a pack', async () => {
    for (const size of [1, 2, 255, 256, 257, 513]) {
      const { disk } = await signed(size);
      expect(await report(disk), `${size}`).toMatchObject({ ok: true, size, findings: [] });
      expect(must(await writePack(disk, JOURNAL, PACK)).records).toBe(size);
      expect(await report(disk, PACK), `pack of ${size}`).toMatchObject({ ok: true, kind: 'pack', size, findings: [] });
      for (const path of disk.files(`${PACK}/tile`)) expect(parseTilePath(path.slice(PACK.length + 1)).ok).toBe(true);
    }
  });

  it('says what nobody has signed yet, and takes a pack of what is signed only', async () => {
    const { disk } = await signed(10);
    const journal = must(await openJournal(JOURNAL, { at: 1, disk })).journal;
    await must(journal.append(body(11))).durable;
    await journal.close();
    expect(await report(disk)).toMatchObject({ ok: true, size: 10, unsigned: 1 });
    expect(must(await writePack(disk, JOURNAL, PACK)).records).toBe(10);
    expect((await writePack(disk, JOURNAL, PACK)).ok, 'a pack is made once').toBe(false);
  });

  it.each([JOURNAL, PACK])('finds any changed byte of any file of %s', async (directory) => {
    const { disk } = await signed(300);
    must(await writePack(disk, JOURNAL, PACK));
    const paths = disk.files(directory).filter((path) => !/owner\.lock|\/key$/.test(path));
    const key = disk.contents(`${directory}/key`).toString();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...paths),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (path, at, change) => {
          const before = disk.contents(path);
          const edited = Buffer.from(before);
          edited[at % edited.length] = (edited[at % edited.length] ?? 0) ^ change;
          disk.overwrite(path, edited);
          const found = await verifyLog(disk, directory, { verify, key });
          disk.overwrite(path, before);
          expect(found.ok && found.value.ok, `${path} at ${at % edited.length}`).toBe(false);
        },
      ),
      { numRuns: 400 },
    );
    expect(await report(disk, directory)).toMatchObject({ ok: true });
  });

  it.each([
    ['dropped', (records: Uint8Array[]) => records.splice(4, 1)],
    ['doubled', (records: Uint8Array[]) => records.splice(4, 0, records[4] ?? body(0))],
    ['swapped', (records: Uint8Array[]) => records.splice(4, 2, records[5] ?? body(0), records[4] ?? body(0))],
    ['added at the end of what was signed', (records: Uint8Array[]) => records.splice(9, 0, body(77))],
  ])('finds a record that was %s, although the chain was made again', async (_, edit) => {
    const { disk } = await signed(10);
    const records = Array.from({ length: 10 }, (__, index) => body(index + 1));
    edit(records);
    const forged = new MemoryDisk();
    const journal = must(await openJournal(JOURNAL, { at: 1, disk: forged })).journal;
    for (const record of records) await must(journal.append(record)).durable;
    await journal.close();
    const name = segments(disk)[0] ?? '';
    disk.overwrite(`${JOURNAL}/${name}`, forged.contents(`${JOURNAL}/${name}`));
    expect((await report(disk)).ok).toBe(false);
  });

  it('finds a log that was rolled back or rewritten by whoever has its key, against a checkpoint kept elsewhere', async () => {
    const { disk, log } = await signed(20);
    const older = Buffer.from(log.latest?.note ?? '');
    const back = (await signed(19)).disk;
    expect(must(await verifyLog(back, JOURNAL, { verify, older })).findings[0]?.what).toContain('rolled back');
    const rewritten = new MemoryDisk();
    const by = signer();
    const opened = must(
      await TransparencyLog.open({ disk: rewritten, directory: JOURNAL, origin: 'hive', signer: by, verify }),
    );
    const journal = must(await openJournal(JOURNAL, { at: 1, disk: rewritten })).journal;
    for (let index = 0; index < 30; index++) {
      const record = Buffer.from(`{"other":${index}}`);
      await must(journal.append(record)).durable;
      opened.add(record);
    }
    await journal.close();
    must(await opened.sign());
    expect(await report(rewritten)).toMatchObject({ ok: true });
    const found = must(await verifyLog(rewritten, JOURNAL, { verify, older }));
    expect(found.findings.map(({ what }) => what).join()).toContain('history was rewritten');
    expect(equalHashes(log.latest?.root ?? new Uint8Array(), opened.latest?.root ?? new Uint8Array())).toBe(false);
    expect((await verifyLog(disk, JOURNAL, { verify, older })).ok).toBe(true);
  });
});
