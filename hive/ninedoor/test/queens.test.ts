// What the hive is told of its queens: which ends of a session are in order at each door, and when one was last heard.

import type { Claims } from '@cohesix/ticket';
import { describe, expect, it } from 'vitest';
import { PathSession } from '../src/path-session.ts';
import type { QueenEvent } from '../src/queens.ts';
import {
  attached,
  attachedConsole,
  attachText,
  CONSOLE_TOKEN,
  connect,
  connectConsole,
  type Fixture,
  makeFixture,
  settled,
  VERSION,
} from './fixture.ts';

/** Events since the last look, as words. */
function heard(fixture: Fixture): string[] {
  return fixture.queens.splice(0).map(wordOf);
}

function wordOf(event: QueenEvent): string {
  return event.kind === 'ended' ? `ended ${event.how}` : event.kind;
}

function path(fixture: Fixture, claims: Partial<Claims> = {}): PathSession {
  const request = { role: undefined, subject: undefined, door: 'in-process', peer: 'test' } as const;
  const opened = fixture.door.attach({ ...request, token: fixture.token(claims) });
  if (!opened.ok) throw new Error(opened.refusal.code);
  return new PathSession(fixture.door, opened.value);
}

describe('over 9P a queen leaves', () => {
  it('in order when the last of her fids is clunked before the connection ends', () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    wire.say("Twalk tag 2 fid 1 newfid 2 'proc' 'boot'", 'Tclunk tag 3 fid 1');
    expect(heard(fixture)).toEqual(['attached']);
    wire.say('Tclunk tag 3 fid 2');
    wire.connection.closed();
    expect(heard(fixture)).toEqual(['ended quit']);
  });

  it.each([
    ['a fid of hers is left', 'Tclunk tag 3 fid 1', 'eof'],
    ['she clunked nothing', "Twalk tag 3 fid 1 newfid 3 'proc'", 'eof'],
  ])('cut off when %s', (_, message, how) => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    wire.say("Twalk tag 2 fid 1 newfid 2 'proc' 'boot'", message);
    wire.connection.closed();
    expect(heard(fixture)).toEqual(['attached', `ended ${how}`]);
  });

  it('cut off by an error of the connection, by bytes that are no frame, and by a Tversion', () => {
    const fixture = makeFixture();
    attached(fixture).connection.closed('error');
    expect(heard(fixture)).toEqual(['attached', 'ended error']);
    attached(fixture).sendBytes(Uint8Array.of(1, 0, 0, 0));
    expect(heard(fixture)).toEqual(['attached', 'ended error']);
    attached(fixture).say(VERSION);
    expect(heard(fixture)).toEqual(['attached', 'ended closed']);
  });
});

describe('over the console a queen leaves', () => {
  it('in order with QUIT', async () => {
    const fixture = makeFixture();
    expect(await (await attachedConsole(fixture)).say('quit')).toEqual(['OK QUIT']);
    expect(heard(fixture)).toEqual(['attached', 'ended quit']);
  });

  it('in order when another session takes the place of hers', async () => {
    const fixture = makeFixture();
    const wire = await attachedConsole(fixture);
    await wire.say(`attach worker-heartbeat ${fixture.token({ role: 'worker-heartbeat', subject: 'worker-1' })}`);
    expect(heard(fixture)).toEqual(['attached', 'ended quit']);
  });

  it.each([
    ['the end of input', 'eof', (wire: Awaited<ReturnType<typeof attachedConsole>>) => wire.connection.inputEnded()],
    ['an error', 'error', (wire: Awaited<ReturnType<typeof attachedConsole>>) => wire.connection.closed('error')],
    ['silence', 'closed', (wire: Awaited<ReturnType<typeof attachedConsole>>) => wire.connection.timeOut()],
  ])('cut off by %s', async (_, how, act) => {
    const fixture = makeFixture();
    const wire = await attachedConsole(fixture);
    act(wire);
    wire.connection.closed();
    expect(heard(fixture)).toEqual(['attached', `ended ${how}`]);
  });

  it('cut off by bytes that are no frame', async () => {
    const fixture = makeFixture();
    await (await attachedConsole(fixture)).sendBytes(Uint8Array.of(0, 0, 0, 0));
    expect(heard(fixture)).toEqual(['attached', 'ended error']);
  });
});

