// The tree of names: qids, order, literal and parameter names side by side.

import { createHash } from 'node:crypto';
import { ok } from '@cohesix/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNamespace, type Entry } from '../src/namespace.ts';
import type { FileNode, NodeDefinition } from '../src/node.ts';
import { attached, makeFixture } from './fixture.ts';

const FILE: FileNode = { kind: 'blob', bytes: () => new Uint8Array(0) };

function file(pattern: string): NodeDefinition {
  return { pattern, file: FILE };
}

function names(pattern: string, ...all: string[]): NodeDefinition {
  return { pattern, names: { list: () => all, has: (name) => all.includes(name) } };
}

function at(root: Entry, path: string): Entry | undefined {
  let entry: Entry | undefined = root;
  for (const name of path.split('/').slice(1)) entry = entry?.child(name);
  return entry;
}

function sha8(path: string): bigint {
  return createHash('sha256').update(path).digest().readBigUInt64LE(0);
}

describe('qid.path', () => {
  it('is the first 8 bytes of SHA-256 of the path, little endian', () => {
    const root = createNamespace([file('/queen/ctl'), names('/w/:name', 'ä'), file('/w/:name/x')]);
    expect(root.qidPath).toBe(sha8('/'));
    for (const path of ['/queen', '/queen/ctl', '/w/ä', '/w/ä/x']) expect(at(root, path)?.qidPath).toBe(sha8(path));
    // printf %s /queen/ctl | sha256sum: a8d1fe7119504ddf…
    expect(sha8('/queen/ctl')).toBe(0xdf4d_5019_71fe_d1a8n);
  });

  it('is the same over every door and stays the same when a name goes and comes back', () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    const walk = (fid: number): string =>
      wire.say(`Twalk tag 2 fid 1 newfid ${fid} 'worker' 'worker-1' 'telemetry'`)[0]?.split(' (').at(-1) ?? '';
    const before = walk(2);
    fixture.workers.delete('worker-1');
    expect(walk(3)).not.toBe(before);
    fixture.workers.add('worker-1');
    expect(walk(4)).toBe(before);
  });
});

describe('a listing', () => {
  it('is in the order of bytes, not of UTF-16 units or of a language', () => {
    const all = ['z', 'a', 'Z', '~', 'é', 'e\u0301', '\u{1f600}', '\uff5e', '10', '9', '-', 'aa', 'ä'];
    const listed = createNamespace([names('/n/:name', ...all)])
      .child('n')
      ?.list();
    expect(listed).toEqual([...all].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    expect(listed?.indexOf('\u{1f600}')).toBeGreaterThan(listed?.indexOf('\uff5e') ?? 0);
  });

  it('is in the order of bytes for any names', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }).filter((text) => text.isWellFormed());
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 20 }), (all) => {
        const listed = createNamespace([names('/n/:name', ...all)])
          .child('n')
          ?.list();
        expect(listed).toEqual([...all].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
    );
  });

  it('is empty for a file and for a directory without names', () => {
    const root = createNamespace([file('/a'), names('/d/:name')]);
    expect([root.child('a')?.list(), root.child('d')?.list()]).toEqual([[], []]);
  });
});

