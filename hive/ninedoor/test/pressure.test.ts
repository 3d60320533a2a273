// Refusals are counted one by one and written line by line, until there are too many to write.

import { setImmediate } from 'node:timers/promises';
import { refusal } from '@cohesix/wire';
import { describe, expect, it } from 'vitest';
import { Pressure } from '../src/pressure.ts';
import { attached, makeFixture } from './fixture.ts';

function pressure(): { clock: { now: number }; audit: string[]; counter: Pressure } {
  const clock = { now: 1000 };
  const audit: string[] = [];
  return {
    clock,
    audit,
    counter: new Pressure(
      (line) => audit.push(line),
      () => clock.now,
    ),
  };
}

describe('counters', () => {
  it('count each refusal under its tag', () => {
    const { counter, audit } = pressure();
    for (const code of ['busy', 'limit', 'exhausted', 'revoked', 'denied', 'invalid-path'] as const) {
      counter.count(refusal(code), `path=/${code}`);
    }
    expect(counter.counts).toEqual({ busy: 2, quota: 1, cut: 1, policy: 2 });
    expect(audit[0]).toBe('audit refused reason=busy detail=busy path=/busy');
    expect(audit[5]).toBe('audit refused reason=policy detail=invalid-path path=/invalid-path');
  });

  it('write twenty lines a second and then how many were left out', () => {
    const { counter, audit, clock } = pressure();
    for (let index = 0; index < 20; index++) counter.count(refusal('denied'), `n=${index}`);
    expect(audit.length).toBe(20);
    for (let index = 0; index < 12_345; index++) counter.count(refusal('denied'), 'more');
    expect(audit.length).toBe(20);
    clock.now += 999;
    counter.count(refusal('denied'), 'still');
    expect(audit.length).toBe(20);
    clock.now += 1;
    counter.count(refusal('busy'), 'after');
    expect(audit.slice(20)).toEqual(['audit refused suppressed=12346', 'audit refused reason=busy detail=busy after']);
    expect(counter.counts).toEqual({ busy: 1, quota: 0, cut: 0, policy: 20 + 12_346 });
  });

  it('open a new window when the clock goes back', () => {
    const { counter, audit, clock } = pressure();
    for (let index = 0; index < 25; index++) counter.count(refusal('denied'), '');
    clock.now = 5;
    counter.count(refusal('denied'), 'back');
    expect(audit.slice(20)).toEqual(['audit refused suppressed=5', 'audit refused reason=policy detail=denied back']);
  });
});

describe('a flood over 9P', () => {
  it('is counted in full, written in part, and cannot forge a line', async () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    const before = fixture.audit.length;
    for (let round = 0; round < 50; round++) {
      wire.say(...Array.from({ length: 100 }, (_, tag) => `Twalk tag ${tag} fid 1 newfid 2 'nope\\naudit forged'`));
      // A long turn yields, and the socket is not read meanwhile.
      while (wire.sink.isPaused) await setImmediate();
    }
    expect(fixture.door.pressure.counts.policy).toBe(5000);
    expect(fixture.audit.length).toBe(before + 20);
    expect(
      fixture.audit
        .join('\n')
        .split('\n')
        .some((line) => line.startsWith('audit forged')),
    ).toBe(false);
  });

  it('shows characters of a path that a terminal would obey or hide', () => {
    const fixture = makeFixture();
    attached(fixture).say("Twalk tag 2 fid 1 newfid 2 'a\u009b2J\u202e\u007f'");
    expect(fixture.audit.at(-1)).toMatch(/ path="\/a\\u009b2J\\u202e\\u007f"$/);
  });
});
