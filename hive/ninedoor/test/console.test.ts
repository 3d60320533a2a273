// The console's transport and handshake: frames, AUTH, ATTACH, time-outs. Table: contracts-1, 2.1 and 2.2.

import type { Claims } from '@cohesix/ticket';
import { describe, expect, it } from 'vitest';
import { attachedConsole, CONSOLE_TOKEN, connectConsole, consoleFrames, makeFixture } from './fixture.ts';

const AUTH = `AUTH ${CONSOLE_TOKEN}`;

function frame(size: number, payload = ''): Uint8Array {
  const bytes = new Uint8Array(4 + payload.length);
  new DataView(bytes.buffer).setUint32(0, size, true);
  bytes.set(new TextEncoder().encode(payload), 4);
  return bytes;
}

describe('AUTH', () => {
  it.each([
    [AUTH, 'OK AUTH', false],
    [`${AUTH}\n`, 'OK AUTH', false],
    ['AUTH door-tokeN', 'ERR AUTH reason=invalid-token', true],
    ['AUTH door-toke', 'ERR AUTH reason=invalid-length', true],
    ['AUTH door-token2', 'ERR AUTH reason=invalid-length', true],
    ['AUTH ', 'ERR AUTH reason=invalid-length', true],
    ['PING', 'ERR AUTH reason=invalid-length', true],
    ['', 'ERR AUTH reason=invalid-length', true],
    ['auth door-token', 'ERR AUTH reason=expected-token', true],
    ['AUTHdoor-tokens', 'ERR AUTH reason=expected-token', true],
    ['attach queen ab', 'ERR AUTH reason=expected-token', true],
  ])('answers %j with %s', async (line, answer, isEnded) => {
    const fixture = makeFixture();
    const wire = connectConsole(fixture);
    expect(await wire.say(line)).toEqual([answer]);
    expect(wire.sink.isEnded).toBe(isEnded);
    expect(fixture.door.pressure.counts.policy).toBe(isEnded ? 1 : 0);
  });

  it('does not look at what follows a failed AUTH, and never logs the token', async () => {
    const fixture = makeFixture();
    const wire = connectConsole(fixture);
    expect(await wire.say('AUTH secretword', AUTH, 'ping')).toEqual(['ERR AUTH reason=invalid-token']);
    expect(fixture.audit.join('\n')).not.toMatch(/secretword|door-token/);
  });

  it('refuses a line that is not UTF-8', async () => {
    const wire = connectConsole(makeFixture());
    const bytes = frame(4 + 15, 'AUTH door-tokex');
    bytes[18] = 0xff;
    expect(await wire.sendBytes(bytes)).toEqual(['ERR AUTH reason=expected-token']);
    expect(wire.sink.isEnded).toBe(true);
  });

  it('ends a client that does not authenticate in time', async () => {
    const wire = connectConsole(makeFixture());
    wire.connection.timeOut();
    expect(await wire.take()).toEqual(['ERR AUTH reason=timeout']);
    expect(wire.sink.isEnded).toBe(true);
  });

  it('allows nothing but attach and the machine verbs before ATTACH, and counts what it refuses', async () => {
    const fixture = makeFixture();
    const wire = connectConsole(fixture);
    expect(await wire.say(AUTH, 'ls /', 'follow /log/queen.log', 'stop', 'ping')).toEqual([
      'OK AUTH',
      'ERR LS reason=policy detail=unauthenticated error=EACCES',
      'ERR FOLLOW reason=policy detail=unauthenticated error=EACCES',
      'ERR STOP reason=policy detail=unauthenticated error=EACCES',
      'OK PING reply=pong',
    ]);
    expect(fixture.door.pressure.counts.policy).toBe(3);
  });
});

