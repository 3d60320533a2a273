// Models: registered, vouched for, activated and gone back from; what may not be active is refused and changes nothing; what a
// bridge publishes goes in beside it, and hosts do not meet.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { publishModels } from '../src/capabilities/models/queries.ts';
import { SYSTEM } from '../src/index.ts';
import { ALICE, BOB, CAROL, manifestWith, TestHive } from './hive.ts';
import { approve, hiveUnder, policyDocument } from './policy-documents.ts';

const CTL = '/gpu/models/ctl';
const ACTIVE = '/gpu/models/active';
const A = 'a'.repeat(64);
const B = 'b'.repeat(64);

const adapter = (id: string, more: object = {}): object => ({
  op: 'register',
  id,
  base: 'llama3-8b',
  hashes: { adapter: `${A}:128` },
  ...more,
});

function withModels(...ids: readonly string[]): TestHive {
  const hive = TestHive.booted();
  for (const id of ids) hive.ok(ALICE, CTL, adapter(id));
  return hive;
}

const pointer = (hive: TestHive): string => hive.authority.controlText(hive.state, ACTIVE);

describe('the pointer', () => {
  test('is a model that was activated, by a word as the source has it or by a line', () => {
    const hive = withModels('v1', 'v2');
    expect(pointer(hive)).toBe('');
    hive.ok(ALICE, ACTIVE, 'v1');
    expect(pointer(hive)).toBe('v1\n');
    expect(hive.ok(ALICE, ACTIVE, { op: 'activate', id: 'v2', base: 'llama3-8b' }).reply).toEqual({
      id: 'v2',
      host: 'local',
      previous: 'v1',
    });
    expect(pointer(hive)).toBe('v2\n');
    expect(hive.view('/gpu/models/by-host/local/active')).toBe('v2\n');
    expect(hive.replay()).toBe(hive.text());
  });

  test('goes back any number of steps, and forward only by a new activation', () => {
    const hive = withModels('v1', 'v2', 'v3', 'v4');
    for (const id of ['v1', 'v2', 'v3', 'v4']) hive.ok(ALICE, ACTIVE, id);
    hive.ok(ALICE, ACTIVE, { op: 'rollback' });
    expect(pointer(hive)).toBe('v3\n');
    hive.ok(ALICE, ACTIVE, { op: 'rollback', steps: 2 });
    expect(pointer(hive)).toBe('v1\n');
    expect(hive.code(ALICE, ACTIVE, { op: 'rollback' })).toBe('not-found');
    expect(pointer(hive)).toBe('v1\n');
    hive.ok(ALICE, ACTIVE, 'v4');
    hive.ok(ALICE, ACTIVE, { op: 'rollback' });
    expect(pointer(hive)).toBe('v1\n');
    expect(
      hive
        .view('/gpu/models/history')
        ?.split('\n')
        .map((line) => line.split(' previous=')[0]),
    ).toEqual([
      'op=activate host=local id=v1',
      'op=activate host=local id=v2',
      'op=activate host=local id=v3',
      'op=activate host=local id=v4',
      'op=rollback host=local id=v3',
      'op=rollback host=local id=v1',
      'op=activate host=local id=v4',
      'op=rollback host=local id=v1',
      '',
    ]);
  });

  test('goes back as far as history is kept, and not one step further', () => {
    const hive = TestHive.booted(manifestWith((manifest) => (manifest.models.history_max = 3)));
    for (const id of ['v1', 'v2', 'v3', 'v4']) {
      hive.ok(ALICE, CTL, adapter(id));
      hive.ok(ALICE, ACTIVE, id);
    }
    expect(hive.code(ALICE, ACTIVE, { op: 'rollback', steps: 3 })).toBe('not-found');
    hive.ok(ALICE, ACTIVE, { op: 'rollback', steps: 2 });
    expect(pointer(hive)).toBe('v2\n');
    expect(hive.view('/gpu/models/history')?.split('\n')).toHaveLength(4);
  });

  test.each([
    ['an unknown model', 'v9', 'not-found'],
    ['the one that is active', 'v1', 'invalid-transition'],
    ['another base than was asked for', { op: 'activate', id: 'v2', base: 'llama3-70b' }, 'invalid-transition'],
    ['no hash', 'bare', 'invalid-transition'],
    ['a rejected one', 'bad', 'invalid-transition'],
    ['an adapter of another base of this name', 'stranger', 'invalid-transition'],
    ['a host without models', { op: 'activate', id: 'v1', host: 'elsewhere' }, 'not-found'],
    ['a path', '../v2', 'invalid-payload'],
    ['two words', 'v1 v2', 'invalid-payload'],
    ['a name of 129', 'x'.repeat(129), 'invalid-payload'],
    ['an unknown field', { op: 'activate', id: 'v2', force: true }, 'invalid-payload'],
    ['a doubled field', '{"op":"activate","id":"v2","id":"v1"}', 'invalid-payload'],
    ['no steps', { op: 'rollback', steps: 0 }, 'invalid-payload'],
  ])('does not become %s, and stays what it was', (_, line, code) => {
    const hive = withModels('v1', 'v2');
    hive.ok(ALICE, CTL, { op: 'register', id: 'bare', base: 'llama3-8b' });
    hive.ok(ALICE, CTL, adapter('bad'));
    hive.ok(BOB, CTL, { op: 'reject', id: 'bad', reason: 'drift' });
    hive.ok(ALICE, CTL, { op: 'register', id: 'other-base', hashes: { weights: `${B}:1` } });
    hive.ok(ALICE, CTL, adapter('stranger', { base: 'other-base', base_sha256: A }));
    hive.ok(ALICE, ACTIVE, 'v1');
    expect(hive.code(ALICE, ACTIVE, line)).toBe(code);
    expect(pointer(hive)).toBe('v1\n');
  });

  test('a host cannot go back to a model that was rejected or removed since', () => {
    const hive = withModels('v1', 'v2', 'v3');
    for (const id of ['v1', 'v2', 'v3']) hive.ok(ALICE, ACTIVE, id);
    hive.ok(BOB, CTL, { op: 'reject', id: 'v2', reason: 'drift' });
    expect(hive.code(ALICE, ACTIVE, { op: 'rollback' })).toBe('invalid-transition');
    hive.ok(ALICE, CTL, { op: 'remove', id: 'v2' });
    hive.ok(ALICE, ACTIVE, { op: 'rollback' });
    expect(pointer(hive)).toBe('v1\n');
  });

  test('takes no line of a worker', () => {
    const hive = withModels('v1');
    expect(hive.code({ ...ALICE, role: 'worker-gpu' }, ACTIVE, 'v1')).toBe('denied');
  });
});

