// What one field may be: every field of every section at its limits and one past them, with the wrong kind, with a
// neighbour nobody knows; and the walker's verdict against that of TypeBox.

import fc from 'fast-check';
import { Check } from 'typebox/value';
import { describe, expect, test } from 'vitest';
import { conform } from '../src/conform.ts';
import { type FieldNode, nodeOf } from '../src/field.ts';
import { defaultManifest, MANIFEST_SCHEMA, ManifestSchema, manifestJsonSchema } from '../src/index.ts';
import { outline, tomlValue } from '../src/outline.ts';
import { accepted, lines, problemsOf, refused } from './manifest-text.ts';

const SECTIONS = outline(nodeOf(ManifestSchema));
const FIELDS = SECTIONS.filter(({ path }) => path !== '').flatMap(({ path, fields }) =>
  fields.map((field) => ({ ...field, section: path })),
);
const INTEGERS = FIELDS.filter(({ node }) => node.type === 'integer');

/** Bodies that set one field; what else a limit needs so that no red line speaks. */
function setting(field: { section: string; name: string }, value: unknown): string {
  return `[${field.section}]\n${field.name} = ${tomlValue(value)}`;
}

describe('every field', () => {
  test('has a sentence of documentation, and a range or form', () => {
    for (const { path, node } of FIELDS) {
      expect(node.description, path).toMatch(/^[A-Z].{10,}\.$/);
      const limits = [node.maximum, node.pattern, node.enum, node.maxItems, node.type === 'boolean' || undefined];
      expect(
        limits.some((limit) => limit !== undefined),
        path,
      ).toBe(true);
    }
  });

  test.each(INTEGERS)('$path is refused one below its least and one above its most', (field) => {
    const { minimum = 0, maximum = 0 } = field.node;
    for (const value of [minimum - 1, maximum + 1]) {
      const message = `${field.path}: is ${value}; must be from ${minimum} to ${maximum}`;
      expect(lines(refused(setting(field, value)))).toEqual([message]);
    }
  });

  test.each(INTEGERS)('$path is legal at its least and at its most', (field) => {
    for (const value of [field.node.minimum, field.node.maximum]) {
      const input = { schema: MANIFEST_SCHEMA, ...nested(field.path, BigInt(value ?? 0)) };
      const { value: manifest, problems } = conform(nodeOf(ManifestSchema), input);
      expect(problems).toEqual([]);
      expect(get(manifest, field.path)).toBe(value);
    }
  });

  test.each(FIELDS)('$path is refused as a value of another kind', (field) => {
    const wrong = field.node.type === 'boolean' ? '"true"' : 'true';
    const [problem, ...others] = refused(`[${field.section}]\n${field.name} = ${wrong}`);
    expect(others).toEqual([]);
    expect(problem?.path).toBe(field.path);
    expect(problem?.message).toMatch(/^expected .+, got a (string|boolean)$/);
    expect(problem?.hint).toBe(field.node.description);
  });

  test('is refused as a float, also when the float is whole', () => {
    for (const text of ['8192.0', '1e4', 'inf', 'nan', '-0.0']) {
      expect(lines(refused(`[secure9p]\nmsize = ${text}`))).toEqual([
        'secure9p.msize: expected an integer, got a float',
      ]);
    }
  });

  test('names what it got instead', () => {
    const body =
      '[hive]\nname = 1979-05-27\naudience = ["x"]\n[policy]\nrules = "none"\nenabled = 1\n[log]\nqueen_log_bytes = {}';
    expect(lines(refused(body))).toEqual([
      'hive.name: expected a string, got a date',
      'hive.audience: expected a string, got a list',
      'log.queen_log_bytes: expected an integer, got a table',
      'policy.enabled: expected true or false, got an integer',
      'policy.rules: expected a list, got a string',
    ]);
  });
});

