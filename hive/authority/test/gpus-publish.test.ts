// Which GPUs there are: publishing in one line and in pieces, two hosts beside each other, the alias of the only one, and
// publishers that fall silent.

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { sha256Hex } from '../src/kernel/sha256.ts';
import {
  FREE,
  GPU_0,
  GPU_1,
  inventory,
  linesOf,
  receipt,
  settle,
  spawnGpu,
  started,
  statusLines,
  withGpus,
} from './gpus.ts';
import { ALICE, BOB, childOf, hexId, manifestWith, TestHive } from './hive.ts';

const CTL = '/gpu/bridge/ctl';

/** A snapshot as the source writes it. */
function snapshotOf(gpus: readonly { readonly id: string }[], more: readonly string[] = []): string {
  const b64 = (text: string) => Buffer.from(text).toString('base64');
  const nodes = gpus.map((info) => {
    const seed = { ctl: `LEASE ${info.id}\n`, lease: '', status: '' };
    const rest = Object.entries(seed).map(([name, text]) => `${name}=${b64(text)}`);
    return `node id=${info.id} info=${b64(JSON.stringify(info))} ${rest.join(' ')}`;
  });
  return ['schema gpu-bridge-snapshot/v1', ...nodes, ...more, `telemetry schema=${b64('{}')}`, 'end', ''].join('\n');
}

function beginOf(text: string, host?: string): string {
  const sha256 = createHash('sha256').update(text).digest('hex');
  return `begin bytes=${Buffer.byteLength(text)} sha256=${sha256}${host === undefined ? '' : ` host=${host}`}`;
}

/** The pieces of a snapshot, as short as the console of the source takes them. */
function piecesOf(text: string): readonly string[] {
  return (
    Buffer.from(text)
      .toString('base64')
      .match(/.{1,124}/g) ?? []
  ).map((piece) => `b64:${piece}`);
}

describe('one line', () => {
  it('makes the GPUs of a host files, with what was said', () => {
    const hive = withGpus();
    expect(hive.authority.listNames(hive.state, '/gpu/:host/:gpu', { host: 'local' })).toEqual(['GPU-0', 'GPU-1']);
    expect(hive.view('/gpu/local/GPU-0/info')).toBe(`${JSON.stringify(GPU_0)}\n`);
    expect(linesOf(hive, '/gpu/local/info')).toMatchObject([{ host: 'local', gpus: 2, by: 'alice' }, GPU_0, GPU_1]);
    expect(hive.view('/proc/lease/resources')).toBe(
      'resource=gpu:local:GPU-0 holders=0 mem_mb=0/24576 streams=0/32\n' +
        'resource=gpu:local:GPU-1 holders=0 mem_mb=0/8192 streams=0/32\n',
    );
  });

  it.each([
    ['a name of the namespace', inventory('bridge'), 'invalid-payload'],
    ['a GPU called like a file', inventory('local', [{ ...GPU_0, id: 'info' }]), 'invalid-payload'],
    ['one GPU twice', inventory('local', [GPU_0, GPU_0]), 'invalid-payload'],
    ['no memory', inventory('local', [{ ...GPU_0, memory_mb: 0 }]), 'invalid-payload'],
    ['an unknown field', inventory('local', [{ ...GPU_0, colour: 'red' }]), 'invalid-payload'],
    ['a path', inventory('../etc'), 'invalid-payload'],
    ['names too long for a resource', inventory('h'.repeat(40), [GPU_0]), 'invalid-payload'],
    ['no line at all', 'publish', 'invalid-payload'],
  ])('is refused with %s', (_, line, code) => {
    const hive = TestHive.booted(FREE);
    expect(hive.code(ALICE, CTL, line)).toBe(code);
    expect(hive.authority.listNames(hive.state, '/gpu/:host')).toEqual([]);
  });

  it('takes as many hosts and GPUs as the manifest says, and not one more', () => {
    const hive = TestHive.booted(
      manifestWith((manifest) => {
        manifest.policy.enabled = false;
        Object.assign(manifest.gpu, { hosts_max: 2, devices_per_host_max: 2 });
      }),
    );
    expect(hive.code(ALICE, CTL, inventory('a', [GPU_0, GPU_1, { ...GPU_0, id: 'GPU-2' }]))).toBe('limit');
    expect(hive.code(ALICE, CTL, inventory('a'))).toBe('ok');
    expect(hive.code(ALICE, CTL, inventory('b'))).toBe('ok');
    expect(hive.code(ALICE, CTL, inventory('c'))).toBe('limit');
    expect(hive.code(ALICE, CTL, inventory('b', [GPU_0]))).toBe('ok');
  });

  it('is for queens, while the node takes it', () => {
    const hive = TestHive.booted(FREE);
    expect(hive.code({ ...ALICE, role: 'worker-gpu' }, CTL, inventory('local'))).toBe('denied');
    hive.ok(ALICE, '/queen/lifecycle/ctl', 'cordon');
    expect(hive.code(ALICE, CTL, inventory('local'))).toBe('lifecycle-denied');
  });
});

