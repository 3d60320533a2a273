// coh re as a user has it: tables, assembly, a patch from plan to running program and back, and messages that help.

import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runTool } from '../support/tool.ts';
import { fixture } from './fixtures/fixtures.ts';
import { re } from './support/re.ts';

const folder = mkdtempSync(join(tmpdir(), 'cohesix-re-'));
afterAll(() => rmSync(folder, { recursive: true }));
const sample = fixture('elf-x64-gcc-O2').path;
const file = (name: string): string => join(folder, name);

async function json(
  ...args: readonly string[]
): Promise<Record<string, unknown> & { rows: Record<string, unknown>[] }> {
  const { stdout, stderr } = await re(...args, '--json');
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

describe('reading', () => {
  it('tells what a file is, in words and as JSON', async () => {
    expect((await re('info', sample)).stdout).toMatch(
      /^format +elf\n(.*\n)*interpreter +\/lib64\/ld-linux-x86-64.so.2\n/,
    );
    expect(await json('info', sample)).toMatchObject({
      schema: 'cohesix.re.info/1',
      isa: 'x86-64',
      needed: ['libc.so.6'],
    });
  });

  it('lists sections, symbols, functions and strings, page by page', async () => {
    const sections = await json('sections', sample);
    expect(sections.rows.find(({ name }) => name === '.text')).toMatchObject({ permissions: 'r-x', role: 'code' });
    expect(sections.untrusted).toEqual(['name']);
    const symbols = await json('symbols', sample);
    expect(symbols.rows.map(({ name }) => name)).toContain('is_licensed');
    const functions = await json('functions', sample, '--from', '2', '--limit', '3');
    expect(functions).toMatchObject({ schema: 'cohesix.re.functions/1', from: 2 });
    expect(functions.rows).toHaveLength(3);
    const strings = await json('strings', sample);
    expect(strings.rows.find(({ text }) => text === 'not licensed')).toMatchObject({
      encoding: 'utf-8',
      references: 1,
    });
    expect((await re('functions', sample, '--limit', '3')).stdout).toMatch(/ more: --from 3\n$/);
  });

  it('shows code with names, who calls it, and the ways through it', async () => {
    const { stdout } = await re('disasm', sample, 'check');
    expect(stdout).toMatch(/^check:\n +0x\w+ {2}\w+ +\S/);
    expect(stdout).toMatch(/call is_licensed\n/);
    expect((await json('disasm', sample, 'check+0x0', '--count', '2')).rows).toHaveLength(2);
    expect((await json('xrefs', sample, 'is_licensed')).rows).toMatchObject([{ kind: 'call', function: 'check' }]);
    expect((await re('cfg', sample, 'check')).stdout).toMatch(/^check: \d+ blocks\n(.*\n)* {2}-> 0x\w+ \(taken\)\n/);
    expect((await re('cfg', sample, 'check', '--dot')).stdout).toMatch(/^digraph "check" \{\n(.*\n)*\}\n$/);
  });

  it('does not let a file steer the terminal', async () => {
    const bytes = Buffer.from(fixture('elf-x64-gcc-O2').bytes);
    const at = bytes.indexOf('is_licensed');
    bytes.write('\u001b[31m\u202e', at, 'utf8');
    writeFileSync(file('hostile'), bytes);
    const { stdout } = await re('symbols', file('hostile'));
    expect(stdout).toContain('\\x1b[31m\\u{202e}');
    expect(stdout).not.toContain('\u001b');
    expect(stdout).not.toContain('\u202e');
  });

  it('says what is wrong with a file or a place', async () => {
    writeFileSync(file('text'), 'just text');
    expect(await re('info', file('text'))).toMatchObject({ status: 1, stdout: '' });
    expect((await re('info', file('text'))).stderr).toContain('expected an ELF');
    expect((await re('info', file('nothing'))).stderr).toContain('no such file');
    expect((await re('disasm', sample, 'nowhere')).stderr).toContain('named nowhere');
    expect((await re('functions', sample, '--limit', 'x')).status).toBe(2);
  });
});

describe('patching', () => {
  const hash = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

  it('goes from a plan to a program that runs, and back', async () => {
    const [plan, patched, again] = [file('plan.json'), file('patched'), file('again')];
    const planned = await re('plan', sample, '--return', 'is_licensed=1', '-o', plan);
    expect(planned.stdout).toContain(`id ${hash(plan)}\n`);
    expect((await re('explain', plan)).stdout).toMatch(/1\. is_licensed returns 1\n {3}done by in-place\n/);
    expect((await re('apply', plan, sample, '-o', patched, '--id', hash(plan))).status).toBe(0);
    expect(statSync(patched).mode & 0o111).not.toBe(0);
    expect(await runTool(patched, ['check', 'none'])).toMatchObject({ stdout: 'licensed\n', status: 0 });
    expect((await re('verify', plan, sample, patched)).stdout.match(/^right/gm)).toHaveLength(4);
    expect((await re('revert', plan, patched, '-o', again)).status).toBe(0);
    expect(hash(again)).toBe(hash(sample));
  });

  it('takes code from a file and data as text', async () => {
    const [plan, patched] = [file('code.json'), file('code')];
    writeFileSync(file('hook.s'), 'push rdi\nlea rdi, [words]\ncall puts\npop rdi\n');
    const wishes = ['--before', `is_licensed=@${file('hook.s')}`, '--constant', 'words="asked"'];
    expect((await re('plan', sample, ...wishes, '-o', plan)).stderr).toBe('');
    await re('apply', plan, sample, '-o', patched);
    expect((await runTool(patched, ['check', 'none'])).stdout).toBe('asked\nnot licensed\n');
  });

  it('refuses another plan, another file, and to overwrite', async () => {
    const plan = file('refused.json');
    await re('plan', sample, '--return', 'is_licensed=0', '-o', plan);
    const told = async (...args: readonly string[]): Promise<string> => {
      const { status, stderr } = await re(...args);
      expect(status).toBe(1);
      return stderr;
    };
    expect(await told('apply', plan, sample, '-o', file('no'), '--id', '00')).toContain(
      'not the one that was approved',
    );
    expect(await told('apply', plan, fixture('elf-x64-gcc-O1').path, '-o', file('no'))).toContain('this one has');
    expect(await told('apply', plan, sample, '-o', sample)).toContain('It is the file that is read');
    expect(await told('plan', sample, '--return', 'is_licensed=0', '-o', plan)).toContain('--force overwrites it');
    expect(await told('plan', sample, '-o', file('no'))).toContain('nothing is to be changed');
    expect(await told('verify', plan, sample, sample)).toBe('');
    writeFileSync(plan, readFileSync(plan, 'utf8').replace('is_licensed', 'is_licenced'));
    await expect(told('apply', plan, sample, '-o', file('no'), '--id', '00')).resolves.toContain('not the one');
  });
});
