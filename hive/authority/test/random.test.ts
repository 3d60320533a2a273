// Random sessions against what must hold for every one of them. The harness checks after every line that `decide`
// changed nothing, that the invariants hold and that a copy evolves the same; here comes what concerns whole sessions.

import { defaultManifest } from '@cohesix/manifest';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Command,
  carriedLine,
  createAuthority,
  INTENTS_PATH,
  type Outcome,
  type State,
  stateFromText,
} from '../src/index.ts';
import { lists, resolve, type Step } from './commands.ts';
import { manifestWith, START_MS, TestHive } from './hive.ts';

function play(hive: TestHive, list: readonly Step[]): Outcome[] {
  return list.map((step) => {
    const { wait, who, path, line } = resolve(
      step,
      hive.journal.map(({ outcome }) => outcome),
    );
    hive.at += wait;
    return hive.run(who, path, line);
  });
}

test('every line keeps the invariants, and the journal replays', () => {
  let accepted = 0;
  fc.assert(
    fc.property(lists, (list) => {
      const hive = new TestHive();
      play(hive, list);
      accepted += hive.journal.length;
      expect(hive.replay()).toBe(hive.text());
    }),
    { numRuns: 150 },
  );
  expect(accepted, 'sessions are not refused throughout').toBeGreaterThan(1500);
});

test('a snapshot goes on like the state it was taken of', () => {
  fc.assert(
    fc.property(lists, fc.nat(), (list, cut) => {
      const hive = new TestHive();
      play(hive, list.slice(0, (cut % list.length) + 1));
      const other = new TestHive();
      const restored = stateFromText(hive.text());
      for (const [name, slice] of restored) other.state.set(name, slice);
      other.journal.push(...hive.journal);
      other.at = hive.at;
      const rest = list.slice((cut % list.length) + 1);
      expect(JSON.stringify(play(other, rest))).toBe(JSON.stringify(play(hive, rest)));
      expect(other.text()).toBe(hive.text());
    }),
    { numRuns: 100 },
  );
});

test('a journal replays the same after hive.toml was edited', () => {
  const edited = manifestWith((manifest) => {
    manifest.workers.max = 1;
    manifest.policy.enabled = false;
    manifest.lifecycle.auto_transitions = [];
    manifest.log.control_log_entries = 1;
    manifest.workers.start = [];
  });
  fc.assert(
    fc.property(lists, (list) => {
      const hive = TestHive.booted();
      play(hive, list);
      expect(hive.replay(createAuthority(edited))).toBe(hive.text());
    }),
    { numRuns: 30 },
  );
});

test('no approval is used twice, by its decider, or for another line', () => {
  const count = { put: 0, consume: 0, refund: 0 };
  fc.assert(
    fc.property(lists, (list) => {
      const hive = new TestHive();
      play(hive, list);
      const live = new Map<string, Command>();
      const used = new Map<string, Command>();
      for (const { command, outcome } of hive.journal) {
        for (const { capability, change } of outcome.ok ? outcome.changes : []) {
          const use = change as Use;
          if (capability !== 'policy') continue;
          checkUse({ live, used }, command, use);
          if (use.kind === 'put' || use.kind === 'consume' || use.kind === 'refund') count[use.kind] += 1;
        }
      }
    }),
    { numRuns: 150 },
  );
  expect(Math.min(...Object.values(count)), JSON.stringify(count)).toBeGreaterThan(0);
});

interface Use {
  readonly kind: string;
  readonly id: string;
  readonly action?: { readonly id: string; readonly state: string; readonly target: string; readonly line: string };
}

interface Account {
  /** Approvals that may be used: id → who decided, for which path and line. */
  readonly live: Map<string, Command>;
  readonly used: Map<string, Command>;
}

/** An account of approvals that knows nothing of the authority but the changes it made. */
function checkUse({ live, used }: Account, command: Command, change: Use): void {
  if (change.kind === 'put' && change.action?.state === 'queued') {
    const { id, target, line } = change.action;
    live.set(id, { ...command, path: target, line });
  } else if (change.kind === 'consume') {
    const approval = live.get(change.id);
    // An intent needs the approval of the line it carries.
    const about = (command.path === INTENTS_PATH ? carriedLine(command.line) : undefined) ?? command;
    expect(approval).toMatchObject({ path: about.path, line: about.line });
    expect(approval?.who.subject).not.toBe(command.who.subject);
    expect(approval?.who.ticketIds[0]).not.toBe(command.who.ticketIds[0]);
    if (approval !== undefined) used.set(change.id, approval);
    live.delete(change.id);
  } else if (change.kind === 'refund') {
    const approval = used.get(change.id);
    expect(approval).toBeDefined();
    expect(command.who.role).toBe('system');
    if (approval !== undefined) live.set(change.id, approval);
    used.delete(change.id);
  }
}

test('no input makes decide throw', () => {
  const authority = createAuthority(defaultManifest());
  const booted = TestHive.booted();
  const paths = [...authority.controls.map(({ pattern }) => pattern), '/', '', '/queen', '/worker/:worker/info'];
  const json = fc.json({ maxDepth: 12 });
  fc.assert(
    fc.property(
      fc.record({
        path: fc.oneof(fc.constantFrom(...paths), fc.string()),
        line: fc.oneof(json, fc.string({ unit: 'binary' }), fc.string(), fc.constant('{"'.repeat(5000))),
        seq: fc.oneof(fc.constant(2), fc.integer(), fc.double()),
        at: fc.oneof(fc.constant(START_MS), fc.integer(), fc.double()),
        role: fc.constantFrom('queen', 'system', 'worker-gpu', '', '__proto__'),
        ids: fc.array(fc.string(), { maxLength: 3 }),
      }),
      ({ path, line, seq, at, role, ids }) => {
        const who = { subject: 'x', role, ticket: 't', ticketIds: ids, session: 's' };
        const states: State[] = [booted.state, authority.initialState()];
        for (const state of states) expect(authority.decide(state, { seq, at, who, path, line })).toHaveProperty('ok');
      },
    ),
    { numRuns: 1500 },
  );
});