describe('pieces', () => {
  it('publish the same as one line', () => {
    const hive = TestHive.booted(FREE);
    expect(hive.view('/gpu/bridge/status')).toBe('state=idle\n');
    const text = snapshotOf([GPU_0, GPU_1]);
    hive.ok(ALICE, CTL, beginOf(text));
    for (const piece of piecesOf(text)) hive.ok(ALICE, CTL, piece);
    expect(hive.view('/gpu/bridge/status')).toBe(`state=receiving bytes=${text.length}\n`);
    expect(hive.ok(ALICE, CTL, 'end').reply).toEqual({ host: 'local', gpus: 2, models: 0 });
    const sha256 = createHash('sha256').update(text).digest('hex');
    expect(hive.view('/gpu/bridge/status')).toBe(`state=ok bytes=${text.length} sha256=${sha256}\n`);
    expect(linesOf(hive, '/gpu/local/info')).toEqual(linesOf(withGpus(), '/gpu/local/info').map(withEntry(hive)));
  });

  function withEntry(hive: TestHive): (line: Record<string, unknown>) => Record<string, unknown> {
    const [about] = linesOf(hive, '/gpu/local/info');
    return (line) => ('entry' in line ? { ...line, entry: about?.entry } : line);
  }

  it('of two publishers do not mix', () => {
    const hive = TestHive.booted(FREE);
    const texts = [snapshotOf([GPU_0]), snapshotOf([GPU_1])] as const;
    hive.ok(ALICE, CTL, beginOf(texts[0], 'a'));
    hive.ok(BOB, CTL, beginOf(texts[1], 'b'));
    const [mine, theirs] = [piecesOf(texts[0]), piecesOf(texts[1])];
    for (let at = 0; at < Math.max(mine.length, theirs.length); at++) {
      if (mine[at] !== undefined) hive.ok(ALICE, CTL, mine[at] ?? '');
      if (theirs[at] !== undefined) hive.ok(BOB, CTL, theirs[at] ?? '');
    }
    hive.ok(ALICE, CTL, 'end');
    hive.ok(BOB, CTL, 'end');
    expect(linesOf(hive, '/gpu/a/info').slice(1)).toEqual([GPU_0]);
    expect(linesOf(hive, '/gpu/b/info').slice(1)).toEqual([GPU_1]);
  });

  const text = snapshotOf([GPU_0]);
  const wrong = { ...GPU_0, memory_mb: -1 };

  it.each<readonly [string, readonly string[], string]>([
    ['too large', [`begin bytes=131073 sha256=${'0'.repeat(64)}`], 'too-big'],
    ['end without begin', ['end'], 'invalid-transition'],
    ['a piece without begin', ['b64:YQ=='], 'invalid-transition'],
    ['base64 decode failed', [beginOf(text), 'b64:***='], 'invalid-payload'],
    ['payload size mismatch: fewer', [beginOf(text), ...piecesOf(text).slice(1), 'end'], 'invalid-payload'],
    ['payload size mismatch: more', [beginOf(text), ...piecesOf(text), 'b64:YQ=='], 'invalid-payload'],
    ['sha256 mismatch', [beginOf(text), ...piecesOf(text.replace('end\n', 'END\n')), 'end'], 'invalid-payload'],
    ['snapshot parse: no schema', upload('node id=a\nend\n'), 'invalid-payload'],
    ['snapshot parse: not ended', upload(text.replace(/end\n$/, '')), 'invalid-payload'],
    ['snapshot parse: an unknown line', upload(snapshotOf([GPU_0], ['colour id=red'])), 'invalid-payload'],
    ['snapshot parse: info of another GPU', upload(text.replace('id=GPU-0', 'id=GPU-7')), 'invalid-payload'],
    ['snapshot parse: info out of range', upload(snapshotOf([wrong])), 'invalid-payload'],
  ])('are refused: %s', (what, lines, code) => {
    const hive = TestHive.booted(FREE);
    for (const line of lines.slice(0, -1)) hive.ok(ALICE, CTL, line);
    const outcome = hive.run(ALICE, CTL, lines.at(-1) ?? '');
    expect(outcome).toMatchObject({ ok: false, code });
    if (!outcome.ok) expect(outcome.detail).toContain(what.split(':')[0]?.replace('a piece', 'b64'));
    expect(hive.authority.listNames(hive.state, '/gpu/:host')).toEqual([]);
  });

  function upload(content: string): readonly string[] {
    return [beginOf(content), ...piecesOf(content), 'end'];
  }

  it('that are whole and wrong show why, until a new begin', () => {
    const hive = TestHive.booted(FREE);
    const other = text.replace('end\n', 'END\n');
    hive.ok(ALICE, CTL, beginOf(text));
    for (const piece of piecesOf(other)) hive.ok(ALICE, CTL, piece);
    expect(hive.view('/gpu/bridge/status')).toMatch(/^state=err reason="sha256 mismatch/);
    hive.ok(ALICE, CTL, beginOf(text));
    expect(hive.view('/gpu/bridge/status')).toBe('state=receiving bytes=0\n');
    for (const piece of piecesOf(text)) hive.ok(ALICE, CTL, piece);
    hive.ok(ALICE, CTL, 'end');
  });

  it('that nobody ends are forgotten, so that eight sessions cannot shut others out', () => {
    const hive = TestHive.booted(FREE);
    for (let count = 0; count < 8; count++) hive.ok({ ...ALICE, session: `s${count}` }, CTL, beginOf(text));
    expect(hive.code(BOB, CTL, beginOf(text))).toBe('busy');
    hive.pass(120_000);
    expect(hive.code(BOB, CTL, beginOf(text))).toBe('ok');
  });

  it('bring models with them', () => {
    const hive = TestHive.booted(FREE);
    const manifest = '[model]\nid = "m"\nsource = "s"\nformat = "gguf"\n';
    const models = [`model id=m manifest=${Buffer.from(manifest).toString('base64')}`, 'active id=m'];
    for (const line of upload(snapshotOf([GPU_0], models))) hive.ok(ALICE, CTL, line);
    expect(hive.journal.at(-1)?.outcome).toMatchObject({ reply: { models: 1 } });
  });
});

describe('two hosts', () => {
  it('never overwrite each other', () => {
    const hive = withGpus();
    hive.ok(BOB, CTL, inventory('remote', [{ ...GPU_0, name: 'Other' }]));
    expect(hive.view('/gpu/local/GPU-0/info')).toContain('Mock 4090');
    expect(hive.view('/gpu/remote/GPU-0/info')).toContain('Other');
    expect(hive.code(BOB, CTL, inventory('local', []))).toBe('exists');
    expect(hive.view('/gpu/local/GPU-0/info')).toContain('Mock 4090');
    expect(hive.code(childOf(ALICE, 'bridge'), CTL, inventory('local', [GPU_0]))).toBe('ok');
  });

  it('take the alias away, and it comes back with the last of them', () => {
    const hive = withGpus();
    const names = () => hive.authority.listNames(hive.state, '/gpu/:host');
    expect(names()).toEqual(['GPU-0', 'GPU-1', 'local']);
    expect(hive.view('/gpu/GPU-0/info')).toBe(hive.view('/gpu/local/GPU-0/info'));
    hive.ok(BOB, CTL, inventory('remote'));
    expect(names()).toEqual(['local', 'remote']);
    expect(hive.view('/gpu/GPU-0/info')).toBeUndefined();
    expect(hive.code(ALICE, '/gpu/GPU-0/ctl', 'RESET')).toBe('not-found');
    expect(hive.code(ALICE, '/queen/ctl', spawnGpu())).toBe('not-found');
    expect(hive.code(ALICE, '/queen/ctl', spawnGpu({ gpu_id: 'remote/GPU-0' }))).toBe('ok');
    hive.ok(ALICE, '/gpu/ctl', { release: 'local' });
    expect(names()).toEqual(['GPU-0', 'GPU-1', 'remote']);
    expect(hive.view('/gpu/GPU-0/lease')).toContain('"host":"remote"');
  });

  it('whose GPU is called like the other host do not hide it', () => {
    const hive = TestHive.booted(FREE);
    hive.ok(ALICE, CTL, inventory('box', [{ ...GPU_0, id: 'box' }]));
    expect(linesOf(hive, '/gpu/box/info')[0]).toMatchObject({ host: 'box', gpus: 1 });
    expect(linesOf(hive, '/gpu/box/box/info')).toHaveLength(1);
  });

  it('change owner only when a queen releases the name', () => {
    const hive = withGpus();
    expect(hive.code(BOB, '/gpu/ctl', { release: 'nobody' })).toBe('not-found');
    hive.ok(BOB, '/gpu/ctl', { release: 'local' });
    expect(hive.code(BOB, CTL, inventory('local', [GPU_1]))).toBe('ok');
    expect(hive.code(ALICE, CTL, inventory('local'))).toBe('exists');
  });

  test('in any order of publishes each host has exactly what its owner said last', () => {
    const step = fc.record({
      who: fc.constantFrom(ALICE, BOB),
      host: fc.constantFrom('a', 'b', 'c'),
      gpus: fc.subarray([GPU_0, GPU_1, { ...GPU_0, id: 'GPU-2' }]),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const hive = TestHive.booted(FREE);
        const owner = new Map<string, { readonly who: string; readonly gpus: readonly object[] }>();
        for (const { who, host, gpus } of steps) {
          const known = owner.get(host);
          const isOwner = known === undefined || known.who === who.subject;
          expect(hive.code(who, CTL, inventory(host, gpus))).toBe(isOwner ? 'ok' : 'exists');
          if (isOwner) owner.set(host, { who: who.subject, gpus });
        }
        for (const [host, { gpus }] of owner) expect(linesOf(hive, `/gpu/${host}/info`).slice(1)).toEqual(gpus);
        expect(hive.replay()).toBe(hive.text());
      }),
      { numRuns: 40 },
    );
  });
});

