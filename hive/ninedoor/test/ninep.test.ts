// 9P2000.L on one connection: set-up, walks, and what a scoped ticket may do.

import { describe, expect, it } from 'vitest';
import { attached, attachText, connect, makeFixture, VERSION } from './fixture.ts';

describe('session set-up', () => {
  it('negotiates down to what the manifest allows', () => {
    const wire = connect(makeFixture());
    expect(wire.say("Tversion tag NOTAG msize 131072 version '9P2000.L'")).toEqual([
      "Rversion tag NOTAG msize 8192 version '9P2000.L'",
    ]);
  });

  it.each(['9P2000', '9P2000.u', '9P2000.L.junk', ''])('answers unknown to version %j', (version) => {
    const wire = connect(makeFixture());
    expect(wire.say(`Tversion tag NOTAG msize 8192 version '${version}'`)).toEqual([
      "Rversion tag NOTAG msize 8192 version 'unknown'",
    ]);
    expect(wire.say('Tclunk tag 1 fid 1')).toEqual(['Rlerror tag 1 ecode 71']);
  });

  it.each([0, 1, 23, 24, 255, 511])('refuses msize %d', (msize) => {
    const wire = connect(makeFixture());
    expect(wire.say(`Tversion tag NOTAG msize ${msize} version '9P2000.L'`)).toEqual(['Rlerror tag NOTAG ecode 90']);
  });

  it('wants Tversion first, and a ticket to attach', () => {
    const wire = connect(makeFixture());
    const attach = "Tattach tag 1 fid 1 afid NOFID uname 'queen' aname '' n_uname NONUNAME";
    expect(wire.say(attach)).toEqual(['Rlerror tag 1 ecode 71']);
    expect(wire.say(VERSION, attach)[1]).toBe('Rlerror tag 1 ecode 1');
  });

  it('compares what the client claims to be with the ticket', () => {
    const fixture = makeFixture();
    const attach = (uname: string): string | undefined =>
      connect(fixture).say(
        VERSION,
        `Tattach tag 1 fid 1 afid NOFID uname '${uname}' aname '${fixture.token()}' n_uname 0`,
      )[1];
    for (const uname of ['queen', 'queen:queen', 'root', '']) expect(attach(uname)).toMatch(/^Rattach/);
    for (const uname of ['worker-gpu', 'queen:mallory']) expect(attach(uname)).toBe('Rlerror tag 1 ecode 1');
  });

  it('takes a subject with colons whole', () => {
    const fixture = makeFixture();
    const attach = (uname: string): string | undefined =>
      connect(fixture).say(
        VERSION,
        attachText(fixture.token({ subject: 'oidc:ann' })).replace("uname ''", `uname '${uname}'`),
      )[1];
    expect(attach('queen:oidc:ann')).toMatch(/^Rattach/);
    for (const uname of ['queen:oidc', 'queen:oidc:bob']) expect(attach(uname)).toBe('Rlerror tag 1 ecode 1');
  });

  it('takes no afid, no fid in use, and answers Tauth like servers without authentication', () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    const attach = (fid: string, afid: string): string[] =>
      wire.say(`Tattach tag 1 fid ${fid} afid ${afid} uname '' aname '${fixture.token()}' n_uname 0`);
    expect(attach('1', 'NOFID')).toEqual(['Rlerror tag 1 ecode 9']);
    expect(attach('2', '7')).toEqual(['Rlerror tag 1 ecode 9']);
    expect(attach('NOFID', 'NOFID')).toEqual(['Rlerror tag 1 ecode 9']);
    expect(attach('2', 'NOFID')[0]).toMatch(/^Rattach/);
    expect(wire.say("Tauth tag 1 afid 9 uname '' aname '' n_uname 0")).toEqual(['Rlerror tag 1 ecode 2']);
  });

  it('keeps places for clients: at most sessions_max, workers of the hive not counted', () => {
    const fixture = makeFixture((m) => ({ ...m, secure9p: { ...m.secure9p, sessions_max: 2 } }));
    const attach = (door: '9p' | 'in-process'): boolean =>
      fixture.door.attach({ role: undefined, subject: undefined, token: fixture.token(), door, peer: door }).ok;
    expect([attach('in-process'), attach('9p'), attach('9p'), attach('9p'), attach('in-process')]).toEqual([
      true,
      true,
      true,
      false,
      true,
    ]);
    fixture.door.closeWhere(({ door }) => door === '9p', { code: 'closed', detail: '' });
    expect(attach('9p')).toBe(true);
  });

  it('starts over at Tversion: fids are gone, the session is closed', () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    expect(fixture.door.sessions.size).toBe(1);
    wire.say(VERSION);
    expect(fixture.door.sessions.size).toBe(0);
    expect(wire.say('Tgetattr tag 2 fid 1 request_mask 0x7ff')).toEqual(['Rlerror tag 2 ecode 9']);
  });

  it('ends a session when neither its root fid nor another of its fids is left, not before', () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    const getattr = (fid: number): string => wire.say(`Tgetattr tag 2 fid ${fid} request_mask 0x7ff`)[0] ?? '';
    wire.say('Twalk tag 2 fid 1 newfid 2', 'Tclunk tag 2 fid 2');
    expect(fixture.door.sessions.size, 'the root fid is left').toBe(1);
    wire.say('Twalk tag 2 fid 1 newfid 2', 'Twalk tag 2 fid 1 newfid 3', 'Tclunk tag 2 fid 1');
    expect(getattr(2)).toMatch(/^Rgetattr/);
    wire.say('Tclunk tag 2 fid 2');
    expect(getattr(3)).toMatch(/^Rgetattr/);
    wire.say('Tremove tag 2 fid 3');
    expect(fixture.door.sessions.size).toBe(0);
    expect(fixture.audit).toContain('audit session.detach sid=1 reason=closed how=quit');
  });

  it('makes room for another attach when a session of the connection has ended', () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    const attach = (fid: number): string => wire.say(attachText(fixture.token(), fid))[0] ?? '';
    for (let fid = 2; fid <= 64; fid++) expect(attach(fid)).toMatch(/^Rattach/);
    expect(attach(65)).toBe('Rlerror tag 1 ecode 24');
    wire.say('Tclunk tag 2 fid 7');
    expect(attach(65)).toMatch(/^Rattach/);
  });

  it('closes its sessions when the connection goes away', () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    wire.connection.closed();
    expect(fixture.door.sessions.size).toBe(0);
    expect(fixture.audit.at(-1)).toBe('audit session.detach sid=1 reason=closed how=eof');
  });
});

