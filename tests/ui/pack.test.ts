// A pack that `coh audit export` made of a real hive: opened, checked as a whole, and found out wherever it was changed.

import { createPublicKey, verify as verifyNode } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type PackFiles, packClient, readPack, verifyPack } from '@cohesix/swarmui/recordings';
import type { NoteChallenge } from '@cohesix/tlog';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { NO_APPROVALS, startHive } from '../support/hive.ts';
import { runTool } from '../support/tool.ts';

const COH = fileURLToPath(new URL('../../apps/coh/src/main.ts', import.meta.url));
const EXPORT_MS = 60_000;
let pack: PackFiles;

beforeAll(async () => {
  const hive = await startHive({ manifest: NO_APPROVALS });
  const coh = (...args: string[]) => runTool(process.execPath, [COH, ...args, '--data', hive.data], EXPORT_MS);
  for (let count = 0; count < 3; count += 1) await coh('echo', '/queen/ctl', '{"spawn":"heartbeat","ticks":1000}');
  const target = join(hive.data, 'pack');
  // The hive signs its journal a moment after a line.
  await vi.waitUntil(async () => /^hive\n[3-9]\n/.test((await coh('cat', '/audit/checkpoint')).stdout), {
    timeout: EXPORT_MS,
  });
  const ran = await coh('audit', 'export', target);
  if (ran.status !== 0) throw new Error(ran.stderr);
  const read = await readPack(filesIn(target));
  if (!read.ok) throw new Error(read.refusal.detail);
  pack = read.value;
  await hive.stop();
}, 120_000);

function filesIn(folder: string) {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  return files.map((name) => {
    const bytes = new Uint8Array(readFileSync(join(folder, name)));
    return { path: `pack/${name}`, file: { size: bytes.length, arrayBuffer: async () => bytes.buffer } };
  });
}

/** Ed25519 by Node's OpenSSL (RFC 8410: the key as SubjectPublicKeyInfo). */
async function verify({ key, message, signature }: NoteChallenge): Promise<boolean> {
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key.publicKey]);
  return verifyNode(null, message, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature);
}

async function findingsOf(files: PackFiles): Promise<string> {
  const report = await verifyPack(files, verify);
  return report.ok ? report.value.findings.join(' ') : report.refusal.detail;
}

/** The pack with one bit of a file turned, at a place from its end. */
function turned(start: string, back: number): PackFiles {
  const path = [...pack.keys()].find((name) => name.startsWith(start)) ?? '';
  const bytes = (pack.get(path) ?? new Uint8Array()).slice();
  bytes[bytes.length - back] = (bytes[bytes.length - back] ?? 0) ^ 1;
  return new Map([...pack, [path, bytes]]);
}

describe('an evidence pack', () => {
  test('holds as it was exported', async () => {
    expect(await verifyPack(pack, verify)).toMatchObject({ ok: true, value: { findings: [] } });
  });

  test('does not when a record, a tile, the checkpoint or the key was changed, or a file is missing', async () => {
    expect(await findingsOf(turned('tile/entries/', 20))).toContain('The records are not the ones that were signed');
    expect(await findingsOf(turned('tile/0/', 1))).toContain('does not hold the hashes of the records');
    expect(await findingsOf(turned('checkpoint', 12))).not.toBe('');
    expect(await findingsOf(turned('key', 6))).not.toBe('');
    const without = new Map([...pack].filter(([path]) => !path.startsWith('tile/0/')));
    expect(await findingsOf(without)).toContain('is missing');
  });

  test('is read below /audit, and says what it is not', async () => {
    const client = packClient(pack);
    expect(await client.list('/audit')).toEqual({ ok: true, value: ['checkpoint', 'key', 'tile'] });
    expect(await client.list('/')).toEqual({ ok: true, value: ['audit'] });
    expect(await client.read('/proc/boot')).toMatchObject({ ok: false, refusal: { code: 'not-found' } });
  });

  test('is not any folder', async () => {
    const none = await readPack([
      { path: 'photos/a.jpg', file: { size: 1, arrayBuffer: async () => new ArrayBuffer(1) } },
    ]);
    expect(none).toMatchObject({
      ok: false,
      refusal: { detail: expect.stringContaining('no file called checkpoint') },
    });
  });
});
