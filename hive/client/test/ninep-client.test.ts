// What the 9P client does to the server: fids, tags, flushes, msize; and what it makes of a slow, dying or hostile one.

import {
  QTDIR,
  RATTACH,
  RCLUNK,
  RFLUSH,
  RLOPEN,
  RREAD,
  RREADDIR,
  RVERSION,
  RWALK,
  RWRITE,
  TATTACH,
  TCLUNK,
  TFLUSH,
  TLOPEN,
  type TMessage,
  TREAD,
  TREADDIR,
  TVERSION,
  TWALK,
  TWRITE,
} from '@cohesix/wire';
import { describe, expect, it } from 'vitest';
import { NinePClient, realTimers } from '../src/core.ts';
import { type NinePDoor, ninep } from './doors.ts';
import { FakeTimers, settled } from './fake-timers.ts';
import { code, collect, good, text, until } from './hive-client-suite.ts';
import { contractHive, MemoryDoor, MemoryHive } from './memory-door.ts';
import { transportPair } from './memory-transport.ts';
import { NinePServer } from './ninep-server.ts';

async function quiet({ server, client }: NinePDoor): Promise<void> {
  await settled();
  expect(server.fids.size).toBe(1);
  expect(client.fidCount).toBe(1);
}

function attachWith(
  hooks: ConstructorParameters<typeof NinePServer>[2],
  options: { timers?: FakeTimers; msize?: number } = {},
) {
  const pair = transportPair();
  const server = new NinePServer(new MemoryDoor(contractHive()), pair.server, hooks);
  const attached = NinePClient.attach(pair.client, { role: 'queen', ticket: 'ticket', timers: realTimers, ...options });
  return { server, attached, transport: pair.client };
}

describe('attaching', () => {
  it('claims the role and subject in uname and gives the ticket in aname', async () => {
    const pair = transportPair();
    const server = new NinePServer(new MemoryDoor(contractHive()), pair.server);
    const options = { role: 'worker-gpu', subject: 'worker-1', ticket: 'the-token', timers: realTimers };
    good(await NinePClient.attach(pair.client, options));
    expect(server.sent(TATTACH)[0]).toMatchObject({
      uname: 'worker-gpu:worker-1',
      aname: 'the-token',
      afid: 0xffffffff,
    });
    expect(server.sent(TVERSION)[0]).toMatchObject({ tag: 0xffff, msize: 8192, version: '9P2000.L' });
  });

  it('hands on the refusal of a ticket and closes the connection', async () => {
    const { attached, transport } = attachWith({ tokens: new Set(['other']) });
    expect(code(await attached)).toBe('denied');
    expect(transport.isOver).toBe(true);
  });

  it('refuses a server of another version, a tiny msize, and a larger msize than asked', async () => {
    expect(code(await attachWith({ version: 'unknown' }).attached)).toBe('unsupported');
    expect(code(await attachWith({ msize: 255 }).attached)).toBe('unsupported');
    good(await attachWith({ msize: 256 }).attached);
    const larger = attachWith({
      before: ({ type, tag }, server) => {
        if (type === TVERSION) server.answer(tag, { type: RVERSION, msize: 8193, version: '9P2000.L' });
        return type !== TVERSION;
      },
    });
    expect(code(await larger.attached)).toBe('invalid-frame');
  });

  it('gives up on a server that says nothing', async () => {
    const timers = new FakeTimers();
    const { attached } = attachWith({ before: () => false }, { timers });
    await timers.advance(5000);
    expect(code(await attached)).toBe('timeout');
  });
});

