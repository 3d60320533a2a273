// The build of the page, in a checkout of its own: built when there is something new, compressed, and refused in words.

import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { root } from '../lib/paths.mjs';

const TIMEOUT_MS = 60_000;
const SIGNS = 'export const signs = "~".repeat(9);\n';
let checkout = '';

beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'cohesix-checkout-'));
  mkdirSync(join(checkout, 'scripts'));
  cpSync(join(root, 'scripts', 'lib'), join(checkout, 'scripts', 'lib'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'));
  for (const folder of ['base/signs/src', 'hive', 'apps']) mkdirSync(join(checkout, folder), { recursive: true });
  write('package-lock.json', '{}');
  write('package.json', '{"type":"module"}');
  write('base/signs/package.json', '{"name":"@cohesix/signs","type":"module"}');
  write('base/signs/src/index.js', SIGNS);
});

afterEach(() => rmSync(checkout, { recursive: true }));

/**
 * @param {string} path
 * @param {string} text
 */
function write(path, text) {
  writeFileSync(join(checkout, path), text);
}

/** A page whose script is long enough to be worth compressing. */
function addPage() {
  mkdirSync(join(checkout, 'apps', 'swarmui'));
  write('apps/swarmui/package.json', '{"type":"module","dependencies":{"@cohesix/signs":"0.1.0"}}');
  write('apps/swarmui/index.html', '<!doctype html><title>t</title><script type="module" src="/main.js"></script>');
  write(
    'apps/swarmui/main.js',
    `import { signs } from '../../base/signs/src/index.js';\ndocument.title = signs + ${JSON.stringify('bee '.repeat(900))};\n`,
  );
}

/** What `ensurePageBuilt` says in the checkout: whether it built, or the message of its refusal. */
function ensure() {
  const module = JSON.stringify(join(checkout, 'scripts', 'lib', 'page.mjs'));
  const program = `
    const { ensurePageBuilt } = await import(${module});
    console.log(await ensurePageBuilt().catch((error) => error.constructor.name + ': ' + error.message));`;
  const args = ['--input-type=module', '-e', program];
  return execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}

/** Names and texts of what is served. */
function served() {
  const folder = join(checkout, 'dist', 'swarmui');
  const assets = readdirSync(join(folder, 'assets')).sort();
  const [script = ''] = assets.filter((name) => name.endsWith('.js'));
  return { assets, script: join(folder, 'assets', script), index: readFileSync(join(folder, 'index.html'), 'utf8') };
}

test('without a page there is nothing to build', () => {
  expect(ensure()).toBe('false');
  expect(existsSync(join(checkout, 'dist'))).toBe(false);
});

test('builds, compresses, and builds again only when something is new', { timeout: TIMEOUT_MS }, () => {
  addPage();
  expect(ensure()).toBe('true');
  const { assets, script, index } = served();
  expect(assets.map((name) => name.replace(/^index-.{8}/, 'index'))).toEqual([
    'index.js',
    'index.js.br',
    'index.js.gz',
  ]);
  expect(index).toContain('<script type="module"');
  const plain = readFileSync(script);
  expect(brotliDecompressSync(readFileSync(`${script}.br`)).equals(plain)).toBe(true);
  expect(gunzipSync(readFileSync(`${script}.gz`)).equals(plain)).toBe(true);
  expect(ensure()).toBe('false');
  // What another package brings counts, and so does a file that was not there before.
  write('base/signs/src/index.js', SIGNS.replace('~', '#'));
  expect(ensure()).toBe('true');
  expect(readFileSync(served().script, 'utf8')).toContain('#');
  write('apps/swarmui/more.css', 'p {}');
  expect(ensure()).toBe('true');
  expect(ensure()).toBe('false');
  expect(readdirSync(join(checkout, 'dist')).sort()).toEqual(['.swarmui-stamp.json', 'swarmui']);
});

test('says what to do when it cannot be built, and leaves the last one', { timeout: TIMEOUT_MS }, () => {
  addPage();
  ensure();
  const before = served();
  write('apps/swarmui/main.js', 'import "./nothing.js";');
  expect(ensure()).toMatch(/^SetupError: The page \(apps\/swarmui\) could not be built: .* then: npm run build$/);
  expect(served()).toEqual(before);
  // It is not forgotten either.
  expect(ensure()).toMatch(/^SetupError/);
});
