// Stored files through 9P and by path: pieces at offsets, answers whenever the store has them, closes that refuse, requests
// that are given up, sessions that end in the middle.

import { ok, type Result, refuse } from '@cohesix/wire';
import { describe, expect, it } from 'vitest';
import type { NodeDefinition, StoredNode } from '../src/node.ts';
import { PathSession } from '../src/path-session.ts';
import { attached, attachedConsole, type Fixture, makeFixture, settled } from './fixture.ts';

/** A store of one file, whose operations wait until they are let go when `holds`. */
class TestStore {
  bytes = new Uint8Array(0);
  holds = false;
  opened = 0;
  closed = 0;
  canRead = true;
  atClose: Result<void> = ok(undefined);
  readonly #held: (() => void)[] = [];

  readonly node: StoredNode = {
    kind: 'stored',
    verbs: (_, { principal }) => (principal.role === 'queen' ? 3 : 1),
    size: () => this.bytes.length,
    version: () => this.bytes.length,
    open: () => {
      if (!this.canRead) return refuse('not-found', 'It is not whole yet.');
      this.opened += 1;
      return ok({
        read: (offset, count) => this.#later(() => ok(this.bytes.slice(offset, offset + count))),
        append: ({ offset, bytes }) =>
          this.#later(() => {
            if (offset !== undefined && offset !== this.bytes.length) return refuse('stale', 'Not where it ends.');
            this.bytes = Uint8Array.from([...this.bytes, ...bytes]);
            return ok(undefined);
          }),
        close: async () => {
          this.closed += 1;
          return this.atClose;
        },
      });
    },
  };

  letGo(index = 0): void {
    const [held] = this.#held.splice(index, 1);
    held?.();
  }

  #later<T>(run: () => T): Promise<T> {
    if (!this.holds) return Promise.resolve().then(run);
    return new Promise((resolve) => {
      this.#held.push(() => resolve(run()));
    });
  }
}

function standing(): { readonly store: TestStore; readonly fixture: Fixture } {
  const store = new TestStore();
  const nodes: NodeDefinition[] = [
    { pattern: '/updates/blob', file: store.node },
    { pattern: '/updates/small', file: { kind: 'blob', bytes: () => Buffer.from('small') } },
  ];
  return { store, fixture: makeFixture((manifest) => manifest, nodes) };
}

const OPEN = ["Twalk tag 2 fid 1 newfid 2 'updates' 'blob'", 'Tlopen tag 2 fid 2 flags 2'];