describe('fids', () => {
  it('are all clunked after good and refused operations alike', async () => {
    const door = await ninep();
    const { client } = door;
    await client.read('/proc/boot');
    await client.read('/nope');
    await client.read('/proc/nope');
    await client.list('/proc/boot');
    await client.append('/proc/boot', 'x');
    await client.append('/queen/ctl', 'not json');
    await client.follow('/proc/boot');
    const follow = good(await client.follow('/log/queen.log'));
    follow.stop();
    await quiet(door);
  });

  it('have a bound, which is a refusal and not a failure', async () => {
    const door = await ninep();
    const results = await Promise.all(Array.from({ length: 300 }, () => door.client.stat('/proc/boot')));
    const codes = results.map(code);
    expect(codes.filter((each) => each === 'ok').length).toBeGreaterThanOrEqual(127);
    expect(new Set(codes)).toEqual(new Set(['ok', 'limit']));
    await quiet(door);
  });

  it('takes a walk that ends half-way as the hive’s refusal, without asking again', async () => {
    const { server, client } = await ninep();
    expect(code(await client.read('/proc/nope/deeper'))).toBe('invalid-path');
    const walks = server.sent(TWALK) as Extract<TMessage, { type: typeof TWALK }>[];
    expect(walks.map(({ wnames }) => wnames)).toEqual([['proc', 'nope', 'deeper']]);
  });

  it('walk more than eight names in steps', async () => {
    const hive = new MemoryHive();
    hive.put('/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17', 'view', 'deep\n');
    const door = await ninep({ hive });
    expect(text(good(await door.client.read('/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17')))).toBe('deep\n');
    const counts = door.server.sent(TWALK).map((walk) => (walk.type === TWALK ? walk.wnames.length : 0));
    expect(counts).toEqual([8, 8, 1]);
    expect(code(await door.client.read('/1/2/3/4/5/6/7/8/9/10/11/x'))).toBe('invalid-path');
    await quiet(door);
  });
});

describe('tags', () => {
  it('stay within the window', async () => {
    const { server, client } = await ninep();
    await Promise.all(Array.from({ length: 100 }, () => client.read('/proc/boot')));
    expect(server.tagsHigh).toBeGreaterThan(2);
    expect(server.tagsHigh).toBeLessThanOrEqual(16);
  });

  it('match replies that come in any order', async () => {
    const held: TMessage[] = [];
    const hive = new MemoryHive();
    for (let index = 0; index < 8; index++) hive.put(`/f${index}`, 'view', `content ${index}\n`);
    const { server, client } = await ninep({
      hive,
      hooks: { before: (request) => (request.type === TREAD ? held.push(request) < 0 : true) },
    });
    const reads = Promise.all(Array.from({ length: 8 }, (_, index) => client.read(`/f${index}`)));
    let done = false;
    void reads.then(() => {
      done = true;
    });
    while (!done) {
      await settled();
      for (const request of held.splice(0).reverse()) server.serve(request);
    }
    expect((await reads).map((result) => text(good(result)))).toEqual(
      Array.from({ length: 8 }, (_, index) => `content ${index}\n`),
    );
  });
});

describe('messages', () => {
  it('are split by the msize for reading and never for writing', async () => {
    const hive = contractHive();
    hive.put('/big', 'view', 'x'.repeat(5000));
    hive.put('/s', 'stream', '');
    const { server, client } = await ninep({ hive, hooks: { msize: 512 } });
    expect(good(await client.read('/big')).length).toBe(5000);
    for (const read of server.sent(TREAD)) expect(read.type === TREAD && read.count).toBe(512 - 24);
    expect(good(await client.append('/s', 'y'.repeat(512 - 24 - 1))).bytes).toBe(488);
    expect(code(await client.append('/s', 'y'.repeat(512 - 24)))).toBe('too-big');
    expect(server.sent(TWRITE).length).toBe(1);
    expect(server.sent(TWRITE)[0]).toMatchObject({ offset: 0xffff_ffff_ffff_ffffn });
  });

  it.each([4095, 4096, 4097, 8192 - 24])(
    'a write of %d bytes is one message, also when it is sent in two pieces',
    async (size) => {
      const hive = contractHive();
      hive.put('/s', 'stream', '');
      const { server, client } = await ninep({ hive });
      const line = 'y'.repeat(size - 1);
      expect(good(await client.append('/s', line)).bytes).toBe(size);
      expect(server.sent(TWRITE).length).toBe(1);
      expect(hive.files.get('/s')?.text).toBe(`${line}\n`);
    },
  );

  it('pages a long directory', async () => {
    const hive = new MemoryHive();
    for (let index = 0; index < 1000; index++) hive.put(`/d/name-${index}`, 'view', '');
    const { server, client } = await ninep({ hive });
    expect(good(await client.list('/d')).length).toBe(1000);
    expect(server.sent(TREADDIR).length).toBeGreaterThan(4);
  });
});

