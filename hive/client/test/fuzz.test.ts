// Properties: whatever pieces the bytes come in and whatever a peer sends, every operation ends with a value, and the
// clients keep no timer and no fid behind. fast-check prints the seed of a failure.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConsoleClient, NinePClient } from '../src/core.ts';
import { consoleDoor, ninep } from './doors.ts';
import { FakeTimers } from './fake-timers.ts';
import { code, good, text } from './hive-client-suite.ts';
import { contractHive, MemoryDoor } from './memory-door.ts';
import { type MemoryTransport, transportPair } from './memory-transport.ts';
import { NinePServer } from './ninep-server.ts';

/** Damages what passes: the chosen bytes are changed. */
function damage(transport: MemoryTransport, changes: readonly (readonly [at: number, to: number])[]): void {
  let passed = 0;
  const arrive = transport.arrive.bind(transport);
  transport.arrive = (bytes) => {
    for (const [at, to] of changes) if (at >= passed && at < passed + bytes.length) bytes[at - passed] = to;
    passed += bytes.length;
    arrive(bytes);
  };
}

const CHANGES = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 4 });
const NOISE = fc.uint8Array({ maxLength: 200 });

describe('bytes in any pieces', () => {
  it('give the same results', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 97 }), async (chunkBytes) => {
        for (const { client } of [await ninep({ chunkBytes }), await consoleDoor({ chunkBytes })]) {
          expect(text(good(await client.read('/proc/boot')))).toBe('hive=test\n');
          expect(good(await client.list('/proc'))).toEqual(['boot', 'empty', 'self']);
          expect(code(await client.read('/nope'))).toBe('invalid-path');
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('a peer that sends anything', () => {
  it('cannot make a 9P client hang or throw', async () => {
    await fc.assert(
      fc.asyncProperty(CHANGES, fc.integer({ min: 1, max: 50 }), async (changes, chunkBytes) => {
        const timers = new FakeTimers();
        const pair = transportPair(chunkBytes);
        damage(pair.client, changes);
        new NinePServer(new MemoryDoor(contractHive()), pair.server);
        const running = (async () => {
          const attached = await NinePClient.attach(pair.client, { role: 'queen', ticket: 't', timers });
          if (!attached.ok) return;
          const client = attached.value;
          await Promise.all([client.read('/proc/boot'), client.list('/'), client.append('/queen/ctl', '{}')]);
          await client.close();
        })();
        for (let index = 0; index < 12; index++) await timers.advance(5000);
        await running;
        expect(timers.count).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  it('cannot make a console client hang or throw', async () => {
    await fc.assert(
      fc.asyncProperty(CHANGES, NOISE, fc.integer({ min: 1, max: 50 }), async (changes, noise, chunkBytes) => {
        const timers = new FakeTimers();
        const { client, servers, transports } = await consoleDoor({ timers, chunkBytes });
        const [transport] = transports;
        if (transport !== undefined) damage(transport, changes);
        const running = Promise.all([client.read('/proc/boot'), client.list('/'), client.append('/queen/ctl', '{}')]);
        servers[0]?.raw(noise);
        for (let index = 0; index < 6; index++) await timers.advance(5000);
        await running;
        const closing = client.close();
        for (let index = 0; index < 3; index++) await timers.advance(5000);
        await closing;
        expect(timers.count).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  it('cannot make either hang with noise from the start', async () => {
    await fc.assert(
      fc.asyncProperty(NOISE, async (noise) => {
        const timers = new FakeTimers();
        const noisy = (): MemoryTransport => {
          const pair = transportPair(7);
          pair.server.send(noise);
          return pair.client;
        };
        const nine = NinePClient.attach(noisy(), { role: 'queen', ticket: 't', timers });
        const dial = async () => ({ ok: true as const, value: noisy() });
        const line = ConsoleClient.attach(dial, { token: 'c', role: 'queen', ticket: 't', timers });
        for (let index = 0; index < 3; index++) await timers.advance(5000);
        expect((await nine).ok).toBe(false);
        expect((await line).ok).toBe(false);
        expect(timers.count).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});
