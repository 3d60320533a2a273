import { refuse } from '@cohesix/wire';
import { describe, expect, it } from 'vitest';
import { attached, connect, framesOf, makeFixture, settled } from './fixture.ts';

const VERSION = "Tversion tag NOTAG msize 8192 version '9P2000.L'";

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

  it('closes its sessions when the connection goes away', () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    wire.connection.closed();
    expect(fixture.door.sessions.size).toBe(0);
    expect(fixture.audit.at(-1)).toMatch(/^audit session.detach sid=1/);
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
    const attach = `Tattach tag 1 fid 1 afid NOFID uname '' aname '${token}' n_uname 0`;
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

describe('open, read and attributes', () => {
  it('shows a view as it was at open', () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    wire.say("Twalk tag 2 fid 1 newfid 2 'proc' 'boot'", 'Tlopen tag 2 fid 2 flags 0');
    fixture.view = 'changed\n';
    expect(wire.say('Tread tag 2 fid 2 offset 0 count 99')).toEqual(["Rread tag 2 count 13 'Cohesix boot\\n'"]);
  });

  it.each([
    ['0', 5, "Rread tag 2 count 5 'Cohes'"],
    ['8', 8168, "Rread tag 2 count 5 'boot\\n'"],
    ['0', 0, "Rread tag 2 count 0 ''"],
    ['13', 9, "Rread tag 2 count 0 ''"],
    ['9007199254740992', 9, "Rread tag 2 count 0 ''"],
    ['18446744073709551615', 4294967295, "Rread tag 2 count 0 ''"],
    ['0', 4294967295, "Rread tag 2 count 13 'Cohesix boot\\n'"],
  ])('reads offset %s count %d', (offset, count, answer) => {
    const wire = attached(makeFixture());
    wire.say("Twalk tag 2 fid 1 newfid 2 'proc' 'boot'", 'Tlopen tag 2 fid 2 flags 0');
    expect(wire.say(`Tread tag 2 fid 2 offset ${offset} count ${count}`)).toEqual([answer]);
  });

  it('refuses reads and writes that the open does not allow', () => {
    const wire = attached(makeFixture());
    wire.say(
      "Twalk tag 2 fid 1 newfid 2 'proc' 'boot'",
      "Twalk tag 2 fid 1 newfid 3 'queen' 'ctl'",
      'Twalk tag 2 fid 1 newfid 4',
    );
    expect(wire.say('Tread tag 2 fid 2 offset 0 count 9')).toEqual(['Rlerror tag 2 ecode 9']);
    expect(wire.say('Tlopen tag 2 fid 2 flags 1')).toEqual(['Rlerror tag 2 ecode 1']);
    expect(wire.say('Tlopen tag 2 fid 2 flags 0', 'Tlopen tag 2 fid 2 flags 0')[1]).toBe('Rlerror tag 2 ecode 9');
    expect(wire.say("Twrite tag 2 fid 2 offset 0 count 1 'x'")).toEqual(['Rlerror tag 2 ecode 9']);
    expect(wire.say('Tlopen tag 2 fid 3 flags 1')[0]).toMatch(/^Rlopen/);
    expect(wire.say('Tread tag 2 fid 3 offset 0 count 9')).toEqual(['Rlerror tag 2 ecode 9']);
    expect(wire.say('Tlopen tag 2 fid 4 flags 1')).toEqual(['Rlerror tag 2 ecode 21']);
    expect(wire.say('Tlopen tag 2 fid 4 flags 0')[0]).toMatch(/^Rlopen/);
    expect(wire.say('Tread tag 2 fid 4 offset 0 count 9')).toEqual(['Rlerror tag 2 ecode 21']);
    expect(wire.say('Treaddir tag 2 fid 2 offset 0 count 99')).toEqual(['Rlerror tag 2 ecode 20']);
  });

  it('opens with the flags the Linux client really sends', () => {
    const wire = attached(makeFixture());
    wire.say("Twalk tag 2 fid 1 newfid 2 'queen' 'ctl'", "Twalk tag 2 fid 1 newfid 3 'proc'");
    expect(wire.say('Tlopen tag 2 fid 2 flags 0102101')[0]).toMatch(/^Rlopen/);
    expect(wire.say('Tlopen tag 2 fid 3 flags 0304000')[0]).toMatch(/^Rlopen/);
    expect(wire.say('Twalk tag 2 fid 1 newfid 4', 'Tlopen tag 2 fid 4 flags 0200000')[1]).toMatch(/^Rlopen/);
    expect(wire.say("Twalk tag 2 fid 1 newfid 5 'queen' 'ctl'", 'Tlopen tag 2 fid 5 flags 0200000')[1]).toBe(
      'Rlerror tag 2 ecode 20',
    );
  });

  it('pages a directory, survives forged cookies, and says when a count holds no entry', () => {
    const fixture = makeFixture();
    fixture.workers = new Set(Array.from({ length: 50 }, (_, index) => `worker-${index}`));
    const wire = attached(fixture);
    wire.say("Twalk tag 2 fid 1 newfid 2 'worker'", 'Tlopen tag 2 fid 2 flags 0');
    const first = wire.say('Treaddir tag 2 fid 2 offset 0 count 200')[0] ?? '';
    expect(first.match(/worker-\d+/g)).toEqual([
      'worker-0',
      'worker-1',
      'worker-10',
      'worker-11',
      'worker-12',
      'worker-13',
    ]);
    expect(wire.say('Treaddir tag 2 fid 2 offset 49 count 200')[0]).toContain('worker-9');
    for (const cookie of ['50', '51', '9007199254740993', '18446744073709551615']) {
      expect(wire.say(`Treaddir tag 2 fid 2 offset ${cookie} count 200`)[0]).toBe('Rreaddir tag 2');
    }
    expect(wire.say('Treaddir tag 2 fid 2 offset 0 count 10')).toEqual(['Rlerror tag 2 ecode 22']);
    fixture.workers.clear();
    expect(wire.say('Treaddir tag 2 fid 2 offset 0 count 200')[0]).toBe('Rreaddir tag 2');
  });

  it('accepts truncation of a control file and refuses other attribute changes', () => {
    const wire = attached(makeFixture());
    wire.say("Twalk tag 2 fid 1 newfid 2 'queen' 'ctl'", "Twalk tag 2 fid 1 newfid 3 'proc' 'boot'");
    const setattr = (fid: number, valid: string, size: number): string[] =>
      wire.say(
        `Tsetattr tag 2 fid ${fid} valid ${valid} mode 0 uid 0 gid 0 size ${size} atime_sec 0 atime_nsec 0 mtime_sec 0 mtime_nsec 0`,
      );
    expect(setattr(2, '0x68', 0)).toEqual(['Rsetattr tag 2']);
    expect(setattr(2, '0x68', 1)).toEqual(['Rlerror tag 2 ecode 1']);
    expect(setattr(2, '0x1', 0)).toEqual(['Rlerror tag 2 ecode 1']);
    expect(setattr(3, '0x68', 0)).toEqual(['Rlerror tag 2 ecode 1']);
  });

  it.each([
    ["Tlcreate tag 2 fid 1 name 'x' flags 0 mode 0 gid 0", 1],
    ["Tmkdir tag 2 dfid 1 name 'x' mode 0 gid 0", 1],
    ["Tunlinkat tag 2 dirfd 1 name 'x' flags 0", 1],
    ["Trenameat tag 2 olddirfid 1 oldname 'x' newdirfid 1 newname 'y'", 95],
    ["Trename tag 2 fid 1 dfid 1 name 'x'", 1],
    ["Txattrwalk tag 2 fid 1 newfid 2 name 'security.capability'", 95],
    ["Tsymlink tag 2 fid 1 name 'x' symtgt 'y' gid 0", 1],
    ["Tlink tag 2 dfid 1 fid 1 name 'x'", 1],
    ["Tmknod tag 2 dfid 1 name 'x' mode 0 major 0 minor 0 gid 0", 1],
    ['Treadlink tag 2 fid 1', 22],
    ["Tlock tag 2 fid 1 type 0 flags 0 start 0 length 0 proc_id 1 client_id 'x'", 95],
    ["Tgetlock tag 2 fid 1 type 0 start 0 length 0 proc_id 1 client_id 'x'", 95],
  ])('answers %s with errno %d', (message, errno) => {
    expect(attached(makeFixture()).say(message)).toEqual([`Rlerror tag 2 ecode ${errno}`]);
  });

  it('clunks at Tremove although it refuses, and answers statfs and fsync', () => {
    const wire = attached(makeFixture());
    wire.say("Twalk tag 2 fid 1 newfid 2 'proc' 'boot'");
    expect(wire.say('Tstatfs tag 2 fid 2')[0]).toMatch(/^Rstatfs tag 2 type 0x1021997/);
    expect(wire.say('Tfsync tag 2 fid 2 datasync 0')).toEqual(['Rfsync tag 2']);
    expect(wire.say('Tremove tag 2 fid 2', 'Tclunk tag 2 fid 2')).toEqual([
      'Rlerror tag 2 ecode 1',
      'Rlerror tag 2 ecode 9',
    ]);
  });
});