/** What the registry of one host ought to be: ids that are registered, those that are rejected, and what was active when. */
class Reference {
  readonly ids: Set<string> = new Set();
  readonly rejected: Set<string> = new Set();
  stack: string[] = [];

  /** Whether a line is accepted, after which it is done. */
  take({ op, id, steps }: Act): boolean {
    const isFit = this.ids.has(id) && !this.rejected.has(id);
    switch (op) {
      case 'register':
        return !this.ids.has(id) && this.ids.add(id).size > 0;
      case 'reject':
        return isFit && this.rejected.add(id).size > 0;
      case 'remove':
        return this.ids.has(id) && this.stack.at(-1) !== id && this.#forget(id);
      case 'activate':
        return isFit && this.stack.at(-1) !== id && this.stack.push(id) > 0;
      case 'rollback': {
        const left = this.stack.slice(0, -steps);
        const target = left.at(-1);
        if (target === undefined || this.rejected.has(target)) return false;
        this.stack = left;
        return true;
      }
    }
  }

  #forget(id: string): boolean {
    this.rejected.delete(id);
    const left = this.stack.filter((one) => one !== id);
    this.stack = left.filter((one, index) => one !== left[index - 1]);
    return this.ids.delete(id);
  }
}

interface Act {
  readonly op: 'register' | 'reject' | 'remove' | 'activate' | 'rollback';
  readonly id: string;
  readonly steps: number;
}