describe('ATTACH', () => {
  const attach = async (line: string, fixture = makeFixture()): Promise<string | undefined> =>
    (await connectConsole(fixture).say(AUTH, `attach ${line}`))[1];

  it.each(['queen', 'QUEEN', 'Queen'])('takes the role %s in any case', async (role) => {
    const fixture = makeFixture();
    expect(await attach(`${role} ${fixture.token()}`, fixture)).toBe('OK ATTACH role=queen');
  });

  it('takes worker for worker-heartbeat', async () => {
    const fixture = makeFixture();
    const token = fixture.token({ role: 'worker-heartbeat', subject: 'worker-1' });
    expect(await attach(`worker ${token}`, fixture)).toBe('OK ATTACH role=worker-heartbeat');
  });

  const cases: readonly [string, string, Partial<Claims>, string][] = [
    ['an unknown role', 'root', {}, 'reason=policy detail=invalid-role error=EPROTOTYPE'],
    ['another role', 'worker', {}, 'reason=policy detail=denied error=EPERM'],
    ['another hive', 'queen', { audience: 'other' }, 'reason=policy detail=denied error=EPERM'],
    ['an expired ticket', 'queen', { expiresMs: 1_000_000 }, 'reason=quota detail=expired error=EKEYEXPIRED'],
    ['a ticket of tomorrow', 'queen', { notBeforeMs: 1_000_001 }, 'reason=quota detail=expired error=EKEYEXPIRED'],
    [
      'a worker that does not live',
      'worker',
      { role: 'worker-heartbeat', subject: 'worker-2' },
      'reason=policy detail=not-found error=ESRCH',
    ],
  ];
  it.each(cases)('refuses %s', async (_, role, claims, answer) => {
    const fixture = makeFixture();
    expect(await attach(`${role} ${fixture.token(claims)}`, fixture)).toBe(`ERR ATTACH ${answer}`);
    expect(fixture.door.sessions.size).toBe(0);
  });

  it('takes a ticket up to the last millisecond it is valid', async () => {
    const fixture = makeFixture();
    expect(await attach(`queen ${fixture.token({ expiresMs: 1_000_001 })}`, fixture)).toBe('OK ATTACH role=queen');
  });

  it.each([
    ['queen', 'ERR ATTACH reason=policy detail=denied error=EPERM'],
    ['queen nonsense', 'ERR ATTACH reason=policy detail=invalid-claims error=EBADMSG'],
    [`queen ${'x'.repeat(4097)}`, 'ERR PARSE reason=policy detail=argument ticket exceeds allowed length'],
    ['', 'ERR PARSE reason=policy detail=missing required argument: role'],
    ['queen a b', 'ERR PARSE reason=policy detail=invalid value for argument args'],
  ])('answers attach %j', async (line, answer) => {
    expect(await attach(line)).toBe(answer);
  });

  it('refuses a revoked ticket and everything made from it', async () => {
    const fixture = makeFixture();
    const id = new Uint8Array(16).fill(7);
    fixture.revoked.add('07'.repeat(16));
    expect(await attach(`queen ${fixture.token({ id })}`, fixture)).toBe(
      'ERR ATTACH reason=cut detail=revoked error=EKEYREVOKED',
    );
  });

  it('tells a worker that the gate is closed before it looks at the ticket', async () => {
    const fixture = makeFixture();
    fixture.gateOpen = false;
    const closed = 'ERR ATTACH reason=policy detail=lifecycle-denied error=ESHUTDOWN';
    const wire = connectConsole(fixture);
    const good = fixture.token({ role: 'worker-heartbeat', subject: 'worker-1' });
    expect(await wire.say(AUTH, `attach worker ${good}`, 'attach worker bad')).toEqual(['OK AUTH', closed, closed]);
    expect(await wire.say('attach root bad', `attach queen ${fixture.token()}`)).toEqual([
      'ERR ATTACH reason=policy detail=invalid-role error=EPROTOTYPE',
      'OK ATTACH role=queen',
    ]);
  });

  it('backs off after a failure, cools down after three, and forgets after a success', async () => {
    const fixture = makeFixture();
    const wire = connectConsole(fixture);
    await wire.say(AUTH);
    const good = `attach queen ${fixture.token()}`;
    const denied = ['ERR ATTACH reason=policy detail=denied error=EPERM'];
    const wait = (ms: number): string[] => [`ERR ATTACH reason=quota detail=throttled delay_ms=${ms} error=EUSERS`];
    expect(await wire.say('attach queen')).toEqual(denied);
    expect(await wire.say(good)).toEqual(wait(250));
    expect(await wire.say('attach root')).toEqual(wait(250));
    fixture.now += 249;
    expect(await wire.say(good)).toEqual(wait(1));
    fixture.now += 1;
    expect(await wire.say('attach queen')).toEqual(denied);
    expect(await wire.say(good)).toEqual(wait(500));
    fixture.now += 500;
    expect(await wire.say('attach queen')).toEqual(denied);
    const cooling = (ms: number): string[] => [
      `ERR ATTACH reason=quota detail=rate-limited delay_ms=${ms} error=EAGAIN`,
    ];
    expect(await wire.say(good)).toEqual(cooling(90_000));
    fixture.now += 89_999;
    expect(await wire.say(good)).toEqual(cooling(1));
    fixture.now += 1;
    expect(await wire.say(good)).toEqual(['OK ATTACH role=queen']);
    expect(await wire.say('attach queen')).toEqual(denied);
    expect(await wire.say(good)).toEqual(wait(250));
  });

  it('does not slow down others, nor for refusals that an honest client gets', async () => {
    const fixture = makeFixture();
    const wire = connectConsole(fixture);
    const expired = `attach queen ${fixture.token({ expiresMs: 1 })}`;
    const lines = await wire.say(AUTH, expired, expired, expired, expired, 'attach root', 'attach queen');
    expect(lines.filter((line) => line.includes('throttled') || line.includes('rate-limited'))).toEqual([]);
    expect(await attach(`queen ${fixture.token()}`, fixture)).toBe('OK ATTACH role=queen');
  });

  it('keeps the old session when another attach fails, and ends it when one succeeds', async () => {
    const fixture = makeFixture();
    const wire = await attachedConsole(fixture);
    const expired = fixture.token({ expiresMs: 1 });
    expect((await wire.say(`attach queen ${expired}`, 'whoami'))[1]).toBe('OK WHOAMI role=queen subject=queen');
    expect([...fixture.door.sessions.keys()]).toEqual(['1']);
    const other = fixture.token({ subject: 'other' });
    expect(await wire.say(`attach queen ${other}`, 'whoami')).toEqual([
      'OK ATTACH role=queen',
      'OK WHOAMI role=queen subject=other',
    ]);
    expect([...fixture.door.sessions.keys()]).toEqual(['2']);
  });

  it('refuses one session more than the manifest allows', async () => {
    const fixture = makeFixture((m) => ({ ...m, secure9p: { ...m.secure9p, sessions_max: 1 } }));
    const first = await attachedConsole(fixture);
    expect(await attach(`queen ${fixture.token()}`, fixture)).toBe('ERR ATTACH reason=busy detail=limit error=EMFILE');
    first.connection.closed();
    expect(await attach(`queen ${fixture.token()}`, fixture)).toBe('OK ATTACH role=queen');
  });
});

