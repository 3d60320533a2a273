// A small-scope exhaustive model check of the authority: every interleaving of a few actors who write a few lines each, with
// jumps of the clock and late clock lines in between. What must hold is judged by an account (the ghost) that is kept from the
// lines and their answers alone, so that a wrong state of the authority cannot vouch for itself.
//
// Two paths that lead to the same state, time, account and used-up steps are one: what follows is the same. The log of lines
// and the position in the journal are not part of that; journal entries that rooms keep are.

import { hash } from 'node:crypto';
import {
  type Authority,
  CLOCK_LINE,
  CLOCK_PATH,
  type Command,
  clone,
  type Outcome,
  type Principal,
  type State,
  SYSTEM,
  stateText,
} from '@cohesix/authority';

/** A line somebody may write; `line` may depend on what was answered before, and be undefined where it makes no sense. */
export interface Move<Ghost> {
  readonly who: Principal;
  readonly path: string;
  readonly line: (ghost: Ghost) => string | undefined;
}

/** An accepted or refused line, for the account. */
export interface Judged {
  readonly command: Command;
  readonly outcome: Outcome;
  /** The state after it. */
  readonly state: Readonly<State>;
}

/** What is explored. */
export interface Model<Ghost> {
  readonly authority: Authority;
  /** Lines written before the exploration begins; all must be accepted. */
  readonly before: readonly { readonly who: Principal; readonly path: string; readonly line: string }[];
  /** For each actor the lines it may write at any time, in any order, again and again. */
  readonly actors: readonly (readonly Move<Ghost>[])[];
  /** Lines of each actor that may be accepted; those that are refused change nothing and cost nothing. */
  readonly steps: number;
  /** By how much the clock may jump, ms, and how often in all. */
  readonly jumps: readonly number[];
  readonly jumpsMax: number;
  /** The account before the first line: plain data. */
  readonly ghost: Ghost;
  /** What of a moment decides all that follows and can still be judged, as text; by default all of it. */
  readonly textOf?: (moment: Moment<Ghost>) => string;
  /** Writes an accepted line into the account, which it may change, and says what was wrong with it. */
  readonly judge: (ghost: Ghost, judged: Judged) => readonly string[];
}

/** What an exploration saw. */
export interface Explored {
  readonly states: number;
  readonly accepted: number;
  readonly refused: number;
  /** What did not hold, with the lines that led there; the first found. */
  readonly broken: readonly string[];
}

/** A model that can be explored by its name. */
export interface Named {
  readonly name: string;
  /** Fewer states than this, and the model has lost sight of what it is about. */
  readonly statesMin: number;
  readonly explore: () => Explored;
}

/** What an exploration saw, as a line. */
export function exploredText({ name }: Named, { states, accepted, refused }: Explored): string {
  return `${name}: ${states} states, ${accepted} lines accepted, ${refused} refused`;
}

/** A state, the account of it, and the time. */
export interface Moment<Ghost> {
  readonly state: State;
  readonly ghost: Ghost;
  readonly at: number;
}

interface Node<Ghost> extends Moment<Ghost> {
  readonly seq: number;
  readonly used: readonly number[];
  readonly jumped: number;
  readonly trace: readonly string[];
}

export const START_MS = 1_700_000_000_000;

/** Looks at everything that can happen, or stops at the first thing that must not. */
export function explore<Ghost>(model: Model<Ghost>): Explored {
  const seen = new Set<string>();
  const count = { accepted: 0, refused: 0 };
  const open: Node<Ghost>[] = [startOf(model)];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const key = keyOf(node, model.textOf ?? allOf);
    if (seen.has(key)) continue;
    seen.add(key);
    for (const next of nextOf(model, node, count)) {
      if ('broken' in next) return { states: seen.size, ...count, broken: next.broken };
      open.push(next);
    }
  }
  return { states: seen.size, ...count, broken: [] };
}

function startOf<Ghost>({ authority, before, actors, ghost }: Model<Ghost>): Node<Ghost> {
  const state = authority.initialState();
  for (const [index, { who, path, line }] of before.entries()) {
    const command: Command = { seq: index + 1, at: START_MS, who, path, line };
    const outcome = authority.decide(state, command);
    if (!outcome.ok) throw new Error(`${path} ${line}: ${outcome.detail}`);
    authority.evolve(state, command, outcome);
  }
  return { state, ghost, seq: before.length, at: START_MS, used: actors.map(() => 0), jumped: 0, trace: [] };
}

type Next<Ghost> = Node<Ghost> | { readonly broken: readonly string[] };

function nextOf<Ghost>(
  model: Model<Ghost>,
  node: Node<Ghost>,
  count: { accepted: number; refused: number },
): Next<Ghost>[] {
  const next: Next<Ghost>[] = [];
  const deadline = model.authority.deadline(node.state);
  if (deadline !== undefined && deadline <= node.at)
    write(node, { who: SYSTEM, path: CLOCK_PATH, line: () => CLOCK_LINE }, node.used);
  for (const ms of node.jumped < model.jumpsMax ? model.jumps : [])
    next.push({ ...node, at: node.at + ms, jumped: node.jumped + 1, trace: [...node.trace, `+${ms} ms`] });
  for (const [actor, moves] of model.actors.entries()) {
    if ((node.used[actor] ?? 0) >= model.steps) continue;
    const used = node.used.map((steps, index) => (index === actor ? steps + 1 : steps));
    for (const move of moves) write(node, move, used);
  }
  return next;

  function write(from: Node<Ghost>, move: Move<Ghost>, used: readonly number[]): void {
    const line = move.line(from.ghost);
    if (line === undefined) return;
    const command: Command = { seq: from.seq + 1, at: from.at, who: move.who, path: move.path, line };
    const outcome = model.authority.decide(from.state, command);
    count[outcome.ok ? 'accepted' : 'refused'] += 1;
    if (outcome.ok) next.push(applied(model, { ...from, used }, command, outcome));
  }
}

function applied<Ghost>(
  model: Model<Ghost>,
  from: Node<Ghost>,
  command: Command,
  outcome: Extract<Outcome, { ok: true }>,
): Next<Ghost> {
  const state = forChanges(from.state, outcome);
  model.authority.evolve(state, command, outcome);
  const ghost = clone(from.ghost);
  const trace = [...from.trace, `${command.who.subject} ${command.path} ${command.line}`];
  const broken = [...model.judge(ghost, { command, outcome, state }), ...model.authority.invariants(state)];
  return broken.length > 0 ? { broken: [...broken, ...trace] } : { ...from, state, ghost, seq: command.seq, trace };
}

/** A state in which only what an outcome changes is copied. */
function forChanges(state: State, { changes }: Extract<Outcome, { ok: true }>): State {
  const copy = new Map(state);
  for (const name of new Set(['kernel', ...changes.map(({ capability }) => capability)]))
    copy.set(name, clone(state.get(name)));
  return copy;
}

/** Slices that say the same in every state, or only how it was reached. */
const LEFT_OUT = ['kernel', 'settings'];

function allOf<Ghost>({ state, ghost, at }: Moment<Ghost>): string {
  const rooms: State = new Map([...state].filter(([name]) => !LEFT_OUT.includes(name)));
  return `${stateText(rooms)}${JSON.stringify([ghost, at])}`;
}

function keyOf<Ghost>(node: Node<Ghost>, textOf: (moment: Moment<Ghost>) => string): string {
  return hash('sha256', `${textOf(node)}${JSON.stringify([node.used, node.jumped])}`, 'base64');
}
