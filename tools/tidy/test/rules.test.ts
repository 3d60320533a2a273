import { describe, expect, test } from 'vitest';
import { HEADER, messages, packageFiles, source, verdicts } from './house.ts';

const wire = packageFiles('hive/wire');
const ticket = packageFiles('hive/ticket');
const node = packageFiles('hive/node');

describe('layers', () => {
  test('down the table is fine, up is not, and the message says what to do', () => {
    const down = source('hive/ticket/src/one.ts', "import { ok } from '@cohesix/wire';\n");
    const up = source('hive/wire/src/one.ts', "import { mint } from '@cohesix/ticket';\n");
    expect(verdicts([...wire, ...ticket, down])).toEqual([]);
    expect(messages([...wire, ...ticket, up])).toEqual([
      'hive/wire/src/one.ts:2 layer: hive/wire may not import hive/ticket: it may import base/*; ' +
        'take what you need as an argument, or move the shared part down',
    ]);
  });

  test('a dynamic import is an import', () => {
    const lazy = source('hive/wire/src/one.ts', "export const one = () => import('@cohesix/ticket');\n");
    expect(verdicts([...wire, ...ticket, lazy])).toEqual(['hive/wire/src/one.ts:2 layer']);
  });

  test('apps/coh may import anything but another app; tests and bench anything', () => {
    const apps = [...packageFiles('apps/coh'), ...packageFiles('apps/swarmui'), ...packageFiles('tests'), ...node];
    const code = "import { hive } from '@cohesix/node';\nimport { ui } from '@cohesix/swarmui';\n";
    expect(verdicts([...apps, source('apps/coh/src/one.ts', code)])).toEqual(['apps/coh/src/one.ts:3 layer']);
    expect(verdicts([...apps, source('tests/interop/one.test.ts', code)])).toEqual([]);
  });

  test('a package without a row is a finding', () => {
    expect(verdicts(packageFiles('hive/novel'))).toEqual(['hive/novel/package.json:1 layer']);
  });
});

describe('public entries', () => {
  test('only declared subpaths can be imported', () => {
    const declared = packageFiles('hive/wire', ['.', './sub']);
    const good = source('hive/ticket/src/one.ts', "import '@cohesix/wire/sub';\n");
    const deep = source('hive/ticket/src/one.ts', "import '@cohesix/wire/src/frame.ts';\n");
    expect(verdicts([...declared, ...ticket, good])).toEqual([]);
    expect(verdicts([...declared, ...ticket, deep])).toEqual(['hive/ticket/src/one.ts:2 entry']);
  });

  test('a relative path does not reach into another package, but moves freely in its own', () => {
    const out = source('hive/ticket/src/one.ts', "import '../../wire/src/index.ts';\n");
    const own = source('hive/ticket/test/one.test.ts', "import '../src/index.ts';\n");
    expect(verdicts([...wire, ...ticket, out])).toEqual(['hive/ticket/src/one.ts:2 entry']);
    expect(verdicts([...wire, ...ticket, own])).toEqual([]);
  });
});

test('a cycle between packages is found and printed', () => {
  const house = ['workbench/lift', 'workbench/decompile', 'workbench/types'].flatMap((folder) => packageFiles(folder));
  const edge = (from: string, to: string) => source(`workbench/${from}/src/one.ts`, `import '@cohesix/${to}';\n`);
  const line = [edge('lift', 'decompile'), edge('decompile', 'types')];
  expect(verdicts([...house, ...line])).toEqual([]);
  expect(messages([...house, ...line, edge('types', 'lift')])[0]).toMatch(
    /cycle: workbench\/\w+ → workbench\/\w+ → workbench\/\w+ → workbench\/\w+;/,
  );
});

describe('purity', () => {
  test.each([
    'Date.now()',
    'new Date()',
    'new Date(ms)',
    'performance.now()',
    'Math.random()',
    'setTimeout(f, 1)',
    'setInterval(f, 1)',
    'process.env',
    "import('node:fs')",
  ])('%s is found in a pure package and not in a host', (code) => {
    const line = `export const one = () => ${code};\n`;
    expect(verdicts([...wire, source('hive/wire/src/one.ts', line)])).toEqual(['hive/wire/src/one.ts:2 purity']);
    expect(verdicts([...wire, source('hive/wire/test/one.test.ts', line)])).toEqual([]);
    expect(verdicts([...node, source('hive/node/src/one.ts', line)])).toEqual([]);
  });

  test.each([
    'new Date(ms).toISOString()',
    'new Date(Number(ms) * 1000).toISOString()',
    "'Date.now()'",
    '1 // Date.now()',
    'process',
    'x.updateDate.nowhere',
  ])('%s is pure', (code) => {
    expect(verdicts([...wire, source('hive/wire/src/one.ts', `export const one = ${code};\n`)])).toEqual([]);
  });

  test('the declared exception may use the platform', () => {
    const crypto = source('hive/ticket/src/node-crypto.ts', "import { sign } from 'node:crypto';\n");
    expect(verdicts([...ticket, crypto])).toEqual([]);
  });
});

