// A hive with thousands of sessions: everybody is served, slow and silent clients cost little and harm nobody, and
// afterwards nothing is left. No assertion looks at a clock; what must happen is waited for, what must not is counted.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { TREAD } from '@cohesix/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NO_APPROVALS, startHive, type TestHive } from '../support/hive.ts';
import { Console, consoleFrame, dial, frameOf, Nine, READ_BYTES } from './clients.ts';

const CLIENTS = 1000;
/** Connections being made at once: below the backlog of a listener. */
const AT_ONCE = 100;
const LINES = 20;
const LOG = '/log/queen.log';
const MIB = 2 ** 20;

const PATIENT = `${NO_APPROVALS}
[secure9p]
write_queue_bytes = 65536
handshake_timeout_ms = 600000
[console]
auth_timeout_ms = 600000
idle_timeout_ms = 86400000
[workers]
start = []
`;

const IMPATIENT = `${NO_APPROVALS}
[secure9p]
handshake_timeout_ms = 2000
[console]
auth_timeout_ms = 2000
idle_timeout_ms = 2000
[workers]
start = []
`;

const tokenOf = (hive: TestHive): string => readFileSync(join(hive.data, 'run', 'console.token'), 'utf8').trim();

/** `make` for 0 to count - 1, a few at a time. */
async function many<T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  for (let from = 0; from < count; from += AT_ONCE) {
    const size = Math.min(AT_ONCE, count - from);
    all.push(...(await Promise.all(Array.from({ length: size }, (_, index) => make(from + index)))));
  }
  return all;
}

async function closeAll(sockets: readonly Socket[]): Promise<void> {
  await Promise.all(
    sockets.map(async (socket) => {
      if (socket.closed) return;
      const closed = once(socket, 'close');
      socket.destroy();
      await closed;
    }),
  );
}

/** Resident bytes of the hive, as it says itself. */
async function rssOf(console: Console): Promise<number> {
  const [line = ''] = await console.say('mem', /^OK MEM$/);
  return Number(/rss=(\d+)/.exec(line)?.[1]);
}

const activeText = async (console: Console): Promise<string> =>
  (await console.say('cat /proc/9p/session/active', /^END$/))[1] ?? '';

/** Asks until the hive says so: it learns of a closed connection from its socket. */
async function untilActive(console: Console, wanted: string): Promise<void> {
  while ((await activeText(console)) !== wanted) await new Promise(setImmediate);
}

describe('a thousand sessions on each door', () => {
  let hive: TestHive;
  let watcher: Console;

  beforeAll(async () => {
    hive = await startHive({ manifest: PATIENT });
    watcher = await Console.attach(hive.consolePort, { token: tokenOf(hive), ticket: hive.ticket });
  });
  afterAll(async () => {
    watcher.socket.destroy();
    await hive.stop();
  });

  it('are served at once, all follow one stream, and leave nothing behind', async () => {
    const before = await activeText(watcher);
    expect(before).toBe('active=1 draining=0');
    const rssBefore = await rssOf(watcher);
    const nines = await many(CLIENTS, () => Nine.attach(hive.ninepPort, hive.ticket));
    const consoles = await many(CLIENTS, () =>
      Console.attach(hive.consolePort, { token: tokenOf(hive), ticket: hive.ticket }),
    );
    expect(await activeText(watcher)).toBe(`active=${2 * CLIENTS + 1} draining=0`);

    const boots = await many(CLIENTS, (index) => (nines[index] as Nine).text(1, '/proc/boot'));
    const sameBoots = await many(CLIENTS, async (index) =>
      (await (consoles[index] as Console).say('cat /proc/boot', /^END$/)).slice(1, -1),
    );
    expect(new Set(boots).size).toBe(1);
    expect(new Set(sameBoots.map((lines) => lines.map((line) => `${line}\n`).join('')))).toEqual(new Set(boots));

    const wanted = Array.from({ length: LINES }, (_, line) => `note queen:queen load ${line}\n`).join('');
    const followers = [...nines, ...consoles];
    const seen = followers.map(() => '');
    const finished = followers.map((client, index) =>
      following(client, (text) => {
        seen[index] += text;
        return (seen[index]?.length ?? 0) >= wanted.length;
      }),
    );
    await Promise.all(finished.map(({ ready }) => ready));
    for (let line = 0; line < LINES; line++) {
      expect(await watcher.say(`echo ${LOG} load ${line}`, /ECHO/)).toEqual([
        `OK ECHO path=${LOG} bytes=${7 + String(line).length - 1}`,
      ]);
    }
    await Promise.all(finished.map(({ all }) => all));
    expect(new Set(seen)).toEqual(new Set([wanted]));

    await closeAll(followers.map(({ socket }) => socket));
    await untilActive(watcher, before);
    expect((await watcher.say('cat /proc/9p/outstanding', /^END$/))[1]).toMatch(/^outstanding current=0 /);
    expect(await rssOf(watcher)).toBeLessThan(4 * rssBefore);
  });

  it('are not held up by clients that ask for gigabytes and never read', async () => {
    // A log that is full, so that every read has its 8,000 bytes.
    for (let line = 0; line < 100; line++) await watcher.say(`echo ${LOG} ${'x'.repeat(4000)}`, /ECHO/);
    const before = await activeText(watcher);
    const rssBefore = await rssOf(watcher);
    const slow = await many(10, () => Nine.attach(hive.ninepPort, hive.ticket));
    const asks = Buffer.concat(
      Array.from({ length: 1000 }, (_, tag) => frameOf({ type: TREAD, tag, fid: 1, offset: 0n, count: READ_BYTES })),
    );
    for (const nine of slow) {
      await nine.open(1, LOG);
      nine.socket.pause();
      // 20,000 reads of 8,000 bytes: 160 MB asked for by each.
      for (let round = 0; round < 20; round++) nine.socket.write(asks);
    }
    const slowConsoles = await many(10, () =>
      Console.attach(hive.consolePort, { token: tokenOf(hive), ticket: hive.ticket }),
    );
    for (const { socket } of slowConsoles) {
      socket.pause();
      socket.write(Buffer.concat(Array.from({ length: 500 }, () => consoleFrame(`cat ${LOG}`))));
    }
    const quick = await Nine.attach(hive.ninepPort, hive.ticket);
    for (let round = 0; round < 200; round++) {
      expect(await quick.text(100 + round, '/proc/9p/session/active')).toBe('active=22 draining=0\n');
      expect(await watcher.say('ping', /PING/)).toEqual(['OK PING reply=pong']);
    }
    // 1.6 GB over 9P and more on the console were asked for; each connection may hold its queue and one answer.
    expect(await rssOf(watcher)).toBeLessThan(rssBefore + 300 * MIB);
    await closeAll([...slow, ...slowConsoles, quick].map(({ socket }) => socket));
    await untilActive(watcher, before);
  });
});

