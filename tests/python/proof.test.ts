// Proofs of single records over the border between two programs that share no code: what ours makes the one in plain Python
// checks, and the other way round; altered ones both find. Likewise what witnesses cosigned.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  checkProof,
  nodeDisk,
  openJournal,
  proveFromDirectory,
  sha256,
  TransparencyLog,
  verifyLog,
  writeCosigned,
  writePack,
} from '@cohesix/journal';
import { ed25519PublicKey, nodeTicketCrypto } from '@cohesix/ticket/node';
import {
  cosignNote,
  formatNote,
  formatNoteKey,
  type NoteKeyKind,
  type NoteSigner,
  noteKey,
  parseNote,
} from '@cohesix/tlog';
import type { Result } from '@cohesix/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runTool, toolMissing } from '../support/tool.ts';

const PYTHON = '/usr/bin/python3';
const SDK = fileURLToPath(new URL('../../sdk/python', import.meta.url));
const VERIFY = join(SDK, 'cohesix', 'verify.py');
const missing = toolMissing(PYTHON, 'python3');
const verify = nodeTicketCrypto.ed25519Verify;
const RECORDS = 300;

function signer(kind: NoteKeyKind, name: string, byte: number): NoteSigner {
  const seed = new Uint8Array(32).fill(byte);
  const key = noteKey(sha256, { kind, name, publicKey: ed25519PublicKey(seed) });
  if (!key.ok) throw new Error(key.problem);
  return { key: key.value, sign: (message) => nodeTicketCrypto.ed25519Sign(seed, message) };
}

const LOG = signer('ed25519', 'hive', 1);
const WITNESS = signer('cosignature', 'w.example', 2);
const KEY = formatNoteKey(LOG.key);
const WITNESS_KEY = formatNoteKey(WITNESS.key);

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.refusal.detail);
  return result.value;
}

