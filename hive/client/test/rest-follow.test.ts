// A follow over server-sent events that is cut: where it goes on, what it says is missing, and when it ends.

import { describe, expect, it } from 'vitest';
import { type Follow, RestClient } from '../src/core.ts';
import { EventStreamReader } from '../src/rest/event-stream.ts';
import { FakeTimers } from './fake-timers.ts';
import { code, good } from './hive-client-suite.ts';
import { answered, type Planned, type PlannedSender, plannedSender, SELF } from './rest-sender.ts';

const STREAM = { 'content-type': 'text/event-stream; charset=utf-8' };

/** The events of lines that begin at a cursor. */
function lines(begin: number, ...texts: readonly string[]): string {
  let cursor = begin;
  return texts
    .map((text) => {
      cursor += text.length + 1;
      return `id: ${cursor}\ndata: ${text}\n\n`;
    })
    .join('');
}

function events(...body: readonly string[]): Planned {
  return { headers: STREAM, body };
}

interface Followed {
  readonly follow: Follow;
  readonly sender: PlannedSender;
  /** All that is heard until the follow ends. */
  readonly heard: () => Promise<string>;
}

async function followed(...plan: readonly Planned[]): Promise<Followed> {
  const timers = new FakeTimers();
  const sender = plannedSender(SELF, ...plan);
  const options = { url: 'http://gateway', role: 'queen', ticket: 'ticket', timers, send: sender.send };
  const client = good(await RestClient.attach(options));
  const follow = good(await client.follow('/log/queen.log', { from: 10n }));
  const heard = async (): Promise<string> => {
    let [text, isOver] = ['', false];
    const listening = (async () => {
      for await (const chunk of follow) text += Buffer.from(chunk).toString();
      isOver = true;
    })();
    for (let turns = 0; !isOver && turns < 4000; turns++) await timers.advance(100);
    await listening;
    return text;
  };
  return { follow, sender, heard };
}

const REVOKED = 'event: end\ndata: {"code":"revoked","detail":"It was revoked."}\n\n';

function cursors({ sender }: Followed): readonly (string | null)[] {
  const urls = sender.asked.map(({ url }) => new URL(url)).filter(({ pathname }) => pathname === '/v1/fs/tail');
  return urls.map(({ searchParams }) => searchParams.get('from'));
}