describe('frames', () => {
  const COMMANDS = ['ls /proc/self', 'echo /queen/ctl {"a":"ü"}', 'nonsense', 'cat /proc/boot', 'quit'];

  it('gives the same answers however the bytes are cut', async () => {
    const answers = async (cut: number): Promise<string[]> => {
      const fixture = makeFixture();
      const wire = connectConsole(fixture);
      const bytes = consoleFrames([AUTH, `attach queen ${fixture.token({ id: new Uint8Array(16) })}`, ...COMMANDS]);
      return cut === 0 ? wire.sendBytes(bytes) : wire.sendBytes(bytes.subarray(0, cut), bytes.subarray(cut));
    };
    const whole = await answers(0);
    expect(whole.slice(0, 2)).toEqual(['OK AUTH', 'OK ATTACH role=queen']);
    expect(whole.at(-1)).toBe('OK QUIT');
    const size = consoleFrames([AUTH, `attach queen ${makeFixture().token()}`, ...COMMANDS]).length;
    for (let cut = 1; cut < size; cut++) expect(await answers(cut)).toEqual(whole);
  });

  it('takes one byte at a time', async () => {
    const wire = connectConsole(makeFixture());
    const bytes = [...consoleFrames([AUTH, 'ping', 'quit'])].map((byte) => Uint8Array.of(byte));
    expect(await wire.sendBytes(...bytes)).toEqual(['OK AUTH', 'OK PING reply=pong', 'OK QUIT']);
    expect(wire.sink.isEnded).toBe(true);
  });

  it.each([8193, 0xffff_ffff])('ends the connection at an oversized frame before AUTH: %d', async (size) => {
    const wire = connectConsole(makeFixture());
    expect(await wire.sendBytes(frame(size))).toEqual(['ERR AUTH reason=invalid-length']);
    expect(wire.sink.isEnded).toBe(true);
  });

  it('skips an oversized frame after AUTH, whatever it holds, and counts it', async () => {
    const fixture = makeFixture();
    const wire = connectConsole(fixture);
    await wire.say(AUTH);
    const bytes = new Uint8Array(8193 + 8);
    bytes.set(frame(8193, 'quit'));
    bytes.set(consoleFrames(['ping']), 8193);
    expect(await wire.sendBytes(bytes.subarray(0, 5000), bytes.subarray(5000))).toEqual([
      'ERR FRAME reason=invalid-length',
      'OK PING reply=pong',
    ]);
    expect(fixture.door.pressure.counts.quota).toBe(1);
  });

  it('takes a line of exactly the longest length', async () => {
    const wire = await attachedConsole(makeFixture());
    const payload = 'x'.repeat(8188 - 'echo /queen/ctl '.length);
    expect(await wire.say(`echo /queen/ctl ${payload}`)).toEqual([
      `OK ECHO path=/queen/ctl bytes=${payload.length + 1}`,
    ]);
  });

  it.each([0, 1, 2, 3])('ends the connection at a declared size of %d, before and after AUTH', async (size) => {
    const before = connectConsole(makeFixture());
    await before.sendBytes(frame(size));
    expect(before.sink.isEnded).toBe(true);
    const after = connectConsole(makeFixture());
    await after.say(AUTH);
    expect(await after.sendBytes(frame(size))).toEqual([]);
    expect(after.sink.isEnded).toBe(true);
  });

  it('answers a line that is not UTF-8 and goes on; an empty frame is no command', async () => {
    const fixture = makeFixture();
    const wire = connectConsole(fixture);
    await wire.say(AUTH);
    const bad = Uint8Array.of(6, 0, 0, 0, 0xff, 0xfe);
    expect(await wire.sendBytes(bad, consoleFrames(['', 'ping']))).toEqual([
      'ERR PARSE reason=policy detail=line is not UTF-8',
      'OK PING reply=pong',
    ]);
    expect(fixture.door.pressure.counts.policy).toBe(1);
  });
});