describe('at every door', () => {
  it('a ticket that runs out or is revoked cuts her off, a close in this process does not', async () => {
    const fixture = makeFixture();
    await path(fixture).close();
    expect(heard(fixture)).toEqual(['attached', 'ended quit']);
    const ending = path(fixture, { expiresMs: fixture.now + 5 });
    fixture.now += 5;
    expect(await ending.ping()).toMatchObject({ ok: false, refusal: { code: 'expired' } });
    expect(heard(fixture)).toEqual(['attached', 'ended expired']);
    const { principal } = path(fixture).session;
    fixture.door.revoke(principal.ticketIds[0] ?? '');
    expect(heard(fixture)).toEqual(['attached', 'ended revoked']);
  });

  it('only the first that comes and the last that goes is news, and workers are none', async () => {
    const fixture = makeFixture();
    const first = path(fixture);
    const wire = attached(fixture);
    await path(fixture, { role: 'worker-heartbeat', subject: 'worker-1' }).close();
    wire.connection.closed();
    expect(heard(fixture), 'another is still here').toEqual(['attached']);
    const third = path(fixture);
    await first.close();
    await first.close();
    expect(heard(fixture)).toEqual([]);
    await third.close();
    expect(heard(fixture)).toEqual(['ended quit']);
  });
});

describe('a queen is turned away', () => {
  it('by a bad ticket at each door; that is news only while there is none', async () => {
    const fixture = makeFixture();
    const forged = `${fixture.token().slice(0, -4)}AAAA`;
    expect(connect(fixture).say(VERSION, attachText(forged).replace("uname ''", "uname 'queen'"))[1]).toMatch(
      /^Rlerror/,
    );
    expect(heard(fixture)).toEqual(['refused']);
    await connectConsole(fixture).say(`AUTH ${CONSOLE_TOKEN}`, `attach queen ${forged}`);
    expect(heard(fixture)).toEqual(['refused']);
    path(fixture);
    await connectConsole(fixture).say(`AUTH ${CONSOLE_TOKEN}`, `attach queen ${forged}`);
    expect(heard(fixture)).toEqual(['attached']);
  });

  it('not when the hive is full, the peer too eager or the claim another role', async () => {
    const fixture = makeFixture((manifest) => ({ ...manifest, secure9p: { ...manifest.secure9p, sessions_max: 0 } }));
    const claim = (token: string): string => attachText(token).replace("uname ''", "uname 'queen'");
    connect(fixture).say(VERSION, claim(fixture.token()));
    const other = makeFixture();
    await connectConsole(other).say(`AUTH ${CONSOLE_TOKEN}`, `attach worker-gpu ${other.token()}`);
    const eager = connect(other);
    eager.say(VERSION, claim('nonsense'), claim('nonsense'));
    expect([...heard(fixture), ...heard(other)]).toEqual(['refused']);
  });
});

describe('/proc/root/last_seen_ms', () => {
  it('is the time of the last operation of a queen, of nobody else', async () => {
    const fixture = makeFixture();
    expect(fixture.door.queens.seenMs).toBe(0);
    const wire = attached(fixture);
    await settled();
    fixture.now += 10;
    expect(fixture.door.queens.seenMs).toBe(fixture.now - 10);
    wire.say('Tgetattr tag 2 fid 1 request_mask 2047');
    await settled();
    fixture.now += 10;
    expect(fixture.door.queens.seenMs).toBe(fixture.now - 10);
    const worker = path(fixture, { role: 'worker-heartbeat', subject: 'worker-1' });
    await worker.read('/proc/boot', 100);
    await settled();
    expect(fixture.door.queens.seenMs).toBe(fixture.now - 10);
    const queen = path(fixture);
    fixture.now += 10;
    const text = await queen.read('/proc/root/last_seen_ms', 64);
    expect(text.ok && Buffer.from(text.value).toString()).toBe(`last_seen_ms=${fixture.now}\n`);
  });
});
