// A witness and a log: growth is cosigned, anything else is refused with evidence; and what a verifier makes of it.

import { formatNote, formatNoteKey } from '@cohesix/tlog';
import { describe, expect, it } from 'vitest';
import {
  COSIGN_PATH,
  cosigned,
  cosignLine,
  directorySource,
  type Examined,
  examine,
  openJournal,
  TransparencyLog,
  verifyLog,
  type WitnessedHead,
  witnessedHead,
  writePack,
} from '../src/index.ts';
import { must, refusalOf } from './helpers.ts';
import { cosign, JOURNAL, run, signed, signer, storeCosigned, verify, witness } from './log-kit.ts';
import { MemoryDisk } from './memory-disk.ts';

const A = witness('a', 31);
const B = witness('b', 32);
const SELF = { key: A.signer.key, verify };

/** What the witness sees in a pack of this journal. */
async function see(disk: MemoryDisk, kept?: WitnessedHead, self = SELF): Promise<Examined> {
  const pack = `/pack-${disk.names('/').length}-${disk.log.length}`;
  must(await writePack(disk, JOURNAL, pack));
  return must(await examine(self, { source: directorySource(disk, pack), kept }));
}

async function grown(disk: MemoryDisk, kept?: WitnessedHead): Promise<WitnessedHead> {
  const seen = await see(disk, kept);
  if (seen.kind !== 'grown') throw new Error(JSON.stringify(seen));
  return seen.head;
}

async function more(disk: MemoryDisk, count: number): Promise<TransparencyLog> {
  const log = await run(disk, count);
  if (typeof log === 'string') throw new Error(log);
  return log;
}

/** A journal of other records than `signed` makes, under the same key. */
async function forged(records: readonly string[]): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const log = must(await TransparencyLog.open({ disk, directory: JOURNAL, origin: 'hive', signer: signer(), verify }));
  const journal = must(await openJournal(JOURNAL, { at: 1, disk })).journal;
  for (const record of records) {
    await must(journal.append(Buffer.from(record))).durable;
    log.add(Buffer.from(record));
  }
  await journal.close();
  must(await log.sign());
  return disk;
}

describe('a witness', () => {
  it('believes the first checkpoint, then cosigns every growth of that tree', async () => {
    const { disk } = await signed(3);
    let kept = await grown(disk);
    expect(kept).toMatchObject({ size: 3, key: formatNoteKey(signer().key) });
    for (const count of [1, 252, 1, 300]) {
      await more(disk, count);
      const next = await grown(disk, kept);
      expect(next.size).toBe(kept.size + count);
      kept = next;
    }
    expect(await see(disk, kept)).toMatchObject({ kind: 'same', isShown: false });
  });

  it('makes a note that a verifier takes, and a line with the cosignature in it', async () => {
    const { disk } = await signed(5);
    const head = await grown(disk);
    const note = cosigned(head, A.signer, 1_700_000_000n);
    const back = must(witnessedHead(SELF, head.key, Buffer.from(formatNote(note))));
    expect(back).toMatchObject({ size: 5, isOwn: true });
    const line = JSON.parse(cosignLine(head, note)) as { size: number; cosignature: string };
    expect(line).toEqual({ size: 5, root: Buffer.from(head.root).toString('base64'), cosignature: expect.any(String) });
    expect(formatNote(note)).toContain(`${line.cosignature}\n`);
    expect(line.cosignature).toMatch(/^— a /);
  });

  it('refuses a log that was rolled back, forked or rewritten, and shows both notes', async () => {
    const { disk } = await signed(300);
    const kept = await grown(disk);
    const back = await see((await signed(299)).disk, kept);
    expect(back).toMatchObject({ kind: 'refused', reason: expect.stringMatching(/^rolled back: .* 300 .* 299/) });
    const fork = await see(await forged(Array.from({ length: 300 }, (_, at) => `{"f":${at}}`)), kept);
    expect(fork).toMatchObject({ kind: 'refused', reason: expect.stringContaining('forked') });
    const records = Array.from({ length: 400 }, (_, at) => (at === 150 ? '{}' : `{"seq":${at + 1}}`));
    const rewritten = await see(await forged(records), kept);
    expect(rewritten).toMatchObject({ kind: 'refused', reason: expect.stringContaining('rewritten') });
    for (const seen of [back, fork, rewritten])
      expect(seen.kind === 'refused' && seen.evidence.length >= 2 && seen.evidence[0]).toEqual(kept.note);
  });

  it('refuses a checkpoint by another key, and tiles that do not lead to it', async () => {
    const { disk } = await signed(300);
    const kept = await grown(disk);
    await more(disk, 300);
    must(await writePack(disk, JOURNAL, '/pack'));
    const tile = disk.contents('/pack/tile/0/001');
    tile[300] = (tile[300] ?? 0) ^ 1;
    disk.overwrite('/pack/tile/0/001', tile);
    const examination = { source: directorySource(disk, '/pack'), kept };
    expect(must(await examine(SELF, examination))).toMatchObject({ kind: 'refused' });
    disk.remove('/pack/tile/0/001');
    expect(must(await examine(SELF, examination))).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('prove nothing'),
    });
    const other = new MemoryDisk();
    await run(other, 400, signer('hive', 8));
    expect(await see(other, kept)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('does not verify'),
    });
  });

  it('joins what others cosigned before it goes on to what came after', async () => {
    const { disk, log } = await signed(10);
    await storeCosigned(disk, log, [B.signer]);
    await more(disk, 5);
    const joined = await grown(disk);
    expect(joined.size).toBe(10);
    expect(formatNote(cosigned(joined, A.signer, 1n)).match(/^— /gm)).toHaveLength(3);
    expect((await grown(disk, joined)).size).toBe(15);
  });

  it('does not cosign growth that is nothing but lines of witnesses', async () => {
    const line = (seq: number): string => JSON.stringify({ seq, path: COSIGN_PATH, lines: ['{}'] });
    const kept = await grown(await forged(['{"seq":1}', '{"seq":2}']));
    const quiet = ['{"seq":1}', '{"seq":2}', line(3), line(4)];
    expect(await see(await forged(quiet), kept)).toMatchObject({ kind: 'same', head: { size: 2 } });
    expect(await see(await forged([...quiet, '{"seq":5,"path":"/queen/ctl"}']), kept)).toMatchObject({ kind: 'grown' });
    const long = [...quiet, ...Array.from({ length: 100 }, (_, at) => line(5 + at))];
    expect(await see(await forged(long), kept)).toMatchObject({ kind: 'grown' });
  });

  it('insists on the key it is given', async () => {
    const { disk } = await signed(3);
    must(await writePack(disk, JOURNAL, '/pack'));
    const source = directorySource(disk, '/pack');
    const other = formatNoteKey(signer('hive', 9).key);
    expect(must(await examine(SELF, { source, kept: undefined, key: other }))).toMatchObject({ kind: 'refused' });
    expect(refusalOf(await examine(SELF, { source, kept: undefined, key: A.text })).code).toBe('invalid-payload');
    const own = formatNoteKey(signer().key);
    const seen = must(await examine(SELF, { source, kept: undefined, key: `${own}\n` }));
    const kept = seen.kind === 'grown' ? seen.head : undefined;
    expect(must(await examine(SELF, { source, kept, key: own })).kind).toBe('same');
    expect(refusalOf(await examine(SELF, { source, kept, key: other })).code).toBe('invalid-payload');
    expect(refusalOf(await examine(SELF, { source: directorySource(disk, '/nothing'), kept: undefined })).code).toBe(
      'not-found',
    );
  });
});

