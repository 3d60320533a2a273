// Each refusal counts once, under the tag of its code and under no other, at whichever door it happens: what the authority
// refuses, for every code there is, and what the doors refuse themselves.

import { REFUSALS, type RefusalCode, type RefusalTag, refuse, tagOf } from '@cohesix/wire';
import { describe, expect, it } from 'vitest';
import { PathSession } from '../src/path-session.ts';
import {
  attached,
  attachedConsole,
  attachText,
  CONSOLE_TOKEN,
  connect,
  connectConsole,
  type Fixture,
  makeFixture,
  VERSION,
} from './fixture.ts';

const CODES = Object.keys(REFUSALS) as RefusalCode[];
const NONE: Record<RefusalTag, number> = { busy: 0, quota: 0, cut: 0, policy: 0 };

/** What the counters show, as a queen reads them. */
function counters(fixture: Fixture): Record<RefusalTag, number> {
  return { ...fixture.door.pressure.counts };
}

function path(fixture: Fixture): PathSession {
  const request = { role: undefined, subject: undefined, door: 'in-process', peer: 'test' } as const;
  const opened = fixture.door.attach({ ...request, token: fixture.token() });
  if (!opened.ok) throw new Error(opened.refusal.code);
  return new PathSession(fixture.door, opened.value);
}

/** Appends a line at each door; how each says that it was refused. */
const APPENDS: Readonly<Record<string, (fixture: Fixture) => Promise<string>>> = {
  '9P': async (fixture) => {
    const wire = attached(fixture);
    wire.say("Twalk tag 2 fid 1 newfid 2 'queen' 'ctl'", 'Tlopen tag 2 fid 2 flags 1');
    return wire.say("Twrite tag 3 fid 2 offset 0 count 2 '{}'")[0] ?? '';
  },
  console: async (fixture) => (await (await attachedConsole(fixture)).say('echo /queen/ctl {}'))[0] ?? '',
  'this process': async (fixture) => {
    const appended = await path(fixture).append('/queen/ctl', '{}');
    return appended.ok ? 'ok' : appended.refusal.code;
  },
};

describe.each(Object.keys(APPENDS))('a line refused over %s', (door) => {
  it.each(CODES)('for %s counts once under its tag, and is told by its code', async (code) => {
    const fixture = makeFixture();
    fixture.verdict = refuse(code);
    const answer = (await APPENDS[door]?.(fixture)) ?? '';
    const { errno, errnoName } = REFUSALS[code];
    const told = { '9P': `ecode ${errno}`, console: `reason=${tagOf(code)} detail=${code} `, 'this process': code }[
      door
    ];
    expect(answer).toContain(told);
    if (door === 'console') expect(answer).toContain(`error=${errnoName}`);
    expect(counters(fixture)).toEqual({ ...NONE, [tagOf(code)]: 1 });
    const lines = fixture.audit.filter((line) => line.startsWith('audit refused '));
    expect(lines).toEqual([expect.stringMatching(`^audit refused reason=${tagOf(code)} detail=${code} `)]);
  });
});

