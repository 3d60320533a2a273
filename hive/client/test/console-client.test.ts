// The console client against a slow, dying or hostile console: order, heartbeat, bounds.

import { describe, expect, it } from 'vitest';
import { ConsoleClient, realTimers } from '../src/core.ts';
import type { ConsoleServer } from './console-server.ts';
import { consoleDial, consoleDoor } from './doors.ts';
import { FakeTimers, settled } from './fake-timers.ts';
import { code, collect, good, text, until } from './hive-client-suite.ts';
import { contractHive, MemoryHive } from './memory-door.ts';

const OPTIONS = { token: 'console-token', role: 'queen', ticket: 'ticket', timers: realTimers };

describe('attaching', () => {
  it('authenticates first, then attaches', async () => {
    const { servers } = await consoleDoor();
    expect(servers[0]?.lines).toEqual(['AUTH console-token', 'ATTACH queen ticket']);
  });

  it('hands on a wrong token and a refused ticket', async () => {
    const dial = consoleDial({}, [], contractHive());
    expect(code(await ConsoleClient.attach(dial, { ...OPTIONS, token: 'wrong' }))).toBe('unauthenticated');
    expect(code(await ConsoleClient.attach(dial, { ...OPTIONS, ticket: 'bad' }))).toBe('denied');
  });

  it('gives up on a console that says nothing', async () => {
    const timers = new FakeTimers();
    const dial = consoleDial({ consoleHooks: { before: () => false } }, [], contractHive());
    const attached = ConsoleClient.attach(dial, { ...OPTIONS, timers });
    await timers.advance(5000);
    expect(code(await attached)).toBe('timeout');
  });
});

describe('commands', () => {
  it('go out one at a time, in order', async () => {
    let inFlight = 0;
    const { client } = await consoleDoor({
      consoleHooks: {
        before: (line, server) => {
          if (!line.startsWith('stat')) return true;
          inFlight++;
          expect(inFlight).toBe(1);
          setImmediate(() => {
            inFlight--;
            void server.serve(line);
          });
          return false;
        },
      },
    });
    for (const result of await Promise.all(Array.from({ length: 20 }, () => client.stat('/proc/boot')))) good(result);
  });

  it('over the bound of the queue are refused', async () => {
    const { client } = await consoleDoor();
    const codes = (await Promise.all(Array.from({ length: 300 }, () => client.ping()))).map(code);
    expect(codes.filter((each) => each === 'ok').length).toBe(257);
    expect(codes.filter((each) => each === 'limit').length).toBe(43);
  });

  it('keep in step with their answers after one came late', async () => {
    const timers = new FakeTimers();
    let held: ConsoleServer | undefined;
    const { client } = await consoleDoor({
      timers,
      consoleHooks: {
        before: (line, server) => {
          if (line !== 'cat /proc/boot' || held !== undefined) return true;
          held = server;
          return false;
        },
      },
    });
    const first = client.read('/proc/boot');
    await timers.advance(5000);
    expect(code(await first)).toBe('timeout');
    const second = client.list('/proc');
    held?.send('OK CAT path=/proc/boot', 'late', 'END');
    expect(good(await second)).toContain('boot');
  });

  it('end with the connection when an answer never comes', async () => {
    const timers = new FakeTimers();
    const { client } = await consoleDoor({ timers, consoleHooks: { before: (line) => !line.startsWith('cat') } });
    const first = client.read('/proc/boot');
    await timers.advance(5000);
    expect(code(await first)).toBe('timeout');
    await timers.advance(5000);
    expect(code(await client.ping())).toBe('unreachable');
  });

  it('carry content byte for byte, whatever it is', async () => {
    const hive = new MemoryHive();
    const contents = [
      '',
      '\n',
      'END\n',
      'OK CAT path=/\n',
      'ERR X\n',
      'b64:AAAA\n',
      'no line feed',
      'a\r\n',
      '\0\n',
      '\n\n\n',
      'é✓\n',
    ];
    for (const [index, content] of contents.entries()) hive.put(`/f${index}`, 'view', content);
    const { client } = await consoleDoor({ hive });
    for (const [index, content] of contents.entries()) {
      expect(text(good(await client.read(`/f${index}`)))).toBe(content);
    }
  });

  it('carry names that look like answers', async () => {
    const hive = new MemoryHive();
    for (const name of ['END', 'ERR', 'PONG', 'OK']) hive.put(`/d/${name}`, 'view', '');
    const { client } = await consoleDoor({ hive });
    expect(good(await client.list('/d'))).toEqual(['END', 'ERR', 'OK', 'PONG']);
  });

  it('carry several lines in one append', async () => {
    const { hive, client } = await consoleDoor();
    expect(good(await client.append('/queen/ctl', '{"a":1}\n{"b":2}\n')).bytes).toBe(16);
    expect(hive.files.get('/queen/ctl')?.text).toBe('{"a":1}\n{"b":2}\n');
  });

  it('do not go out with a path that would be two words', async () => {
    const { client, servers } = await consoleDoor();
    expect(code(await client.append('/queen/ctl {"kill":"x"}', 'y'))).toBe('invalid-path');
    expect(code(await client.read('/proc/boot\nquit'))).toBe('invalid-path');
    expect(code(await client.read(`/${'x'.repeat(1024)}`))).toBe('invalid-path');
    expect(servers[0]?.lines.length).toBe(2);
  });
});

