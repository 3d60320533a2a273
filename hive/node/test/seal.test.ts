// A disk that fails under a running hive: every change is refused, everything is still readable, the hive says so, and
// a disk that pretends to be well again is not believed until a restart.

import { readFileSync } from 'node:fs';
import { type Disk, type DiskFile, nodeDisk } from '@cohesix/journal';
import { afterEach, expect, it } from 'vitest';
import { type Hive, startHive } from '../src/hive.ts';
import { plainManifest, temporaryFolder } from './fixture.ts';

const folder = temporaryFolder();
let hive: Hive | undefined;

afterEach(async () => {
  await hive?.stop();
  folder.remove();
});

class FailingDisk {
  isFailing = false;

  disk(): Disk {
    return { ...nodeDisk, open: async (path, mode) => this.#file(await nodeDisk.open(path, mode)) };
  }

  #file(file: DiskFile): DiskFile {
    return {
      read: (target, position) => file.read(target, position),
      writev: (chunks, position) => file.writev(chunks, position),
      datasync: async () => {
        if (this.isFailing) throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
        await file.datasync();
      },
      truncate: (size) => file.truncate(size),
      close: () => file.close(),
    };
  }
}

async function start(failing: FailingDisk): Promise<Hive> {
  const started = await startHive({
    directory: folder.path,
    host: { disk: failing.disk() },
    adjust: (manifest) => ({
      ...plainManifest(),
      listen: { ...manifest.listen, secure9p: '127.0.0.1:0', console: '127.0.0.1:0' },
    }),
  });
  if (!started.ok) throw new Error(started.refusal.detail);
  return started.value;
}

it('seals itself when a sync fails, goes on reading, and comes back with what was acknowledged', async () => {
  const failing = new FailingDisk();
  hive = await start(failing);
  const token = readFileSync(hive.paths.queenTicket, 'utf8').trim();
  const session = hive.attach(token);
  if (!session.ok) throw new Error(session.refusal.detail);
  const { value: queen } = session;
  const text = async (path: string): Promise<string> => {
    const bytes = await queen.read(path, 65_536);
    return bytes.ok ? new TextDecoder().decode(bytes.value) : bytes.refusal.code;
  };
  const spawn = async (): Promise<string> => {
    const result = await queen.append('/queen/ctl', '{"spawn":"heartbeat","ticks":9}\n');
    return result.ok ? 'ok' : result.refusal.code;
  };
  expect(await spawn()).toBe('ok');
  const before = hive.stateHash();

  failing.isFailing = true;
  expect(await spawn()).toBe('audit-unavailable');
  failing.isFailing = false;
  expect(await spawn()).toBe('audit-unavailable');
  expect(await text('/proc/workers')).toMatch(/^workers total=1 /);
  expect(await text('/proc/lifecycle/state')).toBe('state=DEGRADED\n');
  expect(await text('/proc/lifecycle/reason')).toBe('reason=audit-unavailable\n');
  expect(await text('/proc/journal')).toMatch(/^state=sealed .*reason=".*EIO/);
  expect(await text('/log/queen.log')).toMatch(/audit journal sealed reason=".*EIO/);
  expect(hive.stateHash()).toBe(before);
  expect(hive.door.pressure.counts.cut).toBe(2);

  await hive.stop();
  hive = await start(failing);
  const again = hive.attach(token);
  if (!again.ok) throw new Error(again.refusal.detail);
  const workers = await again.value.list('/worker');
  expect(workers.ok && workers.value).toEqual(['worker-1']);
});
