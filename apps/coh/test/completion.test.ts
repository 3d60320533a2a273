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
    expect(await candidates('t')).toEqual(['test', 'tail', 'trace', 'telemetry', 'ticket']);
    expect(await candidates('')).not.toContain('__complete');
    expect(await candidates('ticket', '')).toEqual(['mint', 'attenuate', 'inspect', 'revoke']);
  });

  it('knows options, also after a value', async () => {
    expect(await candidates('tail', '--f')).toEqual(['--follow']);
    expect(await candidates('tail', '-n', '5', '--li')).toEqual(['--lines']);
    expect(await candidates('ticket', 'mint', '--aud')).toEqual(['--audience']);
    expect(await candidates('--data', 'x', 'l')).toEqual(['ls', 'lifecycle', 'lease', 'lora']);
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
    expect(await candidates('help', 'e')).toEqual(['echo', 'epoch', 'exit-codes', 'environment']);
  });

  it('is silent about paths of a hive that is not there', async () => {
    expect(await candidates('ls', '/')).toEqual([]);
    expect(await candidates('kill', '')).toEqual([]);
    expect(await candidates('lease', 'renew', '')).toEqual([]);
  });
});

describe('completion scripts', () => {
  it.each(SHELLS)('%s', async (shell) => {
    const { exit, stdout } = await coh(['completion', shell]);
    expect(exit).toBe(0);
    expect(stdout).toBe(SCRIPTS[shell]);
    expect(stdout).toContain('__complete --');
    expect(JSON.parse((await coh(['completion', shell, '--json'])).stdout)).toEqual({ shell, script: SCRIPTS[shell] });
  });

  /** What the bash script asks, and what it offers then, when bash cuts the line into these words. */
  function bash(line: string, cut: readonly string[]): { readonly asked: string; readonly offered: readonly string[] } {
    const program = [
      SCRIPTS.bash,
      'coh() { (IFS=" "; echo "$*" >&3); echo "$CANDIDATE"; }',
      'compopt() { :; }',
      'COMP_LINE=$LINE; COMP_POINT=${#LINE}; COMPREPLY=()',
      'COMP_WORDS=("$@" more); COMP_CWORD=$(($# - 1))',
      '_coh coh 3>&1; printf "%s\\n" "${COMPREPLY[@]}"',
    ].join('\n');
    const env = { ...process.env, LINE: line, CANDIDATE: `${/\S*$/.exec(line)?.[0]}/` };
    const said = execFileSync('bash', ['-c', program, 'bash', ...cut], { encoding: 'utf8', env });
    const [asked = '', ...offered] = said.trimEnd().split('\n');
    return { asked, offered };
  }

  it.each([
    ['coh tail -n 5 /pr', ['coh', 'tail', '-n', '5', '/pr'], '/pr/'],
    ['coh  ls ', ['coh', 'ls', ''], '/'],
    ['coh ls --to unix:/run/s /p', ['coh', 'ls', '--to', 'unix', ':', '/run/s', '/p'], '/p/'],
    ['coh ls --to 9p://h:1 /p', ['coh', 'ls', '--to', '9p', ':', '//h', ':', '1', '/p'], '/p/'],
    ['coh --data=x ls /p', ['coh', '--data', '=', 'x', 'ls', '/p'], '/p/'],
    // Of a word that bash cut it replaces the last piece alone.
    ['coh ls /a:b', ['coh', 'ls', '/a', ':', 'b'], 'b/'],
  ])('for bash asks with the words so far and takes what it is told: %s', (line, cut, offered) => {
    const words = line.replace(/ +/g, ' ').split(' ').slice(1).join(' ');
    expect(bash(line, cut)).toEqual({ asked: `__complete -- ${words}`, offered: [offered] });
  });
});