describe.skipIf(missing !== undefined)(`proofs${missing === undefined ? '' : ` (${missing})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'cohesix-proof-'));
  const journal = join(folder, 'journal');

  beforeAll(async () => {
    const log = must(
      await TransparencyLog.open({ disk: nodeDisk, directory: journal, origin: 'hive', signer: LOG, verify }),
    );
    const opened = must(await openJournal(journal, { at: 1, onRecord: (_, body) => log.add(body) })).journal;
    for (let seq = 1; seq <= RECORDS + 5; seq++) {
      const body = Buffer.from(JSON.stringify({ seq, lines: [`é ${seq}`] }));
      await must(opened.append(body)).durable;
      log.add(body);
      if (seq !== RECORDS) continue;
      must(await log.sign());
      const parsed = parseNote(Buffer.from(log.latest?.note ?? ''));
      const cosigned = parsed.ok ? cosignNote(parsed.value, WITNESS, 1_700_000_000n) : parsed;
      if (!cosigned.ok) throw new Error(cosigned.problem);
      must(await writeCosigned(nodeDisk, journal, Buffer.from(formatNote(cosigned.value))));
    }
    await opened.close();
    must(await log.sign());
    must(await writePack(nodeDisk, journal, join(folder, 'pack')));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Writes a proof and asks the other program; its exit status and report. */
  async function python(bytes: Uint8Array): Promise<{ status: number | string; report: Record<string, unknown> }> {
    const path = join(folder, 'proof');
    writeFileSync(path, bytes);
    const { status, stdout } = await runTool(PYTHON, [
      '-B',
      VERIFY,
      '--proof',
      path,
      '--key',
      KEY,
      '--witness',
      WITNESS_KEY,
      '--json',
    ]);
    return { status, report: JSON.parse(stdout) as Record<string, unknown> };
  }

  const ours = (bytes: Uint8Array) => must(checkProof(bytes, { key: KEY, witnesses: [WITNESS_KEY], verify }));

  test('of ours hold there', async () => {
    for (const seq of [1, 256, 257, RECORDS]) {
      const { bytes } = must(await proveFromDirectory(nodeDisk, journal, seq));
      const { status, report } = await python(bytes);
      expect([status, report]).toEqual([0, expect.objectContaining({ ok: true, record: seq, size: RECORDS })]);
      expect(JSON.parse(String(report.body))).toEqual({ seq, lines: [`é ${seq}`] });
      expect(report.witnesses).toEqual([expect.objectContaining({ name: 'w.example', size: RECORDS })]);
    }
  });

  test('of theirs hold here, and are found when altered', async () => {
    const script = [
      `import sys; sys.path.insert(0, ${JSON.stringify(join(SDK, 'test'))})`,
      'import test_verify as t',
      `open(${JSON.stringify(join(folder, 'theirs'))}, "wb").write(t.proof_text(t.records(300), 123, t.LOG, t.WITNESS))`,
      'print(t.LOG.vkey); print(t.WITNESS.vkey)',
    ].join('\n');
    const { stdout } = await runTool(PYTHON, ['-B', '-c', script]);
    const [key = '', witness = ''] = stdout.trim().split('\n');
    const bytes = readFileSync(join(folder, 'theirs'));
    const trust = { key, witnesses: [witness], verify };
    const report = must(checkProof(bytes, trust));
    expect(report).toMatchObject({ ok: true, record: 124, size: 300, witnesses: [{ size: 300 }], findings: [] });
    expect(JSON.parse(Buffer.from(report.body ?? []).toString())).toMatchObject({ seq: 124 });
    for (let at = 0; at < bytes.length; at += 7) {
      const edited = Buffer.from(bytes);
      edited[at] = (edited[at] ?? 0) ^ 2;
      expect(must(checkProof(edited, trust)).ok, `byte ${at}`).toBe(false);
    }
  });

  test('that were altered both find', async () => {
    const text = Buffer.from(must(await proveFromDirectory(nodeDisk, journal, 200)).bytes).toString();
    const other = Buffer.from(must(await proveFromDirectory(nodeDisk, journal, 201)).bytes).toString();
    const lines = text.split('\n');
    const line = (at: number, instead?: string): string =>
      lines.toSpliced(at, 1, ...(instead === undefined ? [] : [instead])).join('\n');
    const altered = [
      text.replace('@v1', '@v2'),
      text.replace(/^index \d+$/m, 'index 200'),
      text.replace(/^index \d+$/m, 'index 300'),
      line(1, other.split('\n')[1]),
      line(1),
      line(3),
      line(3, lines[4]),
      lines.toSpliced(3, 0, lines[3] ?? '').join('\n'),
      text.replace(`\n${RECORDS}\n`, `\n${RECORDS + 1}\n`),
      text.replace('— hive ', '— hove '),
      text.replace('— w.example ', '— w.exampel '),
      text.slice(0, -2),
      text.replaceAll('\n', '\r\n'),
      `${text}\n`,
      '',
    ];
    expect(ours(Buffer.from(text)).ok).toBe(true);
    for (const [index, one] of altered.entries()) {
      expect(ours(Buffer.from(one)).ok, `${index}`).toBe(false);
      const { status, report } = await python(Buffer.from(one));
      expect([status, report.ok], `${index}: ${one}`).toEqual([1, false]);
    }
  });

  test('and what was cosigned both find in a pack', async () => {
    const pack = join(folder, 'pack');
    const report = must(await verifyLog(nodeDisk, pack, { verify, key: KEY, witnesses: [WITNESS_KEY] }));
    expect(report).toMatchObject({ ok: true, size: RECORDS + 5, witnesses: [{ name: 'w.example', size: RECORDS }] });
    const run = () => runTool(PYTHON, ['-B', VERIFY, pack, '--key', KEY, '--witness', WITNESS_KEY, '--json']);
    const found = JSON.parse((await run()).stdout) as { ok: boolean; witnesses: readonly object[] };
    expect(found).toMatchObject({ ok: true, witnesses: [{ name: 'w.example', size: RECORDS }] });
    const note = readFileSync(join(pack, 'cosigned'), 'utf8');
    writeFileSync(join(pack, 'cosigned'), note.replace(`\n${RECORDS}\n`, `\n${RECORDS - 1}\n`));
    expect((await run()).status).toBe(1);
    expect(must(await verifyLog(nodeDisk, pack, { verify, key: KEY })).ok).toBe(false);
  });
});
