// Back-off and cooldown of failed attaches, at the limit and one millisecond past it.

import { defaultManifest } from '@cohesix/manifest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AttachLimiter } from '../src/attach-limiter.ts';
import { peerOf } from '../src/peer.ts';

const LIMITS = defaultManifest().tickets.attach_failures;
const START = 1_000_000;

function limiter(change: Partial<typeof LIMITS> = {}): AttachLimiter {
  return new AttachLimiter(() => ({ ...LIMITS, window_failures: 1000, ...change }));
}

function code(limits: AttachLimiter, now: number, peer = 'a'): string {
  const checked = limits.check(peer, now);
  return checked.ok ? 'ok' : checked.refusal.code;
}

describe('back-off', () => {
  it('doubles from 250 ms to the cap of 64 s and stays there', () => {
    const limits = limiter();
    let now = START;
    for (const wait of [250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 64_000, 64_000]) {
      limits.failed('a', now);
      expect(limits.waitMs('a', now)).toBe(wait);
      expect(code(limits, now + wait - 1)).toBe('throttled');
      expect(code(limits, now + wait)).toBe('ok');
      now += wait;
    }
  });

  it('is forgotten after a success, and is the peer’s own', () => {
    const limits = limiter();
    limits.failed('a', START);
    limits.failed('a', START);
    expect(code(limits, START, 'b')).toBe('ok');
    limits.succeeded('a');
    expect(code(limits, START)).toBe('ok');
    limits.failed('a', START);
    expect(limits.waitMs('a', START)).toBe(250);
  });

  it('takes limits that changed while the hive runs', () => {
    let capMs = 64_000;
    const limits = new AttachLimiter(() => ({ ...LIMITS, backoff_base_ms: 50_000, backoff_cap_ms: capMs }));
    limits.failed('a', START);
    expect(limits.waitMs('a', START)).toBe(50_000);
    capMs = 1000;
    expect(limits.waitMs('a', START)).toBe(1000);
  });
});

describe('cooldown', () => {
  it('starts with the third failure in the window and starts over after it', () => {
    const limits = new AttachLimiter(() => LIMITS);
    for (const at of [0, 250, 60_000]) limits.failed('a', START + at);
    expect(code(limits, START + 60_000)).toBe('rate-limited');
    expect(code(limits, START + 149_999)).toBe('rate-limited');
    expect(code(limits, START + 150_000)).toBe('ok');
    limits.failed('a', START + 150_000);
    expect(limits.waitMs('a', START + 150_000)).toBe(250);
    expect(code(limits, START + 150_000)).toBe('throttled');
  });

  it('does not start when the third failure is one past the window', () => {
    const limits = new AttachLimiter(() => LIMITS);
    for (const at of [0, 250, 60_001]) limits.failed('a', START + at);
    expect(code(limits, START + 60_001)).toBe('throttled');
  });
});

describe('bounds', () => {
  it('never blocks longer than the longest wait, however the clock jumps', () => {
    const jump = fc.integer({ min: -1e12, max: 1e12 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('fail', 'look'), jump), { maxLength: 20 }), (acts) => {
        const limits = new AttachLimiter(() => LIMITS);
        let now = START;
        for (const [act, by] of acts) {
          now += by;
          if (act === 'fail') limits.failed('a', now);
          const wait = limits.waitMs('a', now);
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThanOrEqual(LIMITS.cooldown_ms);
          expect(code(limits, now + wait)).toBe('ok');
        }
      }),
    );
  });

  it('remembers 4,096 peers, and forgets the oldest for one more', () => {
    const limits = limiter();
    for (let peer = 0; peer < 4096; peer++) limits.failed(`p${peer}`, START);
    expect(code(limits, START, 'p0')).toBe('throttled');
    limits.failed('one more', START);
    expect(code(limits, START, 'p0')).toBe('ok');
    expect(code(limits, START, 'p1')).toBe('throttled');
  });
});

describe('who a peer is', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1 c#1'],
    ['::1', '::1 c#1'],
    ['::ffff:127.0.0.1', '::ffff:127.0.0.1 c#1'],
    [undefined, 'unix c#1'],
    ['10.0.0.7', '10.0.0.7'],
    ['fe80::1', 'fe80::1'],
    ['1.27.0.1', '1.27.0.1'],
  ])('%s is %s', (address, peer) => {
    expect(peerOf(address, 'c#1')).toBe(peer);
  });
});