describe('a publisher that falls silent', () => {
  it('is lost when its time is over: its GPUs go, and what was held of them ends', () => {
    const hive = TestHive.booted(FREE);
    hive.ok(ALICE, CTL, inventory('local', [GPU_0], 10));
    const { worker, fence } = started(hive);
    hive.pass(9999);
    hive.ok(ALICE, CTL, inventory('local', [GPU_0], 10));
    hive.pass(9999);
    expect(hive.view('/gpu/local/GPU-0/info')).toContain('Mock 4090');
    hive.pass(1);
    settle(hive);
    expect(hive.view('/gpu/local/GPU-0/info')).toBeUndefined();
    expect(hive.authority.listNames(hive.state, '/worker/:worker')).toEqual([]);
    expect(statusLines(hive).at(-1)).toEqual({ job: worker, state: 'LEASE-ENDED', detail: 'gpu-lost', worker, fence });
    receipt(hive, worker, 'exited');
    settle(hive);
    expect(hive.view('/proc/lease/active')).toBe('');
    expect(hive.replay()).toBe(hive.text());
    expect(hive.code(BOB, CTL, inventory('local'))).toBe('ok');
  });
});

test('a publisher whose ticket is revoked publishes no more', () => {
  const hive = withGpus();
  hive.ok(BOB, '/queen/ticket/ctl', { revoke: { id: hexId('alice') } });
  settle(hive);
  expect(hive.view('/proc/gpus')).toBe('');
  expect(hive.code(BOB, CTL, inventory('local'))).toBe('ok');
});