describe('strings', () => {
  test.each([
    ['a', true],
    ['a-9'.padEnd(32, 'z'), true],
    ['', false],
    ['z'.repeat(33), false],
    ['Hive', false],
    ['a b', false],
    ['a\\n', false],
  ])('hive.name "%s" is legal: %s', (name, isLegal) => {
    if (isLegal) expect(accepted(`[hive]\nname = "${name}"`).hive).toEqual({ name, audience: name });
    else expect(lines(refused(`[hive]\nname = "${name}"`))).toEqual(['hive.name: expected 1 to 32 of a-z, 0-9 and -']);
  });

  test('the audience may differ from the name', () => {
    expect(accepted('[hive]\nname = "a"\naudience = "b"').hive).toEqual({ name: 'a', audience: 'b' });
  });

  test('a rule id has up to 64 characters of a token', () => {
    const body = (id: string): string => `[policy]\nrules = [{ id = "${id}", target = "/x" }]`;
    accepted(body('_-9aZ'.padEnd(64, 'x')));
    for (const id of ['', 'x'.repeat(65), 'a b', 'ä']) {
      expect(lines(refused(body(id)))).toEqual(['policy.rules[0].id: expected 1 to 64 of letters, digits, _ and -']);
    }
  });

  test('a target is absolute, without control characters, of at most 1024 characters', () => {
    const body = (target: string): string => `[policy]\nrules = [{ id = "a", target = "${target}" }]`;
    const long = `/${'a'.repeat(255)}`.repeat(4);
    accepted(body(long));
    for (const target of ['queen/ctl', '', '/a\\u0007', '/a\\u007f', `${long}a`]) {
      expect(refused(body(target))[0]?.message).toMatch(/^expected an absolute path of at most 1024/);
    }
  });

  test('a witness is the text of a key of type 4', () => {
    const body = (key: string): string => `[audit]\nwitnesses = ["${key}"]`;
    const digits = `BP${'z/+0'.repeat(10)}9A`;
    const key = `${'w'.repeat(64)}+0123abcd+${digits}`;
    expect(accepted(body(key)).audit.witnesses).toEqual([key]);
    const others = [
      `w${key}`,
      `+0123abcd+${digits}`,
      `a b+0123abcd+${digits}`,
      `w+0123ABCD+${digits}`,
      `w+0123abcd+A${digits.slice(1)}`,
      `w+0123abcd+${digits}=`,
      '',
    ];
    for (const other of others) {
      expect(lines(refused(body(other)))).toEqual([
        'audit.witnesses[0]: expected the verifier key of a witness, as `coh audit witness --print-key` prints it',
      ]);
    }
    expect(lines(refused('[audit]\nwitnesses = [1]'))).toEqual([
      'audit.witnesses[0]: expected a string, got an integer',
    ]);
  });

  test('a word is one of those listed', () => {
    const body = '[lifecycle]\ninitial_state = "online"\n[workers]\nstart = [{ kind = "gpu" }]';
    expect(lines(refused(body))).toEqual([
      'workers.start[0].kind: must be "host" or "heartbeat"',
      'lifecycle.initial_state: must be "BOOTING" or "DEGRADED" or "ONLINE" or "DRAINING" or "QUIESCED" or "OFFLINE"',
    ]);
  });
});

describe('lists', () => {
  test('have a most: 64 workers to start, 8 transitions, 256 rules, 8 witnesses', () => {
    accepted(`[workers]\nstart = [${'{ kind = "host" },'.repeat(64)}]`);
    const rules = (count: number): string =>
      Array.from({ length: count }, (_, index) => `[[policy.rules]]\nid = "r${index}"\ntarget = "/x"\n`).join('');
    expect(accepted(rules(256)).policy.rules).toHaveLength(256);
    const witness = (index: number): string => `"w+0000000${index}+BA${'A'.repeat(41)}${index}"`;
    const witnesses = (count: number): string =>
      `[audit]\nwitnesses = [${Array.from({ length: count }, (_, index) => witness(index)).join(', ')}]\n`;
    expect(accepted(witnesses(8)).audit.witnesses).toHaveLength(8);
    const body = `${witnesses(9)}[workers]\nstart = [${'{ kind = "host" },'.repeat(65)}]\n[lifecycle]\nauto_transitions = [${'{ from = "BOOTING", to = "ONLINE" },'.repeat(9)}]\n${rules(257)}`;
    expect(lines(refused(body))).toEqual([
      'workers.start: has 65 entries; at most 64',
      'lifecycle.auto_transitions: has 9 entries; at most 8',
      'policy.rules: has 257 entries; at most 256',
      'audit.witnesses: has 9 entries; at most 8',
    ]);
  });

  test('replace the default, also with nothing', () => {
    expect(accepted('[policy]\nrules = []').policy.rules).toEqual([]);
    expect(accepted('[workers]\nstart = []').workers.start).toEqual([]);
  });

  test('hold tables with every field', () => {
    expect(lines(refused('[policy]\nrules = [3, {}]'))).toEqual([
      'policy.rules[0]: expected a table, got an integer',
      'policy.rules[0].id: is missing',
      'policy.rules[0].target: is missing',
      'policy.rules[1].id: is missing',
      'policy.rules[1].target: is missing',
    ]);
  });
});

