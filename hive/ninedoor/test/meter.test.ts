// What a ticket's quotas and a worker's budget allow, seen through both kinds of session.

import { attenuate, type Claims } from '@cohesix/ticket';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import { refuse } from '@cohesix/wire';
import { describe, expect, it } from 'vitest';
import { PathSession } from '../src/path-session.ts';
import { attached, type Fixture, makeFixture, type Wire } from './fixture.ts';

function session(fixture: Fixture, claims: Partial<Claims> | string): PathSession {
  const token = typeof claims === 'string' ? claims : fixture.token(claims);
  const opened = fixture.door.attach({ role: undefined, subject: undefined, token, door: 'in-process', peer: 'test' });
  if (!opened.ok) throw new Error(opened.refusal.code);
  return new PathSession(fixture.door, opened.value);
}

const codeOf = (result: { ok: boolean; refusal?: { code: string } }): string =>
  result.ok ? 'ok' : (result.refusal?.code ?? '');

const read = async (path: PathSession, name = '/proc/boot'): Promise<string> => codeOf(await path.read(name, 1 << 20));

describe('operations', () => {
  it('are refused one past the quota and come back with time', async () => {
    const fixture = makeFixture();
    const path = session(fixture, { quotas: { operationsPerS: 2, operationsBurst: 3 } });
    expect([await read(path), await read(path), await read(path), await read(path)]).toEqual([
      'ok',
      'ok',
      'ok',
      'exhausted',
    ]);
    fixture.now += 499;
    expect(await read(path)).toBe('exhausted');
    fixture.now += 1;
    expect([await read(path), await read(path)]).toEqual(['ok', 'exhausted']);
    expect(fixture.door.pressure.counts.quota).toBe(3);
  });

  it('are one account over sessions, doors and reconnects', async () => {
    const fixture = makeFixture();
    const token = fixture.token({ quotas: { operationsBurst: 3 } });
    const first = session(fixture, token);
    expect(await read(first)).toBe('ok');
    await first.close();
    const second = session(fixture, token);
    expect(await read(second)).toBe('ok');
    const third = session(fixture, token);
    expect([await read(third), await read(second)]).toEqual(['ok', 'exhausted']);
  });

  it('have a rate a scope, for its own verb and place only', async () => {
    const fixture = makeFixture();
    const path = session(fixture, {
      scopes: [
        { path: '/', verbs: 'both', ratePerS: 0 },
        { path: '/proc/boot', verbs: 'read', ratePerS: 1 },
      ],
    });
    expect([await read(path), await read(path), await read(path, '/queen/ctl')]).toEqual(['ok', 'rate-limited', 'ok']);
    fixture.now += 1000;
    expect(await read(path)).toBe('ok');
  });
});

describe('the budget of a worker', () => {
  it('pays for nothing that the ticket refuses', async () => {
    const fixture = makeFixture();
    let charged = 0;
    const charge = fixture.door.ports.chargeWorker;
    Object.assign(fixture.door.ports, {
      chargeWorker: (worker: string) => {
        charged += 1;
        return charge(worker);
      },
    });
    const claims = { role: 'worker-heartbeat', subject: 'worker-1', quotas: { operationsBurst: 2 } } as const;
    const path = session(fixture, claims);
    const telemetry = '/worker/worker-1/telemetry';
    const answers = [await read(path, telemetry), await read(path, telemetry), await read(path, telemetry)];
    expect([...answers, charged]).toEqual(['ok', 'ok', 'exhausted', 2]);
  });
});

describe('cursors of streams', () => {
  it('are charged through every door, and a read from before the last end as a resume', async () => {
    const fixture = makeFixture();
    fixture.ring.append(Buffer.from('one\n'));
    const path = session(fixture, { quotas: { cursorMovesBurst: 3, cursorResumesBurst: 1 } });
    const log = '/log/queen.log';
    expect([await read(path, log), await read(path, log), await read(path, log)]).toEqual(['ok', 'ok', 'exhausted']);
    const follow = await path.follow(log, 4n);
    if (!follow.ok) throw new Error(follow.refusal.code);
    fixture.ring.append(Buffer.from('two\n'));
    expect(await follow.value.next(), 'the refused resume took no move').toMatchObject({ ok: true });
    fixture.ring.append(Buffer.from('three\n'));
    expect(await follow.value.next()).toMatchObject({ ok: false, refusal: { code: 'exhausted' } });
    expect(fixture.door.pressure.counts.quota).toBe(2);
  });

  it('are one for a path, however often it is opened', () => {
    const fixture = makeFixture();
    fixture.ring.append(Buffer.from('one\n'));
    const wire = attached(fixture, { quotas: { cursorResumesBurst: 1 } });
    const readFresh = (fid: number): string =>
      wire.say(
        `Twalk tag 2 fid 1 newfid ${fid} 'log' 'queen.log'`,
        `Tlopen tag 2 fid ${fid} flags 0`,
        `Tread tag 2 fid ${fid} offset 0 count 99`,
      )[2] ?? '';
    expect([readFresh(2), readFresh(3), readFresh(4)].map((answer) => answer.slice(0, 7))).toEqual([
      'Rread t',
      'Rread t',
      'Rlerror',
    ]);
  });
});

