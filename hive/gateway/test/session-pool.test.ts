// Which requests share a session, and when one ends.

import type { HiveClient } from '@cohesix/client';
import { ok, type Result, refuse } from '@cohesix/wire';
import { afterEach, expect, it, vi } from 'vitest';
import type { AttachAs, HivePort } from '../src/index.ts';
import { type Credentials, SessionPool, type SessionPoolOptions } from '../src/sessions/session-pool.ts';

afterEach(() => void vi.useRealTimers());

const OPTIONS: SessionPoolOptions = { max: 3, perTicket: 2, idleMs: 1000 };

function of(token: string, name?: string): Credentials {
  return { token, door: 'rest', peer: '127.0.0.1', ...(name === undefined ? {} : { name }) };
}

/** A pool in front of a hive that only attaches; `log` has what it was asked. */
function poolOf(options: Partial<SessionPoolOptions> = {}) {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const log: string[] = [];
  const ends = new Map<string, NonNullable<AttachAs['onEnd']>>();
  const state = { at: 0, refusal: undefined as Result<never> | undefined };
  const attach: HivePort['attach'] = async (token, { onEnd }) => {
    log.push(`attach ${token}`);
    await Promise.resolve();
    if (state.refusal !== undefined) return state.refusal;
    if (onEnd !== undefined) ends.set(token, onEnd);
    return ok({ close: async () => void log.push(`close ${token}`) } as HiveClient);
  };
  const pool = new SessionPool({ attach } as HivePort, { ...OPTIONS, ...options }, () => state.at);
  const take = async (token: string, name?: string) => {
    const taken = await pool.take(of(token, name));
    return taken.ok ? taken.value : taken.refusal.code;
  };
  /** Takes and gives back. */
  const use = async (token: string, name?: string): Promise<void> => {
    const taken = await take(token, name);
    if (typeof taken !== 'string') taken.release();
  };
  return { pool, log, take, use, ends, state };
}

it('attaches once for requests that come together, and not again while the session lives', async () => {
  const { pool, log, take } = poolOf();
  const [one, two] = await Promise.all([take('a'), take('a')]);
  expect(one).toBe(two);
  expect(pool.find(of('a'))).toBe(one);
  expect(log).toEqual(['attach a']);
  expect(pool.counts).toMatchObject({ attached: 1 });
});

it('keeps tickets, doors and named sessions apart', async () => {
  const { pool, log, use } = poolOf({ max: 9 });
  for (const [token, name] of [['a'], ['b'], ['a', 'one'], ['a', 'two']] as const) await use(token, name);
  expect(log).toEqual(['attach a', 'attach b', 'attach a', 'attach a']);
  expect(pool.find({ ...of('a'), door: 'mcp' })).toBeUndefined();
});

it('does not remember a refusal', async () => {
  const { pool, log, take, state } = poolOf();
  state.refusal = refuse('unreachable');
  expect(await Promise.all([take('a'), take('a')])).toEqual(['unreachable', 'unreachable']);
  state.refusal = undefined;
  expect(await take('a')).toBeTypeOf('object');
  expect(log).toEqual(['attach a', 'attach a']);
  expect(pool.counts).toMatchObject({ attached: 1, refused: 1 });
});

it('attaches anew after the hive ended a session, which is closed when its last request ends', async () => {
  const { pool, log, take, ends } = poolOf();
  const old = await take('a');
  ends.get('a')?.('ended');
  const fresh = await take('a');
  expect(fresh).not.toBe(old);
  expect(log).toEqual(['attach a', 'attach a']);
  if (typeof old === 'object') old.release();
  expect(log).toEqual(['attach a', 'attach a', 'close a']);
  expect(pool.counts.ended).toBe(1);
  expect(pool.size).toBe(1);
});

it('closes what is idle, and only that', async () => {
  const { pool, log, take, use, state } = poolOf();
  await use('a');
  const busy = await take('b');
  state.at = 900;
  await use('c');
  state.at = 1000;
  vi.advanceTimersByTime(250);
  expect(log.slice(3)).toEqual(['close a']);
  state.at = 5000;
  vi.advanceTimersByTime(250);
  expect(log.slice(3)).toEqual(['close a', 'close c']);
  if (typeof busy === 'object') busy.release();
  expect(pool.size).toBe(1);
  state.at = 6000;
  vi.advanceTimersByTime(250);
  expect(log.at(-1)).toBe('close b');
});

it('makes room by closing the longest idle, and refuses when all are in use', async () => {
  const { pool, log, take, use, state } = poolOf();
  for (const token of ['a', 'b', 'c']) {
    await use(token);
    state.at += 1;
  }
  await use('a');
  await take('d');
  expect(log.at(-2)).toBe('close b');
  await take('a');
  await take('c');
  expect(await take('e')).toBe('limit');
  expect(pool.size).toBe(3);
});

it('gives one ticket so many sessions of its own', async () => {
  const { log, take } = poolOf({ max: 9 });
  await take('a', 'one');
  await take('a', 'two');
  expect(await take('a', 'three')).toBe('limit');
  expect(await take('b', 'one')).toBeTypeOf('object');
  expect(log).toEqual(['attach a', 'attach a', 'attach b']);
});

it('closes all when it closes, and attaches no more', async () => {
  const { pool, log, take, use } = poolOf();
  await use('a');
  await take('b');
  await pool.close();
  expect(log.slice(2).sort()).toEqual(['close a', 'close b']);
  expect(await take('c')).toBe('unreachable');
  expect(vi.getTimerCount()).toBe(0);
});