describe('a verifier that wants witnesses', () => {
  const wants = (disk: MemoryDisk, directory: string, ...witnesses: string[]) =>
    verifyLog(disk, directory, { verify, witnesses });

  it('finds them on the cosigned checkpoint although the log has gone on, in a pack as well', async () => {
    const { disk, log } = await signed(10);
    await storeCosigned(disk, log, [A.signer]);
    await more(disk, 5);
    must(await writePack(disk, JOURNAL, '/pack'));
    for (const directory of [JOURNAL, '/pack']) {
      const report = must(await wants(disk, directory, A.text));
      expect(report).toMatchObject({ ok: true, size: 15, witnesses: [{ name: 'a', size: 10, time: 1_700_000_000 }] });
      expect(must(await wants(disk, directory, A.text, B.text)).findings).toEqual([
        { what: 'witness b has not cosigned', where: 'checkpoint' },
      ]);
    }
  });

  it('finds them on the checkpoint itself', async () => {
    const { disk, log } = await signed(10);
    disk.overwrite(`${JOURNAL}/checkpoint`, cosign(log.latest?.note ?? '', A.signer));
    expect(must(await wants(disk, JOURNAL, A.text))).toMatchObject({ ok: true, witnesses: [{ size: 10 }] });
  });

  it('takes what was cosigned as history: it must not be of other records, nor of more', async () => {
    const { disk, log } = await signed(10);
    await storeCosigned(disk, log, [A.signer]);
    const shorter = (await signed(9)).disk;
    shorter.put(`${JOURNAL}/cosigned`, disk.contents(`${JOURNAL}/cosigned`));
    expect(must(await wants(shorter, JOURNAL)).findings[0]?.what).toBe('rolled back: 10 records were cosigned before');
    const other = await forged(Array.from({ length: 12 }, (_, at) => `{"f":${at}}`));
    other.put(`${JOURNAL}/cosigned`, disk.contents(`${JOURNAL}/cosigned`));
    expect(must(await wants(other, JOURNAL)).findings[0]?.what).toContain('are not those of the cosigned checkpoint');
  });

  it('finds a changed cosigned checkpoint, and refuses keys that are none of witnesses', async () => {
    const { disk, log } = await signed(10);
    await storeCosigned(disk, log, [A.signer]);
    const note = disk.contents(`${JOURNAL}/cosigned`);
    for (let at = 0; at < note.length; at++) {
      const edited = Buffer.from(note);
      edited[at] = (edited[at] ?? 0) ^ 1;
      disk.overwrite(`${JOURNAL}/cosigned`, edited);
      expect(must(await wants(disk, JOURNAL, A.text)).ok, `byte ${at}`).toBe(false);
    }
    for (const keys of [['x'], [formatNoteKey(signer().key)], [A.text, A.text]])
      expect(refusalOf(await wants(disk, JOURNAL, ...keys)).code).toBe('invalid-payload');
  });
});
