import { refuse } from '@cohesix/wire';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { KEPT_AT, type Platform, Session } from '../../src/session/session.ts';
import { FakeHive, settled } from './fake-hive.ts';

const QUEEN = { ticket: 'secret', role: 'queen' };

function tab(connect: Platform['connect'], kept = new Map<string, string>()) {
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  const timers = {
    after(ms: number, run: () => void) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    nowMs: () => 0,
  };
  return { kept, session: new Session({ connect, storage, timers, now: Date.now, random: () => 1 }) };
}

describe('the session of a tab', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('is kept by the tab, and begins with what was kept', async () => {
    const hive = new FakeHive();
    const connect = async () => ({ ok: true, value: hive.client() }) as const;
    const { session, kept } = tab(connect);
    expect(session.phase.get()).toEqual({ kind: 'signed-out' });
    session.signIn(QUEEN);
    await settled();
    expect(session.phase.get()).toMatchObject({ kind: 'ready', role: 'queen' });
    const again = tab(connect, kept);
    await settled();
    expect(again.session.phase.get().kind).toBe('ready');
  });

  test.each(['denied', 'invalid-claims', 'unauthenticated', 'revoked', 'expired'] as const)(
    'a ticket that is refused as %s is forgotten, and the reason is kept',
    async (code) => {
      const connect = vi.fn(async () => refuse(code));
      const { session, kept } = tab(connect);
      session.signIn(QUEEN);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(session.phase.get()).toMatchObject({ kind: 'signed-out', why: { code } });
      expect(kept.has(KEPT_AT)).toBe(false);
      expect(connect).toHaveBeenCalledTimes(1);
    },
  );

  test('a hive that is away or full is tried again, ever more slowly, and at once when asked', async () => {
    const answers = [refuse('unreachable'), refuse('limit'), refuse('throttled')];
    const connect = vi.fn(async () => answers.shift() ?? refuse('unreachable'));
    const { session } = tab(connect);
    session.signIn(QUEEN);
    await vi.advanceTimersByTimeAsync(250 + 500 + 1000);
    expect(connect).toHaveBeenCalledTimes(4);
    expect(session.phase.get()).toMatchObject({ kind: 'connecting', nextAtMs: Date.now() + 2000 });
    session.check();
    await settled();
    expect(connect).toHaveBeenCalledTimes(5);
  });

  test('a sign-out while it connects ends what comes of that', async () => {
    const hive = new FakeHive();
    let answer: () => void = () => undefined;
    const connect: Platform['connect'] = () =>
      new Promise((resolve) => {
        answer = () => resolve({ ok: true, value: hive.client() });
      });
    const { session } = tab(connect);
    session.signIn(QUEEN);
    session.signOut();
    answer();
    await settled();
    expect(session.phase.get()).toEqual({ kind: 'signed-out' });
    expect(hive.clients[0]?.isClosed).toBe(true);
  });

  test('a lost connection is told once, with its time, however many notice it', async () => {
    const hive = new FakeHive();
    const connect = vi.fn(async () => ({ ok: true, value: hive.client() }) as const);
    const { session } = tab(connect);
    session.signIn(QUEEN);
    await settled();
    const [client] = hive.clients;
    if (client === undefined) throw new Error('no client');
    const phases: string[] = [];
    session.phase.watch(() => phases.push(session.phase.get().kind));
    const gone = refuse('unreachable').refusal;
    session.lost(client, gone);
    session.lost(client, gone);
    expect(session.phase.get()).toMatchObject({ lostAtMs: Date.now() });
    await settled();
    session.lost(client, gone);
    expect(phases).toEqual(['connecting', 'ready']);
    expect(connect).toHaveBeenCalledTimes(2);
    expect(client.isClosed).toBe(true);
  });

  test('a refusal that is about a file ends nothing', async () => {
    const hive = new FakeHive();
    const { session } = tab(async () => ({ ok: true, value: hive.client() }));
    session.signIn(QUEEN);
    await settled();
    const [client] = hive.clients;
    if (client === undefined) throw new Error('no client');
    for (const code of ['denied', 'limit', 'rate-limited', 'invalid-path'] as const)
      session.lost(client, refuse(code).refusal);
    expect(session.phase.get().kind).toBe('ready');
  });

  test('a ticket that ends while it is used is noticed by the round trip', async () => {
    const hive = new FakeHive();
    const { session, kept } = tab(async () => ({ ok: true, value: hive.client() }));
    session.signIn(QUEEN);
    await settled();
    hive.clients[0]?.end('revoked');
    session.check();
    await settled();
    expect(session.phase.get()).toMatchObject({ kind: 'signed-out', why: { code: 'revoked' } });
    expect(kept.size).toBe(0);
  });
});
