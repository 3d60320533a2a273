// What NineDoor saw of the queens as lines: at most one record a second, nothing when nothing changed, again when the
// journal could not be written, and never after the hive stops.

import { type Authority, bootLine, createAuthority, type State, SYSTEM } from '@cohesix/authority';
import type { Ending, QueenEvent } from '@cohesix/ninedoor';
import type { Result } from '@cohesix/wire';
import { refuse } from '@cohesix/wire';
import { expect, it } from 'vitest';
import { ROOT_RECORD_MS, RootWatch } from '../src/root-watch.ts';
import { plainManifest, START_MS } from './fixture.ts';

/** A watch over an authority whose records are durable when the test says so, and a clock turned by hand. */
class Bench {
  readonly authority: Authority = createAuthority(plainManifest());
  readonly state: State = this.authority.initialState();
  /** Records, each as its lines in short. */
  readonly records: string[] = [];
  nowMs = 0;
  /** What the journal answers instead of taking a record. */
  failure: Result<never> | undefined;
  readonly #timers = new Set<{ readonly atMs: number; readonly run: () => void }>();
  #waiting: (() => void)[] = [];
  #seq = 0;
  readonly watch = new RootWatch({
    timers: { nowMs: () => this.nowMs, after: (ms, run) => this.#after(ms, run) },
    shown: () => this.state,
    submit: (path, lines, done) => {
      const failure = this.failure;
      this.#waiting.push(() => done(failure ?? this.#apply(path, lines)));
    },
  });

  constructor() {
    this.#apply('/sys/boot', [bootLine(plainManifest(), { epoch: 1, fingerprint: 'f', version: '1' })]);
    this.records.length = 0;
  }

  /** Turns of events, each with what follows from it at once on disk. */
  hear(...words: string[]): void {
    for (const word of words) {
      this.hearOnly(word);
      this.durable();
    }
  }

  hearOnly(word: string): void {
    const [kind = '', how] = word.split(' ');
    this.watch.heard((how === undefined ? { kind } : { kind, how: how as Ending }) as QueenEvent);
  }

  durable(): void {
    for (const done of this.#waiting.splice(0)) done();
  }

  pass(ms: number): void {
    this.nowMs += ms;
    for (const timer of [...this.#timers]) {
      if (timer.atMs > this.nowMs) continue;
      this.#timers.delete(timer);
      timer.run();
    }
    this.durable();
  }

  get shown(): string {
    return ['reachable', 'cut_reason']
      .map((name) => this.authority.renderView(this.state, `/proc/root/${name}`)?.trim().split('=')[1])
      .join(' ');
  }

  #after(ms: number, run: () => void): () => void {
    const timer = { atMs: this.nowMs + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  #apply(path: string, lines: readonly string[]): Result<void> {
    this.records.push(lines.map((line) => line.replaceAll(/[{}":]+/g, ' ').trim()).join(', '));
    for (const line of lines) {
      const command = { seq: ++this.#seq, at: START_MS + this.#seq, who: SYSTEM, path, line };
      const outcome = this.authority.decide(this.state, command);
      expect(outcome, 'no line of the watch is refused').toMatchObject({ ok: true });
      this.authority.evolve(this.state, command, outcome);
    }
    return { ok: true, value: undefined };
  }
}

it('writes the first attach and each cut, and no session that leaves in order', () => {
  const bench = new Bench();
  bench.hear('attached');
  expect(bench.shown).toBe('yes none');
  for (let round = 0; round < 10; round++) {
    bench.pass(ROOT_RECORD_MS);
    bench.hear('ended quit', 'attached');
  }
  bench.hear('ended quit', 'refused');
  expect(bench.records).toEqual(['active']);
  bench.hear('attached', 'ended eof');
  expect([bench.shown, ...bench.records]).toEqual(['no network_unreachable', 'active', 'ended how eof']);
});

it('notes once that a queen was turned away, and forgets it with the next attach', () => {
  const bench = new Bench();
  bench.hear('refused', 'refused');
  bench.pass(ROOT_RECORD_MS);
  bench.hear('refused');
  expect([bench.shown, ...bench.records]).toEqual(['no policy_denied', 'refused']);
  bench.hear('attached');
  expect([bench.shown, ...bench.records]).toEqual(['yes none', 'refused', 'active']);
});

it('writes a flapping queen once a second, and what is true at last', () => {
  const bench = new Bench();
  for (let round = 0; round < 500; round++) {
    bench.hear('attached', 'ended eof');
    bench.pass(ROOT_RECORD_MS / 100);
  }
  expect(bench.records.length).toBeLessThanOrEqual(6);
  bench.hear('attached');
  bench.pass(ROOT_RECORD_MS);
  expect(bench.shown).toBe('yes none');
});

it('tells in one record of a queen that came and was revoked since the last', () => {
  const bench = new Bench();
  bench.hear('attached');
  bench.pass(ROOT_RECORD_MS);
  bench.hear('ended eof', 'attached', 'ended revoked', 'refused');
  expect(bench.shown).toBe('no network_unreachable');
  bench.pass(ROOT_RECORD_MS);
  expect(bench.shown).toBe('no session_revoked');
  expect(bench.records).toEqual(['active', 'ended how eof', 'active, ended how revoked, refused']);
  bench.pass(ROOT_RECORD_MS);
  bench.hear('attached', 'ended error');
  bench.pass(ROOT_RECORD_MS);
  expect(bench.shown).toBe('no network_unreachable');
});

it('does not write what is on its way already, and corrects what has changed meanwhile', () => {
  const bench = new Bench();
  bench.hearOnly('attached');
  bench.hearOnly('ended eof');
  bench.hearOnly('attached');
  bench.durable();
  bench.pass(ROOT_RECORD_MS);
  expect(bench.records).toEqual(['active']);
});

it('tries again each second while the journal cannot be written', () => {
  const bench = new Bench();
  bench.failure = refuse('audit-unavailable');
  bench.hear('attached');
  bench.pass(ROOT_RECORD_MS);
  bench.pass(ROOT_RECORD_MS);
  expect(bench.shown).toBe('no network_unreachable');
  bench.failure = undefined;
  bench.pass(ROOT_RECORD_MS);
  expect([bench.shown, ...bench.records]).toEqual(['yes none', 'active']);
});

it('writes nothing once the hive stops', () => {
  const bench = new Bench();
  bench.hear('attached');
  bench.hear('ended eof');
  bench.watch.stop();
  bench.hear('attached', 'ended closed', 'refused');
  bench.pass(10 * ROOT_RECORD_MS);
  expect(bench.records).toEqual(['active']);
});
