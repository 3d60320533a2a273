// The files of a page: what is read of a build, and which variant of a file a browser gets.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type PageFiles, readPage } from '../src/page/files.ts';
import { mediaTypeOf } from '../src/page/media-types.ts';
import { chooseVariant, isKnown } from '../src/page/negotiate.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function buildOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'cohesix-page-'));
  folders.push(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

function pageOf(files: Readonly<Record<string, string>>): PageFiles {
  const page = readPage(buildOf({ 'index.html': '<!doctype html>', ...files }));
  if (!page.ok) throw new Error(page.refusal.detail);
  return page.value;
}

function text({ bytes }: { readonly bytes: Uint8Array }): string {
  return Buffer.from(bytes).toString();
}

it('reads files and their variants, and nothing that is no part of the page', () => {
  const folder = buildOf({
    'index.html': 'i',
    'icon.svg': '<svg/>',
    'assets/a-1.js': 'plain',
    'assets/a-1.js.br': 'brotli',
    'assets/a-1.js.gz': 'gzip',
    'assets/a-1.js.map': 'map',
    'assets/a-1.js.map.br': 'map',
    'assets/deep/b-2.woff2': 'font',
    '.env': 'secret',
    '.git/config': 'secret',
    'assets/odd name.js': 'odd',
  });
  const outside = buildOf({ 'x.js': 'outside' });
  symlinkSync(join(outside, 'x.js'), join(folder, 'assets', 'link.js'));
  symlinkSync(outside, join(folder, 'assets', 'folder'));
  const page = readPage(folder);
  const files = page.ok ? page.value : new Map<string, never>();
  expect([...files.keys()]).toEqual(['/assets/a-1.js', '/assets/deep/b-2.woff2', '/icon.svg', '/index.html']);
  const script = files.get('/assets/a-1.js');
  expect(script).toMatchObject({ isHashed: true, type: 'text/javascript; charset=utf-8' });
  expect(Object.values(script?.coded ?? {}).map(text)).toEqual(['brotli', 'gzip']);
  expect(files.get('/icon.svg')).toMatchObject({ isHashed: false, type: 'image/svg+xml', coded: {} });
});

it('says when there is no page, and when it is too much', () => {
  expect(readPage(join(tmpdir(), 'cohesix-no-such-page'))).toMatchObject({ refusal: { code: 'not-found' } });
  expect(readPage(buildOf({ 'assets/a-1.js': '' }))).toMatchObject({ refusal: { code: 'not-found' } });
  const folder = buildOf({ 'index.html': '12345', 'assets/a.js': '678', 'assets/a.js.br': '90' });
  const codeWith = (filesMax: number, bytesMax: number): unknown => {
    const page = readPage(folder, { filesMax, bytesMax });
    return page.ok ? 'ok' : page.refusal.code;
  };
  expect([codeWith(3, 10), codeWith(2, 10), codeWith(3, 9)]).toEqual(['ok', 'too-big', 'too-big']);
});

it('tells variants and contents apart by their entity tags', () => {
  const files = {
    'assets/a-1.js': 'plain',
    'assets/a-1.js.br': 'brotli',
    'assets/b-2.js': 'plain',
    'assets/c-3.js': 'x',
  };
  const page = pageOf(files);
  const tag = (path: string): string | undefined => page.get(path)?.plain.etag;
  expect(tag('/assets/a-1.js')).toMatch(/^"[A-Za-z0-9_-]{22}"$/);
  expect(tag('/assets/b-2.js')).toBe(tag('/assets/a-1.js'));
  expect(tag('/assets/c-3.js')).not.toBe(tag('/assets/a-1.js'));
  expect(page.get('/assets/a-1.js')?.coded.br?.etag).not.toBe(tag('/assets/a-1.js'));
});

it.each([
  ['br, gzip', 'brotli'],
  ['gzip, deflate, br, zstd', 'brotli'],
  ['gzip;q=1.0, br;q=0.5', 'brotli'],
  ['br;q=0, gzip', 'gzip'],
  ['GZIP', 'gzip'],
  ['*', 'brotli'],
  ['*;q=0', 'plain'],
  ['br;q=0, *', 'gzip'],
  ['br;q=none, gzip;q=0.000', 'plain'],
  ['identity', 'plain'],
  ['', 'plain'],
  [undefined, 'plain'],
])('of a browser that takes %j it chooses %s', (accepted, expected) => {
  const page = pageOf({ 'assets/a.js': 'plain', 'assets/a.js.br': 'brotli', 'assets/a.js.gz': 'gzip' });
  const file = page.get('/assets/a.js');
  expect(file && text(chooseVariant(file, accepted))).toBe(expected);
});

it.each([
  ['"a"', true],
  ['W/"a"', true],
  ['"b", "a"', true],
  ['*', true],
  ['"b"', false],
  ['a', false],
  ['', false],
  [undefined, false],
])('a browser that has %j knows "a": %s', (header, expected) => {
  expect(isKnown(header, '"a"')).toBe(expected);
});

it('names bytes of which it knows nothing as such', () => {
  expect([mediaTypeOf('/a.WOFF2'), mediaTypeOf('/a.exe'), mediaTypeOf('/readme')]).toEqual([
    'font/woff2',
    'application/octet-stream',
    'application/octet-stream',
  ]);
});