test('whatever is registered, rejected, removed, activated and gone back from, the pointer is what a list would say', () => {
  const act: fc.Arbitrary<Act> = fc.record({
    op: fc.constantFrom('register', 'reject', 'remove', 'activate', 'activate', 'activate', 'rollback'),
    id: fc.constantFrom('a', 'b', 'c'),
    steps: fc.integer({ min: 1, max: 3 }),
  });
  fc.assert(
    fc.property(fc.array(act, { minLength: 10, maxLength: 40, size: 'max' }), (acts) => {
      const hive = TestHive.booted();
      const reference = new Reference();
      for (const one of acts) {
        const isTaken = reference.take(one);
        const code = hive.code(...lineOf(one));
        expect([one, code === 'ok']).toEqual([one, isTaken]);
        const active = reference.stack.at(-1);
        expect(pointer(hive)).toBe(active === undefined ? '' : `${active}\n`);
      }
    }),
    { numRuns: 40 },
  );
});

function lineOf({ op, id, steps }: Act): [who: typeof ALICE, path: string, line: object] {
  switch (op) {
    case 'register':
      return [ALICE, CTL, adapter(id)];
    case 'reject':
      return [ALICE, CTL, { op, id, reason: 'r' }];
    case 'remove':
      return [ALICE, CTL, { op, id }];
    case 'activate':
      return [ALICE, ACTIVE, { op, id }];
    case 'rollback':
      return [ALICE, ACTIVE, { op, steps }];
  }
}

describe('lineage', () => {
  test('says what was activated, of what, by whom, who approved exactly that line, and when', () => {
    const hive = TestHive.booted(
      manifestWith((manifest) => manifest.policy.rules.push({ id: 'activation', target: ACTIVE })),
    );
    hive.ok(ALICE, CTL, adapter('v1', { evaluation: 'loss=0.42', job: 'job_8932' }));
    expect(hive.code(ALICE, ACTIVE, 'v1')).toBe('needs-approval');
    hive.ok(ALICE, '/actions/queue', { id: 'own', target: ACTIVE, line: 'v1', decision: 'approve' });
    expect(hive.code(ALICE, ACTIVE, 'v1')).toBe('needs-approval');
    hive.ok(BOB, '/actions/queue', { id: 'by-bob', target: ACTIVE, line: 'v1', decision: 'approve' });
    const { seq } = hive.command(ALICE, ACTIVE, 'v1');
    hive.ok(ALICE, ACTIVE, 'v1');
    expect(hive.view('/gpu/models/lineage')).toBe(
      `host=local id=v1 previous=none base=llama3-8b sha256=${A} evaluation="loss=0.42" job=job_8932 by=alice approved_by=bob at_ms=${hive.at} entry=${seq} loaded=none\n`,
    );
    expect(hive.code(ALICE, ACTIVE, { op: 'rollback' })).toBe('not-found');
    expect(hive.replay()).toBe(hive.text());
  });

  test('names both, where a rule wants two others; one of them is not enough', () => {
    const rules = [{ id: 'activation', target: ACTIVE, effect: 'approve', approvals: 2 }];
    const who = { role: 'queen', subject: 'alice' };
    const asks = { name: 'asks', who, path: ACTIVE, line: 'v1', expect: 'needs-approval' };
    const document = policyDocument({ rules, grants: [], tests: [asks] });
    const hive = hiveUnder(document);
    hive.ok(ALICE, CTL, adapter('v1'));
    const id = approve(hive, ACTIVE, 'v1', BOB);
    const entry = hive.journal.at(-1)?.command.seq;
    expect(hive.code(ALICE, ACTIVE, 'v1')).toBe('needs-approval');
    hive.ok(CAROL, '/actions/queue', { id, entry, decision: 'approve' });
    expect(hive.code(ALICE, ACTIVE, '{"op":"activate","id":"v1"}')).toBe('needs-approval');
    expect(pointer(hive)).toBe('');
    hive.ok(ALICE, ACTIVE, 'v1');
    expect(hive.view('/gpu/models/lineage')).toContain(' by=alice approved_by=bob,carol ');
    expect(hive.replay()).toBe(hive.text());
  });

  test('a rule about fields is about a word, too', () => {
    const who = { role: 'queen', subject: 'alice' };
    const when = { fields: { op: 'activate' } };
    const hive = hiveUnder(
      policyDocument({
        rules: [{ id: 'no-activation', target: ACTIVE, effect: 'deny', when }],
        grants: [],
        tests: [{ name: 'denies', who, path: ACTIVE, line: 'v1', expect: 'deny' }],
      }),
    );
    hive.ok(ALICE, CTL, adapter('v1'));
    expect(hive.code(ALICE, ACTIVE, 'v1')).toBe('approval-denied');
  });

  test('a line that is refused uses no approval up', () => {
    const hive = TestHive.booted(
      manifestWith((manifest) => manifest.policy.rules.push({ id: 'activation', target: ACTIVE })),
    );
    approve(hive, ACTIVE, 'v1', BOB);
    expect(hive.code(ALICE, ACTIVE, 'v1')).toBe('not-found');
    hive.ok(ALICE, CTL, adapter('v1'));
    expect(hive.code(ALICE, ACTIVE, 'v1')).toBe('ok');
  });

  test('where no rule asks for anybody its writer answers for it', () => {
    const hive = withModels('v1');
    hive.ok(ALICE, ACTIVE, 'v1');
    expect(hive.view('/gpu/models/lineage')).toContain(' by=alice approved_by=alice ');
  });
});

