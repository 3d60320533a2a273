import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mayKeep, shellForm } from '@cohesix/client';
import { defaultDataDirectory, VERSION as HIVE_VERSION } from '@cohesix/node';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { formatSpan, parseDuration, parseMoment } from '../src/duration.ts';
import { visible } from '../src/io.ts';
import { dataRoot, shellWord } from '../src/places.ts';
import { VERSION } from '../src/program.ts';
import { HISTORY_LINES_MAX, loadHistory, saveHistory } from '../src/sh/history.ts';
import { holdsToken, withoutTokens } from '../src/token.ts';
import { capturedIo } from './captured-io.ts';

const folder = mkdtempSync(join(tmpdir(), 'coh-parts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('the command line has the version of the hive', () => expect(VERSION).toBe(HIVE_VERSION));

describe('places', () => {
  it.each([[{ HOME: '/home/a' }], [{ HOME: '/home/a', XDG_DATA_HOME: '/share' }]])(
    'default directory with %j',
    (env) => {
      const root = dataRoot({ ...capturedIo().io, env }, undefined);
      expect(root).toEqual({ ok: true, value: defaultDataDirectory('hive', env) });
    },
  );

  it('prefer the option to COH_DATA, and are absolute', () => {
    const io = capturedIo({ env: { COH_DATA: 'from-env' }, cwd: '/here' }).io;
    expect(dataRoot(io, undefined)).toEqual({ ok: true, value: '/here/from-env' });
    expect(dataRoot(io, 'given')).toEqual({ ok: true, value: '/here/given' });
    expect(dataRoot(io, '')).toMatchObject({ ok: false });
  });

  it('quote words for a shell', () => {
    expect(shellWord('/plain/path-1.2')).toBe('/plain/path-1.2');
    expect(shellWord('{"a":"it\'s"}')).toBe(`'{"a":"it'\\''s"}'`);
  });
});

describe('durations', () => {
  it.each([
    ['1s', 1000],
    ['15m', 900_000],
    ['8h', 28_800_000],
    ['7d', 604_800_000],
  ])('%s', (text, ms) => expect(parseDuration(text)).toEqual({ ok: true, value: ms }));

  it.each(['', '0s', '-1s', '1', '1w', '1.5h', '1000000d', 'h'])('refuses %j', (text) => {
    expect(parseDuration(text)).toMatchObject({ ok: false, refusal: { code: 'invalid-payload' } });
  });

  it('end at a hundred years', () => {
    expect(parseDuration('36500d').ok).toBe(true);
    expect(parseDuration('36501d').ok).toBe(false);
  });

  it('are moments from now; ISO times need a zone', () => {
    expect(parseMoment('1h', 5)).toEqual({ ok: true, value: 3_600_005 });
    expect(parseMoment('2026-01-31T08:00:00Z', 0)).toEqual({ ok: true, value: Date.UTC(2026, 0, 31, 8) });
    expect(parseMoment('2026-01-31T08:00', 0).ok).toBe(false);
    expect(parseMoment('2026-13-31T08:00:00Z', 0).ok).toBe(false);
  });

  it('are shown by their two largest units', () => {
    expect(formatSpan(90_061_000)).toBe('1 d 1 h');
    expect(formatSpan(3_600_000)).toBe('1 h');
    expect(formatSpan(59_999)).toBe('59 s');
    expect(formatSpan(-1)).toBe('0 s');
  });
});

describe('text for terminals', () => {
  it('shows what would steer one', () => {
    expect(visible('a\u001b[2Jb\u0007\tc\n\u009b')).toBe('a\\x1b[2Jb\\x07\tc\n\\x9b');
  });

  it('is left as it is when it is plain', () => {
    fc.assert(fc.property(fc.stringMatching(/^[\w äöü€\n\t]*$/u), (text) => visible(text) === text));
  });

  it('hides tickets', () => {
    const line = 'attach queen coh2.AbC_d-9 now cohesix-ticket-abc.def cohs.X';
    expect(holdsToken(line)).toBe(true);
    expect(withoutTokens(line)).toBe('attach queen <ticket> now <ticket> <ticket>');
    expect(holdsToken('ls /coh2')).toBe(false);
  });
});

describe('the history of the shell', () => {
  it('keeps no line with a ticket', () => {
    expect(mayKeep('ls /')).toBe(true);
    for (const line of ['', '  ', 'attach queen abc', 'LOGIN queen x.y', 'echo /x coh2.abc', 'cat cohs.abc']) {
      expect(mayKeep(line), line).toBe(false);
    }
    expect(mayKeep('attach queen')).toBe(true);
  });

  it('is private, newest first in memory, and bounded', () => {
    const file = join(folder, 'history');
    const lines = Array.from({ length: HISTORY_LINES_MAX + 1 }, (_, index) => `ls /${index}`);
    expect(saveHistory(file, lines)).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(loadHistory(file)).toEqual(lines.slice(0, HISTORY_LINES_MAX));
    saveHistory(file, ['attach queen coh2.secret', 'ping']);
    expect(readFileSync(file, 'utf8')).toBe('ping\n');
  });

  it('does without a folder', () => {
    expect(saveHistory(join(folder, 'missing', 'history'), ['ls /'])).toBe(false);
    expect(loadHistory(join(folder, 'missing', 'history'))).toEqual([]);
  });
});

describe('words of the shell', () => {
  it('take tail -f for follow', () => {
    expect(shellForm('tail -f /log/queen.log')).toBe('follow /log/queen.log');
    expect(shellForm('tail /log/queen.log 5')).toBe('tail /log/queen.log 5');
  });
});
