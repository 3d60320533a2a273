// A full disk, a read-only one, too many files: the hive says why, refuses changes, reads on, and goes on when it can.

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Disk, type DiskFile, nodeDisk, scanJournal, verifyLog } from '@cohesix/journal';
import type { Manifest } from '@cohesix/manifest';
import type { PathSession } from '@cohesix/ninedoor';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import { describe, expect, it, vi } from 'vitest';
import { placeForEach, queenOf, textOf } from './fixture.ts';

/** The disk, on which files below `journal/` cannot be written while `errno` says why, but for `spare` bytes. */
class TightDisk {
  errno: string | undefined;
  /** Bytes that can still be written: what unlinking the reserve gave back. */
  spare = 0;
  #reserved = 0;

  disk(): Disk {
    return {
      ...nodeDisk,
      open: async (path, mode) => {
        if (mode !== 'read') this.#fail(path, 0);
        return this.#file(path, await nodeDisk.open(path, mode));
      },
      unlink: async (path) => {
        if (this.errno === 'ENOSPC' && path.endsWith('/reserve')) this.spare += this.#reserved;
        await nodeDisk.unlink(path);
      },
    };
  }

  #fail(path: string, size: number): void {
    if (this.errno === undefined || (this.errno === 'ENOSPC' && size <= this.spare)) return;
    throw Object.assign(new Error(`${this.errno}: as the test says, ${path}`), { code: this.errno });
  }

  #file(path: string, file: DiskFile): DiskFile {
    return {
      read: (target, position) => file.read(target, position),
      writev: async (chunks, position) => {
        const size = chunks.reduce((sum, { length }) => sum + length, 0);
        this.#fail(path, size);
        if (this.errno !== undefined) this.spare -= size;
        if (path.endsWith('/reserve')) this.#reserved = position + size;
        return file.writev(chunks, position);
      },
      datasync: () => file.datasync(),
      truncate: (size) => file.truncate(size),
      close: () => file.close(),
    };
  }
}

const place = placeForEach();

type Change = (manifest: Manifest) => Manifest;

async function start(tight: TightDisk, change?: Change): Promise<PathSession> {
  const hive = await place.start(change, { disk: tight.disk() });
  return queenOf(hive);
}

/** The hashes of states that records carry: a boot record carries that of the state it found. */
async function states(session: PathSession): Promise<readonly string[]> {
  const lines = (await textOf(session, '/audit/journal')).trimEnd().split('\n');
  const records = lines.filter((line) => line.startsWith('{'));
  return records.map((record) => JSON.parse(record).state).filter((state) => state !== undefined);
}

async function spawn(session: PathSession): Promise<string> {
  const written = await session.append('/queen/ctl', '{"spawn":"heartbeat","ticks":9}\n');
  return written.ok ? 'ok' : written.refusal.code;
}

const settled = (session: PathSession, state: string): Promise<void> =>
  vi.waitFor(
    async () => {
      expect(await textOf(session, '/proc/lifecycle/state')).toBe(`state=${state}\n`);
    },
    { timeout: 10_000, interval: 20 },
  );

