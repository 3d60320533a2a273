// Proofs of single records out of a journal and out of a pack, and what a checker without any log makes of them.

import { formatNoteKey, formatTlogProof, parseTlogProof } from '@cohesix/tlog';
import { describe, expect, it } from 'vitest';
import {
  checkProof,
  directorySource,
  openJournal,
  type ProofReport,
  proveFromDirectory,
  proveFromPack,
  type RecordProof,
  TransparencyLog,
  writePack,
} from '../src/index.ts';
import { must, refusalOf } from './helpers.ts';
import { body, cosign, JOURNAL, signed, signer, storeCosigned, value, verify, witness } from './log-kit.ts';
import { MemoryDisk } from './memory-disk.ts';

const KEY = formatNoteKey(signer().key);
const W = witness('w.example', 21);

function check(proof: Uint8Array, witnesses: readonly string[] = []): ProofReport {
  return must(checkProof(proof, { key: KEY, witnesses, verify }));
}

async function proofs(disk: MemoryDisk, seq: number): Promise<readonly RecordProof[]> {
  return [must(await proveFromDirectory(disk, JOURNAL, seq)), must(await proveFromDirectory(disk, '/pack', seq))];
}

describe('a proof', () => {
  it.each([1, 2, 255, 256, 257, 700])(
    'of any record of a log of %i is the same out of journal and pack, and holds',
    async (size) => {
      const { disk, log } = await signed(size);
      must(await writePack(disk, JOURNAL, '/pack'));
      for (const seq of new Set(
        [1, 2, 128, 255, 256, 257, 512, 513, size - 1, size].filter((one) => one >= 1 && one <= size),
      )) {
        const [one, other] = await proofs(disk, seq);
        expect(one?.bytes).toEqual(other?.bytes);
        const report = check(one?.bytes ?? new Uint8Array());
        expect(report).toMatchObject({ ok: true, origin: 'hive', record: seq, size: log.size, findings: [] });
        expect(report.body).toEqual(new Uint8Array(body(seq)));
      }
      for (const directory of [JOURNAL, '/pack'])
        expect(refusalOf(await proveFromDirectory(disk, directory, size + 1)).code).toBe('not-found');
    },
  );

  it('of a line is that of the record that holds it', async () => {
    const disk = new MemoryDisk();
    const by = signer();
    const log = must(await TransparencyLog.open({ disk, directory: JOURNAL, origin: 'hive', signer: by, verify }));
    const journal = must(await openJournal(JOURNAL, { at: 1, disk })).journal;
    let seq = 1;
    for (let record = 0; record < 300; record++) {
      const lines = Array.from({ length: 1 + (record % 3) }, (_, line) => `${line}`);
      const bytes = Buffer.from(JSON.stringify({ seq, lines }));
      await must(journal.append(bytes)).durable;
      log.add(bytes);
      seq += lines.length;
    }
    await journal.close();
    must(await log.sign());
    must(await writePack(disk, JOURNAL, '/pack'));
    for (const wanted of [1, 2, 3, 4, 5, 6, 7, 510, 511, 512, 513, 514, seq - 1]) {
      const [one, other] = await proofs(disk, wanted);
      expect(one?.bytes).toEqual(other?.bytes);
      const record = JSON.parse(Buffer.from(check(one!.bytes).body!).toString()) as { seq: number; lines: string[] };
      expect(record.seq <= wanted && wanted < record.seq + record.lines.length, `${wanted}`).toBe(true);
    }
    for (const directory of [JOURNAL, '/pack'])
      expect(refusalOf(await proveFromDirectory(disk, directory, seq)).code).toBe('not-found');
  });

  it('has the cosigned checkpoint when that knows the record, else the latest one', async () => {
    const { disk, log } = await signed(20);
    await storeCosigned(disk, log, [W.signer]);
    const proof = must(await proveFromDirectory(disk, JOURNAL, 20));
    expect(proof).toMatchObject({ record: 20, size: 20, cosignatures: 1, leftOut: 0 });
    expect(check(proof.bytes, [W.text])).toMatchObject({ ok: true, witnesses: [{ name: 'w.example', size: 20 }] });
    const stranger = witness('other', 22);
    expect(check(proof.bytes, [stranger.text]).findings[0]?.what).toBe('witness other has not cosigned');
    const journal = must(await openJournal(JOURNAL, { at: 1, disk })).journal;
    await journal.close();
    must(await writePack(disk, JOURNAL, '/pack'));
    expect(must(await proveFromDirectory(disk, '/pack', 3)).cosignatures).toBe(1);
  });

  it('has at most 2 KiB beside its record, however many cosigned', async () => {
    const { disk, log } = await signed(300);
    const many = Array.from({ length: 15 }, (_, index) => witness(`${'w'.repeat(60)}${index}`, 100 + index).signer);
    await storeCosigned(disk, log, many);
    const proof = must(await proveFromDirectory(disk, JOURNAL, 150));
    const bare = formatTlogProof({ ...value(parseTlogProof(proof.bytes)), extra: undefined });
    expect(bare.length).toBeLessThanOrEqual(2048);
    expect([proof.cosignatures > 0, proof.leftOut > 0, proof.cosignatures + proof.leftOut]).toEqual([true, true, 15]);
    expect(check(proof.bytes).ok).toBe(true);
  });

  it('is not made of a log that contradicts itself', async () => {
    const { disk } = await signed(300);
    must(await writePack(disk, JOURNAL, '/pack'));
    const bundle = disk.contents('/pack/tile/entries/000');
    disk.overwrite('/pack/tile/entries/000', Buffer.from(bundle.toString().replace('{"seq":7}', '{"seq": }')));
    expect((await proveFromDirectory(disk, '/pack', 7)).ok).toBe(false);
    disk.overwrite('/pack/tile/entries/000', bundle);
    disk.remove('/pack/tile/0/001.p/44');
    expect(refusalOf(await proveFromDirectory(disk, '/pack', 7)).detail).toContain('audit verify');
  });

  it('is made out of full tiles where a host has dropped the partial ones', async () => {
    const { disk, log } = await signed(300);
    await storeCosigned(disk, log, []);
    must(await writePack(disk, JOURNAL, '/pack'));
    const grown = (await signed(600)).disk;
    must(await writePack(grown, JOURNAL, '/grown'));
    // What is partial still is kept: of level 1, both states.
    for (const name of ['checkpoint', 'tile/1/000.p/1']) grown.put(`/grown/${name}`, disk.contents(`/pack/${name}`));
    expect(check(must(await proveFromPack(directorySource(grown, '/grown'), 290)).bytes)).toMatchObject({
      ok: true,
      size: 300,
    });
  });
});