describe('files', () => {
  test('a source needs a header; an index that only exports does not', () => {
    expect(verdicts([...wire, { path: 'hive/wire/src/one.ts', text: 'export const one = 1;\n' }])).toEqual([
      'hive/wire/src/one.ts:1 header',
    ]);
    const index = { path: 'hive/wire/src/index.ts', text: 'export const one = 1;\n' };
    expect(verdicts([...wire.filter(({ path }) => path !== index.path), index])).toEqual([
      'hive/wire/src/index.ts:1 header',
    ]);
  });

  test('600 lines are silent, 601 a warning, 1000 a warning, 1001 an error', () => {
    const file = (count: number) => ({ path: 'hive/wire/src/one.ts', text: HEADER + '\n'.repeat(count - 1) });
    const kinds = [600, 601, 1000, 1001].map((count) => messages([...wire, file(count)])[0]?.split(' ')[1]);
    expect(kinds).toEqual([undefined, 'warning:', 'warning:', 'length:']);
  });

  test('paths of a machine are found in any text file', () => {
    const slash = (...parts: string[]) => ['', ...parts, ''].join('/');
    const bad = [slash('work', 'main'), slash('root'), slash('home', 'ann'), `file://${slash('root')}`];
    for (const path of bad) expect(verdicts([{ path: 'docs/a.md', text: `see ${path}x` }]), path).toHaveLength(1);
    const good = ['hive/work/x', './root/x', slash('home'), `~${slash('work')}`, slash('workers', 'x')];
    for (const path of good) expect(verdicts([{ path: 'docs/a.md', text: `see ${path}` }]), path).toEqual([]);
  });

  test('the lock names no registry', () => {
    const lock = { path: 'package-lock.json', text: '{\n"resolved": "https://registry.example/a.tgz"\n}' };
    expect(verdicts([lock])).toEqual(['package-lock.json:2 machine-path']);
  });

  test('default exports only in config files', () => {
    const text = `${HEADER}export default 1;\n`;
    expect(verdicts([{ path: 'a.ts', text }])).toEqual(['a.ts:2 default-export']);
    expect(verdicts([{ path: 'a.config.ts', text }])).toEqual([]);
    expect(verdicts([{ path: 'a.ts', text: `${HEADER}export { a as default };\n` }])).toHaveLength(1);
  });

  test('a note needs an issue', () => {
    const note = ['TO', 'DO'].join('');
    expect(verdicts([{ path: 'a.ts', text: `${HEADER}// ${note}: later\n` }])).toEqual(['a.ts:2 note']);
    expect(verdicts([{ path: 'a.ts', text: `${HEADER}// ${note}(#12): later\n` }])).toEqual([]);
    expect(verdicts([{ path: 'a.ts', text: `${HEADER}const a = '${note}';\n` }])).toEqual([]);
  });
});

describe('packages', () => {
  test('name, entry and README are checked; a page is 100 lines', () => {
    const readme = (count: number) => ({ path: 'hive/wire/README.md', text: 'x\n'.repeat(count) });
    const rest = wire.filter(({ path }) => !path.endsWith('README.md'));
    expect(messages(rest)[0]).toContain('has no README.md');
    expect(verdicts([...rest, readme(100)])).toEqual([]);
    expect(verdicts([...rest, readme(101)])).toEqual(['hive/wire/package.json:1 package']);
    expect(messages(wire.filter(({ path }) => !path.endsWith('index.ts')))[0]).toContain('has no public entry');
    const misnamed = [
      { path: 'base/check/package.json', text: '{"name": "@cohesix/assert"}' },
      ...packageFiles('base/check').slice(1),
    ];
    expect(messages(misnamed)[0]).toContain('the folder says @cohesix/check');
  });
});

describe('waivers', () => {
  const allow = (rule: string, reason: string) => `// ${'tidy'}-allow ${rule}: ${reason}\n`;
  const one = (code: string) => [...wire, source('hive/wire/src/one.ts', code)];

  test('on the line, or above it over several comment lines', () => {
    const reason = 'measured once, at load';
    expect(verdicts(one(`const a = Date.now(); ${allow('purity', reason)}`))).toEqual([]);
    expect(verdicts(one(`${allow('purity', reason)}// more words\nconst a = Date.now();\n`))).toEqual([]);
    expect(verdicts(one(`${allow('purity', reason)}\nconst a = Date.now();\n`))).toHaveLength(2);
  });

  test('of another rule, without reason, or for nothing is a finding', () => {
    expect(verdicts(one(`${allow('layer', 'some long reason')}const a = Date.now();\n`))).toEqual([
      'hive/wire/src/one.ts:2 waiver',
      'hive/wire/src/one.ts:3 purity',
    ]);
    expect(messages(one(`${allow('purity', 'short')}const a = Date.now();\n`))[0]).toContain('say why');
    expect(messages(one(allow('purity', 'some long reason')))[0]).toContain('remove the waiver');
  });

  test('about a whole file may stand anywhere in it', () => {
    const long = '\n'.repeat(1001);
    expect(verdicts(one(`${long}${allow('length', 'a generated table')}`))).toEqual([]);
  });

  test('work in other text files', () => {
    const path = ['', 'root', 'x'].join('/');
    const text = `# ${'tidy'}-allow machine-path: a transcript of a container\nsee ${path}\n`;
    expect(verdicts([{ path: 'a.sh', text }])).toEqual([]);
  });
});

test('a run that sees too little fails', () => {
  const house = [...wire, source('hive/wire/src/one.ts', '')];
  expect(verdicts(house, { packages: 1, modules: 2, crossings: 0 })).toEqual([]);
  expect(verdicts(house, { packages: 1, modules: 3, crossings: 0 })).toEqual(['.:1 plausible']);
});