describe('walk', () => {
  it('answers a qid a name, clones with none, and makes no fid when a name is missing', () => {
    const wire = attached(makeFixture());
    expect(wire.say("Twalk tag 2 fid 1 newfid 2 'proc' 'boot'")[0]).toMatch(/^Rwalk tag 2 \(d.*\) \(-.*\)$/);
    expect(wire.say('Twalk tag 2 fid 1 newfid 3')).toEqual(['Rwalk tag 2']);
    expect(wire.say("Twalk tag 2 fid 1 newfid 4 'proc' 'nope'")[0]).toMatch(/^Rwalk tag 2 \(d[^)]*\)$/);
    expect(wire.say('Tclunk tag 2 fid 4')).toEqual(['Rlerror tag 2 ecode 9']);
    expect(wire.say("Twalk tag 2 fid 1 newfid 4 'nope' 'boot'")).toEqual(['Rlerror tag 2 ecode 2']);
  });

  it('refuses fids that are unknown, in use or open files; walks from an open directory to a new fid', () => {
    const wire = attached(makeFixture());
    wire.say("Twalk tag 2 fid 1 newfid 2 'proc' 'boot'", 'Tlopen tag 3 fid 2 flags 0');
    expect(wire.say("Twalk tag 2 fid 7 newfid 3 'proc'")).toEqual(['Rlerror tag 2 ecode 9']);
    expect(wire.say("Twalk tag 2 fid 1 newfid 2 'proc'")).toEqual(['Rlerror tag 2 ecode 9']);
    expect(wire.say('Twalk tag 2 fid 2 newfid 3')).toEqual(['Rlerror tag 2 ecode 9']);
    wire.say('Twalk tag 2 fid 1 newfid 4', 'Tlopen tag 3 fid 4 flags 0');
    expect(wire.say("Twalk tag 2 fid 4 newfid 5 'proc'")[0]).toMatch(/^Rwalk/);
    expect(wire.say("Twalk tag 2 fid 4 newfid 4 'proc'")).toEqual(['Rlerror tag 2 ecode 9']);
  });

  it('goes at most eight deep; protocol abuse is another matter', () => {
    const wire = attached(makeFixture());
    const names = (count: number): string => Array.from({ length: count }, () => "'x'").join(' ');
    expect(wire.say(`Twalk tag 2 fid 1 newfid 2 ${names(9)}`)).toEqual(['Rlerror tag 2 ecode 2']);
    expect(wire.say(`Twalk tag 2 fid 1 newfid 2 ${names(17)}`)).toEqual(['Rlerror tag 2 ecode 90']);
  });

  it('counts and explains a walk that ends half-way like any refusal', () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    expect(wire.say("Twalk tag 2 fid 1 newfid 4 'proc' 'hidden'")[0]).toMatch(/^Rwalk/);
    expect(fixture.door.pressure.counts.policy).toBe(1);
    expect([...fixture.door.sessions.values()][0]?.lastRefusal?.path).toBe('/proc/hidden');
  });

  it.each(["'..'", "'.'", "''", "'a/b'"])('refuses the name %s', (name) => {
    const wire = attached(makeFixture());
    expect(wire.say(`Twalk tag 2 fid 1 newfid 2 ${name}`)).toEqual(['Rlerror tag 2 ecode 2']);
  });

  it('takes a bound name only while it exists', () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    expect(wire.say("Twalk tag 2 fid 1 newfid 2 'worker' 'worker-1' 'telemetry'")[0]).toMatch(/^Rwalk/);
    fixture.workers.delete('worker-1');
    expect(wire.say("Twalk tag 2 fid 1 newfid 3 'worker' 'worker-1' 'telemetry'")[0]).not.toMatch(/\(a/);
  });

  it('keeps at most fids_per_session fids', () => {
    const wire = attached(makeFixture((m) => ({ ...m, secure9p: { ...m.secure9p, fids_per_session: 3 } })));
    expect(wire.say('Twalk tag 2 fid 1 newfid 2', 'Twalk tag 2 fid 1 newfid 3', 'Twalk tag 2 fid 1 newfid 4')).toEqual([
      'Rwalk tag 2',
      'Rwalk tag 2',
      'Rlerror tag 2 ecode 24',
    ]);
  });
});

