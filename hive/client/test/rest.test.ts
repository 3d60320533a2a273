// The REST client when things go wrong: answers that are lost, gateways that have no room or are started again, bodies that are
// none. That it does what every client does is tested over a real gateway (hive/gateway/test/rest-client.test.ts).

import { describe, expect, it } from 'vitest';
import { type HttpFailure, RestClient } from '../src/core.ts';
import { FakeTimers, settled } from './fake-timers.ts';
import { code, good } from './hive-client-suite.ts';
import { answered, type Planned, type PlannedSender, plannedSender, SELF } from './rest-sender.ts';

const LOST: HttpFailure = { kind: 'lost', why: 'ECONNRESET' };
const UNSENT: HttpFailure = { kind: 'unsent', why: 'ECONNREFUSED' };
const TOKEN = 'a-very-secret-ticket';
const WRITTEN = answered({ bytes: 2 });

interface Attached {
  readonly client: RestClient;
  readonly timers: FakeTimers;
  readonly sender: PlannedSender;
}

async function attached(self: Planned = SELF): Promise<Attached> {
  const timers = new FakeTimers();
  const sender = plannedSender(self);
  const options = { url: 'http://gateway/', role: 'queen', ticket: TOKEN, timers, send: sender.send };
  return { client: good(await RestClient.attach(options)), timers, sender };
}

/** The value of work that waits for time to pass. */
async function after<T>({ timers }: Attached, work: Promise<T>, ms = 20_000): Promise<T> {
  let value: { readonly is: T } | undefined;
  void work.then((is) => {
    value = { is };
  });
  for (let passed = 0; value === undefined && passed < ms; passed += 50) await timers.advance(50);
  if (value === undefined) throw new Error(`nothing within ${ms} ms`);
  return value.is;
}

describe('a write', () => {
  it('whose answer is lost is sent again, to the same gateway and by the same name', async () => {
    const place = await attached();
    place.sender.plan(LOST, WRITTEN);
    expect(good(await after(place, place.client.append('/queen/ctl', 'x')))).toEqual({ bytes: 2 });
    const [, first, second] = place.sender.asked;
    expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
    expect(first?.headers['idempotency-key']).toMatch(/^[0-9a-f]{32}$/);
    expect(first?.headers['x-cohesix-expect-instance']).toBeUndefined();
    expect(second?.headers['x-cohesix-expect-instance']).toBe('first');
    expect(second?.body).toBe(first?.body);
  });

  it('that is lost again and again is unknown, after four times', async () => {
    const place = await attached();
    const answer = await after(place, place.client.append('/queen/ctl', 'x'));
    expect(code(answer)).toBe('timeout');
    expect(await place.client.explain()).toContain('unknown');
    expect(place.sender.asked).toHaveLength(1 + 4);
  });

  it('that was lost once stays unknown when nobody is there afterwards', async () => {
    const place = await attached();
    place.sender.plan(LOST, UNSENT, UNSENT, UNSENT);
    expect(code(await after(place, place.client.append('/queen/ctl', 'x')))).toBe('timeout');
  });

  it('is not sent again to a gateway that does not say who it is', async () => {
    const place = await attached({ ...SELF, headers: { 'content-type': 'application/octet-stream' } });
    place.sender.plan(LOST, WRITTEN);
    expect(code(await after(place, place.client.append('/queen/ctl', 'x')))).toBe('timeout');
    expect(place.sender.asked).toHaveLength(2);
  });

  it('that another gateway knows nothing of is unknown', async () => {
    const place = await attached();
    place.sender.plan(LOST, { status: 412 });
    expect(code(await after(place, place.client.append('/queen/ctl', 'x')))).toBe('timeout');
  });

  it('that reached nobody did not happen', async () => {
    const place = await attached();
    place.sender.plan(UNSENT, WRITTEN);
    expect(code(await after(place, place.client.append('/queen/ctl', 'x')))).toBe('unreachable');
    expect(place.sender.asked).toHaveLength(2);
  });

  it('says which answers were heard before', async () => {
    const place = await attached();
    place.sender.plan(WRITTEN, LOST, { status: 412 }, WRITTEN, WRITTEN);
    for (let times = 0; times < 4; times++) await after(place, place.client.append('/queen/ctl', 'x'));
    const [, first, second, , third, fourth] = place.sender.asked.map(({ headers }) => headers);
    expect(second?.['x-cohesix-settled']).toBe(first?.['idempotency-key']);
    // The second is unknown: its key must stay.
    expect(third?.['x-cohesix-settled']).toBeUndefined();
    expect(fourth?.['x-cohesix-settled']).toBe(third?.['idempotency-key']);
  });
});

