// A payload is hashed while it comes: how much the end still reads, what goes wrong meanwhile, and a removal in the middle.

import type { DiskFile, OpenMode } from '@cohesix/journal';
import { MemoryDisk } from '@cohesix/journal/memory-disk';
import { describe, expect, test, vi } from 'vitest';
import { bundle, bytesOf, must, push, stand } from './kit.ts';

const PAYLOAD = bytesOf(3 * 16 + 5);

describe('the payload is hashed while it comes', () => {
  class CountingDisk extends MemoryDisk {
    bytesRead = 0;

    override async open(path: string, mode: OpenMode): Promise<DiskFile> {
      const file = await super.open(path, mode);
      const read = file.read.bind(file);
      file.read = async (target, position) => {
        const count = await read(target, position);
        this.bytesRead += count;
        return count;
      };
      return file;
    }
  }

  test('the last chunk waits for its own bytes, not for a reading of everything', async () => {
    const disk = new CountingDisk();
    const { cas } = await stand({}, disk);
    const made = await bundle(PAYLOAD);
    must(await cas.updates.appendManifest('1', made.manifestBytes));
    const names = cas.updates.missing('1');
    for (const name of names.slice(0, -1))
      must(await cas.updates.appendChunk('1', name, { offset: 0, bytes: made.chunks.get(name)! }));
    await vi.waitFor(() => expect(disk.bytesRead).toBe(3 * 16), { timeout: 10_000 });
    must(await cas.updates.appendChunk('1', names.at(-1)!, { offset: 0, bytes: made.chunks.get(names.at(-1)!)! }));
    expect(cas.updates.status('1').state).toBe('ready');
    expect(disk.bytesRead).toBe(PAYLOAD.length);
  });

  test('a chunk that cannot be read meanwhile is read at the end', async () => {
    const disk = new CountingDisk();
    const { cas } = await stand({}, disk);
    const made = await bundle(PAYLOAD);
    must(await cas.updates.appendManifest('1', made.manifestBytes));
    const open = disk.open.bind(disk);
    let failures = 1;
    disk.open = async (path, mode) => {
      if (mode === 'read' && failures-- > 0) throw Object.assign(new Error('EMFILE: too many'), { code: 'EMFILE' });
      return open(path, mode);
    };
    await push(cas, made);
    expect(failures).toBeLessThan(0);
    expect(cas.updates.status('1').state).toBe('ready');
  });

  test('a removal in the middle leaves nothing, neither read nor begun', async () => {
    const { cas, disk } = await stand();
    const made = await bundle(PAYLOAD);
    must(await cas.updates.appendManifest('1', made.manifestBytes));
    const [one, two] = cas.updates.missing('1') as [string, string];
    must(await cas.updates.appendChunk('1', one, { offset: 0, bytes: made.chunks.get(one)! }));
    must(await cas.updates.appendChunk('1', two, { offset: 0, bytes: made.chunks.get(two)!.subarray(0, 9) }));
    must(await cas.updates.remove('1'));
    must(await cas.collect(true));
    expect([cas.blobs.usedBytes, disk.names('/cas/staging'), disk.names('/cas/blobs')]).toEqual([0, [], []]);
  });
});
