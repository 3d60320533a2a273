// bind: a name of one session's own. It never shows more than the ticket allows and never changes what others see.

import type { Claims } from '@cohesix/ticket';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PathSession } from '../src/path-session.ts';
import { attached, type Fixture, makeFixture } from './fixture.ts';

interface Own {
  readonly id: string;
  readonly path: PathSession;
  bind(from: string, to: string): string;
  read(path: string): Promise<string>;
  list(path: string): Promise<string>;
}

const codeOf = (result: { ok: boolean; refusal?: { code: string } }): string =>
  result.ok ? 'ok' : (result.refusal?.code ?? '');

function open(fixture: Fixture, claims: Partial<Claims> = {}): Own {
  const token = fixture.token(claims);
  const session = fixture.door.attach({ role: undefined, subject: undefined, token, door: 'in-process', peer: 'test' });
  if (!session.ok) throw new Error(session.refusal.code);
  const { id } = session.value;
  const path = new PathSession(fixture.door, session.value);
  return {
    id,
    path,
    bind: (from, to) => codeOf(fixture.door.bind(id, from, to)),
    read: async (name) => {
      const content = await path.read(name, 1 << 20);
      return content.ok ? new TextDecoder().decode(content.value) : content.refusal.code;
    },
    list: async (name) => {
      const names = await path.list(name);
      return names.ok ? names.value.join(' ') : names.refusal.code;
    },
  };
}

const LOG_ONLY: Partial<Claims> = { scopes: [{ path: '/log', verbs: 'both', ratePerS: 0 }] };