describe('a GPU under a lease', () => {
  it.each([
    ['its memory', { memory_mb: 8192 }],
    ['its multiprocessors', { sm_count: 7 }],
    ['its hardware', { uuid: 'GPU-ffff' }],
  ])('that has changed %s ends it, once', (_, change) => {
    const hive = withGpus();
    started(hive);
    hive.ok(ALICE, CTL, inventory('local', [{ ...GPU_0, driver_version: '556.1' }, GPU_1]));
    settle(hive);
    expect(hive.view('/proc/lease/active')).toContain('gpu-worker-1');
    hive.ok(ALICE, CTL, inventory('local', [{ ...GPU_0, ...change }, GPU_1]));
    settle(hive);
    expect(hive.view('/proc/lease/active')).toBe('');
    expect(hive.view('/proc/lease/preemptions')).toContain('reason=gpu-changed');
    expect(hive.code(ALICE, '/queen/ctl', spawnGpu({ mem_mb: 1024 }))).toBe('ok');
    settle(hive);
    expect(hive.view('/proc/lease/active')).toContain('gpu-worker-2');
  });

  it('that is gone and comes back has lost it all the same', () => {
    const hive = withGpus();
    started(hive);
    hive.ok(ALICE, CTL, inventory('local', [GPU_1]));
    hive.ok(ALICE, CTL, inventory('local', [GPU_0, GPU_1]));
    settle(hive);
    expect(hive.view('/proc/lease/active')).toBe('');
    expect(hive.view('/proc/lease/preemptions')).toContain('reason=gpu-lost');
  });
});

test('SHA-256 is that of the platform', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(sha256Hex(bytes)).toBe(createHash('sha256').update(bytes).digest('hex'));
    }),
  );
  // FIPS 180-4 examples: "abc", and 56 bytes, which need a second block for their length.
  const vectors = { abc: 'ba7816bf', abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq: '248d6a61' };
  for (const [text, start] of Object.entries(vectors))
    expect(sha256Hex(new TextEncoder().encode(text)).slice(0, 8)).toBe(start);
});
