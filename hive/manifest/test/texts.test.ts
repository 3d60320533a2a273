// The texts made from a manifest: canonical text and fingerprint, hive.toml, the /proc files, the reference.

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FieldNode, nodeOf } from '../src/field.ts';
import {
  bootText,
  boundsText,
  canonicalText,
  defaultManifest,
  fingerprintOf,
  type Manifest,
  ManifestSchema,
  manifestReference,
  manifestToml,
  type PolicyRule,
  parseManifest,
  type Start,
} from '../src/index.ts';
import { outline, tomlValue } from '../src/outline.ts';
import { expectGolden } from './golden.ts';
import { accepted } from './manifest-text.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('the canonical text', () => {
  test('of the default manifest is the golden one', () => {
    expectGolden('default.canonical.golden', `${canonicalText(defaultManifest())}\n`);
  });

  test('does not depend on the order of keys and sections, on comments, or on what is left out', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), fc.boolean(), (stream, isSparse) => {
        const outcome = parseManifest(shuffledToml(() => stream.next().value ?? 0, isSparse));
        expect(outcome.ok ? outcome.canonical : outcome.problems).toBe(canonicalText(defaultManifest()));
      }),
    );
  });

  test('differs when any field differs', () => {
    const other = (node: FieldNode): number => Number(node.default) + (node.default === node.maximum ? -1 : 1);
    const texts = INTEGERS.map(({ path, node }) => canonicalText(accepted(`${path} = ${other(node)}`)));
    expect(new Set([canonicalText(defaultManifest()), ...texts]).size).toBe(texts.length + 1);
  });

  test('is what the fingerprint is taken over', () => {
    const manifest = defaultManifest();
    const outcome = parseManifest(manifestToml(manifest));
    expect(outcome.ok && sha256(new TextEncoder().encode(outcome.canonical))).toBe(fingerprintOf(manifest, sha256));
  });
});

describe('hive.toml', () => {
  test('of the default manifest is the golden one', () => {
    expectGolden('default.hive.toml.golden', manifestToml(defaultManifest()));
  });

  test('parses to the manifest it was written from', () => {
    const bodies = [
      '[hive]\nname = "a"\naudience = "b"',
      '[policy]\nrules = [{ id = "a", target = "/\\"q\\\\é/*" }]',
      '[workers]\nstart = []\n[lifecycle]\nauto_transitions = []',
      '[tickets]\nv1_secrets_file = "C:\\\\keys \\u00a0\\u202f"\naccept_v1 = true',
    ];
    for (const manifest of [defaultManifest(), ...bodies.map(accepted)]) {
      expect(parseManifest(manifestToml(manifest))).toMatchObject({ ok: true, manifest });
    }
  });

  test('leaves the audience to follow the name', () => {
    const renamed = manifestToml(accepted('[hive]\nname = "a"')).replace('name = "a"', 'name = "b"');
    const outcome = parseManifest(renamed);
    expect(outcome.ok && outcome.manifest.hive).toEqual({ name: 'b', audience: 'b' });
  });

  test('sets every field', () => {
    const text = manifestToml(accepted('[hive]\naudience = "other"'));
    for (const { name } of FIELDS) expect(text).toMatch(new RegExp(`^${name} = `, 'm'));
  });
});

describe('/proc/bounds', () => {
  test('of the default manifest is the golden one', () => {
    expectGolden('default.bounds.golden', boundsText(defaultManifest()));
  });

  test('has each number once, in byte order, and fits one default read', () => {
    const text = boundsText(defaultManifest());
    const names = text
      .trimEnd()
      .split('\n')
      .map((line) => line.split('=')[0]);
    expect(names).toEqual(INTEGERS.map(({ path }) => path).sort());
    const longest = FIELDS.reduce(
      (sum, { path, node }) => sum + path.length + String(node.maximum ?? '').length + 2,
      0,
    );
    expect(longest).toBeLessThan(8192 - 11);
  });
});

test('/proc/boot names hive, fingerprint and versions', () => {
  const text = bootText(accepted('[hive]\nname = "pump-7"'), 'ab12', '0.1.0');
  expect(text).toBe('Cohesix boot: pump-7 online\nmanifest fingerprint=ab12\nversion=0.1.0\nschema=cohesix-hive/1\n');
});

test('docs/reference/manifest.md is up to date', () => {
  expectGolden('../../../docs/reference/manifest.md', manifestReference());
});

test('no two default manifests share a list', () => {
  const [one, other] = [defaultManifest(), defaultManifest()];
  (one.policy.rules as PolicyRule[]).length = 0;
  (one.workers.start as Start[]).length = 0;
  expect(other).toEqual(defaultManifest());
  expect(other.policy.rules).toHaveLength(3);
});

const SECTIONS = outline(nodeOf(ManifestSchema));
const FIELDS = SECTIONS.flatMap(({ fields }) => fields);
const INTEGERS = FIELDS.filter(({ node }) => node.type === 'integer');

/** The default manifest as TOML in some order, with comments and space; sparse: without some of its fields. */
function shuffledToml(random: () => number, isSparse: boolean): string {
  const shuffled = <T>(list: readonly T[]): readonly T[] =>
    list
      .map((item) => [random(), item] as const)
      .sort(([a], [b]) => a - b)
      .map(([, item]) => item);
  const [top, ...sections] = SECTIONS.map(({ path, fields }) => {
    const kept = fields.filter(({ name }) => !isSparse || name === 'schema' || random() < 0.5);
    const lines = shuffled(kept).map(({ name, path: at }) => `  ${name}=${tomlValue(get(at))} # ${random()}`);
    return [path === '' ? '# top' : `[${path}]`, ...lines, ''].join('\n');
  });
  return [top, ...shuffled(sections)].join('\n');
}

function get(path: string): unknown {
  const manifest: Manifest = defaultManifest();
  return path.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], manifest);
}
