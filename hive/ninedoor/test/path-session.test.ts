// Sessions by path, and that they and 9P give one answer to one act: random acts on both doors of two equal hives.

import type { Claims, Scope } from '@cohesix/ticket';
import { codeOfErrno, nameProblem, refuse } from '@cohesix/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PathSession } from '../src/path-session.ts';
import { attached, type Fixture, makeFixture, settled, type Wire } from './fixture.ts';

interface Act {
  readonly kind: 'list' | 'read' | 'append' | 'stat';
  readonly path: string;
}

/** An answer that both doors can give: what was read or done, or the code of the refusal. */
type Answer = string;

const PATHS = [
  '/',
  '/proc',
  '/proc/boot',
  '/proc/self',
  '/proc/self/session',
  '/queen',
  '/queen/ctl',
  '/queen/nope',
  '/log',
  '/log/queen.log',
  '/log/queen.log/x',
  '/worker',
  '/worker/worker-1',
  '/worker/worker-1/telemetry',
  '/worker/worker-2/telemetry',
  '/b0',
  '/b0/ctl',
  '/b0/boot',
  '/nope',
  '/nope/nope',
  '/proc/',
  '//proc',
  '/proc//boot',
  '/proc/./boot',
  '/proc/../queen/ctl',
  '/..',
  '/proc\\boot',
  '/%2e%2e/queen',
  '/a/b/c/d/e/f/g/h',
  '/a/b/c/d/e/f/g/h/i',
  `/${'n'.repeat(255)}`,
  `/${'n'.repeat(256)}`,
];

const SCOPES: readonly (readonly Scope[] | undefined)[] = [
  undefined,
  [{ path: '/log', verbs: 'read', ratePerS: 0 }],
  [{ path: '/log', verbs: 'write', ratePerS: 0 }],
  [{ path: '/queen/ctl', verbs: 'both', ratePerS: 0 }],
  [{ path: '/worker/worker-2', verbs: 'both', ratePerS: 0 }],
  [
    { path: '/', verbs: 'read', ratePerS: 0 },
    { path: '/proc/boot', verbs: 'write', ratePerS: 0 },
  ],
];

const ROLES: readonly Partial<Claims>[] = [{}, { role: 'worker-heartbeat', subject: 'worker-1' }];

function openPath(fixture: Fixture, claims: Partial<Claims>): PathSession {
  const token = fixture.token(claims);
  const opened = fixture.door.attach({ role: undefined, subject: undefined, token, door: '9p', peer: 'test' });
  if (!opened.ok) throw new Error(opened.refusal.code);
  return new PathSession(fixture.door, opened.value);
}

async function byPath(session: PathSession, { kind, path }: Act): Promise<Answer> {
  switch (kind) {
    case 'list': {
      const names = await session.list(path);
      return names.ok ? names.value.join(' ') : names.refusal.code;
    }
    case 'read': {
      const bytes = await session.read(path, 1 << 20);
      return bytes.ok ? JSON.stringify(Buffer.from(bytes.value).toString()) : bytes.refusal.code;
    }
    case 'append': {
      const appended = await session.append(path, 'x\n');
      return appended.ok ? `${appended.value.bytes}` : appended.refusal.code;
    }
    case 'stat': {
      const stat = await session.stat(path);
      if (!stat.ok) return stat.refusal.code;
      const { kind: node, mode, size, qidPath, qidVersion } = stat.value;
      const type = node === 'directory' ? 0o040000 : 0o100000;
      const modeText = `0${(type | mode).toString(8)}`;
      return `${modeText} ${size} ${qidPath.toString(16).padStart(16, '0')} ${qidVersion}`;
    }
  }
}