describe('literal and parameter names side by side', () => {
  const root = createNamespace([
    file('/s/active'),
    names('/s/:id', '7', 'active', '8'),
    file('/s/:id/state'),
    file('/s/:id/owner'),
  ]);

  it('are listed together, each once', () => {
    expect(root.child('s')?.list()).toEqual(['7', '8', 'active']);
    expect(at(root, '/s/7')?.list()).toEqual(['owner', 'state']);
  });

  it('lead to the literal where both have the name', () => {
    expect(at(root, '/s/active')?.file).toBe(FILE);
    expect(at(root, '/s/active/state')).toBeUndefined();
    expect(at(root, '/s/7/state')?.params).toEqual({ id: '7' });
    expect(at(root, '/s/9')).toBeUndefined();
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('take the name %s for what it is', (name) => {
    const tree = createNamespace([names('/s/:id', name), file('/s/:id/x')]);
    expect(at(tree, `/s/${name}/x`)?.params.id).toBe(name);
    expect(at(createNamespace([file('/s/y')]), `/s/${name}`)).toBeUndefined();
  });
});

describe('a name that comes and goes', () => {
  it('exists exactly while its source says so', () => {
    const live = new Set(['a']);
    const root = createNamespace([
      { pattern: '/w/:id', names: { list: () => live, has: (name) => live.has(name) } },
      file('/w/:id/x'),
    ]);
    expect(at(root, '/w/a/x')).toBeDefined();
    live.delete('a');
    expect(at(root, '/w/a')).toBeUndefined();
    expect(root.child('w')?.list()).toEqual([]);
    live.add('a');
    expect(at(root, '/w/a/x')?.path).toBe('/w/a/x');
  });

  it('costs bounded memory when millions do', () => {
    const root = createNamespace([{ pattern: '/w/:id', names: { list: () => [], has: () => true } }, file('/w/:id/x')]);
    const first = at(root, '/w/0');
    for (let index = 1; index <= 16_384; index++) at(root, `/w/${index}`);
    // The cache has started again: the same path, a new entry, the same qid.
    expect(at(root, '/w/0')).not.toBe(first);
    expect(at(root, '/w/0')?.qidPath).toBe(first?.qidPath);
  });
});

describe('a definition', () => {
  it.each([
    [[file('/a'), file('/a')]],
    [[file('/a'), file('/a/b')]],
    [[file('/a/b'), file('/a')]],
    [[file('relative')]],
    [[file('/')]],
    [[names('/a')]],
    [[names('/a/:x', 'y'), names('/a/:x', 'z')]],
    [[file('/a/:x/b'), file('/a/:y/c')]],
  ])('that cannot be is a programmer error: %j', (definitions) => {
    expect(() => createNamespace(definitions)).toThrow(TypeError);
  });
});

describe('scope refusals', () => {
  const scopes = [{ path: '/log', verbs: 'read', ratePerS: 0 }] as const;
  const guesses = ['queen', 'queens', 'proc', 'worker', 'work', 'log', 'lo', 'logs', 'LOG', 'log.', 'nothing'];

  it('are the same for what is hidden and for what is missing', () => {
    const answers = (path: readonly string[]): string[] => {
      const fixture = makeFixture();
      const wire = attached(fixture, { scopes });
      const walked = wire.say(`Twalk tag 2 fid 1 newfid 2 ${path.map((name) => `'${name}'`).join(' ')}`);
      return [...walked, `policy=${fixture.door.pressure.counts.policy}`];
    };
    const missing = answers(['nothing']);
    expect(missing).toEqual(['Rlerror tag 2 ecode 2', 'policy=1']);
    for (const name of guesses.filter((guess) => !['proc', 'log'].includes(guess))) {
      expect(answers([name])).toEqual(missing);
      expect(answers([name, 'ctl'])).toEqual(missing);
    }
    expect(answers(['proc', 'boot'])).toEqual(answers(['proc', 'nothing']));
    expect(answers(['proc', '9p', 'sessions'])).toEqual(answers(['proc', 'nope', 'sessions']));
  });

  it('match whole components and exact bytes only', () => {
    const twins: NodeDefinition[] = ['/logs/x', '/LOG/x', '/lo/x', '/log\u0301/x'].map((pattern) => ({
      pattern,
      file: { kind: 'stream', ring: () => undefined, append: () => ok(undefined) },
    }));
    const wire = attached(makeFixture(undefined, twins), { scopes });
    wire.say('Twalk tag 2 fid 1 newfid 2', 'Tlopen tag 2 fid 2 flags 0');
    expect(wire.say('Treaddir tag 2 fid 2 offset 0 count 8000')).toEqual(['Rreaddir tag 2 log proc']);
    for (const name of ['logs', 'LOG', 'lo', 'log\u0301']) {
      expect(wire.say(`Twalk tag 2 fid 1 newfid 3 '${name}'`)).toEqual(['Rlerror tag 2 ecode 2']);
    }
  });
});
