import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { makeProgram } from '../src/program.ts';
import { capturedIo, coh } from './captured-io.ts';

function allCommands(command: Command, path: readonly string[] = []): readonly (readonly string[])[] {
  return command.commands.flatMap((inner) => {
    const words = [...path, inner.name()];
    return [words, ...allCommands(inner, words)];
  });
}

const commands = allCommands(makeProgram(capturedIo().io, async () => {}));

describe('help', () => {
  it('knows the commands of the product', () => {
    const names = commands.map((words) => words.join(' '));
    for (const name of [
      'up',
      'sh',
      'ls',
      'cat',
      'tail',
      'echo',
      'spawn',
      'kill',
      'approve',
      'deny',
      'approvals',
      'test',
    ]) {
      expect(names).toContain(name);
    }
    for (const name of ['stat', 'lifecycle', 'whoami', 'doctor', 'completion', 'ticket mint', 'ticket attenuate']) {
      expect(names).toContain(name);
    }
    for (const name of [
      'status',
      'lease grant',
      'job watch',
      'host-ticket send',
      'window open',
      'intent send',
      'epoch raise',
    ]) {
      expect(names).toContain(name);
    }
    for (const name of [
      'ticket inspect',
      'ticket revoke',
      'manifest check',
      'manifest show',
      'manifest docs',
      'manifest reload',
    ]) {
      expect(names).toContain(name);
    }
  });

  it.each(commands.map((words) => [words.join(' '), words] as const))(
    '%s has a description and examples',
    async (_, words) => {
      const { exit, stdout, stderr } = await coh([...words, '--help']);
      expect(exit).toBe(0);
      expect(stderr).toBe('');
      expect(stdout).toMatch(new RegExp(`^Usage: coh ${words[0]}`));
      expect(stdout).toMatch(/\nExamples:\n {2}\S/);
      expect(stdout).toContain('--json');
    },
  );

  it('names the JSON of every command that has some', async () => {
    for (const words of commands) {
      const isGroup = commands.some(
        (inner) => inner.length > words.length && words.every((word, at) => inner[at] === word),
      );
      if (isGroup || words[0] === '__complete') continue;
      expect((await coh([...words, '--help'])).stdout, words.join(' ')).toContain('With --json:');
    }
  });

  it('is the answer to no arguments, --help and help', async () => {
    const texts = [await coh([]), await coh(['--help']), await coh(['help'])];
    for (const { exit, stdout } of texts) {
      expect(exit).toBe(0);
      expect(stdout).toBe(texts[0]?.stdout);
    }
    expect(texts[0]?.stdout).not.toContain('__complete');
    expect(texts[0]?.stdout).toContain('Options of every command:');
  });

  it('leads to a command and refuses what is none', async () => {
    expect((await coh(['help', 'ticket', 'mint'])).stdout).toContain('coh ticket mint --role queen');
    const wrong = await coh(['help', 'nothing']);
    expect(wrong.exit).toBe(2);
    expect(wrong.stderr).toContain("coh: there is no help for 'nothing' (usage)");
  });

  it('fits a narrow terminal without failing', async () => {
    const { exit, stdout } = await coh(['ls', '--help'], { columns: 20 });
    expect(exit).toBe(0);
    expect(stdout).toContain('Examples:');
  });

  it('is painted at a terminal only, and not with NO_COLOR or TERM=dumb', async () => {
    const csi = '\u001b[';
    expect((await coh(['--help'], { isTTY: true })).stdout).toContain(csi);
    expect((await coh(['--help'])).stdout).not.toContain(csi);
    expect((await coh(['--help'], { isTTY: true, env: { NO_COLOR: '1' } })).stdout).not.toContain(csi);
    expect((await coh(['--help'], { isTTY: true, env: { TERM: 'dumb' } })).stdout).not.toContain(csi);
    expect((await coh(['ls', '--help', '--no-color'], { isTTY: true })).stdout).not.toContain(csi);
    expect((await coh(['--no-color', 'help', 'ls'], { isTTY: true })).stdout).not.toContain(csi);
    expect((await coh(['ls', '--help', '--color'])).stdout).toContain(csi);
    expect((await coh(['ls', '--help', '--color', '--json'])).stdout).not.toContain('u001b');
    expect((await coh(['lss', '--color'])).stderr).toContain(csi);
  });
});