describe('the end', () => {
  it('answers QUIT, ends, and reads nothing more', async () => {
    const fixture = makeFixture();
    const wire = await attachedConsole(fixture);
    expect(await wire.say('quit', 'echo /queen/ctl {}')).toEqual(['OK QUIT']);
    expect(wire.sink.isEnded).toBe(true);
    expect(fixture.submitted).toEqual([]);
    expect(fixture.door.sessions.size).toBe(0);
    expect(fixture.audit.at(-1)).toBe('audit session.detach sid=1 reason=closed how=quit');
  });

  it('tells a client that was idle too long', async () => {
    const fixture = makeFixture();
    const wire = await attachedConsole(fixture);
    wire.connection.timeOut();
    expect(await wire.take()).toEqual(['ERR CONSOLE reason=timeout']);
    expect(fixture.door.sessions.size).toBe(0);
  });

  it('counts only whole lines as a sign of life', async () => {
    const fixture = makeFixture();
    const wire = await attachedConsole(fixture);
    fixture.now += 1000;
    await wire.sendBytes(consoleFrames(['ping']).subarray(0, 7));
    expect(wire.connection.lastActive).toBe(1_000_000);
    await wire.sendBytes(consoleFrames(['ping']).subarray(7));
    expect(wire.connection.lastActive).toBe(1_001_000);
  });

  it('closes the session when the transport goes, in the middle of a command too', async () => {
    const fixture = makeFixture();
    const wire = await attachedConsole(fixture);
    fixture.holdsWrites = true;
    await wire.say('echo /queen/ctl {}');
    wire.connection.closed();
    wire.connection.closed();
    expect(fixture.door.sessions.size).toBe(0);
    fixture.submitted[0]?.done({ ok: true, value: undefined });
    expect(await wire.take()).toEqual([]);
  });

  it('answers why, when the hive has ended the session', async () => {
    const fixture = makeFixture();
    const wire = await attachedConsole(fixture, { expiresMs: 1_060_000 });
    fixture.now = 1_060_000;
    fixture.door.closeExpired(fixture.now);
    expect(await wire.say('ls /', 'ping')).toEqual([
      'ERR LS reason=quota detail=expired path=/ error=EKEYEXPIRED',
      'OK PING reply=pong',
    ]);
  });
});
