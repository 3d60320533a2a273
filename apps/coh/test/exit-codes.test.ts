import { EXIT, REFUSALS, type RefusalCode } from '@cohesix/wire';
import { describe, expect, it } from 'vitest';
import { contextOf } from '../src/context.ts';
import { exitOf, fail } from '../src/failure.ts';
import { capturedIo, coh } from './captured-io.ts';

const codes = Object.keys(REFUSALS) as RefusalCode[];

describe('exit codes', () => {
  it('are those of the table', () => {
    for (const code of codes) expect(exitOf(code)).toBe(REFUSALS[code].exit);
    expect(exitOf('usage')).toBe(EXIT.usage);
    expect(exitOf('failed')).toBe(EXIT.generic);
  });

  it('are documented with every refusal that leads to them', async () => {
    const { exit, stdout } = await coh(['help', 'exit-codes', '--json']);
    expect(exit).toBe(0);
    const rows = (JSON.parse(stdout) as { exit: { status: number; name: string; meaning: string; codes: string[] }[] })
      .exit;
    expect(rows.map(({ status }) => status)).toEqual(Object.values(EXIT));
    for (const { status, meaning, codes: listed } of rows) {
      expect(meaning).not.toBe('');
      expect(listed).toEqual(codes.filter((code) => REFUSALS[code].exit === status));
    }
    const text = await coh(['help', 'exit-codes']);
    for (const code of codes) expect(text.stdout).toContain(code);
  });

  it('come with one line, the sentence and what to do', () => {
    const { io, stderr, stdout } = capturedIo();
    const context = contextOf(io, {});
    expect(fail(context, { what: 'cannot cut', code: 'denied', sentence: 'The ticket is blunt.' })).toBe(EXIT.denied);
    expect(stderr()).toBe(
      'coh: cannot cut (denied)\n  The ticket is blunt.\n  What your ticket allows: ./coh ticket inspect\n',
    );
    expect(stdout()).toBe('');
  });

  it('come as one JSON object with --json', () => {
    const { io, stderr, stdout } = capturedIo();
    expect(fail(contextOf(io, { json: true }), { what: 'w', code: 'expired', sentence: 's', advice: ['a'] })).toBe(5);
    expect(JSON.parse(stdout())).toEqual({
      error: { code: 'expired', exit: 5, what: 'w', sentence: 's', advice: ['a'] },
    });
    expect(stderr()).toBe('');
  });
});

describe('usage errors', () => {
  it.each([
    [['lss'], "unknown command 'lss'", '(Did you mean ls?)', './coh --help'],
    [['ls', '--jsom'], "unknown option '--jsom'", '(Did you mean --json?)', './coh ls --help'],
    [['cat'], "missing required argument 'path'", '', './coh cat --help'],
    [['ls', '/', '/log'], 'too many arguments', '', './coh ls --help'],
    [['ticket'], 'a command is missing', '', './coh ticket --help'],
    [
      ['ticket', 'mint', '--role', 'queen'],
      "required option '--subject <name>' not specified",
      '',
      './coh ticket mint --help',
    ],
    [['tail', '-n', '1.5', '/x'], 'It takes 0 to 1000000 lines.', '', './coh tail --help'],
    [['spawn', 'host', '--wait', '0'], 'It takes 1 to 86400 seconds.', '', './coh spawn --help'],
    [['test', '--timeout', '121'], 'It takes 1 to 120 seconds.', '', './coh test --help'],
    [['test', '--mode', 'fast'], 'Allowed choices are quick, full, smp, negative.', '', './coh test --help'],
    [['lifecycle', 'explode'], 'Allowed choices are cordon', '', './coh lifecycle --help'],
    [['cat', 'proc/boot'], 'did you mean /proc/boot?', '', './coh cat --help'],
    [['approve', '/queen/ctl'], 'the line to decide on is missing', '', './coh approve /queen/ctl'],
    [['approve', 'a1', 'b'], 'too many arguments', '', './coh approve ID'],
    [['sh', '--script', 'a', '--check', 'b'], 'cannot be used with option', '', './coh sh --help'],
  ])('%j', async (argv, what, suggestion, advice) => {
    const { exit, stdout, stderr } = await coh(argv);
    expect(exit).toBe(EXIT.usage);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^coh: .*\(usage\)\n/);
    for (const part of [what, suggestion, advice]) expect(stderr).toContain(part);
  });

  it('are JSON with --json', async () => {
    const { exit, stdout, stderr } = await coh(['ls', '--nope', '--json']);
    expect(exit).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'usage', exit: 2 } });
    expect(stderr).toBe('');
  });
});

describe('without a hive', () => {
  it('says that it is unreachable, and how to start it', async () => {
    const { exit, stderr } = await coh(['ls', '/', '--data', '/nonexistent/hive']);
    expect(exit).toBe(EXIT.unreachable);
    expect(stderr).toContain('coh: no hive answers (unreachable)\n  No hive runs in /nonexistent/hive.');
    expect(stderr).toContain('Is it running? Start it with: npm start');
  });

  it('asks for a directory when there is no home', async () => {
    // An empty HOME still leaves the user database; only its answer decides what is said.
    const { exit, stderr } = await coh(['ls', '/'], { env: { HOME: '', XDG_DATA_HOME: '', COH_DATA: '' } });
    expect([EXIT.usage, EXIT.unreachable]).toContain(exit);
    expect(stderr).toMatch(/^coh: /);
  });

  it('refuses a door that is none', async () => {
    const { exit, stderr } = await coh(['ls', '/', '--to', 'gopher://x', '--ticket', '-'], { stdin: 'coh2.x\n' });
    expect(exit).toBe(EXIT.usage);
    expect(stderr).toContain('A door is unix:/path');
  });

  it('warns about a ticket on the command line and does not repeat it', async () => {
    const { stderr } = await coh(['ls', '/', '--to', 'unix:/nonexistent', '--ticket', 'coh2.secretsecret']);
    expect(stderr).toContain('warning: a ticket on the command line');
    expect(stderr).not.toContain('secretsecret');
  });
});