describe('a gateway without room', () => {
  const full = (seconds: string): Planned => ({
    status: 429,
    headers: { 'retry-after': seconds },
    body: JSON.stringify({ code: 'busy', detail: 'The queue is full.' }),
  });

  it('is asked again when it said', async () => {
    const place = await attached();
    place.sender.plan(full('2'), WRITTEN);
    const answer = place.client.append('/queen/ctl', 'x');
    await place.timers.advance(1999);
    expect(place.sender.asked).toHaveLength(2);
    await place.timers.advance(2);
    expect(good(await answer)).toEqual({ bytes: 2 });
  });

  it('is not waited for beyond the deadline', async () => {
    const place = await attached();
    place.sender.plan(full('3600'));
    expect(await place.client.read('/proc/boot')).toMatchObject({ ok: false, refusal: { code: 'busy' } });
    expect(await place.client.explain()).toBe('The queue is full.');
  });

  it('is asked four times at most', async () => {
    const place = await attached();
    place.sender.plan(full('0'), full('0'), full('0'), full('0'), WRITTEN);
    expect(code(await after(place, place.client.append('/queen/ctl', 'x')))).toBe('busy');
    expect(place.sender.asked).toHaveLength(1 + 4);
  });
});

describe('answers', () => {
  const json = (fields: object): string => JSON.stringify(fields);
  it.each([
    [
      'a refusal of the hive',
      { body: json({ status: 'ERR', code: 'needs-approval', detail: 'Ask.' }) },
      'needs-approval',
    ],
    ['a problem', { status: 401, body: json({ code: 'revoked' }) }, 'revoked'],
    ['a problem without a code', { status: 403, body: json({ title: 'no' }) }, 'denied'],
    ['a code nobody knows', { status: 503, body: json({ code: 'constructor' }) }, 'unreachable'],
    ['a page of a proxy', { status: 502, body: '<html>' }, 'unreachable'],
    ['a deadline that passed', { status: 504, body: '' }, 'timeout'],
    ['what is no gateway', { body: '<html>' }, 'invalid-frame'],
    ['a list', { body: '[]' }, 'invalid-frame'],
    ['names that are no texts', { body: json({ status: 'OK', lines: [1] }) }, 'invalid-frame'],
    ['a redirection', { status: 302, headers: { location: 'http://elsewhere/' } }, 'internal'],
  ] satisfies [string, Planned, string][])('%s', async (_, planned, expected) => {
    const place = await attached();
    place.sender.plan(planned);
    const names = await place.client.list('/');
    expect(code(names)).toBe(expected);
    expect(JSON.stringify(names)).not.toContain(TOKEN);
    expect(place.sender.asked).toHaveLength(2);
  });

  it('never ends: the deadline does', async () => {
    const place = await attached();
    place.sender.plan({ body: '{"status":"OK"', hang: true });
    expect(code(await after(place, place.client.list('/')))).toBe('timeout');
  });

  it('over the bound of a read is refused, and not held', async () => {
    const place = await attached();
    place.sender.plan({ headers: { 'content-type': 'application/octet-stream' }, body: ['12345', '6'] });
    expect(code(await place.client.read('/proc/boot', { maxBytes: 5 }))).toBe('too-big');
  });

  it('a read whose answer was cut is read again', async () => {
    const place = await attached();
    const bytes = { 'content-type': 'application/octet-stream' };
    place.sender.plan({ headers: bytes, body: 'half', cut: true }, { headers: bytes, body: 'whole' });
    expect(Buffer.from(good(await after(place, place.client.read('/proc/boot')))).toString()).toBe('whole');
  });

  it('the ticket is in one header, and in no URL', async () => {
    const { client, sender } = await attached();
    sender.plan(answered({ lines: [] }));
    await client.list('/');
    for (const { url, headers } of sender.asked) {
      expect(headers.authorization).toBe(`Bearer ${TOKEN}`);
      expect(url).not.toContain(TOKEN);
    }
  });
});

describe('a session', () => {
  it('of another role is not begun', async () => {
    const sender = plannedSender(SELF, answered({}));
    const options = {
      url: 'http://gateway',
      role: 'worker-gpu',
      ticket: TOKEN,
      timers: new FakeTimers(),
      send: sender.send,
    };
    expect(code(await RestClient.attach(options))).toBe('invalid-claims');
    expect(sender.asked.map(({ url }) => url).at(-1)).toBe('http://gateway/v1/session/close');
  });

  it('with what is no ticket is not begun either', async () => {
    const sender = plannedSender();
    const options = {
      url: 'http://gateway',
      role: '',
      ticket: 'a b\r\nx: y',
      timers: new FakeTimers(),
      send: sender.send,
    };
    expect(code(await RestClient.attach(options))).toBe('invalid-claims');
    expect(sender.asked).toEqual([]);
  });

  it('that the hive ended is over', async () => {
    const { client, sender } = await attached();
    sender.plan({ status: 503, body: JSON.stringify({ code: 'closed' }) });
    expect(code(await client.ping())).toBe('closed');
    expect(code(await client.ping())).toBe('closed');
    expect(sender.asked).toHaveLength(2);
  });

  it('is kept open while nobody asks, and until it is closed', async () => {
    const { client, timers, sender } = await attached();
    for (let beat = 0; beat < 3; beat++) {
      sender.plan(answered({}));
      await timers.advance(20_000);
      await settled();
    }
    expect(sender.asked.slice(1).map(({ url }) => url)).toEqual(Array(3).fill('http://gateway/v1/session'));
    sender.plan(answered({}));
    await client.close();
    await timers.advance(60_000);
    expect(sender.asked).toHaveLength(1 + 3 + 1);
    expect(timers.count).toBe(0);
  });
});
