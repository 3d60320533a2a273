// The data directory: modes, secrets made once, damaged files named.

import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultManifest } from '@cohesix/manifest';
import type { KeyRing } from '@cohesix/ticket';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadKeyRing, makeDataDirectories, secretFile, writeSecret } from '../src/data-directory.ts';
import { dataPaths, defaultDataDirectory } from '../src/data-paths.ts';
import { temporaryFolder } from './fixture.ts';

let folder = temporaryFolder();
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

async function ring(root: string): Promise<KeyRing | string> {
  const loaded = await loadKeyRing(dataPaths(root));
  return loaded.ok ? loaded.value : `${loaded.refusal.code}: ${loaded.refusal.detail}`;
}

describe('the directories', () => {
  it('are the owner’s only, also when they were there before with wider modes', async () => {
    const paths = dataPaths(join(folder.path, 'deep', 'hive'));
    mkdirSync(paths.keys, { recursive: true });
    chmodSync(paths.keys, 0o755);
    await makeDataDirectories(paths);
    expect([paths.root, paths.keys, paths.run].map(modeOf)).toEqual(['700', '700', '700']);
  });

  it('lie under XDG_DATA_HOME, or the home directory', () => {
    expect(defaultDataDirectory('h1', { XDG_DATA_HOME: '/x' })).toBe('/x/cohesix/h1');
    expect(defaultDataDirectory('h1', { HOME: '/u' })).toBe('/u/.local/share/cohesix/h1');
  });
});

describe('a secret file', () => {
  it('has mode 0600 whatever the umask, and is made once', async () => {
    const path = join(folder.path, 'token');
    const before = process.umask(0);
    try {
      expect(await secretFile(path, () => 'first')).toBe('first');
    } finally {
      process.umask(before);
    }
    expect(modeOf(path)).toBe('600');
    expect(await secretFile(path, () => 'second')).toBe('first');
  });

  it('that a crash left empty is made again: an empty secret is none', async () => {
    const path = join(folder.path, 'token');
    writeFileSync(path, '\n');
    expect(await secretFile(path, () => 'new')).toBe('new');
  });

  it('replaces what a crash left half written beside it', async () => {
    const path = join(folder.path, 'token');
    writeFileSync(`${path}.new`, 'half', { mode: 0o644 });
    await writeSecret(path, 'whole\n');
    expect(readFileSync(path, 'utf8')).toBe('whole\n');
    expect(modeOf(path)).toBe('600');
  });
});

describe('the ticket keys', () => {
  it('are made at the first start, of 32 random bytes, and read again at the second', async () => {
    const paths = dataPaths(folder.path);
    await makeDataDirectories(paths);
    const first = await ring(folder.path);
    const second = await ring(folder.path);
    expect(second).toEqual(first);
    expect((first as KeyRing).keys.get('k1')?.secret.length).toBe(32);
    expect(modeOf(join(paths.keys, 'tickets.json'))).toBe('600');
    const other = temporaryFolder();
    await makeDataDirectories(dataPaths(other.path));
    expect(await ring(other.path)).not.toEqual(first);
    other.remove();
  });

  it('are refused when others can read them', async () => {
    const path = await put({ active: 'a', keys: [{ id: 'a', secret: Buffer.alloc(32, 1).toString('base64') }] });
    chmodSync(path, 0o640);
    expect(await ring(folder.path)).toMatch(/^invalid-payload: .* chmod 600 it\.$/);
  });

  it('may be several, one of them active', async () => {
    const key = (id: string, fill: number): object => ({ id, secret: Buffer.alloc(32, fill).toString('base64') });
    await put({ active: 'b', keys: [key('a', 1), key('b', 2)] });
    const loaded = (await ring(folder.path)) as KeyRing;
    expect(loaded.activeId).toBe('b');
    expect([...loaded.keys.keys()].sort()).toEqual(['a', 'b']);
  });

  it.each<[string, unknown]>([
    ['is cut', '{"active":"k1","ke'],
    ['is empty', ''],
    ['is something else', '[]'],
    ['has no keys', { active: 'k1', keys: [] }],
    ['has another active id', { active: 'k2', keys: [{ id: 'k1', secret: Buffer.alloc(32, 1).toString('base64') }] }],
    ['has a short secret', { active: 'k1', keys: [{ id: 'k1', secret: 'c2hvcnQ=' }] }],
    ['has an empty secret', { active: 'k1', keys: [{ id: 'k1', secret: '' }] }],
    [
      'has an id twice',
      {
        active: 'a',
        keys: [
          { id: 'a', secret: 'A'.repeat(44) },
          { id: 'a', secret: 'B'.repeat(44) },
        ],
      },
    ],
  ])('are refused when their file %s, which is named and left as it is', async (_, content) => {
    const path = await put(content);
    const before = readFileSync(path, 'utf8');
    const answer = await ring(folder.path);
    expect(answer).toMatch(/^invalid-payload: .*keys\/tickets\.json.*(damaged|no key)/);
    expect(answer).not.toMatch(/c2hvcnQ|AAAA/);
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  async function put(content: unknown): Promise<string> {
    const paths = dataPaths(folder.path);
    await makeDataDirectories(paths);
    const path = join(paths.keys, 'tickets.json');
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 });
    return path;
  }
});

describe('the secrets of version 1 tickets', () => {
  const load = async (content: string, mode = 0o600): Promise<string> => {
    const paths = dataPaths(folder.path);
    await makeDataDirectories(paths);
    writeFileSync(join(folder.path, 'v1.json'), content, { mode });
    chmodSync(join(folder.path, 'v1.json'), mode);
    const loaded = await loadKeyRing(paths, {
      ...defaultManifest().tickets,
      accept_v1: true,
      v1_secrets_file: 'v1.json',
    });
    return loaded.ok ? 'ok' : loaded.refusal.detail;
  };

  it('are a list a role, none of them empty, and nobody else reads them', async () => {
    expect(await load('{"queen":["published"],"worker-gpu":["a","b"]}')).toBe('ok');
    expect(await load('{"queen":[""]}')).toContain('expected {"<role>": ["<secret>"]}');
    expect(await load('{"king":["x"]}')).toContain('expected');
    expect(await load('not json')).toContain('cannot be read');
    expect(await load('{"queen":["x"]}', 0o644)).toContain('chmod 600');
  });
});
