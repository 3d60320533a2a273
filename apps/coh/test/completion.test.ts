import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROLES } from '@cohesix/ticket';
import { describe, expect, it } from 'vitest';
import { SCRIPTS, SHELLS } from '../src/complete/scripts.ts';
import { coh } from './captured-io.ts';

async function candidates(...words: string[]): Promise<readonly string[]> {
  const { exit, stdout, stderr } = await coh(['__complete', '--', ...words]);
  expect(exit).toBe(0);
  expect(stderr).toBe('');
  return stdout.split('\n').filter((line) => line !== '');
}

describe('__complete without a hive', () => {
  it('knows commands, and only those that help shows', async () => {
    expect(await candidates('t')).toEqual(['test', 'tail', 'ticket']);
    expect(await candidates('')).not.toContain('__complete');
    expect(await candidates('ticket', '')).toEqual(['mint', 'attenuate', 'inspect', 'revoke']);
  });

  it('knows options, also after a value', async () => {
    expect(await candidates('tail', '--f')).toEqual(['--follow']);
    expect(await candidates('tail', '-n', '5', '--li')).toEqual(['--lines']);
    expect(await candidates('ticket', 'mint', '--aud')).toEqual(['--audience']);
    expect(await candidates('--data', 'x', 'l')).toEqual(['ls', 'lifecycle']);
  });

  it('knows fixed values', async () => {
    expect(await candidates('completion', '')).toEqual([...SHELLS]);
    expect(await candidates('test', '--mode', 'f')).toEqual(['full']);
    expect(await candidates('lifecycle', 're')).toEqual(['resume', 'reset']);
    expect(await candidates('spawn', 'h')).toEqual(['heartbeat', 'host']);
  });

  it('knows files of this machine where one is wanted', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'coh-complete-'));
    mkdirSync(join(folder, 'keys'));
    for (const name of ['ann.ticket', 'bob.ticket', '.hidden']) writeFileSync(join(folder, name), '');
    const inFolder = async (...words: string[]): Promise<string> =>
      (await coh(['__complete', '--', ...words], { cwd: folder })).stdout;
    for (const option of ['--ticket', '--console-token'])
      expect(await inFolder('ls', option, 'a')).toBe('ann.ticket\n');
    for (const option of ['--script', '--check', '--approver-ticket'])
      expect(await inFolder('sh', option, '')).toBe('ann.ticket\nbob.ticket\nkeys/\n');
    expect(await inFolder('ticket', 'mint', '--out', `${folder}/k`)).toBe(`${folder}/keys/\n`);
    expect(await inFolder('manifest', 'check', './b')).toBe('./bob.ticket\n');
    expect(await inFolder('manifest', 'show', '.h')).toBe('.hidden\n');
    rmSync(folder, { recursive: true });
  });

  it('knows roles and topics', async () => {
    expect(await candidates('ticket', 'mint', '--role', '')).toEqual(expect.arrayContaining([...ROLES]));
    expect(await candidates('help', 'e')).toEqual(['echo', 'exit-codes', 'environment']);
  });

  it('is silent about paths of a hive that is not there', async () => {
    expect(await candidates('ls', '/')).toEqual([]);
    expect(await candidates('kill', '')).toEqual([]);
  });
});

describe('completion scripts', () => {
  it.each(SHELLS)('%s', async (shell) => {
    const { exit, stdout } = await coh(['completion', shell]);
    expect(exit).toBe(0);
    expect(stdout).toBe(SCRIPTS[shell]);
    expect(stdout).toContain('__complete --');
  });

  it('for bash asks with the words so far and takes what it is told', () => {
    const program = [
      SCRIPTS.bash,
      'coh() { printf "/%s" "$@"; printf "/\\n"; }',
      'compopt() { printf "%s " compopt "$@"; echo; }',
      'COMP_WORDS=(coh tail -n 5 /pr more); COMP_CWORD=4; COMPREPLY=()',
      '_coh coh; printf "%s\\n" "${COMPREPLY[@]}"',
    ].join('\n');
    const asked = execFileSync('bash', ['-c', program], { encoding: 'utf8' });
    expect(asked).toBe('compopt -o nospace \n/__complete/--/tail/-n/5//pr/\n');
  });
});