describe('the heartbeat', () => {
  it('pings after 15 s of silence', async () => {
    const timers = new FakeTimers();
    const { servers } = await consoleDoor({ timers });
    const pings = (): number => servers[0]?.lines.filter((line) => line === 'PING').length ?? 0;
    await timers.advance(14_999);
    expect(pings()).toBe(0);
    await timers.advance(1);
    expect(pings()).toBe(1);
    await timers.advance(60_000);
    expect(pings()).toBe(5);
  });

  it('finds a console that no longer answers', async () => {
    const timers = new FakeTimers();
    const { client } = await consoleDoor({ timers, consoleHooks: { before: (line) => line !== 'PING' } });
    const follow = good(await client.follow('/log/queen.log'));
    const heard = collect(follow);
    await timers.advance(25_000);
    await heard.over;
    expect(code(await follow.ended)).toBe('unreachable');
    expect(code(await client.ping())).toBe('unreachable');
  });

  it('goes unnoticed inside a follow', async () => {
    const timers = new FakeTimers();
    const { hive, client } = await consoleDoor({ timers });
    const follow = good(await client.follow('/log/queen.log'));
    const heard = collect(follow);
    await timers.advance(31_000);
    hive.publish('/log/queen.log', 'still here\n');
    await until(() => heard.text === 'still here\n');
    await client.close();
  });
});

