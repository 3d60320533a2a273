// The program as a process, and what it loads before it does anything.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { LOCK_NAME } from '@cohesix/journal';
import { afterAll, describe, expect, it } from 'vitest';

const source = new URL('../src/', import.meta.url);
const main = fileURLToPath(new URL('main.ts', source));

describe('the program', () => {
  it('ends quietly when nobody reads its output any more', async () => {
    const child = spawn(process.execPath, [main, 'manifest', 'docs'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    const said: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(Buffer.concat(said).toString()).toBe('');
  });

  it('says in a sentence that its output cannot be written', async () => {
    const child = spawn('sh', ['-c', `exec "$0" "$1" manifest docs > /dev/full`, process.execPath, main]);
    const said: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(Buffer.concat(said).toString()).toMatch(/^coh: cannot write to the output \(failed\)\n/);
    expect(Buffer.concat(said).toString()).not.toContain('    at ');
  });

  it('gives its exit status to the shell, in any locale', async () => {
    const env = { PATH: process.env.PATH, HOME: '/nonexistent', LC_ALL: 'C' };
    const child = spawn(process.execPath, [main, 'ls', '/'], { env, stdio: 'ignore' });
    expect(await once(child, 'close')).toEqual([8, null]);
  });
});

describe('a hive whose output nobody takes any more', () => {
  const folder = mkdtempSync(join(tmpdir(), 'coh-main-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  interface Running {
    readonly child: ChildProcess;
    readonly data: string;
    readonly closed: Promise<unknown[]>;
  }

  /** `coh up`, its streams redirected as a shell does it; resolves when its doors are open. */
  async function up(name: string, redirections: string): Promise<Running> {
    const data = join(folder, name);
    const script = `exec "$0" "$1" up --data "$2" --no-listen-9p --no-listen-console --no-listen-http ${redirections}`;
    const child = spawn('sh', ['-c', script, process.execPath, main, data]);
    const closed = once(child, 'close');
    while (child.exitCode === null && !existsSync(join(data, 'run', 'addresses.json'))) await sleep(20);
    return { child, data, closed };
  }

  async function stopped({ child, data, closed }: Running): Promise<void> {
    child.kill('SIGTERM');
    expect(await closed).toEqual([0, null]);
    const lock = readdirSync(join(data, 'journal', LOCK_NAME));
    expect(lock.sort().at(-1)).toMatch(/\.released$/);
  }

  it('goes on and stops cleanly when its readers are gone', async () => {
    const running = await up('gone', '');
    running.child.stdout?.destroy();
    running.child.stderr?.destroy();
    await stopped(running);
  });

  it.each(['> /dev/full', '2> /dev/full', '> /dev/full 2>&1'])('goes on and stops cleanly with %s', async (full) => {
    const running = await up(`full${full.length}`, full);
    // What is said about being ready failed to be written by now, or soon will.
    await sleep(200);
    expect(running.child.exitCode).toBeNull();
    await stopped(running);
  });
});

/** The modules and packages that a source file loads at its start, types left out. */
function loadedBy(file: string, seen: Set<string> = new Set()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(new URL(file, source), 'utf8');
  for (const [, names = '', specifier = ''] of text.matchAll(/^(?:import|export) ([^;]*?)from '([^']+)';/gms)) {
    const isTypesOnly = /^type\b/.test(names) || /^\{\s*(?:type [^,}]+,?\s*)+\}\s*$/.test(names);
    if (isTypesOnly) continue;
    if (specifier.startsWith('.'))
      loadedBy(new URL(specifier, new URL(file, source)).href.slice(source.href.length), seen);
    else seen.add(specifier);
  }
  return seen;
}

describe('cold start', () => {
  const heavy = ['@cohesix/node', '@cohesix/manifest', '@cohesix/authority', '@cohesix/journal', '@cohesix/ticket'];

  it.each([
    ['run.ts', [...heavy, '@cohesix/client']],
    ['commands/files.ts', heavy],
    ['commands/workers.ts', heavy],
    ['commands/approvals.ts', heavy],
    ['commands/about.ts', heavy],
    ['commands/sh.ts', heavy],
    ['complete/words.ts', heavy],
  ])('%s does not load what it does not need', (file, unwanted) => {
    const loaded = loadedBy(file);
    expect(loaded.size).toBeGreaterThan(3);
    expect(unwanted.filter((name) => loaded.has(name))).toEqual([]);
  });
});
