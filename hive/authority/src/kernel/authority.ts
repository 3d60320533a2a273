// The authority of one hive: decides commands, applies outcomes, and answers what its state says. It holds no state
// itself; the hive keeps as many states as it needs (`head`, `shown`) and hands them in.

import { assert } from '@cohesix/check';
import type { Manifest } from '@cohesix/manifest';
import { manifestIn } from '../capabilities/settings/queries.ts';
import type { Command, Outcome, State } from '../types.ts';
import { decideCommand } from './decide.ts';
import { controlVersion, type KernelSlice, remember } from './kernel-capability.ts';
import type { Match } from './pattern.ts';
import { clone, compareText, stateText } from './plain.ts';
import type { ViewRecord } from './record.ts';
import {
  createRegistry,
  type RegisteredControl,
  type RegisteredNames,
  type RegisteredView,
  type Registry,
} from './registry.ts';
import { sliceOf } from './slice.ts';
import { cutAtLine } from './text.ts';

type Params = Readonly<Record<string, string>>;

/** What the authority of a hive can do. All of it is pure but `evolve`, which writes into the state it is given. */
export interface Authority {
  /** Every control file, in the order of the registry. */
  readonly controls: readonly RegisteredControl[];
  /** Every view. */
  readonly views: readonly RegisteredView[];
  /** Every parameter component that has names. */
  readonly names: readonly RegisteredNames[];
  /** The state before the first record of a journal. */
  initialState(): State;
  /** The control file at a path, with its parameters. */
  controlFor(path: string): Match<RegisteredControl> | undefined;
  /** What a command would do. Never throws for what a command says; changes nothing. */
  decide(state: Readonly<State>, command: Command): Outcome;
  /** Applies the outcome of `decide` in place; a refused outcome changes nothing. */
  evolve(state: State, command: Command, outcome: Outcome): void;
  /** Earliest time (ms) at which a `tick` to `/sys/clock` would change something; undefined when none. */
  deadline(state: Readonly<State>): number | undefined;
  /** Canonical text of a state, for hashing, comparing and snapshots. */
  stateText(state: Readonly<State>): string;
  /** What does not hold although it must, as sentences; empty when all is well. */
  invariants(state: Readonly<State>): string[];
  /** As `invariants`, of one capability: `turn`, `turn + 1` and so on go round all of them. */
  invariantsInTurn(state: Readonly<State>, turn: number): readonly string[];
  /** The text of the view at `path`, at most its bound; undefined when there is none, or a name in it does not exist. */
  renderView(state: Readonly<State>, path: string): string | undefined;
  /** The fields of the view at `path`; undefined when there is none, its text is not made from fields, or a name in it does not exist. */
  viewRecord(state: Readonly<State>, path: string): ViewRecord | undefined;
  /** The names at a pattern of `names` (`/worker/:worker`), in byte order of ASCII. */
  listNames(state: Readonly<State>, pattern: string, params?: Params): string[];
  /** Whether a name exists at a pattern of `names`. */
  hasName(state: Readonly<State>, pattern: string, name: string, params?: Params): boolean;
  /** The retained log of a control file: one JSON line per accepted line, oldest first; empty when none. */
  controlLogText(state: Readonly<State>, path: string): string;
  /** What reading a control file gives: its retained log, unless the file says something else. */
  controlText(state: Readonly<State>, path: string): string;
  /** Journal entry of the newest accepted line of a control file; 0 when none. Grows with every accepted line. */
  controlLogVersion(state: Readonly<State>, path: string): number;
  /** Journal entry of the last applied command; 0 when none. What a view shows changes only when this does. */
  version(state: Readonly<State>): number;
}

/** Makes the authority of a hive with this manifest. */
export function createAuthority(manifest: Manifest): Authority {
  const registry = createRegistry(manifest);
  const kernel = (state: Readonly<State>) => sliceOf<KernelSlice>(state, 'kernel');
  return {
    controls: registry.controls,
    views: registry.views,
    names: registry.names,
    initialState: registry.initialState,
    controlFor: registry.controlFor,
    decide: (state, command) => decideCommand(registry, state, command),
    evolve: (state, command, outcome) => evolve(registry, state, { command, outcome }),
    deadline: (state) => deadline(registry, state),
    stateText,
    invariants: (state) => invariants(registry, state),
    invariantsInTurn: (state, turn) => invariantsInTurn(registry, state, turn),
    renderView: (state, path) => renderView(registry, state, path),
    viewRecord: (state, path) => viewRecord(registry, state, path),
    listNames: (state, pattern, params = {}) => listNames(registry, state, { pattern, params }),
    hasName: (state, pattern, name, params = {}) => hasName(registry, state, { pattern, params, name }),
    controlLogText: (state, path) => logText(kernel(state), path),
    controlText: (state, path) => controlText(registry, state, path),
    controlLogVersion: controlVersion,
    version: (state) => kernel(state).seq,
  };
}