describe('a bind', () => {
  it('adds a name to one session only', async () => {
    const fixture = makeFixture();
    const [mine, other] = [open(fixture), open(fixture)];
    expect(mine.bind('/proc/boot', '/note')).toBe('ok');
    expect(await mine.read('/note')).toBe('Cohesix boot\n');
    expect(await mine.list('/')).toBe('log note proc queen worker');
    expect(await other.read('/note')).toBe('invalid-path');
    expect(await other.list('/')).toBe('log proc queen worker');
  });

  it('of a directory shows everything below it, with names of its own', async () => {
    const fixture = makeFixture();
    const mine = open(fixture);
    mine.bind('/proc', '/here');
    expect(await mine.list('/here')).toBe(await mine.list('/proc'));
    expect(await mine.read('/here/boot')).toBe('Cohesix boot\n');
    const [bound, plain] = [await mine.path.stat('/here/boot'), await mine.path.stat('/proc/boot')];
    expect(bound).toEqual(plain);
  });

  it('hides what was there, for reading and for writing, and is audited under the real path', async () => {
    const fixture = makeFixture();
    const mine = open(fixture);
    mine.bind('/proc/boot', '/queen/ctl');
    expect(await mine.read('/queen/ctl')).toBe('Cohesix boot\n');
    expect(codeOf(await mine.path.append('/queen/ctl', 'x'))).toBe('denied');
    expect(fixture.audit.at(-1)).toMatch(/ op=echo path="\/proc\/boot"$/);
    expect(await mine.read('/proc/self/refusal')).toContain('path=/queen/ctl ');
    mine.bind('/log/queen.log', '/proc/boot');
    expect(codeOf(await mine.path.append('/proc/boot', 'x\n'))).toBe('ok');
    expect(fixture.submitted).toEqual([]);
  });

  it('to a control file writes to the real one, under its real name', async () => {
    const fixture = makeFixture();
    const mine = open(fixture);
    mine.bind('/queen', '/q');
    expect(codeOf(await mine.path.append('/q/ctl', '{}'))).toBe('ok');
    expect(fixture.submitted.map(({ path }) => path)).toEqual(['/queen/ctl']);
  });

  it('may go through another bind, and stays where it led when that changes', async () => {
    const fixture = makeFixture();
    const mine = open(fixture);
    expect(mine.bind('/a/boot', '/b')).toBe('invalid-path');
    mine.bind('/proc', '/a');
    expect(mine.bind('/a/boot', '/b')).toBe('ok');
    mine.bind('/log', '/a');
    expect(await mine.read('/b')).toBe('Cohesix boot\n');
    expect(await mine.list('/a')).toBe('queen.log');
  });

  it('of a directory above it makes no loop: below it the names are the real ones', async () => {
    const fixture = makeFixture();
    const mine = open(fixture);
    mine.bind('/', '/proc/up');
    expect(await mine.list('/proc/up')).toBe(await mine.list('/'));
    expect(await mine.read('/proc/up/proc/boot')).toBe('Cohesix boot\n');
    expect(await mine.list('/proc/up/proc/up')).toBe('invalid-path');
  });

  it('counts the names of the path that is asked for, not of where it leads', async () => {
    const fixture = makeFixture((m) => ({ ...m, secure9p: { ...m.secure9p, walk_depth: 5 } }));
    const mine = open(fixture);
    const wire = attached(fixture);
    mine.bind('/proc/9p/session', '/s');
    fixture.door.bind('2', '/proc/9p/session', '/s');
    expect(await mine.read('/s/1/state')).toBe('state=ACTIVE\n');
    expect(await mine.read('/proc/9p/session/1/state')).toBe('state=ACTIVE\n');
    expect(await mine.read('/proc/9p/session/1/state/x')).toBe('invalid-path');
    expect(wire.say("Twalk tag 2 fid 1 newfid 2 's' '1' 'state'")[0]).toMatch(/^Rwalk/);
    expect(wire.say("Twalk tag 2 fid 2 newfid 3 'a' 'b' 'c'")).toEqual(['Rlerror tag 2 ecode 2']);
  });

  it('is one of eight; one may be replaced, and other sessions have eight of their own', () => {
    const fixture = makeFixture();
    const [mine, other] = [open(fixture), open(fixture)];
    for (let index = 0; index < 8; index++) expect(mine.bind('/proc', `/b${index}`)).toBe('ok');
    expect(mine.bind('/proc', '/b8')).toBe('limit');
    expect(mine.bind('/log', '/b7')).toBe('ok');
    expect(other.bind('/proc', '/b8')).toBe('ok');
  });

  it('is audited under the real path below it too, over 9P as elsewhere', () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    fixture.door.bind('1', '/', '/proc/up');
    wire.say("Twalk tag 2 fid 1 newfid 2 'proc' 'up' 'proc' 'boot'");
    expect(wire.say('Tlopen tag 2 fid 2 flags 1')).toEqual(['Rlerror tag 2 ecode 1']);
    expect(fixture.audit.at(-1)).toMatch(/ op=open path="\/proc\/boot"$/);
  });

  it('is promised room before its line is decided: names that are new, each once', () => {
    const fixture = makeFixture();
    const mine = open(fixture);
    for (let index = 0; index < 7; index++) mine.bind('/proc', `/b${index}`);
    const promise = (...targets: string[]): string =>
      codeOf(
        fixture.door.promiseBinds(
          mine.id,
          targets.map((to) => ({ from: '/log', to })),
        ),
      );
    expect(promise('/x', '/y')).toBe('limit');
    expect(promise('/x', '/x', '/b0')).toBe('ok');
    expect(promise('/y')).toBe('limit');
    fixture.door.unpromiseBinds(mine.id, [{ from: '/log', to: '/x' }]);
    expect(promise('/y'), 'one promise of /x is left').toBe('limit');
    fixture.door.unpromiseBinds(mine.id, [{ from: '/log', to: '/x' }]);
    expect(promise('/y')).toBe('ok');
    expect([mine.bind('/log', '/y'), promise('/b3'), promise('/z')]).toEqual(['ok', 'ok', 'limit']);
  });

  it('does not move a fid that stands somewhere already', () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    wire.say("Twalk tag 2 fid 1 newfid 2 'proc' 'boot'");
    fixture.door.bind('1', '/queen/ctl', '/proc/boot');
    wire.say('Tlopen tag 2 fid 2 flags 0');
    expect(wire.say('Tread tag 2 fid 2 offset 0 count 99')[0]).toContain('Cohesix boot');
    wire.say("Twalk tag 2 fid 1 newfid 3 'proc' 'boot'", 'Tlopen tag 2 fid 3 flags 0');
    expect(wire.say('Tread tag 2 fid 3 offset 0 count 99')[0]).toContain("'log\\n'");
  });

  it('is seen over 9P too: walk, readdir and getattr', () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    fixture.door.bind('1', '/proc/boot', '/extra');
    wire.say('Twalk tag 2 fid 1 newfid 2', 'Tlopen tag 2 fid 2 flags 0');
    expect(wire.say('Treaddir tag 2 fid 2 offset 0 count 8000')).toEqual([
      'Rreaddir tag 2 extra log proc queen worker',
    ]);
    const qids = wire.say("Twalk tag 2 fid 1 newfid 3 'extra'", "Twalk tag 2 fid 1 newfid 4 'proc' 'boot'");
    expect(qids[0]?.split(' (').at(-1)).toBe(qids[1]?.split(' (').at(-1));
  });

  it('is refused for a session that is gone', () => {
    const fixture = makeFixture();
    const mine = open(fixture);
    fixture.door.closeWhere(() => true, { code: 'revoked', detail: '' });
    expect(mine.bind('/proc', '/x')).toBe('closed');
  });
});

