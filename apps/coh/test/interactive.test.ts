// The shell at a terminal, played by two streams, against a hive in this process.

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type Hive, startHive } from '@cohesix/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCoh } from '../src/run.ts';
import { capturedIo, coh } from './captured-io.ts';

let hive: Hive;
const data = mkdtempSync(join(tmpdir(), 'coh-shell-'));

beforeAll(async () => {
  const started = await startHive({
    directory: data,
    adjust: (manifest) => ({ ...manifest, listen: { ...manifest.listen, secure9p: '', console: '' } }),
  });
  if (!started.ok) throw new Error(started.refusal.detail);
  hive = started.value;
});

afterAll(async () => {
  await hive?.stop();
  rmSync(data, { recursive: true, force: true });
});

/** A person at a terminal: types, and waits for what appears. */
class Terminal {
  readonly #input = Object.assign(new PassThrough(), { isTTY: true });
  readonly #captured = capturedIo({ isTTY: true });
  readonly exit: Promise<number>;
  #from = 0;

  constructor(env: NodeJS.ProcessEnv = {}, argv: readonly string[] = []) {
    const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
    output.on('data', (chunk: Buffer) => void this.#captured.io.stdout.write(chunk));
    const io = {
      ...this.#captured.io,
      env: { COH_DATA: data, TERM: 'xterm', ...env },
      stdin: this.#input,
      stdout: output,
    };
    this.exit = runCoh(['sh', '--no-color', ...argv], io);
  }

  /** Waits until `text` appears after everything that was waited for before. */
  async sees(text: string): Promise<void> {
    while (!this.#captured.stdout().slice(this.#from).includes(text)) await new Promise(setImmediate);
    this.#from = this.#captured.stdout().indexOf(text, this.#from) + text.length;
  }

  async types(keys: string): Promise<void> {
    // One write a key: readline takes a tab inside a longer write for pasted text.
    for (const key of keys) {
      this.#input.write(key);
      await new Promise(setImmediate);
    }
  }

  /** All at once, as a terminal gives what was pasted. */
  async pastes(text: string): Promise<void> {
    this.#input.write(text);
    await new Promise(setImmediate);
  }

  hangsUp(): void {
    this.#input.end();
  }

  interrupts(): void {
    this.#captured.signal('SIGINT');
  }

  get shown(): string {
    return this.#captured.stdout();
  }
}

describe('coh sh at a terminal', () => {
  it('completes verbs and live paths, and leaves with Ctrl-D', async () => {
    const terminal = new Terminal();
    await terminal.sees('Connected over 9p as queen.');
    await terminal.sees('coh> ');
    await terminal.types('ca\t');
    await terminal.sees('cat ');
    await terminal.types('/pr\t');
    await terminal.sees('oc/');
    await terminal.types('bo');
    await terminal.sees('o');
    await terminal.types('\t');
    await terminal.types('\t');
    await terminal.sees('/proc/boot');
    await terminal.sees('/proc/bounds');
    await terminal.types('ot\r');
    await terminal.sees('OK CAT path=/proc/boot');
    await terminal.sees('END');
    await terminal.sees('coh> ');
    await terminal.types('\u0004');
    expect(await terminal.exit).toBe(0);
  });

  it('Ctrl-C ends a follow, clears a line, and never the shell', async () => {
    const terminal = new Terminal();
    await terminal.sees('coh> ');
    await terminal.types('tail -f /log/queen.log\r');
    await terminal.sees('OK FOLLOW path=/log/queen.log');
    await hive.system('/queen/ctl', '{"budget":{"ttl_s":123}}');
    await terminal.sees('updated default budget ttl=123');
    await terminal.types('\u0003');
    await terminal.sees('END');
    await terminal.sees('OK STOP');
    await terminal.types('nonsense\u0003');
    await terminal.sees('^C');
    await terminal.types('\u0003');
    await terminal.sees('Ctrl-D or quit leaves');
    await terminal.types('ping\r');
    await terminal.sees('OK PING reply=pong');
    await terminal.types('quit\r');
    expect(await terminal.exit).toBe(0);
    expect(terminal.shown).not.toContain('ERR');
  });

  it('leaves with Ctrl-D out of a follow', async () => {
    const terminal = new Terminal();
    await terminal.sees('coh> ');
    await terminal.types('tail -f /log/queen.log\r');
    await terminal.sees('OK FOLLOW path=/log/queen.log');
    await terminal.types('\u0004');
    expect(await terminal.exit).toBe(0);
  });

  it('does nothing that was pasted behind quit', async () => {
    const terminal = new Terminal();
    await terminal.sees('coh> ');
    await terminal.pastes('ping\rquit\rls /\rls /proc\r');
    expect(await terminal.exit).toBe(0);
    expect(terminal.shown).toContain('OK PING');
    expect(terminal.shown).not.toContain('OK LS');
  });

  it('does what was typed before Ctrl-D', async () => {
    const terminal = new Terminal({ TERM: 'dumb' });
    await terminal.sees('coh> ');
    await terminal.pastes('ping\nls /proc\n');
    terminal.hangsUp();
    expect(await terminal.exit).toBe(0);
    await terminal.sees('OK PING');
    await terminal.sees('OK LS path=/proc');
  });

  it('explains refusals in the hive’s words', async () => {
    const terminal = new Terminal();
    await terminal.sees('coh> ');
    await terminal.types('spawn heartbeat ticks=3\r');
    await terminal.sees('ERR SPAWN reason=policy detail=needs-approval');
    await terminal.sees('  Rule queen-ctl: ');
    await terminal.types('\u0004');
    await terminal.exit;
  });

  it('keeps a private history without tickets', async () => {
    const terminal = new Terminal();
    await terminal.sees('coh> ');
    await terminal.types('attach queen coh2.secret\r');
    await terminal.sees('ERR ATTACH');
    await terminal.types('ping\r');
    await terminal.sees('OK PING');
    await terminal.types('\u0004');
    await terminal.exit;
    const file = join(data, 'run', 'history');
    expect(existsSync(file)).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).not.toContain('secret');
    expect(readFileSync(file, 'utf8').split('\n').at(-2)).toBe('ping');
    const next = new Terminal();
    await next.sees('coh> ');
    await next.types('\u001b[A\r');
    await next.sees('OK PING');
    await next.types('\u0004');
    await next.exit;
  });

  it('works on a dumb terminal, where Ctrl-C is a signal', async () => {
    const terminal = new Terminal({ TERM: 'dumb' });
    await terminal.sees('coh> ');
    await terminal.types('follow /log/queen.log\n');
    await terminal.sees('OK FOLLOW');
    terminal.interrupts();
    await terminal.sees('OK STOP');
    await terminal.sees('coh> ');
    terminal.interrupts();
    expect(await terminal.exit).toBe(0);
    expect(terminal.shown).not.toContain('\u001b');
  });

  it('records what the lines ask and nothing else, and replays it', async () => {
    const trace = join(data, 'typed.trace');
    const terminal = new Terminal({}, ['--record', trace]);
    await terminal.sees('Recording: Tab completes verbs only.');
    await terminal.types('ca\t/proc/bo\tx\r');
    await terminal.sees('ERR CAT reason=policy detail=invalid-path path=/proc/box');
    await terminal.types('follow /log/queen.log\r');
    await terminal.sees('OK FOLLOW');
    terminal.interrupts();
    await terminal.sees('OK STOP');
    await terminal.types('exit\r');
    expect(await terminal.exit).toBe(0);
    const replayed = await coh(['sh', '--replay', trace], { env: { COH_DATA: '/nonexistent' } });
    expect(replayed.stderr).toMatch(/ as recorded\n$/);
    expect(replayed.stdout).toMatch(/^ERR CAT .*\nOK FOLLOW .*\nEND\nOK STOP\nOK QUIT\n$/);
  });
});
