// coh session, against a real hive.

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type LiveHive, liveHive } from './live-hive.ts';

let live: LiveHive;
beforeAll(async () => {
  live = await liveHive();
});
afterAll(() => live?.stop());

interface Listed {
  readonly sessions: readonly { readonly id: string; readonly role: string; readonly door: string }[];
}

/** A session of the queen in this process: its id, and whether it still answers. */
function guest(): { readonly id: string; readonly answers: () => Promise<boolean> } {
  const attached = live.hive.attach(readFileSync(live.hive.paths.queenTicket, 'utf8').trim());
  if (!attached.ok) throw new Error(attached.refusal.detail);
  return { id: attached.value.session.id, answers: async () => (await attached.value.ping()).ok };
}

it('lists who is attached, this command last', async () => {
  const { id } = guest();
  const { sessions } = await live.json<Listed>(['session', 'list']);
  expect(sessions.find((one) => one.id === id)).toMatchObject({
    role: 'queen',
    subject: 'queen',
    door: 'in-process',
    state: 'ACTIVE',
    expires_ms: null,
  });
  expect(sessions.at(-1)).toMatchObject({ role: 'queen', door: process.env.COH_TEST_DOOR ?? '9p' });
  const { stdout } = await live.coh(['session', 'list']);
  expect(stdout.split('\n')[0]).toMatch(/^id\s+role\s+subject\s+door\s+state/i);
});

it('closes and drains one', async () => {
  for (const [word, done] of [
    ['close', 'closed session'],
    ['drain', 'draining session'],
  ] as const) {
    const one = guest();
    expect((await live.coh(['session', word, one.id])).stdout).toMatch(`${done} ${one.id}`);
    await vi.waitFor(async () => expect(await one.answers()).toBe(false), 5000);
    expect((await live.json<Listed>(['session', 'list'])).sessions.map(({ id }) => id)).not.toContain(one.id);
  }
});

it('says where to look when there is no such session, and that a worker is killed', async () => {
  expect(await live.refused(['session', 'close', '999999'])).toMatchObject({
    exit: 1,
    said: 'coh: cannot close session 999999 (not-found)',
    advice: expect.stringContaining('./coh session list'),
  });
  const { sessions } = await live.json<Listed>(['session', 'list']);
  const worker = sessions.find(({ role }) => role.startsWith('worker-'))?.id ?? '';
  expect(await live.refused(['session', 'drain', worker])).toMatchObject({
    exit: 3,
    said: `coh: cannot drain session ${worker} (denied)`,
    advice: expect.stringContaining('./coh kill WORKER'),
  });
  expect((await live.refused(['session', 'close', 'all'])).said).toBe('coh: cannot close session all (not-found)');
});