describe('a follow', () => {
  it('has a connection of its own, closed with it', async () => {
    const { client, servers } = await consoleDoor();
    const follow = good(await client.follow('/log/queen.log'));
    expect(servers[1]?.lines).toEqual(['AUTH console-token', 'ATTACH queen ticket', 'follow /log/queen.log']);
    follow.stop();
    await settled();
    expect(servers[1]?.lines.at(-1)).toBe('QUIT');
  });

  it('takes lines that come with the acknowledgement', async () => {
    const { client } = await consoleDoor({
      consoleHooks: {
        before: (line, server) => {
          if (!line.startsWith('follow')) return true;
          server.send('OK FOLLOW path=/log/queen.log', 'early one', 'early two', 'END');
          return false;
        },
      },
    });
    const heard = collect(good(await client.follow('/log/queen.log')));
    await heard.over;
    expect(heard.text).toBe('early one\nearly two\n');
  });

  const FLOOD = 1200;
  function flood(line: string, server: ConsoleServer): boolean {
    if (!line.startsWith('follow')) return true;
    server.send('OK FOLLOW path=/log/queen.log');
    for (let index = 0; index < FLOOD; index++) server.send('x'.repeat(8000));
    return false;
  }

  it('pauses the connection while the reader does not read, and loses nothing', async () => {
    const { client, transports } = await consoleDoor({ consoleHooks: { before: flood }, chunkBytes: 65_536 });
    const follow = good(await client.follow('/log/queen.log'));
    for (let index = 0; index < 10; index++) await settled();
    expect(transports[1]?.isPaused).toBe(true);
    let bytes = 0;
    for await (const chunk of follow) {
      bytes += chunk.length;
      expect(chunk.length).toBeLessThan((1 << 18) + 65_536 + 8001);
      if (bytes === FLOOD * 8001) break;
    }
    expect(bytes).toBe(FLOOD * 8001);
  });

  it('lives while its reader pauses, however long, and its PING under way, too', async () => {
    const timers = new FakeTimers();
    let following: ConsoleServer | undefined;
    let isHeld = false;
    const { client, transports } = await consoleDoor({
      timers,
      chunkBytes: 65_536,
      consoleHooks: {
        before: (line, server) => {
          if (line.startsWith('follow')) {
            following = server;
            server.send('OK FOLLOW path=/log/queen.log');
            return false;
          }
          if (line !== 'PING' || server !== following || isHeld) return true;
          isHeld = true;
          return false;
        },
      },
    });
    const follow = good(await client.follow('/log/queen.log'));
    const chunks = follow[Symbol.asyncIterator]();
    await timers.advance(15_000);
    expect(isHeld).toBe(true);
    // The answer to the PING comes behind more than the client takes at once.
    for (let index = 0; index < 100; index++) following?.send('x'.repeat(8000));
    following?.send('OK PING reply=pong', 'the end');
    await timers.advance(120_000);
    expect(transports.at(-1)?.isPaused).toBe(true);
    let heard = '';
    while (!heard.endsWith('the end\n')) {
      const { value, done } = await chunks.next();
      expect(done).toBe(false);
      heard += text(value ?? new Uint8Array(0));
    }
    expect(heard.length).toBe(100 * 8001 + 'the end\n'.length);
    // Listened to again, silence counts again.
    await timers.advance(14_000);
    follow.stop();
    expect(code(await follow.ended)).toBe('ok');
  });

  it('finds a console that died while its reader paused', async () => {
    const timers = new FakeTimers();
    const { client } = await consoleDoor({
      timers,
      chunkBytes: 65_536,
      consoleHooks: { before: (line, server) => flood(line, server) && line !== 'PING' },
    });
    const follow = good(await client.follow('/log/queen.log'));
    await timers.advance(120_000);
    const heard = collect(follow);
    await until(() => heard.text.length === FLOOD * 8001);
    await timers.advance(25_000);
    await heard.over;
    expect(code(await follow.ended)).toBe('unreachable');
  });

  it('that waits for its acknowledgement is not kept waiting by what comes before it', async () => {
    const timers = new FakeTimers();
    const { client } = await consoleDoor({
      timers,
      consoleHooks: {
        before: (line, server) => {
          if (line.startsWith('follow')) for (let index = 0; index < 100; index++) server.send('y'.repeat(8000));
          return !line.startsWith('follow');
        },
      },
    });
    const opening = client.follow('/log/queen.log');
    await timers.advance(10_000);
    expect(code(await opening)).not.toBe('ok');
  });

  it('ends with buffer-full when the connection cannot be paused', async () => {
    const { client } = await consoleDoor({ consoleHooks: { before: flood }, cannotPause: true });
    const follow = good(await client.follow('/log/queen.log'));
    for (let index = 0; index < 10; index++) await settled();
    let bytes = 0;
    for await (const chunk of follow) bytes += chunk.length;
    expect(bytes).toBeLessThanOrEqual((1 << 23) + 8001);
    expect(code(await follow.ended)).toBe('buffer-full');
  });

  it('hands on what ended it', async () => {
    const { client } = await consoleDoor({
      consoleHooks: {
        before: (line, server) => {
          if (!line.startsWith('follow')) return true;
          server.send('OK FOLLOW path=/l', 'x', 'ERR FOLLOW reason=cut detail=revoked path=/l error=EKEYREVOKED');
          return false;
        },
      },
    });
    const follow = good(await client.follow('/l'));
    await collect(follow).over;
    expect(code(await follow.ended)).toBe('revoked');
  });
});

