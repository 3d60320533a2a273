// The audit of a running hive: its files, what they prove, and a start on a history that was changed.

import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeDisk, sha256, verifyLog } from '@cohesix/journal';
import { defaultManifest, type Manifest } from '@cohesix/manifest';
import type { PathSession } from '@cohesix/ninedoor';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import { decodeBundle, openCheckpoint, parseNoteKey, TreeHasher } from '@cohesix/tlog';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Hive, startHive } from '../src/hive.ts';
import { temporaryFolder } from './fixture.ts';

let folder = temporaryFolder();
const running: Hive[] = [];
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  for (const hive of running.splice(0)) await hive.stop();
  folder.remove();
});

function adjust(manifest: Manifest): Manifest {
  const quiet = { ...defaultManifest(), hive: manifest.hive };
  return {
    ...quiet,
    listen: { ...quiet.listen, secure9p: '', console: '' },
    workers: { ...quiet.workers, start: [] },
  };
}

async function start(): Promise<Hive> {
  const hive = await startHive({ directory: folder.path, adjust });
  if (!hive.ok) throw new Error(hive.refusal.detail);
  running.push(hive.value);
  return hive.value;
}

function attach(hive: Hive, ticket: string = hive.paths.queenTicket): PathSession {
  const session = hive.attach(readFileSync(ticket, 'utf8').trim());
  if (!session.ok) throw new Error(session.refusal.detail);
  return session.value;
}

async function bytes(session: PathSession, path: string): Promise<Uint8Array> {
  const read = await session.read(path, 1 << 22);
  if (!read.ok) throw new Error(`${path}: ${read.refusal.code}`);
  return read.value;
}

const text = async (session: PathSession, path: string): Promise<string> =>
  Buffer.from(await bytes(session, path)).toString();

async function signedAll(session: PathSession): Promise<number> {
  return vi.waitFor(async () => {
    const { records, signed_records: signed } = JSON.parse(await text(session, '/audit/export')) as Record<
      string,
      number
    >;
    expect(signed).toBe(records);
    return records ?? 0;
  }, 5000);
}

const SPAWN = '{"spawn":"heartbeat","ticks":9}';
const ASK = JSON.stringify({ id: 'a', target: '/queen/ctl', line: SPAWN, decision: 'approve' });

