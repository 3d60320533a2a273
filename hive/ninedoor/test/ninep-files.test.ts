// 9P2000.L on open files: reads, directories, attributes, appends.

import { refuse } from '@cohesix/wire';
import { describe, expect, it } from 'vitest';
import { attached, attachText, makeFixture, settled, VERSION } from './fixture.ts';

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

  it('lets as many Tflush wait for a request as requests may wait', async () => {
    const fixture = makeFixture((m) => ({ ...m, secure9p: { ...m.secure9p, tags_per_session: 2 } }));
    const wire = attached(fixture);
    wire.say(...open);
    fixture.holdsWrites = true;
    const flushes = [4, 5, 6].map((tag) => `Tflush tag ${tag} oldtag 3`);
    expect(wire.say("Twrite tag 3 fid 2 offset 0 count 2 'a\\n'", ...flushes)).toEqual(['Rlerror tag 6 ecode 24']);
    fixture.submitted[0]?.done({ ok: true, value: undefined });
    await settled();
    expect(wire.take()).toEqual(['Rwrite tag 3 count 2', 'Rflush tag 4', 'Rflush tag 5']);
  });

  it('forgets a write at Tversion: its late answer is not that of the write that has its tag now', async () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    wire.say(...open);
    fixture.holdsWrites = true;
    wire.say("Twrite tag 3 fid 2 offset 0 count 2 'a\\n'", VERSION, attachText(fixture.token()), ...open);
    expect(wire.say("Twrite tag 3 fid 2 offset 0 count 4 'bcd\\n'")).toEqual([]);
    fixture.submitted[0]?.done({ ok: true, value: undefined });
    await settled();
    expect(wire.take()).toEqual([]);
    fixture.submitted[1]?.done({ ok: true, value: undefined });
    await settled();
    expect(wire.take()).toEqual(['Rwrite tag 3 count 4']);
    expect(fixture.door.outstanding).toBe(0);
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