describe('a journal that cannot be written', () => {
  for (const errno of ['ENOSPC', 'EDQUOT', 'EROFS', 'EMFILE', 'ENFILE'])
    it(`for ${errno}: refuses changes, reads on, and goes on by itself with nothing lost`, async () => {
      const tight = new TightDisk();
      const session = await start(tight);
      expect(await spawn(session)).toBe('ok');
      tight.errno = errno;
      expect(await spawn(session)).toBe('audit-unavailable');
      expect(await textOf(session, '/proc/lifecycle/state')).toBe('state=DEGRADED\n');
      expect(await textOf(session, '/proc/journal')).toContain(`${errno}: as the test says`);
      expect(await spawn(session)).toBe('audit-unavailable');
      expect((await session.list('/worker')).ok).toBe(true);
      tight.errno = undefined;
      await settled(session, 'ONLINE');
      expect(await spawn(session)).toBe('ok');
      const log = await textOf(session, '/proc/lifecycle/journal');
      expect(log).toMatch(
        new RegExp(`^seals=1 sealed_ms=\\d+ resumed_ms=[1-9]\\d* reason="${errno}: as the test says`),
      );
      const workers = await session.list('/worker');
      expect(workers).toMatchObject({ ok: true, value: ['worker-1', 'worker-2'] });
      await place.hive?.stop();
      const hash = place.hive?.stateHash();
      const verified = await verifyLog(nodeDisk, join(place.path, 'journal'), {
        verify: nodeTicketCrypto.ed25519Verify,
      });
      expect(verified).toMatchObject({ ok: true, value: { ok: true, findings: [] } });
      const again = await start(new TightDisk());
      expect(await states(again)).toContain(hash);
    });

  it('says why in the journal itself, from the space it kept for that', async () => {
    const tight = new TightDisk();
    const session = await start(tight);
    tight.errno = 'ENOSPC';
    expect(await spawn(session)).toBe('audit-unavailable');
    await vi.waitFor(async () => expect(await textOf(session, '/proc/lifecycle/journal')).toMatch(/^seals=1 /));
    expect(readdirSync(join(place.path, 'journal'))).not.toContain('reserve');
    const bodies: string[] = [];
    await scanJournal(nodeDisk, join(place.path, 'journal'), (_, body) => {
      bodies.push(Buffer.from(body).toString());
      return undefined;
    });
    expect(bodies.at(-1)).toContain('ENOSPC: as the test says');
    expect(await spawn(session)).toBe('audit-unavailable');
  });

  it('stays sealed while there is less space than the reserve', async () => {
    const tight = new TightDisk();
    const session = await start(tight);
    tight.errno = 'ENOSPC';
    await spawn(session);
    await vi.waitFor(async () => expect(await textOf(session, '/proc/lifecycle/journal')).toMatch(/^seals=1 /));
    const looks = vi.fn();
    const before = tight.spare;
    await vi.waitFor(() => {
      looks();
      expect(tight.spare).toBeLessThan(before);
    }, 5000);
    expect(await spawn(session)).toBe('audit-unavailable');
  });
});

describe('retention', () => {
  const line = JSON.stringify({ spawn: 'heartbeat', ticks: 9 });
  const small: Change = (manifest) => ({
    ...manifest,
    workers: { ...manifest.workers, max: 10_000 },
    journal: { ...manifest.journal, segment_bytes: 131_072, retain_bytes: 262_144 },
  });
  const write = async (count: number): Promise<string> => {
    let last = 'ok';
    for (let index = 0; index < count && last === 'ok'; index++) {
      const written = await place.hive?.system('/queen/ctl', line);
      last = written?.ok === true ? 'ok' : (written?.refusal.code ?? 'stopped');
    }
    return last;
  };

  it('archive: old segments go there, compressed, and stay part of history', async () => {
    const archiving: Change = (manifest) => {
      const changed = small(manifest);
      return { ...changed, journal: { ...changed.journal, retention: 'archive' } };
    };
    const session = await start(new TightDisk(), archiving);
    expect(await write(900)).toBe('ok');
    const archive = join(place.path, 'archive');
    await vi.waitFor(() => expect(readdirSync(archive).length).toBeGreaterThan(1));
    await vi.waitFor(
      async () => expect(await textOf(session, '/audit/tile/entries/000')).toContain('/sys/boot'),
      10_000,
    );
    await place.hive?.stop();
    const hash = place.hive?.stateHash();
    rmSync(join(place.path, 'snapshots'), { recursive: true, force: true });
    const again = await start(new TightDisk(), archiving);
    expect(await states(again)).toContain(hash);
    await place.hive?.stop();
    const trust = { verify: nodeTicketCrypto.ed25519Verify };
    const journal = join(place.path, 'journal');
    expect(await verifyLog(nodeDisk, journal, trust)).toMatchObject({ ok: true, value: { ok: true, findings: [] } });
    const [name = ''] = readdirSync(archive);
    const packed = readFileSync(join(archive, name));
    packed[packed.length >> 1] = (packed[packed.length >> 1] ?? 0) ^ 1;
    writeFileSync(join(archive, name), packed);
    expect(await verifyLog(nodeDisk, journal, trust)).toMatchObject({ ok: true, value: { ok: false } });
  });

  it('refuse: no change is taken over the bound, the hive itself goes on, and a higher bound opens it again', async () => {
    const refusing = (retain: number): Change => {
      return (manifest) => {
        const changed = small(manifest);
        return { ...changed, journal: { ...changed.journal, retention: 'refuse', retain_bytes: retain } };
      };
    };
    const session = await start(new TightDisk(), refusing(262_144));
    let code = 'ok';
    for (let count = 0; count < 2000 && code === 'ok'; count++) code = await spawn(session);
    expect(code).toBe('audit-unavailable');
    expect(await textOf(session, '/proc/lifecycle/state')).toBe('state=ONLINE\n');
    expect(await write(1)).toBe('ok');
    await place.hive?.stop();
    expect(await spawn(await start(new TightDisk(), refusing(1_048_576)))).toBe('ok');
  });
});