describe('a checker', () => {
  it('finds every changed byte', async () => {
    const { disk, log } = await signed(30);
    await storeCosigned(disk, log, [W.signer]);
    const { bytes } = must(await proveFromDirectory(disk, JOURNAL, 12));
    for (let at = 0; at < bytes.length; at++) {
      const edited = bytes.slice();
      edited[at] = (edited[at] ?? 0) ^ 1;
      expect(check(edited, [W.text]).ok, `byte ${at}: ${Buffer.from(bytes.subarray(at, at + 20))}`).toBe(false);
    }
    expect(check(bytes, [W.text]).ok).toBe(true);
  });

  it('finds a proof of another record, of another log, without a record', async () => {
    const { disk } = await signed(30);
    const proof = value(parseTlogProof(must(await proveFromDirectory(disk, JOURNAL, 12)).bytes));
    const made = (change: object): ProofReport => check(formatTlogProof({ ...proof, ...change }));
    expect(made({ index: 12 }).findings).toEqual([
      { what: 'the record is not in the signed tree', where: 'record 13' },
    ]);
    expect(made({ extra: body(13) }).ok).toBe(false);
    expect(made({ hashes: proof.hashes.slice(1) }).ok).toBe(false);
    expect(made({ extra: undefined }).findings[0]?.what).toBe('it has no record');
    expect(made({ checkpoint: cosign(proof.checkpoint, W.signer) }).ok).toBe(true);
    const other = must(checkProof(formatTlogProof(proof), { key: formatNoteKey(signer('hive', 8).key), verify }));
    expect(other.findings[0]?.what).toContain('the checkpoint does not verify');
    expect(refusalOf(checkProof(formatTlogProof(proof), { key: 'x', verify })).code).toBe('invalid-payload');
    expect(refusalOf(checkProof(formatTlogProof(proof), { key: W.text, verify })).detail).toContain('another type');
  });
});
