// `test`: the hive's own scripts under `/proc/tests`, run through a shell against the hive that holds them
// (contracts-2.md 9.2, m08d). One check per command of a script together with its expectations; a script stops at its
// first failing check.

import { parseScript, type Result, type ScriptStatement } from '@cohesix/wire';
import type { HiveClient } from '../hive-client.ts';
import { Shell } from '../shell/shell.ts';
import { firstWord } from '../shell/words.ts';
import { realTimers, type Timers } from '../timers.ts';
import { runScript, type ScriptReport } from './run-script.ts';

/** Which script runs after the negative one; `negative`: no other. */
export type SelfTestMode = 'quick' | 'full' | 'smp' | 'negative';

/** How the tests are run. */
export interface SelfTestOptions {
  /** Default `quick`. */
  readonly mode?: SelfTestMode;
  /** Skips what changes the hive. */
  readonly noMutate?: boolean;
  /** Upper bound of the whole run, 1 to 120,000. Default 30,000. */
  readonly timeoutMs?: number;
  /** Session for `approve` lines of the scripts. */
  readonly approver?: HiveClient;
  readonly timers?: Timers;
}

/** One check. */
export interface SelfTestCheck {
  /** At most 120 characters. */
  readonly name: string;
  readonly ok: boolean;
  /** At most 200 characters. */
  readonly detail: string;
  /** What was heard, when it failed; at most 512 characters. */
  readonly transcript_excerpt?: string;
}

/** The report; its keys are the JSON of `test --json`. */
export interface SelfTestReport {
  readonly ok: boolean;
  readonly mode: SelfTestMode;
  readonly elapsed_ms: number;
  readonly checks: readonly SelfTestCheck[];
  readonly version: '1';
}

/** Longest run that may be asked for. */
export const SELF_TEST_TIMEOUT_MS_MAX = 120_000;

const TIMEOUT_MS_DEFAULT = 30_000;

/** Preflight attach and ping, the negative script, then the mode's. Never throws; everything found is in the report. */
export async function runSelfTest(client: HiveClient, options: SelfTestOptions = {}): Promise<SelfTestReport> {
  const { mode = 'quick', timers = realTimers, timeoutMs = TIMEOUT_MS_DEFAULT } = options;
  const startedMs = timers.nowMs();
  const run = new SelfTestRun(client, options, timers);
  const isInTime = await within(timers, Math.min(timeoutMs, SELF_TEST_TIMEOUT_MS_MAX), run.all(mode));
  run.isStopped = true;
  const checks = [...run.checks];
  if (!isInTime) checks.push(check('timeout', `no result within ${timeoutMs} ms`));
  const elapsed = Math.round(timers.nowMs() - startedMs);
  return { ok: checks.every(({ ok }) => ok), mode, elapsed_ms: elapsed, checks, version: '1' };
}

/** Whether `work` ended within `ms`. */
async function within(timers: Timers, ms: number, work: Promise<void>): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = timers.after(ms, () => resolve(false));
    void work.then(() => {
      cancel();
      resolve(true);
    });
  });
}

class SelfTestRun {
  readonly checks: SelfTestCheck[] = [];
  isStopped = false;
  readonly #client: HiveClient;
  readonly #shell: Shell;
  readonly #noMutate: boolean;
  readonly #timers: Timers;

  constructor(client: HiveClient, options: SelfTestOptions, timers: Timers) {
    this.#client = client;
    this.#shell = new Shell({ client, ...(options.approver === undefined ? {} : { approver: options.approver }) });
    this.#noMutate = options.noMutate ?? false;
    this.#timers = timers;
  }

  async all(mode: SelfTestMode): Promise<void> {
    const isAttached = this.#preflight('preflight: attach', await this.#client.list('/'));
    const isAlive = this.#preflight('preflight: ping', await this.#client.ping());
    if (!isAttached || !isAlive) return;
    for (const name of new Set(['negative', mode])) await this.#script(name);
  }

