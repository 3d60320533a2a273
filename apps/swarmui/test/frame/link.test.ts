import { ok, type RefusalCode, refuse } from '@cohesix/wire';
import { describe, expect, test } from 'vitest';
import { LinkSignIn } from '../../src/session/link.ts';
import type { Phase } from '../../src/session/session.ts';
import { Store } from '../../src/store/store.ts';
import { FakeHive, settled } from './fake-hive.ts';

function page(phase: Phase, refused?: RefusalCode) {
  const phases = new Store<Phase>(phase);
  const redeemed: string[] = [];
  const signedIn: string[] = [];
  const session = {
    phase: phases,
    signIn: ({ ticket }: { readonly ticket: string }) => void signedIn.push(ticket),
    signOut: () => phases.set({ kind: 'signed-out' }),
  };
  const redeem = async (code: string) => {
    redeemed.push(code);
    return refused === undefined ? ok({ ticket: `ticket of ${code}`, role: 'queen' }) : refuse(refused);
  };
  return { links: new LinkSignIn({ session, redeem }), phases, redeemed, signedIn };
}

const READY: Phase = { kind: 'ready', client: new FakeHive().client(), role: 'queen', subject: undefined };

describe('a one-time link', () => {
  test('signs in a tab that has no session', async () => {
    const { links, signedIn } = page({ kind: 'signed-out' });
    links.opened('abc');
    await settled();
    expect(signedIn).toEqual(['ticket of abc']);
    expect(links.link.get()).toBeUndefined();
  });

  test('asks before it replaces a session, and is not used up by a no', async () => {
    const { links, redeemed, signedIn, phases } = page(READY);
    links.opened('abc');
    await settled();
    expect(links.link.get()).toEqual({ kind: 'asking', code: 'abc' });
    expect(redeemed).toEqual([]);
    links.forget();
    phases.set({ kind: 'signed-out' });
    await settled();
    expect([redeemed, signedIn]).toEqual([[], []]);
  });

  test('is used after a yes, with the other session ended first', async () => {
    const { links, signedIn, phases } = page(READY);
    links.opened('abc');
    links.use();
    expect(phases.get().kind).toBe('signed-out');
    await settled();
    expect(signedIn).toEqual(['ticket of abc']);
  });

  test('that was used says where to get another', async () => {
    const { links, signedIn } = page({ kind: 'signed-out' }, 'denied');
    links.opened('abc');
    await settled();
    expect(links.link.get()).toMatchObject({ kind: 'failed', why: expect.stringContaining('coh ui') });
    expect(signedIn).toEqual([]);
  });

  test('does not replace the ticket that was pasted meanwhile', async () => {
    const { links, signedIn, phases } = page({ kind: 'signed-out' });
    links.opened('abc');
    phases.set(READY);
    await settled();
    expect(signedIn).toEqual([]);
  });
});