/** Each change is copied first: two states that apply one outcome share nothing. */
function evolve(
  registry: Registry,
  state: State,
  { command, outcome }: { readonly command: Command; readonly outcome: Outcome },
): void {
  if (!outcome.ok) return;
  for (const { capability: name, change } of outcome.changes) {
    const capability = registry.capabilities.get(name);
    assert(capability !== undefined, `no capability ${name}`);
    capability.evolve(sliceOf<never>(state, name), clone(change) as never);
  }
  remember(sliceOf<KernelSlice>(state, 'kernel'), manifestIn(state).log, { command, reply: outcome.reply });
}

function logText({ logs }: Readonly<KernelSlice>, path: string): string {
  return (logs.get(path)?.lines ?? []).map((line) => `${line}\n`).join('');
}

function controlText({ controlFor }: Registry, state: Readonly<State>, path: string): string {
  const found = controlFor(path)?.found;
  const text = found?.control.text?.(sliceOf<never>(state, found.capability), state);
  return text ?? logText(sliceOf<KernelSlice>(state, 'kernel'), path);
}

function deadline({ capabilities }: Registry, state: Readonly<State>): number | undefined {
  let earliest: number | undefined;
  for (const capability of capabilities.values()) {
    const own = capability.deadline?.(sliceOf<never>(state, capability.name), state);
    if (own !== undefined && (earliest === undefined || own < earliest)) earliest = own;
  }
  return earliest;
}

function invariants({ capabilities }: Registry, state: Readonly<State>): string[] {
  return [...capabilities.values()].flatMap((capability) =>
    capability.invariants(sliceOf<never>(state, capability.name), state),
  );
}

function invariantsInTurn({ capabilities }: Registry, state: Readonly<State>, turn: number): readonly string[] {
  const all = [...capabilities.values()];
  const capability = all[turn % all.length];
  assert(capability !== undefined, 'a hive has capabilities');
  return capability.invariants(sliceOf<never>(state, capability.name), state);
}

function renderView(registry: Registry, state: Readonly<State>, path: string): string | undefined {
  const match = viewAt(registry, state, path);
  if (match === undefined) return undefined;
  const { view, capability } = match.found;
  return cutAtLine(view.render(sliceOf<never>(state, capability), match.params, state), view.boundBytes);
}

function viewRecord(registry: Registry, state: Readonly<State>, path: string): ViewRecord | undefined {
  const match = viewAt(registry, state, path);
  return match?.found.view.record?.(sliceOf<never>(state, match.found.capability), match.params, state);
}

/** The view at a path, when every name in it exists. */
function viewAt(registry: Registry, state: Readonly<State>, path: string): Match<RegisteredView> | undefined {
  const match = registry.viewFor(path);
  if (match === undefined) return undefined;
  const { pattern } = match.found;
  const isThere = registry.names
    .filter((names) => `${pattern}/`.startsWith(`${names.pattern}/`))
    .every((names) =>
      hasName(registry, state, { pattern: names.pattern, params: match.params, name: lastOf(names, match.params) }),
    );
  return isThere ? match : undefined;
}

function lastOf({ pattern }: RegisteredNames, params: Params): string {
  return params[pattern.slice(pattern.lastIndexOf(':') + 1)] ?? '';
}

interface Place {
  readonly pattern: string;
  readonly params: Params;
}

function listNames(registry: Registry, state: Readonly<State>, { pattern, params }: Place): string[] {
  const found = registry.names.find((names) => names.pattern === pattern);
  if (found === undefined) return [];
  return [...found.names.list(sliceOf<never>(state, found.capability), params, state)].sort(compareText);
}

function hasName(
  registry: Registry,
  state: Readonly<State>,
  { pattern, params, name }: Place & { readonly name: string },
): boolean {
  const found = registry.names.find((names) => names.pattern === pattern);
  return found?.names.has(sliceOf<never>(state, found.capability), name, params, state) ?? false;
}
