// A stream that itself says who may read it (`StreamNode.mayRead`), and what a session is told of what its ticket may read: where the
// hive's path is, not where the session's binds lead.

import { Ring } from '@cohesix/telemetry';
import type { Scope } from '@cohesix/ticket';
import { ok } from '@cohesix/wire';
import { describe, expect, it } from 'vitest';
import { PathSession } from '../src/path-session.ts';
import { mayRead, type Session } from '../src/session.ts';
import { attached, type Fixture, makeFixture } from './fixture.ts';

function read(...paths: readonly string[]): readonly Scope[] {
  return paths.map((path) => ({ path, verbs: 'read', ratePerS: 0 }));
}

/** A hive with a stream for those who may read all of /worker, and one that everybody may write. */
function guarded(): Fixture {
  const ring = new Ring({ capacity: 256 });
  ring.append(Buffer.from('secret\n'));
  const guard = (session: Session): boolean => mayRead(session, '/worker');
  return makeFixture(undefined, [
    { pattern: '/proc/all', file: { kind: 'stream', ring: () => ring, append: undefined, mayRead: guard } },
    { pattern: '/proc/box', file: { kind: 'stream', ring: () => ring, append: () => ok(undefined), mayRead: guard } },
  ]);
}

function sessionOf(fixture: Fixture, scopes?: readonly Scope[]): PathSession {
  const token = fixture.token(scopes === undefined ? {} : { scopes });
  const opened = fixture.door.attach({ role: undefined, subject: undefined, token, door: 'in-process', peer: 'test' });
  if (!opened.ok) throw new Error(opened.refusal.code);
  return new PathSession(fixture.door, opened.value);
}

describe('a guarded stream', () => {
  it('is read by those it lets, and to others it is a file without rights', async () => {
    const fixture = guarded();
    expect(await sessionOf(fixture).read('/proc/all', 100)).toMatchObject({ ok: true });
    const other = sessionOf(fixture, read('/proc', '/worker/worker-1'));
    expect(await other.list('/proc')).toMatchObject({ value: expect.arrayContaining(['all']) });
    for (const tried of [
      await other.read('/proc/all', 100),
      await other.tail('/proc/all', 1, 100),
      await other.follow('/proc/all', undefined),
    ])
      expect(tried).toMatchObject({ ok: false, refusal: { code: 'denied' } });
    expect(await other.stat('/proc/all')).toMatchObject({ value: { mode: 0 } });
  });

  it('is opened over 9P by the same rule', () => {
    const fixture = guarded();
    const opened = (scopes: readonly Scope[]): string | undefined => {
      const wire = attached(fixture, { scopes });
      wire.say("Twalk tag 1 fid 1 newfid 2 'proc' 'all'");
      return wire.say('Tlopen tag 2 fid 2 flags 0x0')[0];
    };
    expect(opened(read('/proc', '/worker'))).toMatch(/^Rlopen /);
    expect(opened(read('/proc'))).toBe('Rlerror tag 2 ecode 1');
  });

  it('may be written by those who may not read it', async () => {
    const fixture = guarded();
    const writer = sessionOf(fixture, [{ path: '/proc/box', verbs: 'both', ratePerS: 0 }]);
    expect(await writer.append('/proc/box', 'x\n')).toMatchObject({ ok: true });
    expect(await writer.read('/proc/box', 100)).toMatchObject({ refusal: { code: 'denied' } });
    expect(await writer.stat('/proc/box')).toMatchObject({ value: { mode: 0o222 } });
  });
});

describe('what a ticket may read', () => {
  it('is what its scopes say of the path of the hive, and all below', () => {
    const { session } = sessionOf(guarded(), read('/worker/worker-1', '/log'));
    expect(['/worker', '/', '/proc/all', '/worker/worker-2'].filter((path) => mayRead(session, path))).toEqual([]);
    const allowed = ['/log', '/log/queen.log', '/worker/worker-1', '/worker/worker-1/info', '/proc/self'];
    expect(allowed.filter((path) => mayRead(session, path))).toEqual(allowed);
    const { session: writer } = sessionOf(guarded(), [{ path: '/worker', verbs: 'write', ratePerS: 0 }]);
    expect(mayRead(writer, '/worker')).toBe(false);
  });

  it('is not changed by a bind', () => {
    const fixture = guarded();
    const { session } = sessionOf(fixture, read('/log', '/worker/worker-1'));
    expect(fixture.door.bind(session.id, '/log', '/worker')).toMatchObject({ ok: true });
    expect(mayRead(session, '/worker')).toBe(false);
  });
});