  #preflight(name: string, result: Result<unknown>): boolean {
    this.#add(check(name, result.ok ? undefined : result.refusal.detail));
    return result.ok;
  }

  async #script(name: string): Promise<void> {
    const path = `/proc/tests/selftest_${name}.coh`;
    const text = await this.#client.read(path);
    const parsed = text.ok ? parseScript(new TextDecoder().decode(text.value)) : text;
    if (!parsed.ok) {
      this.#add(check(`${name}: ${path}`, parsed.refusal.detail));
      return;
    }
    let skipsUntilKill = false;
    let hasSkipped = false;
    for (const group of groupsOf(parsed.value)) {
      if (this.isStopped) return;
      const verb = verbOf(group);
      const isSkipped: boolean =
        this.#noMutate && (skipsUntilKill || mutates(group, verb) || (hasSkipped && looksBack(group, verb)));
      hasSkipped ||= isSkipped;
      if (isSkipped) skipsUntilKill = verb === 'kill' ? false : skipsUntilKill || verb === 'spawn';
      if (isSkipped) this.#add({ name: groupName(name, group), ok: true, detail: 'skipped: --no-mutate' });
      else if (!(await this.#group(name, group))) return;
    }
  }

  async #group(script: string, group: readonly ScriptStatement[]): Promise<boolean> {
    const heard: string[] = [];
    const report = await runScript(group, this.#shell, {
      timers: this.#timers,
      transcript: (line) => heard.push(line),
    });
    if (!report.ok || !report.isQuit) this.#add(checkOf(groupName(script, group), report, heard));
    return report.ok && !report.isQuit;
  }

  #add(found: SelfTestCheck): void {
    if (!this.isStopped) this.checks.push(found);
  }
}

/** Verbs that `--no-mutate` skips; between a skipped spawn and its kill everything is about the worker, and skipped too. */
const MUTATING: ReadonlySet<string> = new Set(['spawn', 'kill', 'lifecycle', 'approve']);

/** Whether a group is there to change the hive; an `echo` that must be refused is not. */
function mutates(group: readonly ScriptStatement[], verb: string): boolean {
  const mustFail = group.some((one) => one.kind === 'expect' && one.expectation.kind === 'err');
  return MUTATING.has(verb) || (verb === 'echo' && !mustFail);
}

/** Whether a group looks in a log for what came before: after something was skipped it is not there. */
function looksBack(group: readonly ScriptStatement[], verb: string): boolean {
  return (
    (verb === 'tail' || verb === 'log') && group.some((one) => one.kind === 'expect' && one.expectation.kind === 'body')
  );
}

/** Each command with the statements that follow it. */
function groupsOf(statements: readonly ScriptStatement[]): readonly (readonly ScriptStatement[])[] {
  const groups: ScriptStatement[][] = [];
  for (const statement of statements) {
    if (statement.kind === 'command' || groups.length === 0) groups.push([statement]);
    else groups.at(-1)?.push(statement);
  }
  return groups;
}

function verbOf(group: readonly ScriptStatement[]): string {
  const [first] = group;
  return first?.kind === 'command' ? firstWord(first.text).word.toLowerCase() : '';
}

function groupName(script: string, group: readonly ScriptStatement[]): string {
  const [first] = group;
  return cut(`${script}: ${first?.kind === 'command' ? first.text : 'WAIT'}`, NAME_MAX);
}

function checkOf(name: string, report: ScriptReport, heard: readonly string[]): SelfTestCheck {
  const { failure } = report;
  if (failure === undefined) return check(name);
  const detail = `line ${failure.line}: ${failure.reason}; got ${failure.lastResponse}`;
  return { ...check(name, detail), transcript_excerpt: cut(heard.join('\n'), EXCERPT_MAX) };
}

const NAME_MAX = 120;
const DETAIL_MAX = 200;
const EXCERPT_MAX = 512;

/** A check that is good, or failed with a problem. */
function check(name: string, problem?: string): SelfTestCheck {
  return { name: cut(name, NAME_MAX), ok: problem === undefined, detail: cut(problem ?? 'ok', DETAIL_MAX) };
}

function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`;
}