/** The same act as a client of 9P would do it: walk, open, act, clunk. */
function by9p(wire: Wire, { kind, path }: Act): Answer {
  const names = path === '/' ? [] : path.slice(1).split('/');
  const quoted = names.map((name) => `'${name.replaceAll('\\', '\\\\')}'`);
  // A walk takes eight names; of what is deeper, the first eight do not exist either.
  const walked = wire.say(['Twalk tag 2 fid 1 newfid 9', ...quoted.slice(0, 8)].join(' '))[0] ?? '';
  if (walked.startsWith('Rlerror')) return errorOf(walked);
  if ((walked.match(/\(/g) ?? []).length < names.length) return 'invalid-path';
  const answer = onFid(wire, kind);
  wire.say('Tclunk tag 2 fid 9');
  return answer;
}

function onFid(wire: Wire, kind: Act['kind']): Answer {
  if (kind === 'stat') {
    const attr = wire.say('Tgetattr tag 2 fid 9 request_mask 0x7ff')[0] ?? '';
    const found = /qid \(\S+ (\d+) ([0-9a-f]{16})\) mode (0\d+) .* size (\d+) /.exec(attr);
    if (found === null) return errorOf(attr);
    const [, version, qidPath, mode, size] = found;
    return `${mode} ${size} ${qidPath} ${version}`;
  }
  const opened = wire.say(`Tlopen tag 2 fid 9 flags ${kind === 'append' ? '02001' : '0'}`)[0] ?? '';
  if (opened.startsWith('Rlerror')) return errorOf(opened);
  if (kind === 'append') {
    const written = wire.say("Twrite tag 2 fid 9 offset 0 count 2 'x\\n'")[0] ?? '';
    return written.startsWith('Rlerror') ? errorOf(written) : (written.split(' ').at(-1) ?? '');
  }
  if (kind === 'read') {
    const read = wire.say('Tread tag 2 fid 9 offset 0 count 8000')[0] ?? '';
    const text = /count \d+ '(.*)'$/s.exec(read)?.[1];
    return text === undefined ? errorOf(read) : `"${text.replaceAll('"', '\\"')}"`;
  }
  const listed = wire.say('Treaddir tag 2 fid 9 offset 0 count 8000')[0] ?? '';
  return listed.startsWith('Rlerror') ? errorOf(listed) : listed.split(' ').slice(3).join(' ');
}

function errorOf(line: string): Answer {
  return codeOfErrno(Number(line.split(' ').at(-1)));
}

/** The one difference: a name that cannot be one is refused by the 9P decoder, before anybody looks at the session. */
function isAllowed({ path }: Act, onPath: Answer, on9p: Answer): boolean {
  const isName =
    path === '/' ||
    path
      .slice(1)
      .split('/')
      .every((name) => nameProblem(name) === undefined);
  return !isName && onPath === 'expired' && on9p === 'invalid-path';
}

describe('9P and paths', () => {
  it('give the same answer to the same act', async () => {
    const act = fc.record({
      kind: fc.constantFrom<Act['kind'][]>('list', 'read', 'append', 'stat'),
      path: fc.constantFrom(...PATHS),
    });
    const event = fc.constantFrom('worker gone', 'worker back', 'verdict', 'bind /queen', 'bind /proc', 'expire');
    const step = fc.oneof({ weight: 9, arbitrary: act }, { weight: 1, arbitrary: event });
    const claims = fc.tuple(fc.constantFrom(...ROLES), fc.constantFrom(...SCOPES));
    await fc.assert(
      fc.asyncProperty(claims, fc.array(step, { minLength: 1, maxLength: 25 }), async ([role, scopes], steps) => {
        const full = {
          id: new Uint8Array(16),
          expiresMs: 2_000_000,
          ...role,
          ...(scopes === undefined ? {} : { scopes }),
        };
        const [left, right] = [makeFixture(), makeFixture()];
        const path = openPath(left, full);
        const wire = attached(right, full);
        for (const next of steps) {
          if (typeof next === 'string') {
            for (const fixture of [left, right]) happen(fixture, next);
            continue;
          }
          const [a, b] = [await byPath(path, next), by9p(wire, next)];
          if (!isAllowed(next, a, b)) expect(b, `9P: ${next.kind} ${next.path}`).toBe(a);
        }
        const submitted = (fixture: Fixture): unknown =>
          fixture.submitted.map(({ path: to, lines }) => ({ to, lines }));
        expect(submitted(right)).toEqual(submitted(left));
        expect(right.ring.end).toBe(left.ring.end);
      }),
      { numRuns: 400 },
    );
  });
});

function happen(fixture: Fixture, event: string): void {
  if (event === 'worker gone') fixture.workers.delete('worker-1');
  else if (event === 'worker back') fixture.workers.add('worker-1');
  else if (event === 'verdict')
    fixture.verdict = fixture.verdict.ok ? refuse('needs-approval') : { ok: true, value: undefined };
  else if (event === 'expire') fixture.now = 2_000_000;
  else fixture.door.bind('1', event.slice('bind '.length), '/b0');
}

describe('a path session', () => {
  it('reads at most what it is asked for', async () => {
    const fixture = makeFixture();
    const path = openPath(fixture, {});
    expect((await path.read('/proc/boot', 13)).ok).toBe(true);
    const refused = await path.read('/proc/boot', 12);
    expect(refused).toMatchObject({ ok: false, refusal: { code: 'too-big' } });
  });

  it('pays bytes for a listing as for a read', async () => {
    const fixture = makeFixture();
    const names = 'boot\n9p\npressure\nroot\nself\n'.length;
    const path = openPath(fixture, { quotas: { bandwidthBurst: names + 5 } });
    expect(await path.list('/proc')).toMatchObject({ ok: true, value: { length: 5 } });
    expect(await path.list('/proc')).toMatchObject({ ok: false, refusal: { code: 'exhausted' } });
  });

  it('keeps the text of a file for as long as the node says that it is the same', async () => {
    let version = 1;
    const made: string[] = [];
    const make = (): Uint8Array => {
      made.push(`${version}`);
      return Buffer.from(`${version}\n`);
    };
    const kept = { version: () => version };
    const fixture = makeFixture(undefined, [
      { pattern: '/kept/ctl', file: { kind: 'control', log: make, writers: ['queen'], ...kept } },
      { pattern: '/kept/view', file: { kind: 'view', boundBytes: 9, render: make, ...kept } },
      { pattern: '/kept/fresh', file: { kind: 'view', boundBytes: 9, render: make, version: undefined } },
    ]);
    const path = openPath(fixture, {});
    const readTwice = async (name: string): Promise<string[]> => {
      made.length = 0;
      for (let round = 0; round < 2; round++) {
        const read = await path.read(`/kept/${name}`, 9);
        expect(read.ok && Buffer.from(read.value).toString()).toBe(`${version}\n`);
        expect(await path.stat(`/kept/${name}`)).toMatchObject({ value: { size: 2n } });
      }
      return [...made];
    };
    for (const name of ['ctl', 'view']) expect(await readTwice(name)).toEqual(['1']);
    version = 2;
    for (const name of ['ctl', 'view']) expect(await readTwice(name)).toEqual(['2']);
    expect(await readTwice('fresh')).toEqual(['2', '2', '2', '2']);
  });

  it('answers an append when it is decided and durable, not before', async () => {
    const fixture = makeFixture();
    fixture.holdsWrites = true;
    const path = openPath(fixture, {});
    let answer = 'none';
    const append = path.append('/queen/ctl', 'one\n').then((result) => {
      answer = result.ok ? 'ok' : result.refusal.code;
    });
    await settled();
    expect(answer).toBe('none');
    fixture.submitted[0]?.done({ ok: true, value: undefined });
    await append;
    expect(answer).toBe('ok');
  });

  it('ends when its ticket does, with every follow it has', async () => {
    const fixture = makeFixture();
    const path = openPath(fixture, { expiresMs: 1_000_500 });
    const follow = await path.follow('/log/queen.log', undefined);
    if (!follow.ok) throw new Error(follow.refusal.code);
    const next = follow.value.next();
    fixture.now = 1_000_499;
    fixture.door.closeExpired(fixture.now);
    expect((await path.ping()).ok).toBe(true);
    fixture.now = 1_000_500;
    fixture.door.closeExpired(fixture.now);
    expect(await next).toMatchObject({ ok: false, refusal: { code: 'expired' } });
    expect(await path.ping()).toMatchObject({ ok: false, refusal: { code: 'expired' } });
    expect(await path.append('/queen/ctl', 'x')).toMatchObject({ ok: false, refusal: { code: 'expired' } });
    expect(fixture.submitted).toEqual([]);
    expect(fixture.ring.listenerCount).toBe(0);
  });

  it('refuses an expired ticket at the very moment, without waiting for the sweep', async () => {
    const fixture = makeFixture();
    const path = openPath(fixture, { expiresMs: 1_000_500 });
    fixture.now = 1_000_500;
    expect(await path.list('/')).toMatchObject({ ok: false, refusal: { code: 'expired' } });
    expect(fixture.door.sessions.size).toBe(0);
  });

  it('gives a follow whole lines, in order, each once', async () => {
    const fixture = makeFixture();
    const path = openPath(fixture, {});
    const follow = await path.follow('/log/queen.log', 0n);
    if (!follow.ok) throw new Error(follow.refusal.code);
    let seen = '';
    for (let round = 0; round < 300; round++) {
      fixture.ring.append(Buffer.from(`line ${round}\n`));
      if (round % 3 !== 0) continue;
      const chunk = await follow.value.next();
      if (!chunk.ok || chunk.value === undefined) throw new Error('ended');
      const text = Buffer.from(chunk.value).toString();
      expect(text.endsWith('\n')).toBe(true);
      seen += text;
    }
    expect(seen.split('\n').slice(0, -1)).toEqual(Array.from({ length: 298 }, (_, index) => `line ${index}`));
    follow.value.stop();
    expect(await follow.value.next()).toEqual({ ok: true, value: undefined });
  });

  it('does nothing any more once closed', async () => {
    const fixture = makeFixture();
    const path = openPath(fixture, {});
    await path.close();
    await path.close();
    expect(await path.read('/proc/boot', 99)).toMatchObject({ ok: false, refusal: { code: 'closed' } });
    expect(fixture.audit.filter((line) => line.includes('session.detach')).length).toBe(1);
  });
});