describe('write', () => {
  const open = ["Twalk tag 2 fid 1 newfid 2 'queen' 'ctl'", 'Tlopen tag 2 fid 2 flags 0102101'];

  it('takes several lines in one message, at any offset, and says who wrote', () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    wire.say(...open);
    expect(wire.say("Twrite tag 3 fid 2 offset 18446744073709551615 count 8 'one\\ntwo\\n'")).toEqual([
      'Rwrite tag 3 count 8',
    ]);
    expect(fixture.submitted).toMatchObject([{ path: '/queen/ctl', lines: ['one', 'two'], who: { subject: 'queen' } }]);
  });

  it('answers a refusal with its errno, counts it, and tells the sentence in /proc/self/refusal', () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    wire.say(...open);
    fixture.verdict = refuse('needs-approval', 'Rule queen-ctl asks for approval.');
    expect(wire.say("Twrite tag 3 fid 2 offset 0 count 2 'x\\n'")).toEqual(['Rlerror tag 3 ecode 126']);
    expect(fixture.door.pressure.counts.policy).toBe(1);
    wire.say("Twalk tag 2 fid 1 newfid 9 'proc' 'self' 'refusal'", 'Tlopen tag 2 fid 9 flags 0');
    expect(wire.say('Tread tag 2 fid 9 offset 0 count 200')[0]).toContain(
      'code=needs-approval path=/queen/ctl detail=Rule queen-ctl asks for approval.',
    );
  });

  it('answers only when durable; other requests go on meanwhile', async () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    wire.say(...open);
    fixture.holdsWrites = true;
    expect(
      wire.say("Twrite tag 3 fid 2 offset 0 count 2 'a\\n'", 'Tgetattr tag 4 fid 1 request_mask 0x7ff')[0],
    ).toMatch(/^Rgetattr tag 4/);
    expect(wire.say('Tgetattr tag 3 fid 1 request_mask 0x7ff')).toEqual(['Rlerror tag 3 ecode 71']);
    fixture.submitted[0]?.done({ ok: true, value: undefined });
    await settled();
    expect(wire.take()).toEqual(['Rwrite tag 3 count 2']);
  });

  it('answers Tflush of a decided write after the write itself, every Tflush once', async () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    wire.say(...open);
    fixture.holdsWrites = true;
    expect(
      wire.say("Twrite tag 3 fid 2 offset 0 count 2 'a\\n'", 'Tflush tag 4 oldtag 3', 'Tflush tag 5 oldtag 3'),
    ).toEqual([]);
    fixture.submitted[0]?.done({ ok: true, value: undefined });
    await settled();
    expect(wire.take()).toEqual(['Rwrite tag 3 count 2', 'Rflush tag 4', 'Rflush tag 5']);
  });

  it('answers Tflush of unknown tags, of itself and of another flush at once', () => {
    const wire = attached(makeFixture());
    expect(wire.say('Tflush tag 3 oldtag 99', 'Tflush tag 4 oldtag 4', 'Tflush tag 5 oldtag 3')).toEqual([
      'Rflush tag 3',
      'Rflush tag 4',
      'Rflush tag 5',
    ]);
  });

  it('holds at most tags_per_session requests, whatever their tags', () => {
    const fixture = makeFixture((m) => ({ ...m, secure9p: { ...m.secure9p, tags_per_session: 2 } }));
    const wire = attached(fixture);
    wire.say(...open);
    fixture.holdsWrites = true;
    const write = (tag: number): string => `Twrite tag ${tag} fid 2 offset 0 count 2 'a\\n'`;
    expect(wire.say(write(3), write(4), write(5))).toEqual(['Rlerror tag 5 ecode 24']);
    expect(fixture.submitted.length).toBe(2);
  });

  it('forgets a durable write whose connection is gone', () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    wire.say(...open);
    fixture.holdsWrites = true;
    wire.say("Twrite tag 3 fid 2 offset 0 count 2 'a\\n'");
    wire.connection.closed();
    expect(() => fixture.submitted[0]?.done({ ok: true, value: undefined })).not.toThrow();
    expect(wire.take()).toEqual([]);
  });

  it('is still answered after the client has stopped sending', async () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    wire.say(...open);
    fixture.holdsWrites = true;
    wire.say("Twrite tag 3 fid 2 offset 0 count 2 'a\\n'");
    wire.connection.inputEnded();
    expect(wire.sink.isEnded).toBe(false);
    fixture.submitted[0]?.done({ ok: true, value: undefined });
    await settled();
    expect(wire.take()).toEqual(['Rwrite tag 3 count 2']);
    expect(wire.sink.isEnded).toBe(true);
  });

  it.each([
    ["x'fffe0a'", 22],
    [`'${'x\\n'.repeat(17)}'`, 90],
  ])('refuses lines that are not lines: %s', (data, errno) => {
    const wire = attached(makeFixture());
    wire.say(...open);
    const count = data.startsWith('x') ? 3 : 34;
    expect(wire.say(`Twrite tag 3 fid 2 offset 0 count ${count} ${data}`)).toEqual([`Rlerror tag 3 ecode ${errno}`]);
  });
});