describe('a follow', () => {
  it('parks one read, and stop flushes and clunks', async () => {
    const door = await ninep();
    const follow = good(await door.client.follow('/log/queen.log'));
    const heard = collect(follow);
    await settled();
    follow.stop();
    await heard.over;
    await quiet(door);
    expect(door.server.sent(TFLUSH).length).toBe(1);
    expect(door.server.sent(TLOPEN).at(-1)).toMatchObject({ flags: 0x80000000 });
  });

  it('has no deadline', async () => {
    const timers = new FakeTimers();
    const { hive, client } = await ninep({ timers });
    const follow = good(await client.follow('/log/queen.log'));
    const heard = collect(follow);
    await timers.advance(3_600_000);
    hive.publish('/log/queen.log', 'after an hour\n');
    await until(() => heard.text === 'after an hour\n');
    follow.stop();
    await heard.over;
  });

  it('is told why it ended when the hive ends', async () => {
    const { server, client } = await ninep();
    const follow = good(await client.follow('/log/queen.log'));
    const heard = collect(follow);
    await settled();
    server.die();
    await heard.over;
    expect(code(await follow.ended)).toBe('unreachable');
  });

  it('joins lines that the server cuts', async () => {
    const pieces = ['one\ntw', 'o\n', 'thr', 'ee\n'];
    const { client } = await ninep({
      hooks: {
        before: (request, server) => {
          if (request.type !== TREAD) return true;
          const piece = pieces.shift();
          if (piece !== undefined) server.answer(request.tag, { type: RREAD, data: new TextEncoder().encode(piece) });
          return false;
        },
      },
    });
    const follow = good(await client.follow('/log/queen.log', { from: 0n }));
    const heard = collect(follow);
    await until(() => heard.text === 'one\ntwo\nthree\n');
    follow.stop();
    await heard.over;
  });

  it('is one of at most eight', async () => {
    const { client } = await ninep();
    const follows = [];
    for (let index = 0; index < 8; index++) follows.push(good(await client.follow('/log/queen.log')));
    expect(code(await client.follow('/log/queen.log'))).toBe('limit');
    for (const follow of follows) follow.stop();
    good(await client.follow('/log/queen.log'));
    await client.close();
  });
});

describe('leaving', () => {
  it('clunks every fid, the root last, so that the hive knows that nobody was cut off', async () => {
    const { client, server } = await ninep();
    good(await client.read('/proc/boot'));
    good(await client.follow('/log/queen.log'));
    good(await client.follow('/log/queen.log'));
    const root = [...server.fids.keys()][0];
    await client.close();
    await until(() => server.fids.size === 0);
    expect(server.sent(TCLUNK).at(-1)).toMatchObject({ fid: root });
    const count = server.requests.length;
    await client.close();
    await settled();
    expect(server.requests.length, 'once').toBe(count);
  });
});

