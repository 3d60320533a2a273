// Small file systems of their own for tests: one that gets full, one that the kernel makes read-only. For root on Linux only.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** A mounted file system. */
export interface Mount {
  readonly path: string;
  /** Lets the kernel find an error in it: with `errors=remount-ro` it is read-only from now on. ext4 only. */
  breakDown(): void;
  /** Unmounts, repairs and mounts it again. ext4 only. */
  repair(): void;
  remove(): void;
}

function run(command: string, ...args: readonly string[]): string | undefined {
  const ended = spawnSync(command, args, { encoding: 'utf8' });
  if (ended.error !== undefined) return ended.error.message;
  return ended.status === 0 ? undefined : `${command}: ${ended.stderr.trim()}`;
}

/** A file system of `size` bytes in memory; a sentence when it cannot be made here. */
export function mountTmpfs(size: number): Mount | string {
  const path = mkdtempSync(join(tmpdir(), 'cohesix-tmpfs-'));
  const failed = run('mount', '-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'none', path);
  const remove = (): void => {
    if (failed === undefined) run('umount', '-l', path);
    rmSync(path, { recursive: true, force: true });
  };
  if (failed === undefined) return { path, breakDown: unsupported, repair: unsupported, remove };
  remove();
  return `no tmpfs can be mounted: ${failed}`;
}

function unsupported(): never {
  throw new Error('a tmpfs does not break down');
}

/** An ext4 of `size` bytes in a file that becomes read-only when the kernel finds an error; a sentence when that cannot be made here. */
export function mountExt4(size: number): Mount | string {
  const folder = mkdtempSync(join(tmpdir(), 'cohesix-ext4-'));
  const image = join(folder, 'image');
  const path = mkdtempSync(join(folder, 'mount-'));
  writeFileSync(image, '');
  truncateSync(image, size);
  const mount = (): string | undefined => run('mount', '-o', 'loop,errors=remount-ro', image, path);
  const failed = run('mkfs.ext4', '-q', image) ?? mount();
  const remove = (): void => {
    if (failed === undefined) run('umount', '-l', path);
    rmSync(folder, { recursive: true, force: true });
  };
  const trigger = failed === undefined ? triggerOf(path) : undefined;
  if (trigger === undefined) {
    remove();
    return `no ext4 can be mounted that breaks down on demand: ${failed ?? 'the kernel has no trigger_fs_error'}`;
  }
  const repair = (): void => {
    // Its exit status says that it corrected something: it must.
    const steps = [() => run('umount', path), () => run('e2fsck', '-fy', image) && undefined, mount];
    for (const step of steps) {
      const problem = step();
      if (problem !== undefined) throw new Error(problem);
    }
  };
  return { path, breakDown: () => writeFileSync(trigger, 'x'), repair, remove };
}

function triggerOf(path: string): string | undefined {
  const source = spawnSync('findmnt', ['-n', '-o', 'SOURCE', path], { encoding: 'utf8' }).stdout?.trim();
  const trigger = `/sys/fs/ext4/${basename(source ?? '')}/trigger_fs_error`;
  return existsSync(trigger) ? trigger : undefined;
}