describe('a scoped ticket', () => {
  const scopes = [{ path: '/log', verbs: 'read', ratePerS: 0 }] as const;

  it('sees what it may reach and the way there, nothing else', () => {
    const wire = attached(makeFixture(), { scopes });
    wire.say('Twalk tag 2 fid 1 newfid 2', 'Tlopen tag 2 fid 2 flags 0');
    const [listing] = wire.say('Treaddir tag 2 fid 2 offset 0 count 8000');
    expect(listing).toBe('Rreaddir tag 2 log proc');
    expect(wire.say("Twalk tag 2 fid 1 newfid 3 'queen'")).toEqual(['Rlerror tag 2 ecode 2']);
    expect(wire.say("Twalk tag 2 fid 1 newfid 3 'nothing'")).toEqual(['Rlerror tag 2 ecode 2']);
  });

  it('may not write where it may only read', () => {
    const wire = attached(makeFixture(), { scopes });
    wire.say("Twalk tag 2 fid 1 newfid 3 'log' 'queen.log'");
    expect(wire.say('Tlopen tag 2 fid 3 flags 1')).toEqual(['Rlerror tag 2 ecode 1']);
  });

  it('always sees itself', () => {
    const wire = attached(makeFixture(), { scopes });
    wire.say("Twalk tag 2 fid 1 newfid 3 'proc' 'self' 'session'", 'Tlopen tag 2 fid 3 flags 0');
    expect(wire.say('Tread tag 2 fid 3 offset 0 count 500')[0]).toContain('role=queen subject=queen');
  });

  it('is metered over reconnects: the bucket is the ticket’s', () => {
    const fixture = makeFixture();
    const token = fixture.token({ quotas: { operationsBurst: 4 } });
    const attach = attachText(token);
    const walks = ['Twalk tag 2 fid 1 newfid 2', 'Twalk tag 2 fid 1 newfid 3'];
    for (let round = 0; round < 2; round++)
      expect(
        connect(fixture)
          .say(VERSION, attach, ...walks)
          .at(-1),
      ).toBe('Rwalk tag 2');
    expect(
      connect(fixture)
        .say(VERSION, attach, ...walks)
        .at(-1),
    ).toBe('Rlerror tag 2 ecode 122');
    expect(fixture.door.pressure.counts.quota).toBe(2);
  });

  it('lists as much of a directory as its bandwidth allows, and pays an operation for it', () => {
    const fixture = makeFixture();
    fixture.workers = new Set(Array.from({ length: 50 }, (_, index) => `worker-${index}`));
    const wire = attached(fixture, { quotas: { bandwidthBurst: 200, operationsBurst: 5 } });
    const readdir = (offset: number): string => wire.say(`Treaddir tag 2 fid 2 offset ${offset} count 8000`)[0] ?? '';
    wire.say("Twalk tag 2 fid 1 newfid 2 'worker'", 'Tlopen tag 2 fid 2 flags 0');
    const first = readdir(0).match(/worker-\d+/g) ?? [];
    expect(first.length, 'entries of 33 bytes in 200').toBe(6);
    expect(readdir(6), 'two bytes are left').toBe('Rlerror tag 2 ecode 122');
    const other = attached(fixture, { quotas: { operationsBurst: 3 } });
    const answers = other.say(
      "Twalk tag 2 fid 1 newfid 2 'worker'",
      'Tlopen tag 2 fid 2 flags 0',
      'Treaddir tag 2 fid 2 offset 0 count 200',
      'Treaddir tag 2 fid 2 offset 0 count 200',
    );
    expect(answers[2]).toMatch(/^Rreaddir/);
    expect(answers[3]).toBe('Rlerror tag 2 ecode 122');
  });

  it('is refused within its rate, and served again a second later', () => {
    const fixture = makeFixture();
    const wire = attached(fixture, { scopes: [{ path: '/proc', verbs: 'read', ratePerS: 2 }] });
    wire.say("Twalk tag 2 fid 1 newfid 2 'proc' 'boot'", 'Tlopen tag 2 fid 2 flags 0');
    const read = 'Tread tag 2 fid 2 offset 0 count 5';
    expect(wire.say(read, read)).toEqual(["Rread tag 2 count 5 'Cohes'", 'Rlerror tag 2 ecode 11']);
    fixture.now += 1000;
    expect(wire.say(read)).toEqual(["Rread tag 2 count 5 'Cohes'"]);
  });
});