describe('a stored file over 9P', () => {
  it('takes pieces at offsets and gives them back', async () => {
    const { store, fixture } = standing();
    const wire = attached(fixture);
    wire.say(...OPEN);
    wire.say("Twrite tag 2 fid 2 offset 0 count 3 'abc'", "Twrite tag 3 fid 2 offset 3 count 3 'def'");
    await settled();
    expect(wire.take()).toEqual(['Rwrite tag 2 count 3', 'Rwrite tag 3 count 3']);
    expect(wire.say('Tread tag 2 fid 2 offset 4 count 99')).toEqual([]);
    await settled();
    expect(wire.take()).toEqual(["Rread tag 2 count 2 'ef'"]);
    wire.say('Tread tag 2 fid 2 offset 6 count 9', 'Tread tag 3 fid 2 offset 18446744073709551615 count 9');
    await settled();
    expect(wire.take().sort()).toEqual(["Rread tag 2 count 0 ''", "Rread tag 3 count 0 ''"]);
    expect(Buffer.from(store.bytes).toString()).toBe('abcdef');
  });

  it('appends where the content ends from offset 2^63 on, and refuses a place that is not the end', async () => {
    const { store, fixture } = standing();
    const wire = attached(fixture);
    wire.say(...OPEN);
    wire.say(
      "Twrite tag 2 fid 2 offset 18446744073709551615 count 1 'a'",
      "Twrite tag 3 fid 2 offset 9223372036854775808 count 1 'b'",
      "Twrite tag 4 fid 2 offset 0 count 1 'c'",
      "Twrite tag 5 fid 2 offset 9223372036854775807 count 1 'd'",
    );
    await settled();
    expect(wire.take().sort()).toEqual([
      'Rlerror tag 4 ecode 116',
      'Rlerror tag 5 ecode 90',
      'Rwrite tag 2 count 1',
      'Rwrite tag 3 count 1',
    ]);
    expect(Buffer.from(store.bytes).toString()).toBe('ab');
  });

  it('is a blob to who looks, with its size and what this session may do', async () => {
    const { store, fixture } = standing();
    store.bytes = Uint8Array.of(1, 2, 3);
    const queen = attached(fixture);
    queen.say(OPEN[0] ?? '');
    expect(queen.say('Tgetattr tag 2 fid 2 request_mask 0x3fff')[0]).toMatch(/mode 0100666 .* size 3 .* gen 5 /);
    const reader = attached(fixture, { scopes: [{ path: '/updates', verbs: 'read', ratePerS: 0 }] });
    reader.say(OPEN[0] ?? '');
    expect(reader.say('Tgetattr tag 2 fid 2 request_mask 0x3fff')[0]).toMatch(/mode 0100444 /);
    expect(reader.say('Tlopen tag 2 fid 2 flags 1')).toEqual(['Rlerror tag 2 ecode 1']);
  });

  it('answers in the order in which the store is done', async () => {
    const { store, fixture } = standing();
    store.bytes = Uint8Array.from(Buffer.from('abcd'));
    store.holds = true;
    const wire = attached(fixture);
    wire.say(...OPEN, 'Tread tag 2 fid 2 offset 0 count 2', 'Tread tag 3 fid 2 offset 2 count 2');
    store.letGo(1);
    await settled();
    expect(wire.take()).toEqual(["Rread tag 3 count 2 'cd'"]);
    store.letGo();
    await settled();
    expect(wire.take()).toEqual(["Rread tag 2 count 2 'ab'"]);
  });

  it('answers a clunk after the store has closed, behind the pieces that were sent before', async () => {
    const { store, fixture } = standing();
    store.holds = true;
    const wire = attached(fixture);
    wire.say(...OPEN, "Twrite tag 2 fid 2 offset 0 count 1 'a'", 'Tclunk tag 3 fid 2');
    await settled();
    expect(wire.take()).toEqual([]);
    expect(store.closed).toBe(0);
    store.letGo();
    await settled();
    expect(wire.take()).toEqual(['Rwrite tag 2 count 1', 'Rclunk tag 3']);
    expect(store.closed).toBe(1);
  });

  it('tells the clunker what the store refuses at the end, and the fid is gone', async () => {
    const { store, fixture } = standing();
    store.atClose = refuse('invalid-payload', 'The hash is another.');
    const wire = attached(fixture);
    wire.say(...OPEN, 'Tclunk tag 2 fid 2');
    await settled();
    expect(wire.take()).toEqual(['Rlerror tag 2 ecode 22']);
    expect(wire.say('Tclunk tag 2 fid 2')).toEqual(['Rlerror tag 2 ecode 9']);
    expect(store.closed).toBe(1);
  });

  it('gives a read up at a flush, and finishes a write before the flush is answered', async () => {
    const { store, fixture } = standing();
    store.holds = true;
    const wire = attached(fixture);
    wire.say(...OPEN);
    expect(wire.say('Tread tag 2 fid 2 offset 0 count 2', 'Tflush tag 3 oldtag 2')).toEqual(['Rflush tag 3']);
    wire.say("Twrite tag 4 fid 2 offset 0 count 1 'a'", 'Tflush tag 5 oldtag 4');
    store.letGo();
    await settled();
    expect(wire.take()).toEqual([]);
    store.letGo();
    await settled();
    expect(wire.take()).toEqual(['Rwrite tag 4 count 1', 'Rflush tag 5']);
  });

  it('closes what a connection had open when it ends, and answers nobody', async () => {
    const { store, fixture } = standing();
    store.holds = true;
    const wire = attached(fixture);
    wire.say(...OPEN, 'Tread tag 2 fid 2 offset 0 count 2');
    wire.connection.closed();
    store.letGo();
    await settled();
    expect(wire.take()).toEqual([]);
    expect([store.opened, store.closed]).toEqual([1, 1]);
  });

  it('closes what Tversion and Tremove drop', async () => {
    const { store, fixture } = standing();
    const wire = attached(fixture);
    wire.say(...OPEN, 'Tremove tag 2 fid 2');
    wire.say(...OPEN, "Tversion tag NOTAG msize 8192 version '9P2000.L'");
    await settled();
    expect([store.opened, store.closed]).toEqual([2, 2]);
  });

  it('refuses what the store refuses at open, and more requests than may wait', async () => {
    const { store, fixture } = standing();
    const wire = attached(fixture);
    store.canRead = false;
    expect(wire.say(...OPEN)[1]).toBe('Rlerror tag 2 ecode 3');
    store.canRead = true;
    store.holds = true;
    wire.say('Tlopen tag 2 fid 2 flags 2');
    const { tags_per_session: most } = fixture.door.manifest.secure9p;
    const reads = Array.from({ length: most + 1 }, (_, index) => `Tread tag ${100 + index} fid 2 offset 0 count 1`);
    expect(wire.say(...reads)).toEqual([`Rlerror tag ${100 + most} ecode 24`]);
  });
});