describe('follow', () => {
  const follow = ["Twalk tag 2 fid 1 newfid 2 'log' 'queen.log'", 'Tlopen tag 2 fid 2 flags 020000000000'];
  const line = new TextEncoder().encode('a line\n');

  it('waits at the end and answers what is appended', async () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    wire.say(...follow);
    expect(wire.say('Tread tag 3 fid 2 offset 0 count 99')).toEqual([]);
    fixture.ring.append(line);
    await settled();
    expect(wire.take()).toEqual(["Rread tag 3 count 7 'a line\\n'"]);
    expect(fixture.ring.listenerCount).toBe(0);
  });

  it('without the follow flag the end is the end', () => {
    const wire = attached(makeFixture());
    wire.say("Twalk tag 2 fid 1 newfid 2 'log' 'queen.log'", 'Tlopen tag 2 fid 2 flags 0');
    expect(wire.say('Tread tag 3 fid 2 offset 0 count 99')).toEqual(["Rread tag 3 count 0 ''"]);
  });

  it('hears of an append after whoever appended was answered', async () => {
    const wire = attached(makeFixture());
    wire.say(...follow, "Twalk tag 4 fid 1 newfid 4 'log' 'queen.log'", 'Tlopen tag 4 fid 4 flags 1');
    wire.say('Tread tag 3 fid 2 offset 0 count 99');
    expect(wire.say("Twrite tag 4 fid 4 offset 0 count 3 'hi\\n'")).toEqual(['Rwrite tag 4 count 3']);
    await settled();
    expect(wire.take()).toEqual(["Rread tag 3 count 3 'hi\\n'"]);
  });

  it('ends at Tflush without an answer of its own, and the tag is free again', () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    wire.say(...follow, 'Tread tag 3 fid 2 offset 0 count 99');
    expect(wire.say('Tflush tag 4 oldtag 3')).toEqual(['Rflush tag 4']);
    expect(fixture.ring.listenerCount).toBe(0);
    expect(wire.say('Tgetattr tag 3 fid 1 request_mask 0x7ff')[0]).toMatch(/^Rgetattr tag 3/);
  });

  it('ends at Tclunk with an error for the read, before Rclunk', () => {
    const wire = attached(makeFixture());
    wire.say(...follow, 'Tread tag 3 fid 2 offset 0 count 99');
    expect(wire.say('Tclunk tag 4 fid 2')).toEqual(['Rlerror tag 3 ecode 125', 'Rclunk tag 4']);
  });

  it('ends when the ticket is revoked; later operations say why', async () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    wire.say(...follow, 'Tread tag 3 fid 2 offset 0 count 99');
    fixture.door.closeWhere(() => true, { code: 'revoked', detail: 'gone' });
    await settled();
    expect(wire.take()).toEqual(['Rlerror tag 3 ecode 128']);
    expect(wire.say('Tgetattr tag 3 fid 1 request_mask 0x7ff')).toEqual(['Rlerror tag 3 ecode 128']);
    expect(wire.say('Tclunk tag 3 fid 1')).toEqual(['Rclunk tag 3']);
  });

  it('ends when the stream is gone', async () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    wire.say(...follow, 'Tread tag 3 fid 2 offset 0 count 99');
    fixture.door.follows.end(fixture.ring);
    await settled();
    expect(wire.take()).toEqual(['Rlerror tag 3 ecode 116']);
    expect(wire.say('Tread tag 3 fid 2 offset 0 count 99')).toEqual(['Rlerror tag 3 ecode 116']);
  });

  it('leaves no listener behind when the connection ends', () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    wire.say(...follow, 'Tread tag 3 fid 2 offset 0 count 99');
    wire.connection.closed();
    expect(fixture.ring.listenerCount).toBe(0);
  });
});

