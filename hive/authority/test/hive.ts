// A hive in one thread for tests: runs lines through an authority, keeps the journal, and after every line checks what
// must always hold: `decide` changed nothing, the invariants hold, a copy evolves the same.

import { defaultManifest, type Manifest } from '@cohesix/manifest';
import { expect } from 'vitest';
import {
  type Authority,
  bootLine,
  type Command,
  clone,
  createAuthority,
  type Outcome,
  type Principal,
  type State,
  SYSTEM,
} from '../src/index.ts';

export const START_MS = 1_700_000_000_000;

/** A queen with a root ticket of her own. */
export function queen(subject: string, root: string = hexId(subject)): Principal {
  return { subject, role: 'queen', ticket: `fp-${subject}`, ticketIds: [root], session: `s-${subject}` };
}

/** A ticket id made of a name: 32 hex digits. */
export function hexId(name: string): string {
  const hex = [...name].map((character) => character.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  return hex.padEnd(32, '0').slice(0, 32);
}

/** `parent` attenuated under a name of the holder's choice, as a ticket does it: same root, one more id. */
export function childOf(parent: Principal, name: string): Principal {
  const subject = `${parent.subject}/${name}`;
  return { ...parent, subject, ticket: `fp-${subject}`, ticketIds: [...parent.ticketIds, hexId(name)] };
}

export const ALICE: Principal = queen('alice');
export const BOB: Principal = queen('bob');
export const CAROL: Principal = queen('carol');

/** The default manifest without workers of its own, changed as a test needs it. */
export function manifestWith(change: (manifest: Writable<Manifest>) => void = () => undefined): Writable<Manifest> {
  const manifest = defaultManifest() as Writable<Manifest>;
  manifest.workers.start = [];
  change(manifest);
  return manifest;
}

type Writable<T> = T extends object ? { -readonly [Key in keyof T]: Writable<T[Key]> } : T;

/** Compiling the schemas of all lines takes longer than most tests; an authority keeps nothing of its own. */
const authorities = new Map<string, Authority>();

function authorityOf(manifest: Manifest): Authority {
  const key = JSON.stringify(manifest);
  const known = authorities.get(key) ?? createAuthority(manifest);
  authorities.set(key, known);
  return known;
}

export class TestHive {
  readonly authority: Authority;
  readonly state: State;
  readonly journal: { readonly command: Command; readonly outcome: Outcome }[] = [];
  at: number = START_MS;

  constructor(manifest: Manifest = manifestWith()) {
    this.authority = authorityOf(manifest);
    this.state = this.authority.initialState();
  }

  /** A hive that has booted once. */
  static booted(manifest: Manifest = manifestWith()): TestHive {
    const hive = new TestHive(manifest);
    hive.boot(1, manifest);
    return hive;
  }

  boot(epoch: number, manifest: Manifest = manifestWith()): Outcome {
    return this.run(SYSTEM, '/sys/boot', bootLine(manifest, { epoch, fingerprint: 'f00d', version: '0.1.0' }));
  }

  command(who: Principal, path: string, line: string): Command {
    const last = this.journal.at(-1)?.command.seq ?? 0;
    return { seq: last + 1, at: this.at, who, path, line };
  }

  /** Decides and applies one line at the present time. */
  run(who: Principal, path: string, line: string): Outcome {
    const command = this.command(who, path, line);
    const before = this.text();
    const outcome = this.authority.decide(this.state, command);
    expect(this.text(), 'decide changes nothing').toBe(before);
    const twin = clone(this.state);
    this.authority.evolve(this.state, command, outcome);
    this.authority.evolve(twin, command, outcome);
    const after = this.text();
    expect(this.authority.stateText(twin), 'a copy evolves the same').toBe(after);
    expect(this.authority.invariants(this.state)).toEqual([]);
    if (outcome.ok) this.journal.push({ command, outcome });
    else expect(after, 'a refusal changes nothing').toBe(before);
    return outcome;
  }

  /** As `run`; the line must be accepted. */
  ok(who: Principal, path: string, line: string | object): Extract<Outcome, { ok: true }> {
    const outcome = this.run(who, path, typeof line === 'string' ? line : JSON.stringify(line));
    if (!outcome.ok) throw new Error(`${path} ${JSON.stringify(line)}: ${outcome.code}: ${outcome.detail}`);
    return outcome;
  }

  /** As `run`; the code of the refusal, or `ok`. */
  code(who: Principal, path: string, line: string | object): string {
    const outcome = this.run(who, path, typeof line === 'string' ? line : JSON.stringify(line));
    return outcome.ok ? 'ok' : outcome.code;
  }

  /** Lets time pass and, when that reaches a deadline, writes the clock line. */
  pass(ms: number): void {
    this.at += ms;
    const deadline = this.authority.deadline(this.state);
    if (deadline !== undefined && deadline <= this.at) this.ok(SYSTEM, '/sys/clock', 'tick');
  }

  view(path: string): string | undefined {
    return this.authority.renderView(this.state, path);
  }

  text(): string {
    return this.authority.stateText(this.state);
  }

  /** A journal replayed from nothing: every outcome must come out the same. The text of the state it ends in. */
  replay(authority: Authority = this.authority): string {
    const state = authority.initialState();
    for (const { command, outcome } of this.journal) {
      expect(JSON.stringify(authority.decide(state, command))).toBe(JSON.stringify(outcome));
      authority.evolve(state, command, outcome);
    }
    return authority.stateText(state);
  }
}