describe('a field nobody knows', () => {
  test.each(SECTIONS.filter(({ path }) => path !== ''))('is refused in [$path]', ({ path, node }) => {
    const body = `[${path}]\nfrobnicate = 1`;
    const [problem, ...others] = refused(body);
    expect(others).toEqual([]);
    expect(problem).toEqual({
      path: `${path}.frobnicate`,
      message: 'unknown field',
      hint: `known here: ${Object.keys(node.properties ?? {}).join(', ')}`,
    });
  });

  test('is refused at the top, in entries of lists, and as a section', () => {
    const said = lines(
      refused('frobnicate = 1\n[policy]\nrules = [{ id = "a", target = "/x", because = "y" }]\n[nobody.x]\ny = 1'),
    );
    expect(said).toEqual([
      'frobnicate: unknown field',
      'nobody: unknown field',
      'policy.rules[0].because: unknown field',
    ]);
  });

  test.each([
    ['[secure9p]\nmszie = 1', 'did you mean msize?'],
    ['[secure9p]\nMsize = 1', 'did you mean msize?'],
    ['[secure9p]\nwalk-depth = 1', 'did you mean walk_depth?'],
    ['[secure9p]\ntags_per_sesion = 1', 'did you mean tags_per_session?'],
    ['[telemetry]\nring_bytes = 1', 'known here: ring_bytes_per_worker, ring_budget_bytes, frame_schema, cursor'],
    ['[polcy]\nenabled = true', 'did you mean policy?'],
    ['msize = 1', 'msize belongs in [secure9p]'],
    ['[tickets]\ncooldown_ms = 1', 'cooldown_ms belongs in [tickets.attach_failures]'],
    ['enabled = true', 'enabled belongs in [sharding] or [policy] or [host]'],
  ])('%j gets a hint: %s', (body, hint) => {
    expect(refused(body)[0]?.hint).toBe(hint);
  });

  test.each(['secret', 'Secrets', 'queen_secret', 'password', 'auth_token', 'private_key'])(
    'named %s is told where secrets go, and its value is not repeated',
    (key) => {
      const problems = refused(`[tickets]\n${key} = "hunter2"`);
      expect(problems[0]?.hint).toMatch(/never write a secret into the manifest.*tickets\.v1_secrets_file/);
      expect(JSON.stringify(problems)).not.toContain('hunter2');
    },
  );
});