describe('/audit', () => {
  it('has every accepted line, what the policy decided, and a checkpoint of both kinds of reader', async () => {
    const hive = await start();
    const queen = attach(hive);
    expect((await queen.append('/queen/ctl', SPAWN)).ok).toBe(false);
    await attach(hive, hive.paths.approverTicket).append('/actions/queue', ASK);
    expect((await queen.append('/queen/ctl', SPAWN)).ok).toBe(true);
    const size = await signedAll(queen);
    const lines = (await text(queen, '/audit/journal')).trimEnd().split('\n');
    expect(lines.length).toBe(size);
    expect(lines.map((line) => (JSON.parse(line) as { path: string }).path)).toContain('/queen/ctl');
    const decisions = (await text(queen, '/audit/decisions')).trimEnd().split('\n');
    expect(decisions.map((line) => JSON.parse(line) as object)).toMatchObject([
      {
        seq: null,
        subject: 'queen',
        kind: 'policy-gate',
        outcome: 'deny',
        reason: 'needs-approval',
        path: '/queen/ctl',
      },
      { seq: 3, subject: 'approver', kind: 'policy-action', outcome: 'approve', id: 'a', target: '/queen/ctl' },
      { seq: 4, subject: 'queen', kind: 'policy-gate', outcome: 'allow', id: 'a', path: '/queen/ctl' },
    ]);
    const key = parseNoteKey(sha256, (await text(queen, '/audit/key')).trim());
    if (!key.ok) throw new Error(key.problem);
    const trust = { origin: key.value.name, logKeys: [key.value], cosigners: [] };
    const opened = openCheckpoint(await bytes(queen, '/audit/checkpoint'), trust, nodeTicketCrypto.ed25519Verify);
    expect(opened).toMatchObject({ ok: true, value: { checkpoint: { size } } });
    const bundle = decodeBundle(await bytes(queen, `/audit/tile/entries/000.p/${size}`), size);
    if (!bundle.ok) throw new Error(bundle.problem);
    expect(bundle.value.map((entry) => Buffer.from(entry).toString())).toEqual(lines);
    const hasher = new TreeHasher(sha256);
    const tile = await bytes(queen, `/audit/tile/0/000.p/${size}`);
    expect(Buffer.from(tile)).toEqual(Buffer.concat(bundle.value.map((entry) => hasher.leaf(entry))));
  });

  it('has tiles as a tree of folders, and nothing that the log does not have', async () => {
    const queen = attach(await start());
    const size = await signedAll(queen);
    const list = async (path: string): Promise<string> => {
      const names = await queen.list(path);
      return names.ok ? names.value.join(' ') : names.refusal.code;
    };
    expect(await list('/audit')).toBe('checkpoint cosign cosigned decisions export journal key tile');
    expect(await list('/audit/tile')).toBe('0 entries');
    expect(await list('/audit/tile/0')).toBe('000.p');
    expect(await list('/audit/tile/entries/000.p')).toBe(`${size}`);
    for (const path of [
      '/1',
      '/0/000',
      '/0/001.p',
      `/0/000.p/${size + 1}`,
      '/0/x001',
      '/entries/000',
      '/0/000.p/1/x',
      '/x',
    ])
      expect(await list(`/audit/tile${path}`), path).toBe('invalid-path');
    for (const path of ['/audit/journal', '/audit/decisions', '/audit/checkpoint', `/audit/tile/0/000.p/${size}`])
      expect(await queen.append(path, 'x\n'), path).toMatchObject({ ok: false, refusal: { code: 'denied' } });
  });

  it('goes on over a restart with its cursors, and is good to a verifier afterwards', async () => {
    const first = await start();
    const before = await text(attach(first), '/audit/journal');
    await first.stop();
    const second = attach(await start());
    const after = await text(second, '/audit/journal');
    expect(after.startsWith(before)).toBe(true);
    await signedAll(second);
    const report = await verifyLog(nodeDisk, join(folder.path, 'journal'), { verify: nodeTicketCrypto.ed25519Verify });
    expect(report).toMatchObject({ ok: true, value: { ok: true, findings: [] } });
    expect(statSync(join(folder.path, 'keys', 'log.json')).mode & 0o777).toBe(0o600);
  });
});

describe('a history that was changed behind the hive', () => {
  const journal = (): string => join(folder.path, 'journal');
  const segment = (): string => join(journal(), readdirSync(journal()).find((name) => name.endsWith('.seg')) ?? '');
  const refused = async (): Promise<string> => {
    const hive = await startHive({ directory: folder.path, adjust });
    if (hive.ok) running.push(hive.value);
    return hive.ok ? 'started' : `${hive.refusal.code}: ${hive.refusal.detail}`;
  };

  it('does not start when whole records were cut off its end, and starts once they are back', async () => {
    const hive = await start();
    await attach(hive).append('/queen/lifecycle/ctl', 'cordon');
    await hive.stop();
    const whole = readFileSync(segment());
    truncateSync(segment(), whole.length - lastRecordSize(whole));
    expect(await refused()).toMatch(/^audit-unavailable: tampering: \d+ records were signed and only \d+ are here/);
    writeFileSync(segment(), whole);
    expect(await refused()).toBe('started');
  });

  it('does not start on a checkpoint that it did not sign', async () => {
    const hive = await start();
    await hive.stop();
    const path = join(journal(), 'checkpoint');
    writeFileSync(path, readFileSync(path, 'utf8').replace(/\n\d+\n/, '\n9\n'));
    expect(await refused()).toMatch(/tampering: the checkpoint is not one that this hive signed/);
  });
});

/** Size of the last record of a segment (`hive/journal/src/record.ts`). */
function lastRecordSize(segment: Buffer): number {
  let [at, size] = [64, 0];
  while (at < segment.length) {
    size = 76 + segment.readUInt32LE(at);
    at += size;
  }
  return size;
}
