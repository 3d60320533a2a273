import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const launcher = fileURLToPath(new URL('../../coh', import.meta.url));
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cohesix launcher-'));
  mkdirSync(join(folder, 'checkout'));
  copyFileSync(launcher, join(folder, 'checkout', 'coh'));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** A checkout whose Node prints its arguments, one a line, and the variable that must be gone. */
function build() {
  const bin = join(folder, 'checkout', 'node_modules', 'node', 'bin');
  mkdirSync(bin, { recursive: true });
  mkdirSync(join(folder, 'checkout', 'dist'));
  writeFileSync(join(folder, 'checkout', 'dist', 'coh.mjs'), '');
  const script = '#!/bin/sh\nprintf "%s\\n" "$@"\necho "certs=${NODE_EXTRA_CA_CERTS-none}"\nexit 5\n';
  writeFileSync(join(bin, 'node'), script, { mode: 0o755 });
}

test('before the first build it says what to do', () => {
  const { status, stderr } = spawnSync(join(folder, 'checkout', 'coh'), ['up'], { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toContain('run "npm start"');
});

test('finds its checkout through relative and absolute links, and passes arguments and status on', () => {
  build();
  mkdirSync(join(folder, 'bin'));
  symlinkSync('../checkout/coh', join(folder, 'bin', 'relative'));
  symlinkSync(join(folder, 'bin', 'relative'), join(folder, 'absolute'));
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: '/x.pem' };
  const options = { cwd: '/', encoding: /** @type {const} */ ('utf8'), env };
  const { status, stdout } = spawnSync(join(folder, 'absolute'), ['ls', 'a b', ''], options);
  const bundle = join(execFileSync('realpath', [join(folder, 'checkout')], options).trim(), 'dist', 'coh.mjs');
  expect(stdout.split('\n').slice(-6)).toEqual([bundle, 'ls', 'a b', '', 'certs=none', '']);
  expect(status).toBe(5);
});
