// Reads the text files of the repository: those git tracks or would track. Binary and huge files are left out.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TextFile } from './house.ts';

const SIZE_MAX = 4 * 1024 * 1024;

/** All text files of the checkout at `root`, by path. Needs git and a checkout. */
export function textFiles(root: string): readonly TextFile[] {
  const listing = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const paths = [...new Set(listing.split('\0').filter((path) => path !== ''))].sort();
  return paths.flatMap((path) => readText(root, path));
}

/** Nothing for a file that is deleted but not yet staged, is no plain file, or holds a NUL byte. */
function readText(root: string, path: string): TextFile[] {
  const file = join(root, path);
  const stat = existsSync(file) ? statSync(file) : undefined;
  if (stat === undefined || !stat.isFile() || stat.size > SIZE_MAX) return [];
  const text = readFileSync(file, 'utf8');
  return text.includes('\0') ? [] : [{ path, text }];
}
