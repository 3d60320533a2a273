// kill -9 while a process appends: everything it acknowledged is there when the journal is opened again.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openJournal } from '@cohesix/journal';
import { expect, test } from 'vitest';
import { bodyOf } from './journal-body.ts';

const ROUNDS = 12;
const SEED = Number(process.env.COHESIX_SEED ?? 20261121);
const WRITER = fileURLToPath(new URL('./journal-writer.ts', import.meta.url));

/** Runs a writer, kills it once it has acknowledged `count` records; answers the last number it acknowledged. */
async function writeAndKill(directory: string, count: number): Promise<number> {
  const child = spawn(process.execPath, [WRITER, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  let lines = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    for (const byte of chunk) if (byte === 0x0a) lines++;
    if (lines >= count) child.kill('SIGKILL');
  });
  await once(child, 'close');
  expect(child.signalCode, 'the writer ran until it was killed').toBe('SIGKILL');
  const seqs = text.slice(0, text.lastIndexOf('\n')).split('\n').map(Number);
  expect(seqs, 'acknowledged in order').toEqual(seqs.map((_, index) => (seqs[0] ?? 0) + index));
  return seqs.at(-1) ?? 0;
}

/** Opens, compares every record with what was appended, and closes; answers how many there are. */
async function verify(directory: string): Promise<number> {
  const opened = await openJournal(directory, {
    at: 0,
    onRecord: (seq, body) => {
      if (!Buffer.from(bodyOf(seq)).equals(body)) expect.fail(`record ${seq} is not what was appended`);
      return undefined;
    },
  });
  if (!opened.ok) expect.fail(opened.refusal.detail);
  await opened.value.journal.close();
  return opened.value.report.records;
}

test(`nothing acknowledged is lost in ${ROUNDS} kills, seed ${SEED}`, { timeout: 120_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'cohesix-crash-'));
  try {
    let state = SEED >>> 0;
    let recordsBefore = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const acknowledged = await writeAndKill(directory, 1 + ((state >>> 8) % 2500));
      const records = await verify(directory);
      expect(records, `round ${round}: acknowledged ${acknowledged}`).toBeGreaterThanOrEqual(acknowledged);
      expect(acknowledged).toBeGreaterThan(recordsBefore);
      recordsBefore = records;
    }
    expect(readdirSync(directory).filter((name) => name.endsWith('.seg')).length).toBeGreaterThan(10);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