describe('the walker', () => {
  test('reports everything at once, in the order of the file’s sections', () => {
    const body =
      '[journal]\nsegment_bytes = 1\n[secure9p]\nmsize = 511\nwalk_depth = 9\n[hive]\nname = ""\nnmae = ""\n[listen]\nconsole = "x:1"';
    expect(lines(refused(body))).toEqual([
      'hive.nmae: unknown field',
      'hive.name: expected 1 to 32 of a-z, 0-9 and -',
      'secure9p.msize: is 511; must be from 512 to 1048576',
      'secure9p.walk_depth: is 9; must be from 5 to 8',
      'journal.segment_bytes: is 1; must be from 131072 to 1073741824',
      'listen.console: is not a loopback address, and listen.allow_remote is false',
    ]);
  });

  test('agrees with TypeBox about what is legal', () => {
    fc.assert(
      fc.property(mutations(), (changes) => {
        const input = structuredClone(defaultManifest()) as unknown as Tree;
        for (const { path, value } of changes) put(input, path, value);
        const { problems } = conform(nodeOf(ManifestSchema), withBigints(input));
        expect(problems.length === 0, JSON.stringify(changes)).toBe(Check(ManifestSchema, input));
      }),
      { numRuns: 2000 },
    );
  });

  test('makes what TypeBox accepts out of anything', () => {
    fc.assert(
      fc.property(fc.object({ withBigInt: true, withNullPrototype: true }), (input) => {
        const { value } = conform(nodeOf(ManifestSchema), { ...input, schema: MANIFEST_SCHEMA });
        expect(Check(ManifestSchema, value)).toBe(true);
      }),
    );
  });
});

describe('the JSON Schema for editors', () => {
  test('asks for the schema line and for nothing that has a default', () => {
    const schema = manifestJsonSchema();
    expect(Check(schema, { schema: MANIFEST_SCHEMA })).toBe(true);
    expect(Check(schema, { schema: MANIFEST_SCHEMA, tickets: { attach_failures: { window_ms: 5 } } })).toBe(true);
    expect(Check(schema, {})).toBe(false);
    expect(Check(schema, { schema: MANIFEST_SCHEMA, policy: { rules: [{ id: 'a' }] } })).toBe(false);
    expect(Check(schema, { schema: MANIFEST_SCHEMA, secure9p: { mszie: 1 } })).toBe(false);
    expect(Check(schema, { schema: 'cohesix-hive/2' })).toBe(false);
  });

  test('is plain JSON, and leaves the schema of the manifest as it is', () => {
    const schema = manifestJsonSchema();
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(Check(ManifestSchema, { schema: MANIFEST_SCHEMA })).toBe(false);
    expect(problemsOf('')).toEqual([
      { path: 'schema', message: 'is missing', hint: 'Version of this format; must be given, and exactly this.' },
    ]);
  });
});

type Tree = { [key: string]: unknown };

/** Changes near what is legal: a known field with some value, or a new key. */
function mutations(): fc.Arbitrary<readonly { path: string; value: unknown }[]> {
  const value = (node: FieldNode): fc.Arbitrary<unknown> =>
    fc.oneof(
      fc.integer({ min: (node.minimum ?? 0) - 2, max: (node.minimum ?? 0) + 2 }),
      fc.integer({ min: (node.maximum ?? 0) - 2, max: (node.maximum ?? 0) + 2 }),
      fc.boolean(),
      fc.stringMatching(/^[a-zA-Z0-9_:/.*-]{0,40}$/),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(...(node.enum ?? ['x'])),
      fc.array(fc.record({ id: fc.string(), target: fc.string() }), { maxLength: 3 }),
      fc.constantFrom([], {}, [{ kind: 'host' }], [{ from: 'BOOTING', to: 'ONLINE' }], [{ id: 'a', target: '/b' }]),
    );
  const change = fc.constantFrom(...FIELDS).chain((field) =>
    fc.record({
      path: fc.constantFrom(field.path, field.path, field.path, `${field.path}x`),
      value: value(field.node),
    }),
  );
  return fc.array(change, { maxLength: 3 });
}

function nested(path: string, value: unknown): Tree {
  return path.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as Tree;
}

function put(tree: Tree, path: string, value: unknown): void {
  const names = path.split('.');
  const last = names.pop() ?? '';
  let at = tree;
  for (const name of names) at = at[name] as Tree;
  at[last] = value;
}

function get(tree: unknown, path: string): unknown {
  return path.split('.').reduce((at, name) => (at as Tree)[name], tree);
}

/** Integers as the TOML reader gives them. */
function withBigints(value: unknown): unknown {
  if (typeof value === 'number') return BigInt(value);
  if (Array.isArray(value)) return value.map(withBigints);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withBigints(inner)]));
}