describe('a slow server', () => {
  it('is answered timeout, flushed, and its late reply is dropped', async () => {
    const timers = new FakeTimers();
    const held: TMessage[] = [];
    const door = await ninep({
      timers,
      hooks: { before: (request) => (request.type === TREAD && held.length === 0 ? held.push(request) < 0 : true) },
    });
    const read = door.client.read('/proc/boot');
    await timers.advance(4999);
    expect(door.server.sent(TFLUSH).length).toBe(0);
    await timers.advance(1);
    expect(code(await read)).toBe('timeout');
    expect(door.server.sent(TFLUSH)[0]).toMatchObject({ oldtag: held[0]?.tag });
    await settled();
    expect(text(good(await door.client.read('/proc/boot')))).toBe('hive=test\n');
    await quiet(door);
  });

  it('clunks a fid whose walk was answered after the deadline', async () => {
    const timers = new FakeTimers();
    const held: TMessage[] = [];
    const late = (request: TMessage, server: NinePServer): boolean => {
      if (request.type === TWALK && held.length === 0) return held.push(request) < 0;
      if (request.type !== TFLUSH || held.length !== 1) return true;
      // Served after all: the answer to the walk comes before the one to the flush.
      const [walk] = held;
      held.push(request);
      if (walk?.type === TWALK) {
        server.fids.set(walk.newfid, { path: '/proc/boot' });
        server.answer(walk.tag, {
          type: RWALK,
          wqids: Array.from({ length: 2 }, () => ({ type: 0, version: 0, path: 1n })),
        });
      }
      server.answer(request.tag, { type: RFLUSH });
      return false;
    };
    const door = await ninep({ timers, hooks: { before: late } });
    const read = door.client.read('/proc/boot');
    await timers.advance(5000);
    expect(code(await read)).toBe('timeout');
    await quiet(door);
  });

  it('never uses a tag again before the flush is answered', async () => {
    const timers = new FakeTimers();
    let stuck: number | undefined;
    const door = await ninep({
      timers,
      hooks: {
        before: (request) => {
          if (request.type === TREAD && stuck === undefined) {
            stuck = request.tag;
            return false;
          }
          if (request.type !== TFLUSH) expect(request.tag).not.toBe(stuck);
          return request.type !== TFLUSH;
        },
      },
    });
    const read = door.client.read('/proc/boot');
    await timers.advance(5000);
    expect(code(await read)).toBe('timeout');
    await Promise.all(Array.from({ length: 40 }, async () => good(await door.client.stat('/proc/boot'))));
    await timers.advance(5000);
    expect(code(await door.client.ping())).toBe('unreachable');
  });

  it('gives every waiting operation an end of its own', async () => {
    const timers = new FakeTimers();
    const door = await ninep({ timers, hooks: { before: ({ type }) => type !== TWALK } });
    const results = Promise.all(Array.from({ length: 100 }, () => door.client.read('/proc/boot')));
    await timers.advance(5000);
    expect(new Set((await results).map(code))).toEqual(new Set(['timeout']));
    expect(door.server.tagsHigh).toBe(14);
    expect(door.client.fidCount).toBe(1);
  });
});

describe('a dying server', () => {
  const MESSAGES = [TWALK, TLOPEN, TREAD, TWRITE, TREADDIR, TCLUNK];
  for (const type of MESSAGES) {
    it(`leaves every pending operation unreachable when it dies at message ${type}`, async () => {
      const door = await ninep({
        hooks: {
          before: (request, server) => {
            if (request.type === type) server.die();
            return request.type !== type;
          },
        },
      });
      const { client } = door;
      const all = [
        client.read('/proc/boot'),
        client.list('/'),
        client.append('/queen/ctl', '{}'),
        client.read('/proc/boot'),
      ];
      for (const result of await Promise.all(all)) expect(['ok', 'unreachable']).toContain(code(result));
      await settled();
      for (const result of [await client.ping(), await client.append('/queen/ctl', '{}')]) {
        expect(code(result)).toBe('unreachable');
      }
      expect(await client.explain()).toMatch(/connection/);
    });
  }

  it('never gets a write twice', async () => {
    const door = await ninep({
      hooks: {
        before: (request, server) => {
          if (request.type === TWRITE) server.die();
          return request.type !== TWRITE;
        },
      },
    });
    expect(code(await door.client.append('/queen/ctl', '{}'))).toBe('unreachable');
    await settled();
    expect(door.server.sent(TWRITE).length).toBe(1);
  });
});