/** Follows the log; `ready` when it does, `all` when `take` has seen enough. */
function following(
  client: Nine | Console,
  take: (text: string) => boolean,
): { ready: Promise<unknown>; all: Promise<void> } {
  const { promise: all, resolve } = Promise.withResolvers<void>();
  const onText = (text: string): void => {
    if (take(text)) resolve();
  };
  if (client instanceof Nine) return { ready: client.follow(2, LOG, onText), all };
  client.onLine = (line) => onText(`${line}\n`);
  return { ready: client.say(`follow ${LOG}`, /^OK FOLLOW/), all };
}

describe('clients that open and say little', () => {
  let hive: TestHive;

  beforeAll(async () => {
    hive = await startHive({ manifest: IMPATIENT });
  });
  afterAll(async () => {
    await hive.stop();
  });

  it('are ended by the hive, and those that vanish leave nothing', async () => {
    const nine = await Nine.attach(hive.ninepPort, hive.ticket);
    const active = (fid: number): Promise<string> => nine.text(fid, '/proc/9p/session/active');
    expect(await active(1)).toBe('active=1 draining=0\n');

    const token = tokenOf(hive);
    const silent = [
      ...(await many(50, () => dial(hive.ninepPort))),
      ...(await many(50, () => dial(hive.consolePort))),
      ...(await many(50, () => saying(hive.ninepPort, Uint8Array.of(19, 0, 0)))),
      ...(await many(50, () => saying(hive.consolePort, Uint8Array.of(19, 0)))),
      ...(await many(50, () => saying(hive.consolePort, consoleFrame(`AUTH ${token}`)))),
    ];
    const idle = await many(50, () => Console.attach(hive.consolePort, { token, ticket: hive.ticket }));
    const told: string[] = [];
    for (const console of idle) console.onLine = (line) => told.push(line);
    const gone = await many(50, () => Nine.attach(hive.ninepPort, hive.ticket));
    for (const one of gone) await one.open(1, LOG);
    for (const { socket } of gone) socket.resetAndDestroy();

    await Promise.all(
      [...silent, ...idle.map(({ socket }) => socket)].map(async (socket) => {
        socket.resume();
        if (!socket.closed) await once(socket, 'close');
      }),
    );
    expect(told).toEqual(Array(50).fill('ERR CONSOLE reason=timeout'));
    let fid = 2;
    while ((await active(fid++)) !== 'active=1 draining=0\n') await new Promise(setImmediate);
    nine.socket.destroy();
  });
});

async function saying(port: number, bytes: Uint8Array): Promise<Socket> {
  const socket = await dial(port);
  socket.write(bytes);
  return socket;
}