describe('frames', () => {
  it('gives the same answers however the bytes are cut', () => {
    const messages = [
      "Twalk tag 2 fid 1 newfid 2 'proc' 'boot'",
      'Tlopen tag 3 fid 2 flags 0',
      'Tread tag 4 fid 2 offset 0 count 9',
    ];
    const whole = attached(makeFixture()).say(...messages);
    const bytes = framesOf(messages);
    for (let cut = 1; cut < bytes.length; cut++) {
      const wire = attached(makeFixture());
      wire.sendBytes(bytes.subarray(0, cut));
      wire.sendBytes(bytes.subarray(cut));
      expect(wire.take()).toEqual(whole);
    }
  });

  it.each([0, 6, 8193, 0xffff_ffff])('ends the connection at a frame of size %d', (size) => {
    const wire = attached(makeFixture());
    const frame = new Uint8Array(7);
    new DataView(frame.buffer).setUint32(0, size, true);
    wire.sendBytes(frame);
    expect(wire.sink.isEnded).toBe(true);
  });

  it.each([0, 6, 7, 101, 107, 112, 114, 124, 126, 255])('refuses message type %d and goes on', (type) => {
    const wire = attached(makeFixture());
    wire.sendBytes(Uint8Array.of(7, 0, 0, 0, type, 9, 0));
    expect(wire.take()[0]).toMatch(/^Rlerror tag 9 ecode (95|71)$/);
    expect(wire.say('Tgetattr tag 3 fid 1 request_mask 0x7ff')[0]).toMatch(/^Rgetattr/);
  });

  it('stops handling for a peer that does not read, and answers everything once it does', async () => {
    const fixture = makeFixture((m) => ({ ...m, secure9p: { ...m.secure9p, write_queue_bytes: 16_384 } }));
    fixture.view = `${'x'.repeat(8000)}\n`;
    const wire = attached(fixture);
    wire.say("Twalk tag 2 fid 1 newfid 2 'proc' 'boot'", 'Tlopen tag 3 fid 2 flags 0');
    wire.sink.isStuck = true;
    const reads = Array.from({ length: 200 }, (_, tag) => `Tread tag ${tag} fid 2 offset 0 count 8000`);
    const early = wire.say(...reads);
    expect(early.length).toBeLessThan(30);
    expect(wire.sink.isPaused).toBe(true);
    wire.sink.release();
    wire.connection.drained();
    // Half a megabyte a turn, so that the others have theirs.
    for (let turn = 0; turn < 5; turn++) await settled();
    expect(early.length + wire.take().length).toBe(200);
    expect(wire.sink.isPaused).toBe(false);
  });
});