describe('the registry', () => {
  test('shows a manifest that says what was registered', () => {
    const hive = TestHive.booted();
    hive.ok(ALICE, CTL, adapter('v1', { hashes: { adapter: `${A}:128`, lora: `${B}:7` }, job: 'j', evaluation: 'ok' }));
    expect(hive.view('/gpu/models/available/v1/manifest.toml')).toBe(
      [
        '[model]',
        'id = "v1"',
        'base = "llama3-8b"',
        'adapter = "adapter.safetensors"',
        'lora = "lora.json"',
        '[provenance]',
        'job_id = "j"',
        'approval = "pending"',
        'evaluation = "ok"',
        '[hashes]',
        `adapter_sha256 = "${A}"`,
        'adapter_bytes = 128',
        `lora_sha256 = "${B}"`,
        'lora_bytes = 7',
        '',
      ].join('\n'),
    );
    expect(hive.authority.listNames(hive.state, '/gpu/models/available/:model')).toEqual(['v1']);
  });

  test('gives an id to one content for good', () => {
    const hive = withModels('v1');
    expect(hive.code(ALICE, CTL, adapter('v1', { hashes: { adapter: `${B}:1` } }))).toBe('exists');
    hive.ok(ALICE, ACTIVE, 'v1');
    expect(hive.code(ALICE, CTL, { op: 'remove', id: 'v1' })).toBe('busy');
    expect(hive.view('/gpu/models/list')).toContain(`id=v1 host=local state=active base=llama3-8b sha256=${A} `);
  });

  test('holds as many as the manifest says, and one more after a removal', () => {
    const hive = TestHive.booted(manifestWith((manifest) => (manifest.models.registered_max = 2)));
    const register = (id: string): string => hive.code(ALICE, CTL, adapter(id));
    expect([register('a'), register('b'), register('c')]).toEqual(['ok', 'ok', 'buffer-full']);
    hive.ok(ALICE, CTL, { op: 'remove', id: 'a' });
    expect(register('c')).toBe('ok');
  });

  test('where approval is required a second person must vouch for a model', () => {
    const hive = TestHive.booted(manifestWith((manifest) => (manifest.models.approval_required = true)));
    hive.ok(ALICE, CTL, adapter('v1'));
    expect(hive.code(ALICE, ACTIVE, 'v1')).toBe('invalid-transition');
    expect(hive.code(ALICE, CTL, { op: 'approve', id: 'v1' })).toBe('denied');
    hive.ok(BOB, CTL, { op: 'approve', id: 'v1' });
    expect(hive.code(CAROL, CTL, { op: 'approve', id: 'v1' })).toBe('invalid-transition');
    hive.ok(ALICE, ACTIVE, 'v1');
    expect(hive.view('/gpu/models/list')).toContain(' approval=approved decided_by=bob by=alice ');
  });

  test('an approval of the very line that registers is an approval of the model', () => {
    const hive = TestHive.booted(manifestWith((manifest) => manifest.policy.rules.push({ id: 'models', target: CTL })));
    const line = JSON.stringify(adapter('v1'));
    hive.ok(BOB, '/actions/queue', { id: 'x', target: CTL, line, decision: 'approve' });
    expect(hive.ok(ALICE, CTL, line).reply).toEqual({ id: 'v1', host: 'local', approval: 'approved' });
  });

  test('with bases listed takes adapters of those, and activates nothing else', () => {
    const hive = TestHive.booted(manifestWith((manifest) => manifest.models.bases.push('llama3-8b')));
    expect(hive.code(ALICE, CTL, adapter('x', { base: 'llama3-70b' }))).toBe('denied');
    hive.ok(ALICE, CTL, adapter('v1'));
    hive.ok(ALICE, CTL, { op: 'register', id: 'own', hashes: { weights: `${A}:1` } });
    expect(hive.code(ALICE, ACTIVE, 'own')).toBe('invalid-transition');
    hive.ok(ALICE, ACTIVE, 'v1');
  });

  test('an adapter trained from a job is of the base of that job', () => {
    const hive = TestHive.booted();
    const part = `${A}:1`;
    const job = { op: 'publish', id: 'j', base: 'llama3-8b', telemetry: part, base_model: part, policy: part };
    hive.ok(SYSTEM, '/queen/export/lora_jobs/ctl', job);
    expect(hive.code(ALICE, CTL, adapter('v1', { job: 'j', base: 'llama3-70b' }))).toBe('invalid-payload');
    hive.ok(ALICE, CTL, adapter('v1', { job: 'j' }));
  });

  test('weights in the content store must be there whole, and be what the line says', () => {
    const hive = TestHive.booted();
    const whole = { op: 'register', id: 'own', stored: A };
    expect(hive.code(ALICE, CTL, whole)).toBe('not-found');
    hive.ok(SYSTEM, '/sys/cas', { sealed: { model: A, weights_bytes: 128 } });
    expect(hive.code(ALICE, CTL, { ...whole, hashes: { weights: `${B}:128` } })).toBe('invalid-payload');
    expect(hive.code(ALICE, CTL, { ...whole, hashes: { weights: `${A}:127` } })).toBe('invalid-payload');
    hive.ok(ALICE, CTL, { ...whole, hashes: { weights: `${A}:128` } });
    hive.ok(ALICE, ACTIVE, 'own');
    hive.ok(ALICE, CTL, adapter('v1'));
    hive.ok(ALICE, ACTIVE, 'v1');
    hive.ok(SYSTEM, '/sys/cas', { gone: { what: 'model', name: A, why: 'removed' } });
    expect(hive.code(ALICE, ACTIVE, { op: 'rollback' })).toBe('invalid-transition');
    expect(pointer(hive)).toBe('v1\n');
  });

  test.each([
    ['itself as base', { base: 'v1' }],
    ['a hash without bytes', { hashes: { adapter: A } }],
    ['a hash of another file', { hashes: { pickle: `${A}:1` } }],
    ['a host with a slash', { host: 'a/b' }],
    ['an unknown field', { format: 'gguf' }],
  ])('refuses a model with %s', (_, more) => {
    expect(TestHive.booted().code(ALICE, CTL, adapter('v1', more))).toBe('invalid-payload');
  });
});