describe('a dying console', () => {
  for (const at of ['cat', 'ls', 'echo', 'stat']) {
    it(`leaves every pending command unreachable when it dies at ${at}`, async () => {
      const { client, servers } = await consoleDoor({
        consoleHooks: {
          before: (line, server) => {
            if (line.startsWith(at)) server.die();
            return !line.startsWith(at);
          },
        },
      });
      const all = [
        client.stat('/proc/boot'),
        client.read('/proc/boot'),
        client.list('/'),
        client.append('/queen/ctl', '{}'),
      ];
      const codes = (await Promise.all(all)).map(code);
      for (const each of codes) expect(['ok', 'unreachable']).toContain(each);
      expect(codes).toContain('unreachable');
      expect(code(await client.append('/queen/ctl', '{}'))).toBe('unreachable');
      expect(servers[0]?.lines.filter((line) => line.startsWith('echo')).length).toBeLessThanOrEqual(1);
      await client.close();
    });
  }
});

describe('a hostile console', () => {
  const ATTACKS: readonly (readonly [string, (server: ConsoleServer) => void])[] = [
    ['another verb', (server) => server.send('OK LS path=/ entries=0', 'END')],
    ['data without an acknowledgement', (server) => server.send('hello')],
    ['END without an acknowledgement', (server) => server.send('END')],
    ['a second acknowledgement', (server) => server.send('OK CAT path=/proc/boot', 'OK CAT path=/proc/boot')],
    ['an error inside data', (server) => server.send('OK CAT path=/proc/boot', 'ERR CAT reason=cut error=EIO')],
    ['bad base64', (server) => server.send('OK CAT path=/proc/boot', 'b64:***', 'END')],
    ['lines nobody asked for', (server) => server.send('OK CAT path=/proc/boot', 'END', 'more')],
    ['a frame over the bound', (server) => server.raw(new Uint8Array([1, 32, 0, 0]))],
    ['a frame of 4 GiB', (server) => server.raw(new Uint8Array([255, 255, 255, 255]))],
    ['a frame of 3 bytes', (server) => server.raw(new Uint8Array([3, 0, 0, 0]))],
    ['a line that is not UTF-8', (server) => server.raw(new Uint8Array([5, 0, 0, 0, 0xff]))],
    ['its idle line', (server) => server.send('ERR CONSOLE reason=timeout')],
  ];
  for (const [name, attack] of ATTACKS) {
    it(`that sends ${name} is a refusal, and nothing hangs`, async () => {
      const { client } = await consoleDoor({
        consoleHooks: {
          before: (line, server) => {
            if (line.startsWith('cat')) attack(server);
            return !line.startsWith('cat');
          },
        },
      });
      const codes = (await Promise.all([client.read('/proc/boot'), client.read('/proc/boot')])).map(code);
      await settled();
      expect(['invalid-frame', 'unreachable']).toContain(codes[1]);
      expect(['invalid-frame', 'unreachable']).toContain(code(await client.ping()));
    });
  }

  it('that never ends its content costs a bounded amount of memory and time', async () => {
    const timers = new FakeTimers();
    const { client } = await consoleDoor({
      timers,
      consoleHooks: {
        before: (line, server) => {
          if (!line.startsWith('cat')) return true;
          server.send('OK CAT path=/proc/boot');
          for (let index = 0; index < 500; index++) server.send('y'.repeat(8000));
          return false;
        },
      },
    });
    const read = client.read('/proc/boot');
    await timers.advance(10_000);
    expect(code(await read)).toBe('timeout');
    expect(code(await client.ping())).toBe('unreachable');
  });

  it('that promises a huge directory is answered too-big, or cut off', async () => {
    const timers = new FakeTimers();
    const { client } = await consoleDoor({
      timers,
      consoleHooks: {
        before: (line, server) => {
          if (!line.startsWith('ls')) return true;
          server.send('OK LS path=/ entries=999999999', 'a', 'b', 'END');
          return false;
        },
      },
    });
    const list = client.list('/');
    await timers.advance(10_000);
    expect(code(await list)).toBe('timeout');
    expect(code(await client.ping())).toBe('unreachable');
  });
});
