// The program as a process, and what it loads before it does anything.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

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