describe('a bind never widens a ticket', () => {
  it('cannot start from what the ticket does not show', () => {
    const mine = open(makeFixture(), LOG_ONLY);
    for (const from of ['/queen', '/queen/ctl', '/proc/boot', '/worker', '/nothing', '/log/../queen', 'log', '/log/']) {
      expect(mine.bind(from, '/log/x')).toBe('invalid-path');
    }
  });

  it('keeps the rights of where it leads, not of where it hangs', async () => {
    const fixture = makeFixture();
    const mine = open(fixture, {
      scopes: [
        { path: '/queen', verbs: 'read', ratePerS: 0 },
        { path: '/log', verbs: 'both', ratePerS: 0 },
      ],
    });
    expect(mine.bind('/queen', '/log/q')).toBe('ok');
    expect(codeOf(await mine.path.append('/log/q/ctl', 'x'))).toBe('denied');
    expect(await mine.read('/log/q/ctl')).toBe('log\n');
    expect(mine.bind('/log', '/queen/l')).toBe('ok');
    expect(codeOf(await mine.path.append('/queen/l/queen.log', 'x\n'))).toBe('ok');
  });

  it('shows nothing more below a directory that is visible only as a way', async () => {
    const mine = open(makeFixture(), LOG_ONLY);
    expect(mine.bind('/', '/log/all')).toBe('ok');
    expect(await mine.list('/log/all')).toBe('log proc');
    expect(await mine.read('/log/all/proc/boot')).toBe('invalid-path');
    expect(await mine.read('/log/all/queen/ctl')).toBe('invalid-path');
  });

  it('whatever is bound where, no file is reached that was not before', async () => {
    const places = [
      '/',
      '/log',
      '/log/queen.log',
      '/queen',
      '/queen/ctl',
      '/proc',
      '/proc/boot',
      '/x',
      '/log/x',
      '/proc/self',
    ];
    const bind = fc.tuple(fc.constantFrom(...places), fc.constantFrom(...places));
    await fc.assert(
      fc.asyncProperty(fc.array(bind, { maxLength: 8 }), async (binds) => {
        const fixture = makeFixture();
        const mine = open(fixture, LOG_ONLY);
        for (const [from, to] of binds) mine.bind(from, to);
        for (const first of places) {
          for (const second of [
            '',
            '/boot',
            '/ctl',
            '/queen.log',
            '/x',
            '/x/ctl',
            '/x/boot',
            '/queen/ctl',
            '/proc/boot',
          ]) {
            const path = `${first === '/' ? '' : first}${second}`;
            expect(await mine.read(path)).not.toMatch(/Cohesix boot|^log\n/);
            await mine.path.append(path, 'x');
          }
        }
        expect(fixture.submitted).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
