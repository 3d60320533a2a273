// coh policy: documents tested, signed and compared without a hive; loaded, applied and gone back to in one.

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCoh } from '../src/run.ts';
import { coh } from './captured-io.ts';
import { type LiveHive, liveHive } from './live-hive.ts';

const folder = mkdtempSync(join(tmpdir(), 'coh-policy-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A document in TOML: nobody spawns GPU workers, bob may spawn hosts. */
function toml({ id = 'p-1', version = 1, expect: expected = 'deny' } = {}): string {
  return `schema = "cohesix-policy/v1"
id = "${id}"
version = ${version}
tests = [
  { name = "no gpu", who = { role = "queen", subject = "queen" }, path = "/queen/ctl", line = '{"spawn":"gpu","lease":{"gpu_id":"g","mem_mb":1,"streams":1,"ttl_s":1}}', expect = "${expected}" },
  { name = "hosts", who = { role = "queen", subject = "queen" }, path = "/queen/ctl", line = '{"spawn":"host"}', expect = "allow" },
]

[[rules]] # approvals as usual
id = "orders"
target = "/queen/ctl"
effect = "approve"

[[rules]]
id = "no-gpu"
target = "/queen/ctl"
effect = "deny"
when = { fields = { spawn = "gpu" } }

[[grants]]
id = "hosts"
subject = "queen"
target = "/queen/ctl"
fields = { spawn = "host" }
uses = 1
expires_ms = 4102444800000
`;
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const inFolder = { cwd: folder };

describe('without a hive', () => {
  it('test runs the tests of a file, TOML or JSON', async () => {
    file('p-1.toml', toml());
    const { exit, stdout } = await coh(['policy', 'test', 'p-1.toml', '--json'], inFolder);
    expect(exit).toBe(0);
    const found = JSON.parse(stdout) as { id: string; sha256: string; tests: object[] };
    expect(found).toMatchObject({ id: 'p-1', version: 1 });
    expect(found.tests).toEqual([
      { name: 'no gpu', problem: null },
      { name: 'hosts', problem: null },
    ]);
    expect((await coh(['policy', 'test', 'p-1.toml'], inFolder)).stdout).toBe(
      `ok  no gpu\nok  hosts\np-1 version 1  sha256 ${found.sha256}\n`,
    );
    const changed = file('q.toml', toml().replace('uses = 1', 'uses = 2'));
    expect((await coh(['policy', 'test', changed])).stdout).not.toContain(found.sha256);
  });

  it('test names the test that fails, with status 1', async () => {
    const failing = file('bad.toml', toml({ expect: 'allow' }));
    const { exit, stdout, stderr } = await coh(['policy', 'test', failing]);
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' });
    expect(stderr).toContain('1 of 2 tests of p-1 fail');
    expect(stderr).toContain('no gpu: expected allow, got deny (rule no-gpu)');
    const told = await coh(['policy', 'test', failing, '--json']);
    expect(told.exit).toBe(1);
    expect(JSON.parse(told.stdout)).toMatchObject({
      tests: [{ problem: 'expected allow, got deny (rule no-gpu)' }, {}],
    });
  });

  it.each([
    ['no such file', 'nothing.toml', undefined, 'there is no such file', 1],
    ['no TOML', 'x.toml', 'a = = 1', 'line 1, column 5', 2],
    ['no JSON', 'x.json', '{', 'is no JSON', 2],
    ['no document', 'y.json', '{"schema":"cohesix-policy/v1"}', '$.document.id: missing', 2],
    ['an unknown field', 'z.toml', `${toml()}extra = 1\n`, 'unknown field "extra"', 2],
    ['a number that no number holds', 'n.toml', toml().replace('uses = 1', 'uses = 9007199254740993'), 'uses', 2],
  ])('%s is told, with the place', async (_what, name, text, words, status) => {
    if (text !== undefined) file(name, text);
    const { exit, stderr } = await coh(['policy', 'test', name], inFolder);
    expect(stderr).toContain(words);
    expect(exit).toBe(status);
  });

  it('sign writes a signature of its own key, which only its owner can read', async () => {
    const signed = file('signed.toml', toml());
    const { exit, stdout } = await coh(['policy', 'sign', signed, '--key', 'ann.json', '--json'], inFolder);
    expect(exit).toBe(0);
    const { signature, key } = JSON.parse(stdout) as { signature: string; key: string };
    expect(readFileSync(`${signed}.sig`, 'utf8')).toBe(`${signature}\n`);
    expect(signature.startsWith('— ann ')).toBe(true);
    expect(statSync(join(folder, 'ann.json')).mode & 0o777).toBe(0o600);
    const printed = await coh(['policy', 'sign', '--key', 'ann.json', '--print-key'], inFolder);
    expect(printed.stdout).toBe(`${key}\n`);
    expect((await coh(['policy', 'sign', '--key', 'ann.json'], inFolder)).exit).toBe(2);
  });

  it('diff of two files tells what went, changed and came', async () => {
    const before = file('p-1.toml', toml());
    const after = file(
      'p-2.toml',
      toml({ id: 'p-2', version: 2 }).replace('id = "no-gpu"', 'id = "no-gpus"').replace('uses = 1', 'uses = 3'),
    );
    const { exit, stdout } = await coh(['policy', 'diff', after, before]);
    expect(exit).toBe(0);
    const marks = stdout.split('\n').map((line) => line.split(' ', 3).join(' '));
    expect(marks).toEqual(['p-1 -> p-2', '- rules no-gpu', '+ rules no-gpus', '- grants hosts', '+ grants hosts', '']);
    expect((await coh(['policy', 'diff', before, before])).stdout).toBe('p-1 -> p-1\nno difference\n');
  });
});

describe('in a hive', () => {
  let live: LiveHive;
  let key = '';

  beforeAll(async () => {
    const printed = await coh(['policy', 'sign', '--key', 'ann.json', '--print-key'], inFolder);
    key = printed.stdout.trim();
    live = await liveHive((manifest) => ({ ...manifest, policy: { ...manifest.policy, signers: [key] } }));
  });
  afterAll(() => live.stop());

  async function signed(name: string, text: string, signer = 'ann.json'): Promise<string> {
    const path = file(name, text);
    expect((await coh(['policy', 'sign', path, '--key', signer], inFolder)).exit).toBe(0);
    return path;
  }

  it('apply needs somebody else, and says what must be approved', async () => {
    const path = await signed('p-1.toml', toml());
    const { exit, said, advice } = await live.refused(['policy', 'apply', path]);
    expect(exit).toBe(4);
    expect(said).toContain('cannot apply p-1 (needs-approval)');
    expect(advice).toMatch(/approve \/policy\/ctl '\{"op":"apply","id":"p-1","sha256":"[0-9a-f]{64}"\}'/);
    expect((await live.json(['policy', 'show'])).documents, 'nothing is staged').toEqual([]);
  });

  it('a document of a key that is not listed, or altered after signing, is not staged', async () => {
    const stranger = await signed('s.toml', toml(), 'eve.json');
    expect(await live.refused(['policy', 'load', stranger])).toMatchObject({ exit: 3 });
    const altered = await signed('a.toml', toml());
    writeFileSync(altered, toml().replace('uses = 1', 'uses = 1000'));
    const { exit, said } = await live.refused(['policy', 'load', altered]);
    expect({ exit, said }).toEqual({ exit: 3, said: `coh: cannot load ${altered} (unauthenticated)` });
    const failing = file('f.toml', toml({ expect: 'allow' }));
    await coh(['policy', 'sign', failing, '--key', 'ann.json'], inFolder);
    expect((await live.refused(['policy', 'load', failing])).advice).toContain(
      'test "no gpu": expected allow, got deny',
    );
  });

  it('with --wait it is staged, read, approved, and holds; then one goes back', async () => {
    const path = await signed('p-1.toml', toml());
    const beside = live.beside();
    const applying = runCoh(['policy', 'apply', path, '--wait', '60'], beside.io);
    const request = await pending(live);
    expect((await live.coh(['approvals'])).stdout).toContain('read it: ./coh policy show p-1\n');
    expect(await live.json(['policy', 'show', 'p-1'])).toMatchObject({ id: 'p-1', version: 1 });
    expect((await live.coh(['policy', 'diff', path])).stdout).toMatch(/^manifest -> p-1\n/);
    expect((await live.coh(['approve', request])).exit).toBe(0);
    expect(await applying).toBe(0);
    expect(beside.stdout()).toContain('p-1 version 1 holds');
    expect((await live.coh(['policy', 'diff', path])).stdout).toBe('p-1 -> p-1\nno difference\n');
    expect((await live.coh(['spawn', 'host'])).exit, 'by the grant').toBe(0);
    expect((await live.coh(['spawn', 'host'])).exit, 'which is used up').toBe(4);
    expect((await live.coh(['policy', 'show'])).stdout).toMatch(/^grant {5}hosts .*"used":1,"left":0/m);
    expect((await live.coh(['policy', 'rollback', 'manifest'])).exit).toBe(4);
    const back = runCoh(['policy', 'rollback', 'manifest', '--wait', '60'], live.beside().io);
    await live.coh(['approve', await pending(live)]);
    expect(await back).toBe(0);
    expect((await live.json(['policy', 'show'])).policy).toMatchObject({ document: null });
  });
});

/** The id of the one open request, as soon as there is one. */
async function pending(live: LiveHive): Promise<string> {
  for (const untilMs = Date.now() + 20_000; Date.now() < untilMs; ) {
    const { pending: open } = await live.json<{ pending: { id: string }[] }>(['approvals']);
    const [first] = open;
    if (first !== undefined) return first.id;
  }
  throw new Error('nobody asked');
}
