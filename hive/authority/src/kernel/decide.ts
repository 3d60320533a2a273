// One line on its way through the authority. The checks run in one order for every file, from what the line says to
// who says it, to whether the node takes it now, to the capability's own rules, to policy; the first that fails is the
// answer, and a refusal changes nothing.

import { assert } from '@cohesix/check';
import type { RefusalCode } from '@cohesix/wire';
import { BOOT_PATH } from '../capabilities/lifecycle/boot.ts';
import { deniedLine } from '../capabilities/lifecycle/index.ts';
import { bootEpoch, checkGate, lifecycleState } from '../capabilities/lifecycle/queries.ts';
import { policyGate } from '../capabilities/policy/gate.ts';
import { checkRoot } from '../capabilities/root/queries.ts';
import { isRevoked } from '../capabilities/sessions/queries.ts';
import type { Command, Decision, Delegation, Outcome, ParsedCommand, State } from '../types.ts';
import type { KernelSlice } from './kernel-capability.ts';
import type { Match } from './pattern.ts';
import { canonical } from './plain.ts';
import { readLine } from './read-line.ts';
import type { RegisteredControl, Registry } from './registry.ts';
import { sliceOf } from './slice.ts';

/** Decides one command. Pure; never throws for what a command says. */
export function decideCommand(registry: Registry, state: Readonly<State>, command: Command): Outcome {
  const broken = orderProblem(sliceOf<KernelSlice>(state, 'kernel'), command);
  if (broken !== undefined) return refused('internal', broken);
  if (isRevoked(state, command.who.ticketIds))
    return refused('revoked', 'The ticket, or one it was made from, was revoked.');
  const match = registry.controlFor(command.path);
  if (match === undefined) return refused('invalid-path', 'No control file has this path.');
  const value = readLine(match.found, command.line);
  if (!value.ok) return refused(value.refusal.code, value.refusal.detail, invalidLog(match.found, state));
  const { control } = match.found;
  if (!control.writers.includes(command.who.role)) {
    return refused(
      'denied',
      `Lines to this file are written by ${control.writers.join(' or ')}, not ${command.who.role}.`,
    );
  }
  if (bootEpoch(state) === 0 && match.found.pattern !== BOOT_PATH) {
    return refused('lifecycle-denied', `The hive has not booted; ${BOOT_PATH} comes first.`);
  }
  const parsed = { ...command, value: value.value as never, params: match.params };
  const gated = checkWorker(state, command) ?? checkLifecycle(match, parsed, state);
  if (gated !== undefined) return gated;
  const decision = control.decide(sliceOf<never>(state, match.found.capability), parsed, state);
  if (decision.kind !== 'delegate') return withPolicy(decision, state, parsed);
  return decideCarried(registry, state, { command: parsed, delegation: decision });
}

/**
 * Both lines are decided on the same state, so neither sees what the other does: the carrying file changes its own slice
 * only, and the carried line may not carry another.
 */
function decideCarried(
  registry: Registry,
  state: Readonly<State>,
  { command, delegation }: { readonly command: ParsedCommand; readonly delegation: Delegation },
): Outcome {
  const { path, line, accepted } = delegation;
  assert(path !== command.path, 'a file does not carry lines for itself');
  const { seq, at, who } = command;
  const inner = decideCommand(registry, state, { seq, at, who, path, line });
  if (!inner.ok) return inner;
  const outer = withPolicy(accepted(inner), state, command);
  if (!outer.ok) return outer;
  return {
    ok: true,
    changes: [...inner.changes, ...outer.changes],
    effects: [...inner.effects, ...outer.effects],
    log: [...inner.log, ...outer.log],
    reply: outer.reply,
  };
}

/** What is wrong with the position or the time of a command: defects of the host, not of the writer. */
function orderProblem({ seq, at }: KernelSlice, command: Command): string | undefined {
  if (!Number.isSafeInteger(command.seq) || command.seq <= seq)
    return `Entry ${command.seq} is not after entry ${seq}.`;
  if (!Number.isSafeInteger(command.at) || command.at < at)
    return `Time ${command.at} is before ${at}; it must not go back.`;
  return undefined;
}

function invalidLog({ control, capability }: RegisteredControl, state: Readonly<State>): readonly string[] {
  return control.logInvalid === undefined ? [] : [control.logInvalid(sliceOf<never>(state, capability))];
}

/** What workers order is refused while the hive is cut off from its queens: authority is theirs, never inferred. */
function checkWorker(state: Readonly<State>, { who }: Command): Outcome | undefined {
  if (!who.role.startsWith('worker-')) return undefined;
  const rooted = checkRoot(state);
  return rooted.ok ? undefined : refused(rooted.refusal.code, rooted.refusal.detail);
}

function checkLifecycle(
  match: Match<RegisteredControl>,
  parsed: ParsedCommand<never>,
  state: Readonly<State>,
): Outcome | undefined {
  const gate = match.found.control.gate?.(parsed.value);
  if (gate === undefined) return undefined;
  const open = checkGate(state, gate);
  if (open.ok) return undefined;
  return refused(open.refusal.code, open.refusal.detail, [deniedLine(gate, lifecycleState(state), 'gate-denied')]);
}

/**
 * Policy is asked only about lines that would otherwise be accepted; what it uses up is part of the same outcome. What
 * is journaled is canonical: the same text after a replay and after a snapshot, sharing nothing with the state.
 */
function withPolicy(decision: Decision, state: Readonly<State>, command: ParsedCommand): Outcome {
  if (decision.kind === 'refuse') return outcomeOf(decision);
  const passed = policyGate(state, command);
  if (passed.kind === 'refuse') return outcomeOf(passed);
  return {
    ok: true,
    changes: canonical([...passed.changes, ...decision.changes]),
    effects: canonical(decision.effects ?? []),
    log: [...(passed.log ?? []), ...(decision.log ?? [])],
    reply: decision.reply ?? {},
  };
}

function outcomeOf({ refusal, log }: Extract<Decision, { kind: 'refuse' }>): Outcome {
  return refused(refusal.code, refusal.detail, log);
}

function refused(code: RefusalCode, detail: string, log: readonly string[] = []): Outcome {
  return { ok: false, code, detail, log };
}