describe('a hostile server', () => {
  const qid = { type: 0, version: 0, path: 1n };
  type Attack = readonly [name: string, at: number, attack: (tag: number, server: NinePServer) => void];
  const ATTACKS: readonly Attack[] = [
    ['a reply of the wrong type', TWALK, (tag, server) => server.answer(tag, { type: RCLUNK })],
    ['a reply to a tag that is free', TWALK, (_, server) => server.answer(13, { type: RCLUNK })],
    ['a reply to a tag out of range', TWALK, (_, server) => server.answer(0xfffe, { type: RCLUNK })],
    [
      'two replies to one request',
      TWALK,
      (tag, server) => {
        server.answer(tag, { type: RWALK, wqids: [qid, qid] });
        server.answer(tag, { type: RWALK, wqids: [qid, qid] });
      },
    ],
    ['more qids than names', TWALK, (tag, server) => server.answer(tag, { type: RWALK, wqids: [qid, qid, qid] })],
    [
      'nine qids',
      TWALK,
      (tag, server) => server.answer(tag, { type: RWALK, wqids: Array.from({ length: 9 }, () => qid) }),
    ],
    ['no qid at all', TWALK, (tag, server) => server.answer(tag, { type: RWALK, wqids: [] })],
    ['more bytes than asked', TREAD, (tag, server) => server.answer(tag, { type: RREAD, data: new Uint8Array(8169) })],
    ['a frame over the msize', TREAD, (tag, server) => server.answer(tag, { type: RREAD, data: new Uint8Array(8192) })],
    ['a frame of 4 GiB', TWALK, (_, server) => server.raw(new Uint8Array([255, 255, 255, 255, 0, 0, 0]))],
    ['a frame of 3 bytes', TWALK, (_, server) => server.raw(new Uint8Array([3, 0, 0, 0]))],
    ['a request', TWALK, (tag, server) => server.raw(new Uint8Array([11, 0, 0, 0, TCLUNK, tag, 0, 0, 0, 0, 0]))],
    ['an unknown type', TWALK, (tag, server) => server.raw(new Uint8Array([7, 0, 0, 0, 255, tag, 0]))],
    ['a reply cut short', TWALK, (tag, server) => server.raw(new Uint8Array([8, 0, 0, 0, RWALK, tag, 0, 9]))],
    ['trailing bytes', TWALK, (tag, server) => server.raw(new Uint8Array([8, 0, 0, 0, RCLUNK, tag, 0, 0]))],
    ['a flush nobody asked for', TWALK, (_, server) => server.answer(14, { type: RFLUSH })],
    ['more written than sent', TWRITE, (tag, server) => server.answer(tag, { type: RWRITE, count: 1000 })],
    ['less written than sent', TWRITE, (tag, server) => server.answer(tag, { type: RWRITE, count: 1 })],
    [
      'directory entries that do not parse',
      TREADDIR,
      (tag, server) => server.answer(tag, { type: RREADDIR, data: new Uint8Array(7) }),
    ],
    ['a second attach', TLOPEN, (tag, server) => server.answer(tag, { type: RATTACH, qid: { ...qid, type: QTDIR } })],
    ['another dialect', TLOPEN, (tag, server) => server.raw(new Uint8Array([10, 0, 0, 0, 107, tag, 0, 1, 0, 88]))],
  ];
  for (const [name, at, attack] of ATTACKS) {
    it(`that sends ${name} is a refusal, and nothing hangs`, async () => {
      const door = await ninep({
        hooks: {
          before: (request, server) => {
            if (request.type === at) attack(request.tag, server);
            return request.type !== at;
          },
        },
      });
      const { client } = door;
      const all = [client.read('/proc/boot'), client.list('/proc'), client.append('/queen/ctl', '{}')];
      const codes = (await Promise.all(all)).map(code);
      expect(codes.some((each) => each !== 'ok')).toBe(true);
      for (const each of codes) expect(['ok', 'invalid-frame', 'invalid-path', 'internal']).toContain(each);
    });
  }

  it('that never ends a directory is cut off', async () => {
    const { client } = await ninep({
      hooks: {
        before: (request, server) => {
          if (request.type !== TREADDIR) return true;
          // One entry whose cookie does not advance past the one asked for.
          const data = new Uint8Array(25);
          new DataView(data.buffer).setBigUint64(13, request.offset, true);
          data.set([1, 0, 0x61], 22);
          server.answer(request.tag, { type: RREADDIR, data });
          return false;
        },
      },
    });
    expect(code(await client.list('/'))).toBe('invalid-frame');
  });

  it('that never ends a file is cut off', async () => {
    const { client } = await ninep({
      hooks: {
        before: (request, server) => {
          if (request.type !== TREAD) return true;
          server.answer(request.tag, { type: RREAD, data: new Uint8Array(request.count) });
          return false;
        },
      },
    });
    expect(code(await client.read('/proc/boot'))).toBe('too-big');
  });

  it('that opens with an iounit of 1 is obeyed', async () => {
    const { server, client } = await ninep({
      hooks: {
        before: (request, server) => {
          if (request.type !== TLOPEN) return true;
          server.fids.get(request.fid)!.content = new TextEncoder().encode('abc\n');
          server.answer(request.tag, { type: RLOPEN, qid, iounit: 1 });
          return false;
        },
      },
    });
    expect(text(good(await client.read('/proc/boot')))).toBe('abc\n');
    expect(server.sent(TREAD).length).toBe(5);
    expect(code(await client.append('/queen/ctl', '{}'))).toBe('too-big');
  });
});