describe('what a bridge publishes', () => {
  const manifest = (id: string, sha = A): string =>
    `[model]\nid = "${id}"\nbase = "llama3-8b"\nformat = "safetensors"\n\n[hashes]\nadapter_sha256 = "${sha}"\nadapter_bytes = 5\n`;

  /** As the room of the GPUs does it, in a line of its own. */
  function publish(hive: TestHive, host: string, ids: readonly string[], active?: string): readonly string[] {
    const published = { host, models: ids.map((id) => ({ id, manifest: manifest(id) })), active };
    return take(hive, published);
  }

  function take(hive: TestHive, published: Parameters<typeof publishModels>[1]): readonly string[] {
    const command = hive.command(ALICE, '/gpu/bridge/ctl', 'end');
    const decision = publishModels(hive.state, published, command);
    if (decision.kind === 'refuse') throw new Error(decision.refusal.code);
    const outcome = { ok: true, changes: decision.changes, effects: [], log: [], reply: {} } as const;
    hive.authority.evolve(hive.state, command, outcome);
    hive.journal.push({ command, outcome });
    expect(hive.authority.invariants(hive.state)).toEqual([]);
    return decision.log ?? [];
  }

  test('is there with the very text, and what it says is loaded shows until something is activated', () => {
    const hive = TestHive.booted();
    publish(hive, 'gpu-a', ['v1', 'v2'], 'v1');
    expect(hive.view('/gpu/models/available/v1/manifest.toml')).toBe(manifest('v1'));
    expect(pointer(hive)).toBe('v1\n');
    hive.ok(ALICE, ACTIVE, 'v2');
    expect(pointer(hive)).toBe('v2\n');
    expect(hive.view('/gpu/models/by-host/gpu-a/loaded')).toBe('v1\n');
    publish(hive, 'gpu-a', ['v1', 'v2'], 'v2');
    expect(hive.view('/gpu/models/lineage')).toContain('loaded=v2\n');
  });

  test('of two hosts never meets: equal ids stay apart, and the short path is of a single host', () => {
    const hive = TestHive.booted();
    publish(hive, 'gpu-a', ['v1'], 'v1');
    expect(hive.authority.listNames(hive.state, '/gpu/models/available/:model')).toEqual(['v1']);
    take(hive, { host: 'gpu-b', models: [{ id: 'v1', manifest: manifest('v1', B) }], active: undefined });
    expect(hive.authority.listNames(hive.state, '/gpu/models/available/:model')).toEqual([]);
    expect(hive.view('/gpu/models/by-host/gpu-a/available/v1/manifest.toml')).toBe(manifest('v1'));
    expect(hive.view('/gpu/models/by-host/gpu-b/available/v1/manifest.toml')).toBe(manifest('v1', B));
    expect(hive.code(ALICE, ACTIVE, 'v1')).toBe('invalid-payload');
    hive.ok(ALICE, ACTIVE, { op: 'activate', id: 'v1', host: 'gpu-b' });
    expect(pointer(hive)).toBe('host=gpu-a id=v1\nhost=gpu-b id=v1\n');
    publish(hive, 'gpu-a', []);
    expect(pointer(hive)).toBe('v1\n');
    expect(hive.view('/gpu/models/list')).toContain(`host=gpu-b state=active base=llama3-8b sha256=${B}`);
  });

  test('with another content under an id that is taken changes nothing, and is told', () => {
    const hive = TestHive.booted();
    publish(hive, 'gpu-a', ['v1']);
    const told = take(hive, { host: 'gpu-a', models: [{ id: 'v1', manifest: manifest('v1', B) }], active: 'v1' });
    expect(told).toEqual(['model skipped host=gpu-a id=v1 reason="another content has this id"']);
    expect(hive.view('/gpu/models/available/v1/manifest.toml')).toBe(manifest('v1'));
  });

  test('no more goes, but what is active stays, and what a line registered', () => {
    const hive = TestHive.booted();
    publish(hive, 'local', ['v1', 'v2', 'v3']);
    hive.ok(ALICE, CTL, adapter('mine'));
    hive.ok(ALICE, ACTIVE, 'v1');
    hive.ok(ALICE, ACTIVE, 'v2');
    publish(hive, 'local', []);
    expect(hive.authority.listNames(hive.state, '/gpu/models/available/:model')).toEqual(['mine', 'v2']);
    expect(hive.code(ALICE, ACTIVE, { op: 'rollback' })).toBe('not-found');
  });

  test.each([
    ['no TOML', 'v1 = '],
    ['another id', manifest('v2')],
    ['a base that forges a line', manifest('v1').replace('llama3-8b', 'b\\nid=v9 host=h')],
    ['a base that is no text', manifest('v1').replace('"llama3-8b"', '8')],
    ['more than 8192 bytes', `${manifest('v1')}# ${'x'.repeat(8192)}`],
  ])('with %s is left out', (_, text) => {
    const hive = TestHive.booted();
    const told = take(hive, { host: 'h', models: [{ id: 'v1', manifest: text }], active: 'v1' });
    expect(told.join()).toContain('model skipped host=h id=v1 ');
    expect(hive.view('/gpu/models/list')).toBe('');
  });

  test('is refused whole when there is no room', () => {
    const hive = TestHive.booted(manifestWith((changed) => (changed.models.registered_max = 1)));
    expect(() => publish(hive, 'h', ['a', 'b'])).toThrow('buffer-full');
    publish(hive, 'h', ['a']);
    publish(hive, 'h', ['b']);
    expect(hive.view('/gpu/models/list')).toContain('id=b ');
  });
});