describe('bandwidth', () => {
  it('is charged for what is read, and a read that is too large takes nothing', async () => {
    const fixture = makeFixture();
    fixture.view = 'x'.repeat(60);
    const path = session(fixture, { quotas: { bandwidthBurst: 100 } });
    expect([await read(path), await read(path)]).toEqual(['ok', 'exhausted']);
    fixture.view = 'x'.repeat(40);
    expect([await read(path), await read(path)]).toEqual(['ok', 'exhausted']);
  });

  it('shortens a 9P read to what is left, and refuses the next', () => {
    const fixture = makeFixture();
    fixture.view = 'x'.repeat(60);
    const wire = attached(fixture, { quotas: { bandwidthBurst: 50 } });
    open(wire);
    expect(wire.say('Tread tag 3 fid 2 offset 0 count 8000')[0]).toMatch(/^Rread tag 3 count 50 /);
    expect(wire.say('Tread tag 3 fid 2 offset 50 count 8000')).toEqual(['Rlerror tag 3 ecode 122']);
  });

  it('is charged for what is appended before it is decided', async () => {
    const fixture = makeFixture();
    const path = session(fixture, { quotas: { bandwidthBurst: 4 } });
    expect(codeOf(await path.append('/queen/ctl', 'four'))).toBe('ok');
    expect(codeOf(await path.append('/queen/ctl', 'x'))).toBe('exhausted');
    expect(fixture.submitted.length).toBe(1);
  });
});

describe('a worker', () => {
  it('pays each operation from its budget, whichever door it comes through', async () => {
    const fixture = makeFixture();
    const claims: Partial<Claims> = { role: 'worker-heartbeat', subject: 'worker-1' };
    const path = session(fixture, claims);
    const wire = attached(fixture, claims);
    expect(await read(path)).toBe('ok');
    fixture.workerBudget = refuse('exhausted', 'used up');
    expect(await read(path)).toBe('exhausted');
    expect(wire.say("Twalk tag 2 fid 1 newfid 2 'proc' 'boot'")).toEqual(['Rlerror tag 2 ecode 122']);
  });
});

describe('/proc/self/quotas', () => {
  const text = async (path: PathSession): Promise<string> => {
    const bytes = await path.read('/proc/self/quotas', 4096);
    return bytes.ok ? new TextDecoder().decode(bytes.value) : bytes.refusal.code;
  };

  it('tells what is left', async () => {
    const fixture = makeFixture();
    expect(await text(session(fixture, {}))).toBe('unlimited\n');
    const id = new Uint8Array(16).fill(1);
    const path = session(fixture, { id, quotas: { operationsBurst: 5, bandwidthBytesPerS: 1000 } });
    expect(await text(path)).toBe(
      [
        `ticket=${'01'.repeat(16)} kind=bandwidth left=1000 of=1000 per_s=1000\n`,
        `ticket=${'01'.repeat(16)} kind=operations left=5 of=5 per_s=0\n`,
      ].join(''),
    );
  });

  it('tells a worker what is left of its budget, and of each rate which scope it is about', async () => {
    const fixture = makeFixture();
    const worker = { role: 'worker-heartbeat', subject: 'worker-1' } as const;
    expect(await text(session(fixture, worker))).toBe('unlimited\n');
    fixture.workerLeft = { left: 3, of: 10 };
    expect(await text(session(fixture, worker))).toBe('worker kind=operations left=3 of=10 per_s=0\n');
    const id = new Uint8Array(16).fill(1);
    const scopes = [
      { path: '/proc', verbs: 'read', ratePerS: 5 },
      { path: '/log/queen.log', verbs: 'both', ratePerS: 0 },
      { path: '/queen/ctl', verbs: 'write', ratePerS: 2 },
    ] as const;
    expect(await text(session(fixture, { id, scopes }))).toBe(
      [
        `ticket=${'01'.repeat(16)} kind=rate left=5 of=5 per_s=5 path=/proc\n`,
        `ticket=${'01'.repeat(16)} kind=rate left=2 of=2 per_s=2 path=/queen/ctl\n`,
      ].join(''),
    );
  });

  it('shows each kind going down with use and up with time, for a child also what its parent has', async () => {
    const fixture = makeFixture();
    fixture.ring.append(Buffer.from('012345678\n'));
    const id = new Uint8Array(16).fill(1);
    const quotas = {
      bandwidthBytesPerS: 100,
      operationsPerS: 10,
      cursorMovesPerS: 4,
      cursorResumesPerS: 2,
    };
    const parent = fixture.token({ id, quotas, scopes: [{ path: '/', verbs: 'both', ratePerS: 8 }] });
    const narrower = { nonce: new Uint8Array(16).fill(2), quotas: { operationsPerS: 3 } };
    const child = attenuate(nodeTicketCrypto, parent, narrower);
    if (!child.ok) throw new Error(child.refusal.detail);
    const [first, second] = [session(fixture, parent), session(fixture, child.value)];
    /** What is left, by kind, in the order of the lines. */
    const left = async (path: PathSession): Promise<string> =>
      [...(await text(path)).matchAll(/kind=(\w+) left=(\d+)/g)].map(([, kind, count]) => `${kind}:${count}`).join(' ');
    expect(await left(first)).toBe('bandwidth:100 operations:10 cursorMoves:4 cursorResumes:2 rate:8');
    expect(await read(second, '/log/queen.log')).toBe('ok');
    expect(await read(second, '/log/queen.log')).toBe('ok');
    expect(await left(first)).toBe('bandwidth:80 operations:8 cursorMoves:2 cursorResumes:1 rate:6');
    expect(await left(second)).toBe('bandwidth:80 operations:8 cursorMoves:2 cursorResumes:1 rate:6 operations:1');
    fixture.now += 500;
    expect(await left(second)).toBe('bandwidth:100 operations:10 cursorMoves:4 cursorResumes:2 rate:8 operations:2');
    fixture.now += 60_000;
    expect(await left(second)).toBe('bandwidth:100 operations:10 cursorMoves:4 cursorResumes:2 rate:8 operations:3');
  });
});

function open(wire: Wire): void {
  wire.say("Twalk tag 2 fid 1 newfid 2 'proc' 'boot'", 'Tlopen tag 2 fid 2 flags 0');
}
