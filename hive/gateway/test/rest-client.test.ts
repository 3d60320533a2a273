// The contract of HiveClient over a gateway's REST: through Node's HTTP client and through `fetch`, as a browser has it.

import { fetchSender, type HttpSender, InProcessClient, nodeSender, RestClient, realTimers } from '@cohesix/client';
import {
  contractHive,
  good,
  MemoryDoor,
  type MemoryHive,
  type SuiteHive,
  testHiveClient,
} from '@cohesix/client/contract';
import { ok } from '@cohesix/wire';
import { describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../src/index.ts';

function memoryHive(): MemoryHive {
  const hive = contractHive();
  hive.put('/proc/self/session', 'view', 'role=queen subject=queen\n');
  return hive;
}

async function gatewayOf(hive: MemoryHive): Promise<Gateway> {
  return good(
    await startGateway({
      hive: {
        attach: async () => ok(new InProcessClient(new MemoryDoor(hive))),
        ninep: async () => ({ ok: false, refusal: { code: 'unsupported', detail: 'No 9P here.' } }),
        ready: async () => ok(undefined),
        controls: [],
        files: [],
      },
      listen: { host: '127.0.0.1', port: 0 },
    }),
  );
}

async function suite(send: HttpSender): Promise<SuiteHive> {
  const hive = memoryHive();
  const gateway = await gatewayOf(hive);
  const client = good(
    await RestClient.attach({ url: gateway.url, role: 'queen', ticket: 'ticket', timers: realTimers, send }),
  );
  return {
    client,
    publish: (line) => hive.publish('/log/queen.log', `${line}\n`),
    dispose: () => gateway.close(),
  };
}

testHiveClient('REST', () => suite(nodeSender()));
testHiveClient('REST over fetch', () => suite(fetchSender()));

/** Loses the answer of the first write, after it was carried out; later writes go to `then`. */
function losing(then: (url: string) => string): HttpSender {
  const send = nodeSender();
  let isLost = false;
  return async (request) => {
    if (request.method !== 'POST' || !request.url.endsWith('/v1/fs/echo')) return send(request);
    if (isLost) return send({ ...request, url: then(request.url) });
    isLost = true;
    const answer = await send(request);
    if (answer.kind === 'answer') for await (const _ of answer.body);
    return { kind: 'lost', why: 'the test' };
  };
}

describe('a write whose answer was lost', () => {
  it.each([
    ['is told by the same gateway, and is there once', false, 'ok'],
    ['is unknown to one that was started since, and is there once', true, 'timeout'],
  ])('%s', async (_, isRestarted, expected) => {
    const hive = memoryHive();
    const [first, second] = [await gatewayOf(hive), await gatewayOf(hive)];
    const send = losing((url) => (isRestarted ? url.replace(first.url, second.url) : url));
    const options = { url: first.url, role: 'queen', ticket: 'ticket', timers: realTimers, send };
    const client = good(await RestClient.attach(options));
    const written = await client.append('/queen/ctl', '{"n":1}');
    expect(written.ok ? 'ok' : written.refusal.code).toBe(expected);
    expect(hive.files.get('/queen/ctl')?.text).toBe('{"n":1}\n');
    await client.close();
    await Promise.all([first.close(), second.close()]);
  });
});