describe('a stored file by path', () => {
  function sessionOf({ fixture }: ReturnType<typeof standing>): PathSession {
    const attach = fixture.door.attach({
      role: undefined,
      subject: undefined,
      token: fixture.token(),
      door: 'in-process',
      peer: 'test',
    });
    if (!attach.ok) throw new Error(attach.refusal.detail);
    return new PathSession(fixture.door, attach.value);
  }

  it('is written and read in pieces, and whole up to a bound', async () => {
    const stand = standing();
    const session = sessionOf(stand);
    const file = await session.openStored('/updates/blob', 'write');
    if (!file.ok) throw new Error(file.refusal.detail);
    expect(await file.value.append({ offset: 0, bytes: Buffer.from('abcdef') })).toEqual(ok(undefined));
    expect(await file.value.append({ offset: 9, bytes: Buffer.from('x') })).toMatchObject({
      refusal: { code: 'stale' },
    });
    stand.store.atClose = refuse('invalid-payload', 'The hash is another.');
    expect(await file.value.close()).toMatchObject({ refusal: { code: 'invalid-payload' } });
    expect(session.session.lastRefusal?.refusal.detail).toBe('The hash is another.');
    const again = await session.openStored('/updates/blob', 'read');
    if (!again.ok) throw new Error(again.refusal.detail);
    expect(await again.value.read(4, 9)).toEqual(ok(Uint8Array.from(Buffer.from('ef'))));
    expect(await session.read('/updates/blob', 6)).toMatchObject({ ok: true });
    expect(await session.read('/updates/blob', 5)).toMatchObject({ refusal: { code: 'too-big' } });
    expect(await session.tail('/updates/blob', 1, 99)).toMatchObject({ ok: true });
  });

  it('is closed with its session, which then answers why', async () => {
    const stand = standing();
    const session = sessionOf(stand);
    const file = await session.openStored('/updates/blob', 'write');
    if (!file.ok) throw new Error(file.refusal.detail);
    await session.close();
    await settled();
    expect(stand.store.closed).toBe(1);
    expect(await file.value.append({ offset: 0, bytes: Buffer.from('x') })).toMatchObject({
      refusal: { code: 'closed' },
    });
  });

  it('moves content that is in memory, and nothing that is no content', async () => {
    const session = sessionOf(standing());
    const small = await session.openStored('/updates/small', 'read');
    if (!small.ok) throw new Error(small.refusal.detail);
    expect(await small.value.read(1, 3)).toEqual(ok(Buffer.from('mal')));
    expect(await session.openStored('/queen/ctl', 'write')).toMatchObject({ refusal: { code: 'unsupported' } });
    expect(await session.openStored('/updates/small', 'write')).toMatchObject({ refusal: { code: 'denied' } });
  });

  it('costs what the ticket allows', async () => {
    const { store, fixture } = standing();
    store.bytes = new Uint8Array(100);
    const wire = attached(fixture, { quotas: { bandwidthBytesPerS: 1, bandwidthBurst: 10 } });
    wire.say(...OPEN, 'Tread tag 2 fid 2 offset 0 count 99');
    await settled();
    expect(wire.take()).toEqual([expect.stringMatching(/^Rread tag 2 count 10 /)]);
    expect(wire.say('Tread tag 2 fid 2 offset 0 count 99')).toEqual(['Rlerror tag 2 ecode 122']);
    fixture.now += 10_000;
    wire.say('Tread tag 2 fid 2 offset 0 count 9', 'Tread tag 3 fid 2 offset 0 count 9');
    await settled();
    expect(wire.take()).toEqual([expect.stringMatching(/^Rread tag 2 count 9 /), 'Rlerror tag 3 ecode 122']);
  });

  it('takes lines over the console where the content ends', async () => {
    const { store, fixture } = standing();
    const wire = await attachedConsole(fixture);
    expect(await wire.say('echo /updates/blob abc', 'echo /updates/blob def')).toEqual([
      expect.stringMatching(/^OK ECHO/),
      expect.stringMatching(/^OK ECHO/),
    ]);
    expect(Buffer.from(store.bytes).toString()).toBe('abc\ndef\n');
    const [ack, ...content] = await wire.say('cat /updates/blob');
    expect(ack).toMatch(/^OK CAT/);
    expect(content.join('\n')).toContain('abc\ndef');
    expect(store.closed).toBe(store.opened);
  });
});
