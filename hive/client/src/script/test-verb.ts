// The shell's `test [--mode quick|full|smp|negative] [--json] [--timeout s] [--no-mutate]`: runs the self test and writes its
// report, as a checklist or as one line of JSON, before `OK TEST` or `ERR TEST`.

import { refusal } from '@cohesix/wire';
import type { Outcome } from '../shell/outcome.ts';
import { Shell, type ShellOptions, type TestVerb } from '../shell/shell.ts';
import { words } from '../shell/words.ts';
import { runSelfTest, type SelfTestMode, type SelfTestReport } from './self-test.ts';

/** A shell with everything: what `coh sh` uses. */
export function createShell(options: ShellOptions): Shell {
  return new Shell({ test: testVerb, ...options });
}

interface TestFlags {
  mode: SelfTestMode;
  json: boolean;
  noMutate: boolean;
  timeoutS: number;
}

const TIMEOUT_S_MAX = 120;

/** The verb. Its time-out is in whole seconds, 1 to 120. */
export const testVerb: TestVerb = async (client, rest, approver) => {
  const flags = flagsOf(words(rest));
  if (typeof flags === 'string') return { kind: 'usage', text: `invalid value for argument ${flags}` };
  const { mode, noMutate, timeoutS } = flags;
  const options = { mode, noMutate, timeoutMs: timeoutS * 1000, ...(approver === undefined ? {} : { approver }) };
  return outcomeOf(await runSelfTest(client, options), flags.json);
};

/** The flags, or the name of the first that is wrong. */
function flagsOf(list: readonly string[]): TestFlags | string {
  const flags: TestFlags = { mode: 'quick', json: false, noMutate: false, timeoutS: 30 };
  for (let index = 0; index < list.length; index++) {
    const flag = list[index] ?? '';
    const value = list[index + 1] ?? '';
    if (flag === '--json') flags.json = true;
    else if (flag === '--no-mutate') flags.noMutate = true;
    else if (flag === '--mode' && isMode(value)) flags.mode = value;
    else if (flag === '--timeout' && isTimeout(value)) flags.timeoutS = Number(value);
    else return flag.startsWith('--') ? flag.slice(2) : 'args';
    if (flag === '--mode' || flag === '--timeout') index++;
  }
  return flags;
}

function isMode(word: string): word is SelfTestMode {
  return word === 'quick' || word === 'full' || word === 'smp' || word === 'negative';
}

function isTimeout(word: string): boolean {
  return /^\d{1,3}$/.test(word) && Number(word) >= 1 && Number(word) <= TIMEOUT_S_MAX;
}

function outcomeOf(report: SelfTestReport, json: boolean): Outcome {
  const body = json ? [JSON.stringify(report)] : report.checks.map(checkLine);
  const detail = `mode=${report.mode} checks=${report.checks.length}`;
  if (report.ok) return { kind: 'listed', detail, body };
  return {
    kind: 'listed',
    detail,
    body,
    refusal: refusal('internal', 'The self test failed; the first FAIL says where.'),
  };
}

function checkLine({ ok, name, detail }: SelfTestReport['checks'][number]): string {
  if (!ok) return `FAIL ${name}: ${detail}`;
  if (detail.startsWith('skipped')) return `SKIP ${name} (${detail})`;
  return detail === 'ok' ? `PASS ${name}` : `PASS ${name} (${detail})`;
}