describe('a follow that is cut', () => {
  it('goes on behind what it heard, with the last line once more to compare', async () => {
    const place = await followed(
      events('event: start\nid: 10\ndata: {}\n\n', lines(10, 'one', 'two')),
      events(lines(14, 'two', 'three')),
      events(lines(18, 'three'), lines(24, 'four'), REVOKED),
    );
    expect(await place.heard()).toBe('one\ntwo\nthree\nfour\n');
    expect(cursors(place)).toEqual(['10', '14', '18']);
    expect(code(await place.follow.ended)).toBe('revoked');
  });

  it('in the middle of an event hears that event whole', async () => {
    const place = await followed(
      events(lines(10, 'one'), 'id: 18\ndata: tw'),
      events(lines(10, 'one', 'two'), REVOKED),
    );
    expect(await place.heard()).toBe('one\ntwo\n');
  });

  it('by a gateway that closes, or has lost the hive, goes on', async () => {
    const place = await followed(
      events(lines(10, 'one'), 'event: end\ndata: {}\n\n'),
      events(lines(10, 'one'), 'event: end\ndata: {"code":"unreachable"}\n\n'),
      { status: 503, body: '{"code":"unreachable"}' },
      events(lines(10, 'one', 'two'), REVOKED),
    );
    expect(await place.heard()).toBe('one\ntwo\n');
  });

  it('tells a gap as the hive tells it', async () => {
    const gap = (to: number): string =>
      `event: gap\nid: ${to}\ndata: ${JSON.stringify({ from: 10, to, text: `~ lost bytes=9 next=${to}\n` })}\n\n`;
    const place = await followed(
      events(lines(10, 'one')),
      events(gap(99), lines(99, 'later')),
      // From the cursor itself, since what was to be compared is gone.
      events(gap(99), lines(99, 'later'), REVOKED),
    );
    expect(await place.heard()).toBe('~ lost bytes=9 next=99\nlater\n'.replace(/^/, 'one\n'));
    expect(cursors(place)).toEqual(['10', '10', '14']);
  });

  it('says so when the stream began anew, by other lines at the same cursors', async () => {
    const place = await followed(
      events(lines(10, 'one', 'two')),
      events(lines(14, 'new')),
      events(lines(0, 'boot', 'new'), REVOKED),
    );
    expect(await place.heard()).toBe('one\ntwo\n~ lost bytes=0 next=0\nboot\nnew\n');
    expect(cursors(place)).toEqual(['10', '14', '0']);
  });

  it('says so when the stream began anew and is shorter', async () => {
    const behind = 'event: gap\nid: 3\ndata: {"from":10,"to":3,"text":""}\n\n';
    const place = await followed(
      events(lines(10, 'one')),
      events('event: start\nid: 3\ndata: {}\n\n', behind),
      events(lines(0, 'up'), REVOKED),
    );
    expect(await place.heard()).toBe('one\n~ lost bytes=0 next=0\nup\n');
  });

  it('and never comes back ends after a minute', async () => {
    const place = await followed(events(lines(10, 'one')));
    expect(await place.heard()).toBe('one\n');
    expect(code(await place.follow.ended)).toBe('unreachable');
    expect(cursors(place)).toHaveLength(1 + 32);
  });

  it('and may not come back ends with what it is told', async () => {
    const place = await followed(events(lines(10, 'one')), { status: 401, body: '{"code":"expired"}' });
    expect(await place.heard()).toBe('one\n');
    expect(code(await place.follow.ended)).toBe('expired');
  });
});

describe('events', () => {
  it('that are silent for too long are a cut', async () => {
    const place = await followed(
      { headers: STREAM, body: [lines(10, 'one')], hang: true },
      // The session is kept open meanwhile, twice in 45 s.
      answered({}),
      answered({}),
      events(lines(10, 'one', 'two'), REVOKED),
    );
    expect(await place.heard()).toBe('one\ntwo\n');
  });

  it('carry bytes that are no text', async () => {
    const place = await followed(events(`event: bytes\nid: 13\ndata: ${btoa('\u00a0\u0001x')}\n\n`, REVOKED));
    let heard = new Uint8Array(0);
    for await (const chunk of place.follow) heard = new Uint8Array([...heard, ...chunk]);
    expect([...heard]).toEqual([0xa0, 1, 0x78]);
  });

  it.each(['event: bytes\ndata: %%\n\n', 'event: gap\ndata: nothing\n\n'])(
    'that do not parse end it: %j',
    async (event) => {
      const place = await followed(events(event));
      expect(await place.heard()).toBe('');
      expect(code(await place.follow.ended)).toBe('invalid-frame');
    },
  );

  it('are the same however their bytes arrive', () => {
    const bytes = Buffer.from(': comment\r\nid: 7\r\ndata: π=3\r\ndata:  two\r\n\r\nevent: end\ndata\n\n\n');
    const whole = new EventStreamReader().take(bytes);
    expect(whole).toEqual([
      { name: 'message', data: 'π=3\n two', id: '7' },
      { name: 'end', data: '', id: '7' },
    ]);
    const reader = new EventStreamReader();
    expect([...bytes].flatMap((byte) => reader.take(Uint8Array.of(byte)) ?? [])).toEqual(whole);
  });

  it.each([
    ['a line', 'data: '.padEnd(600_000, 'x')],
    ['lines', 'data: xxxxxxxxxxxxxxxx\n'.repeat(20_000)],
  ])('without an end are refused: %s', (_, text) => {
    const reader = new EventStreamReader();
    const bytes = Buffer.from(text);
    let isRefused = false;
    for (let at = 0; at < bytes.length; at += 4096)
      isRefused ||= reader.take(bytes.subarray(at, at + 4096)) === undefined;
    expect(isRefused).toBe(true);
  });
});
