// Chunks of a stream as the text of server-sent events: what each kind of content becomes, with its cursor.

import { encodeUtf8 } from '@cohesix/bytes';
import type { Follow } from '@cohesix/client';
import { ok, type Result } from '@cohesix/wire';
import { expect, it } from 'vitest';
import { eventsOf } from '../src/files/events.ts';

/** A follow that yields these chunks and then ends. */
function followOf(chunks: readonly (string | Uint8Array)[], ended: Result<void> = ok(undefined)): Follow {
  async function* iterate() {
    for (const chunk of chunks) yield typeof chunk === 'string' ? encodeUtf8(chunk) : chunk;
  }
  return { stop: () => {}, ended: Promise.resolve(ended), [Symbol.asyncIterator]: iterate };
}

async function textOf(follow: Follow, begin = 0): Promise<string> {
  let text = '';
  for await (const piece of eventsOf(follow, { begin, asked: begin, instance: 'i', heartbeatMs: 1000 })) text += piece;
  return text;
}

const START = 'event: start\nid: 0\ndata: {"from":0,"instance":"i"}\n\n';
const END = 'event: end\ndata: {}\n\n';

it.each<readonly [string, readonly (string | Uint8Array)[], string]>([
  ['lines', ['a\nbc\n'], 'id: 2\ndata: a\n\nid: 5\ndata: bc\n\n'],
  ['an empty line', ['\n'], 'id: 1\ndata: \n\n'],
  ['more bytes than characters', ['ä\n'], 'id: 3\ndata: ä\n\n'],
  ['a carriage return, which would end a line of events', ['a\rb\n'], 'event: bytes\nid: 4\ndata: YQ1iCg==\n\n'],
  ['an end that is no whole line', ['a\n', 'b'], 'id: 2\ndata: a\n\nevent: bytes\nid: 3\ndata: Yg==\n\n'],
  ['bytes that are no text', [Uint8Array.of(0xa1, 0x61, 0x61, 0x01)], 'event: bytes\nid: 4\ndata: oWFhAQ==\n\n'],
  ['a line that looks like an event', ['event: end\n'], 'id: 11\ndata: event: end\n\n'],
  [
    'a gap between lines',
    ['a\n', '~ lost bytes=8 next=10\nb\n'],
    'id: 2\ndata: a\n\nevent: gap\nid: 10\ndata: {"from":2,"to":10,"text":"~ lost bytes=8 next=10\\n"}\n\nid: 12\ndata: b\n\n',
  ],
])('%s', async (_, chunks, events) => {
  expect(await textOf(followOf(chunks))).toBe(`${START}${events}${END}`);
});

it('a gap in a stream of frames is told with the marker as base64', async () => {
  const marker = Buffer.from('a3646e6578740a65627974657308', 'hex');
  const schema = Buffer.concat([Buffer.from('66736368656d6171', 'hex'), Buffer.from('telemetry-loss/v1')]);
  const text = await textOf(followOf([Buffer.concat([marker, schema, Buffer.from('4161', 'hex')])]), 2);
  expect(text).toContain('event: gap\nid: 10\ndata: {"from":2,"to":10,"base64":"o2RuZXh0');
  expect(text).toContain('event: bytes\nid: 12\ndata: QWE=\n\n');
});

it('ends with the refusal of the hive', async () => {
  const ended: Result<void> = { ok: false, refusal: { code: 'expired', detail: 'Over.' } };
  expect(await textOf(followOf([], ended))).toBe(`${START}event: end\ndata: {"code":"expired","detail":"Over."}\n\n`);
});

it('a silent stream says that it is still there, and stops the follow when it is left', async () => {
  let isStopped = false;
  const silent: Follow = {
    stop: () => {
      isStopped = true;
    },
    ended: new Promise(() => {}),
    [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }),
  };
  const events = eventsOf(silent, { begin: 0, asked: 0, instance: 'i', heartbeatMs: 1 });
  await events.next();
  expect(await events.next()).toEqual({ done: false, value: ': still here\n\n' });
  await events.return(undefined);
  expect(isStopped).toBe(true);
});
