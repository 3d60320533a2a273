// The ceiling: one write and one fdatasync for everything that waits. No hash, no checksum, no framing, no segments, no
// recovery. Like the journal it leaves the event loop free while the disk works.
//
// Twice, because they differ by half: `bare` appends to a file that grows, as the journal does, so that each sync has a
// new size and new blocks to make durable; `bare-prealloc` overwrites a file of zeros, which costs the disk least.

import * as fs from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GroupCommit } from './group-commit.ts';
import type { Store, StoreTarget } from './store.ts';

const BUFFER_SIZE = 1 << 20;
/** The journal's segment size. At its end the writer begins a preallocated file again. */
const PREALLOCATED_SIZE = 64 * BUFFER_SIZE;
const write = promisify(fs.write);
const datasync = promisify(fs.fdatasync);

/** A file that grows. */
export const bare: StoreTarget = { name: 'bare', missing: () => undefined, open: openGrowing };

/** A file that was written full of zeros before. */
export const barePreallocated: StoreTarget = {
  name: 'bare-prealloc',
  missing: () => undefined,
  open: openPreallocated,
};

async function openGrowing(directory: string): Promise<Store> {
  return storeOn(createFile(directory), Number.POSITIVE_INFINITY, 'fs.write + fs.fdatasync, a file that grows');
}

async function openPreallocated(directory: string): Promise<Store> {
  const fd = createFile(directory);
  const zeros = Buffer.alloc(BUFFER_SIZE);
  for (let at = 0; at < PREALLOCATED_SIZE; at += BUFFER_SIZE) fs.writeSync(fd, zeros, 0, BUFFER_SIZE, at);
  fs.fsyncSync(fd);
  return storeOn(fd, PREALLOCATED_SIZE, 'the same into a preallocated file');
}

function createFile(directory: string): number {
  fs.mkdirSync(directory);
  return fs.openSync(join(directory, 'records'), 'wx+', 0o600);
}

function storeOn(fd: number, fileSize: number, version: string): Store {
  const buffer = Buffer.allocUnsafeSlow(BUFFER_SIZE);
  let [position, count] = [0, 0];
  let chunk: Buffer = buffer.subarray(0, 0);
  const { submit } = new GroupCommit(async (bodies) => {
    chunk = gather(buffer, bodies);
    if (position + chunk.length > fileSize) position = 0;
    const { bytesWritten } = await write(fd, chunk, 0, chunk.length, position);
    if (bytesWritten !== chunk.length) throw new Error(`a write of ${chunk.length} bytes wrote ${bytesWritten}`);
    await datasync(fd);
    position += chunk.length;
    count += bodies.length;
  });
  // There is no framing to count records by, so the last chunk speaks for all.
  const close = async (): Promise<number> => {
    const last = Buffer.alloc(chunk.length);
    fs.readSync(fd, last, 0, last.length, position - last.length);
    fs.closeSync(fd);
    return last.equals(chunk) ? count : 0;
  };
  return { version, submit, close };
}

/** The bodies one after the other in the buffer; the answer is a view of it. */
function gather(buffer: Buffer, bodies: readonly Uint8Array[]): Buffer {
  let size = 0;
  for (const body of bodies) {
    buffer.set(body, size);
    size += body.length;
  }
  return buffer.subarray(0, size);
}