describe('a request that 9P refuses itself counts once', () => {
  it.each<readonly [string, RefusalTag, string, ...string[]]>([
    ['a path that is not there', 'policy', "Twalk tag 9 fid 1 newfid 9 'nowhere'"],
    ['a path that ends early', 'policy', "Twalk tag 9 fid 1 newfid 9 'proc' 'nowhere'"],
    ['a path that is too deep', 'policy', `Twalk tag 9 fid 1 newfid 9 ${"'proc' ".repeat(9).trim()}`],
    ['a fid that is not there', 'policy', 'Tgetattr tag 9 fid 9 request_mask 2047'],
    ['a fid that is in use', 'policy', 'Twalk tag 9 fid 1 newfid 1 ', "Twalk tag 9 fid 1 newfid 2 'proc'"],
    ['a read before the open', 'policy', 'Tread tag 9 fid 1 offset 0 count 9'],
    ['a write to a view', 'policy', 'Tlopen tag 9 fid 2 flags 1'],
    ['a clunk of nothing', 'policy', 'Tclunk tag 9 fid 9'],
    ['a new name', 'policy', "Tlcreate tag 9 fid 1 name 'x' flags 0 mode 0 gid 0"],
    ['a removal', 'policy', 'Tremove tag 9 fid 2'],
    ['what the hive does not do', 'policy', "Txattrwalk tag 9 fid 1 newfid 9 name ''"],
  ])('%s', (_, tag, ...messages) => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    wire.say("Twalk tag 2 fid 1 newfid 2 'proc' 'boot'");
    expect(counters(fixture)).toEqual(NONE);
    wire.say(messages.at(-1) ?? '');
    expect(counters(fixture)).toEqual({ ...NONE, [tag]: 1 });
  });

  it('an attach that is refused, a session that was revoked, a quota that is used up, fids that are', () => {
    const fixture = makeFixture((manifest) => ({
      ...manifest,
      secure9p: { ...manifest.secure9p, fids_per_session: 2 },
    }));
    connect(fixture).say(VERSION, attachText('coh2.nonsense'));
    expect(counters(fixture)).toEqual({ ...NONE, policy: 1 });
    const wire = attached(fixture);
    wire.say('Twalk tag 2 fid 1 newfid 2', 'Twalk tag 2 fid 1 newfid 3');
    expect(counters(fixture)).toEqual({ ...NONE, policy: 1, busy: 1 });
    fixture.door.closeWhere(() => true, { code: 'revoked', detail: 'gone' });
    wire.say('Tgetattr tag 2 fid 1 request_mask 2047');
    expect(counters(fixture)).toEqual({ ...NONE, policy: 1, busy: 1, cut: 1 });
    attached(fixture, { quotas: { operationsBurst: 1 } }).say('Tstatfs tag 2 fid 1', 'Tstatfs tag 2 fid 1');
    expect(counters(fixture)).toEqual({ busy: 1, quota: 1, cut: 1, policy: 1 });
  });
});

describe('a command that the console refuses itself counts once', () => {
  it.each<readonly [string, RefusalTag]>([
    ['cat /nowhere', 'policy'],
    ['cat /proc', 'policy'],
    ['ls /proc/boot', 'policy'],
    ['echo /proc/boot x', 'policy'],
    ['stat /nowhere', 'policy'],
    ['tail /nowhere', 'policy'],
    ['follow /proc/boot', 'policy'],
    ['follow relative', 'policy'],
    ['stop', 'policy'],
    ['no such verb', 'policy'],
    ['nettest', 'policy'],
    ['attach queen coh2.nonsense', 'policy'],
    ['attach emperor', 'policy'],
  ])('%s', async (line, tag) => {
    const fixture = makeFixture();
    const wire = await attachedConsole(fixture);
    expect((await wire.say(line)).at(-1)).toMatch(/^ERR /);
    expect(counters(fixture)).toEqual({ ...NONE, [tag]: 1 });
  });

  it('a wrong token, and a command before the attach', async () => {
    const fixture = makeFixture();
    await connectConsole(fixture).say('AUTH wrong-token');
    expect(counters(fixture)).toEqual({ ...NONE, policy: 1 });
    await connectConsole(fixture).say(`AUTH ${CONSOLE_TOKEN}`, 'cat /proc/boot');
    expect(counters(fixture)).toEqual({ ...NONE, policy: 2 });
  });
});

describe('a call in this process that is refused counts once', () => {
  it.each<readonly [string, (session: PathSession) => Promise<unknown>]>([
    ['list', (session) => session.list('/nowhere')],
    ['read', (session) => session.read('/nowhere', 9)],
    ['read too little', (session) => session.read('/proc/boot', 1)],
    ['tail', (session) => session.tail('/proc', 1, 9)],
    ['append', (session) => session.append('/proc/boot', 'x')],
    ['follow', (session) => session.follow('/proc/boot', undefined)],
    ['stat', (session) => session.stat('relative')],
  ])('%s', async (name, call) => {
    const fixture = makeFixture();
    await call(path(fixture));
    const tag = name === 'read too little' ? 'quota' : 'policy';
    expect(counters(fixture)).toEqual({ ...NONE, [tag]: 1 });
  });
});
