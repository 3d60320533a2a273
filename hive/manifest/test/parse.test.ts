// Files as they come: of another version, not TOML, not UTF-8, huge, deep, and hostile.

import { describe, expect, test } from 'vitest';
import { defaultManifest, MANIFEST_BYTES_MAX, PROBLEMS_MAX, parseManifest } from '../src/index.ts';
import { accepted, file, lines, problemsOf, refused } from './manifest-text.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('the schema line', () => {
  test('must be there', () => {
    expect(lines(problemsOf('[hive]\nname = "a"'))).toEqual(['schema: is missing']);
  });

  test('of another version is the one problem, and says what to do', () => {
    const problems = problemsOf('schema = "cohesix-hive/2"\n[new_section]\nx = 1');
    expect(lines(problems)).toEqual(['schema: is "cohesix-hive/2"; this release reads exactly "cohesix-hive/1"']);
    expect(problems[0]?.hint).toMatch(/use the release of Cohesix this manifest was written for/);
  });

  test('of the source system is not read', () => {
    const problems = problemsOf('schema = "1.5"');
    expect(lines(problems)).toEqual(['schema: is "1.5"; this release reads exactly "cohesix-hive/1"']);
    expect(problems[0]?.hint).toBe('write schema = "cohesix-hive/1"');
  });

  test('is a string', () => {
    expect(lines(problemsOf('schema = 1'))).toEqual(['schema: expected a string, got an integer']);
  });
});

describe('a file', () => {
  test('with the schema line alone is the default manifest', () => {
    const outcome = parseManifest(file(''));
    expect(outcome).toMatchObject({ ok: true, manifest: defaultManifest() });
  });

  test('is read as bytes or text, with or without a byte order mark, with CRLF', () => {
    const body = 'schema = "cohesix-hive/1"\r\n[hive]\r\nname = "a"\r\n';
    const texts = [body, `\ufeff${body}`].flatMap((text) => [parseManifest(text), parseManifest(utf8(text))]);
    for (const outcome of texts) expect(outcome.ok && outcome.manifest.hive.name).toBe('a');
  });

  test('that is not TOML is refused with the place, and without its text', () => {
    const problems = problemsOf('schema = "cohesix-hive/1"\n[tickets]\nsecret = "hunter2\n');
    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toMatch(/^line 3, column \d+: /);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });

  test.each([
    ['a key', 'a = 1\na = 2'],
    ['a section', '[hive]\n[log]\n[hive]'],
    ['a section by dots', '[hive]\nname = "a"\n[hive.name]\nx = 1'],
    ['a key of an inline table', '[policy]\nrules = [{ id = "a", id = "b", target = "/x" }]'],
  ])('that gives %s twice is refused', (_, body) => {
    expect(refused(body)[0]?.message).toMatch(/^line \d+, column \d+: .*redefin/);
  });

  test('that is not UTF-8 is refused', () => {
    const bytes = new Uint8Array([...utf8(file('# ')), 0xc3, 0x28]);
    expect(lines(problemsOf(bytes))).toEqual([': is not UTF-8']);
    expect(lines(problemsOf(file('# \ud800')))).toEqual([': is not UTF-8']);
  });

  test('of the most bytes is read; one more is refused', () => {
    const padded = (size: number): string => {
      const start = file('');
      return `${start}#${'é'.repeat((size - start.length - 1) >> 1)}${size % 2 === start.length % 2 ? 'x' : ''}`;
    };
    const full = padded(MANIFEST_BYTES_MAX);
    expect(utf8(full)).toHaveLength(MANIFEST_BYTES_MAX);
    for (const source of [full, utf8(full)]) expect(parseManifest(source).ok).toBe(true);
    for (const source of [`${full}x`, utf8(`${full}x`)]) {
      expect(lines(problemsOf(source))).toEqual([
        `: has ${MANIFEST_BYTES_MAX + 1} bytes; at most ${MANIFEST_BYTES_MAX}`,
      ]);
    }
  });

  test('that nests deeply is refused, however it does', () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{ a = ', ' }'],
    ] as const) {
      const said = refused(`a = ${open.repeat(10_000)}1${close.repeat(10_000)}`);
      expect(said[0]?.message).toMatch(/nested/);
    }
    const dotted = Array.from({ length: 50_000 }, () => 'a').join('.');
    expect(lines(refused(`[${dotted}]`))).toEqual(['a: unknown field']);
    expect(lines(refused(`[secure9p.${dotted}]`))).toEqual(['secure9p.a: unknown field']);
  });

  test('with keys of the object prototype cannot reach it', () => {
    const keys = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'];
    for (const key of keys) {
      expect(lines(refused(`[${key}]\npolluted = true`))).toEqual([`${key}: unknown field`]);
      expect(lines(refused(`[hive]\n"${key}" = 1`))).toEqual([`hive.${key}: unknown field`]);
      expect(lines(refused(`[secure9p.${key}]\nmsize = 1`))).toEqual([`secure9p.${key}: unknown field`]);
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(({} as { msize?: unknown }).msize).toBeUndefined();
  });

  test('with strange keys gets them back quoted, and cut when long', () => {
    expect(lines(refused('[hive]\n"a.b\\n" = 1'))).toEqual(['hive."a.b\\n": unknown field']);
    const long = 'k'.repeat(100_000);
    expect(lines(refused(`[hive]\n${long} = 1`))).toEqual([`hive."${'k'.repeat(64)}…": unknown field`]);
    expect(lines(refused(`[secure9p]\nmsize = ${'9'.repeat(5000)}`))).toEqual([
      `secure9p.msize: is ${'9'.repeat(20)}…; must be from 512 to 1048576`,
    ]);
  });

  test('with the most problems lists all; with one more, how many more', () => {
    const unknown = (count: number): string => Array.from({ length: count }, (_, index) => `x${index} = 1`).join('\n');
    expect(refused(unknown(PROBLEMS_MAX))).toHaveLength(PROBLEMS_MAX);
    const over = refused(unknown(PROBLEMS_MAX + 1));
    expect(over).toHaveLength(PROBLEMS_MAX + 1);
    expect(over.at(-1)).toEqual({ path: '', message: 'and 1 more problem', hint: 'mend these first' });
    expect(refused(unknown(20_000)).at(-1)?.message).toBe(`and ${20_000 - PROBLEMS_MAX} more problems`);
    const both = refused(`${unknown(PROBLEMS_MAX)}\n[tickets]\naccept_v1 = true`);
    expect(both.at(-1)?.message).toBe('and 1 more problem');
  });
});

test('a section may be written with dots, inline, or in pieces', () => {
  const forms = [
    '[tickets]\nscopes_max = 3\n[tickets.attach_failures]\nwindow_ms = 5',
    'tickets.scopes_max = 3\ntickets.attach_failures.window_ms = 5',
    'tickets = { scopes_max = 3, attach_failures = { window_ms = 5 } }',
    '[tickets.attach_failures]\nwindow_ms = 5\n[tickets]\nscopes_max = 3',
  ];
  const [first, ...others] = forms.map(accepted);
  for (const other of others) expect(other).toEqual(first);
});
