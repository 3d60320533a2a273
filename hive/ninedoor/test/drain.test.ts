// A session that drains, at each door: what it has open goes on, nothing new begins, and with the last of it the session ends.

import { describe, expect, it } from 'vitest';
import { PathSession } from '../src/path-session.ts';
import { attached, attachedConsole, type Fixture, makeFixture, settled } from './fixture.ts';

/** Drains the one session there is; its state afterwards. */
function drain(fixture: Fixture): string {
  const [id = ''] = fixture.door.sessions.keys();
  fixture.door.drain(id);
  return fixture.door.sessions.get(id)?.state ?? 'gone';
}

const EPIPE = 'ecode 32';

describe('over 9P', () => {
  it('open files are read and streams written; opens and control lines are refused', () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    wire.say(
      "Twalk tag 2 fid 1 newfid 2 'proc' 'boot'",
      'Tlopen tag 2 fid 2 flags 0',
      "Twalk tag 2 fid 1 newfid 3 'queen' 'ctl'",
      'Tlopen tag 2 fid 3 flags 1',
      "Twalk tag 2 fid 1 newfid 4 'log' 'queen.log'",
      'Tlopen tag 2 fid 4 flags 1',
      "Twalk tag 2 fid 1 newfid 5 'proc'",
    );
    expect(drain(fixture)).toBe('DRAINING');
    expect(wire.say('Tread tag 2 fid 2 offset 0 count 99')[0]).toMatch(/^Rread /);
    expect(wire.say("Twrite tag 2 fid 4 offset 0 count 2 'a\\n'")[0]).toMatch(/^Rwrite /);
    expect(wire.say("Twrite tag 2 fid 3 offset 0 count 2 '{}'")[0]).toContain(EPIPE);
    expect(wire.say('Tlopen tag 2 fid 5 flags 0')[0]).toContain(EPIPE);
    expect(fixture.submitted).toEqual([]);
    wire.say('Tclunk tag 2 fid 2', 'Tclunk tag 2 fid 3');
    expect(fixture.door.sessions.size).toBe(1);
    wire.say('Tclunk tag 2 fid 4');
    expect(fixture.door.sessions.size).toBe(0);
    expect(wire.say('Tgetattr tag 2 fid 1 request_mask 2047')[0]).toContain(EPIPE);
    expect(fixture.door.pressure.counts).toEqual({ busy: 0, quota: 0, cut: 3, policy: 0 });
  });

  it('a write that waits for the journal is answered before the session ends', () => {
    const fixture = makeFixture();
    fixture.holdsWrites = true;
    const wire = attached(fixture);
    wire.say("Twalk tag 2 fid 1 newfid 3 'queen' 'ctl'", 'Tlopen tag 2 fid 3 flags 1');
    wire.say("Twrite tag 2 fid 3 offset 0 count 2 '{}'", 'Tclunk tag 3 fid 3');
    expect(drain(fixture)).toBe('DRAINING');
    fixture.submitted[0]?.done({ ok: true, value: undefined });
    expect(fixture.door.sessions.size).toBe(0);
    return settled().then(() => expect(wire.take()).toEqual(['Rwrite tag 2 count 2']));
  });

  it('a write that waits for the journal is answered although its ticket was revoked meanwhile: it was decided before', () => {
    const fixture = makeFixture();
    fixture.holdsWrites = true;
    const wire = attached(fixture);
    wire.say("Twalk tag 2 fid 1 newfid 3 'queen' 'ctl'", 'Tlopen tag 2 fid 3 flags 1');
    wire.say("Twrite tag 2 fid 3 offset 0 count 2 '{}'");
    fixture.door.closeWhere(() => true, { code: 'revoked', detail: 'gone' });
    expect(wire.say("Twrite tag 3 fid 3 offset 0 count 2 '{}'")).toEqual(['Rlerror tag 3 ecode 128']);
    fixture.submitted[0]?.done({ ok: true, value: undefined });
    return settled().then(() => expect(wire.take()).toEqual(['Rwrite tag 2 count 2']));
  });

  it('with nothing open it ends at once, and a second drain does nothing', () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    expect(drain(fixture)).toBe('gone');
    expect(drain(fixture)).toBe('gone');
    expect(wire.say("Twalk tag 2 fid 1 newfid 2 'proc'")[0]).toContain(EPIPE);
    expect(fixture.queens).toEqual([{ kind: 'attached' }, { kind: 'ended', how: 'closed' }]);
  });
});

it('over the console a follow goes on until it is stopped', async () => {
  const fixture = makeFixture();
  const wire = await attachedConsole(fixture);
  await wire.say('follow /log/queen.log');
  expect(drain(fixture)).toBe('DRAINING');
  expect(await wire.say('cat /proc/boot')).toEqual(['ERR CAT reason=cut detail=closed path=/proc/boot error=EPIPE']);
  fixture.ring.append(Buffer.from('still here\n'));
  expect(await wire.take()).toEqual(['still here']);
  await wire.say('stop');
  expect(fixture.door.sessions.size).toBe(0);
});

it('in this process too, and the state is shown to others', async () => {
  const fixture = makeFixture();
  const open = (): PathSession => {
    const request = { role: undefined, subject: undefined, door: 'in-process', peer: 'test' } as const;
    const session = fixture.door.attach({ ...request, token: fixture.token() });
    if (!session.ok) throw new Error(session.refusal.code);
    return new PathSession(fixture.door, session.value);
  };
  const [first, second] = [open(), open()];
  const text = async (path: string): Promise<string> => {
    const read = await second.read(path, 999);
    return read.ok ? Buffer.from(read.value).toString() : read.refusal.code;
  };
  const follow = await first.follow('/log/queen.log', undefined);
  expect(drain(fixture)).toBe('DRAINING');
  expect(await text('/proc/9p/session/1/state')).toBe('state=DRAINING\n');
  expect(await text('/proc/9p/session/active')).toBe('active=1 draining=1\n');
  expect(await text('/proc/9p/session/all')).toBe(
    ['DRAINING', 'ACTIVE']
      .map((state, index) => {
        const { ticket } = [first, second][index]?.session.principal ?? {};
        return `id=${index + 1} role=queen subject=queen door=in-process state=${state} since_ms=1000000 expires_ms=none ticket=${ticket}\n`;
      })
      .join(''),
  );
  if (follow.ok) follow.value.stop();
  expect(await text('/proc/9p/session/1/state')).toBe('invalid-path');
  expect((await first.ping()).ok).toBe(false);
});
