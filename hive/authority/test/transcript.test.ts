// Transcripts: each file under transcripts/ is a session as text, lines in and outcomes out. `UPDATE_GOLDEN=1` rewrites
// what came out; the difference is read like code.
//
//   manifest policy.approvals_max=2     changes a field of the default manifest; before the first line
//   > +5 alice /queen/ctl {"kill":"…"}  5 ms later alice appends a line; `pass` time with `> +5 -`
//   = /proc/workers                     shows a view, `log PATH` the log of a control file

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Outcome, type Principal, SYSTEM } from '../src/index.ts';
import { ALICE, BOB, CAROL, childOf, manifestWith, queen, TestHive } from './hive.ts';

const FOLDER = new URL('./transcripts/', import.meta.url);

const PRINCIPALS: Readonly<Record<string, Principal>> = {
  system: SYSTEM,
  alice: ALICE,
  bob: BOB,
  carol: CAROL,
  'alice-child': childOf(ALICE, 'helper'),
  'alice-other-ticket': queen('alice', 'ab'.repeat(16)),
  'bob-child': childOf(BOB, 'bot'),
  worker: { subject: 'worker-1', role: 'worker-heartbeat', ticket: 'fp-w', ticketIds: ['0c'.repeat(16)], session: 's' },
};

for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.golden'))) {
  test(`transcript ${name}`, () => {
    const url = new URL(name, FOLDER);
    const text = readFileSync(url, 'utf8');
    const now = rerun(text);
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(url, now);
    else expect(now).toBe(text);
  });
}

function rerun(text: string): string {
  const manifest = manifestWith();
  let hive: TestHive | undefined;
  const out: string[] = [];
  for (const line of text.split('\n')) {
    if (!/^(#|>|=|log |manifest |$)/.test(line)) continue;
    if (line === '' && out.at(-1) === '') continue;
    out.push(line);
    if (line.startsWith('manifest ')) setField(manifest, line.slice('manifest '.length));
    if (!/^[>=l]/.test(line)) continue;
    hive ??= TestHive.booted(manifest);
    out.push(...answer(hive, line));
  }
  if (hive !== undefined) expect(hive.replay()).toBe(hive.text());
  return `${out.join('\n').trimEnd()}\n`;
}

function setField(manifest: object, setting: string): void {
  const [path = '', value = ''] = setting.split('=');
  const names = path.split('.');
  const last = names.pop() ?? '';
  const table = names.reduce<Record<string, unknown>>(
    (node, key) => node[key] as Record<string, unknown>,
    manifest as Record<string, unknown>,
  );
  table[last] = JSON.parse(value);
}

function answer(hive: TestHive, line: string): string[] {
  if (line.startsWith('= ')) return indent(hive.view(line.slice(2)) ?? '(no such file)');
  if (line.startsWith('log ')) return indent(hive.authority.controlLogText(hive.state, line.slice(4)) || '(empty)');
  const [, after = '0', who = '', path = '', rest = ''] = /^> \+(\d+) (\S+) ?(\S*) ?(.*)$/.exec(line) ?? [];
  hive.at += Number(after);
  if (who === '-') {
    const count = hive.journal.length;
    hive.pass(0);
    return hive.journal.slice(count).flatMap(({ outcome }) => outcomeText(outcome));
  }
  const principal = PRINCIPALS[who];
  if (principal === undefined) throw new Error(`no principal ${who}`);
  return outcomeText(hive.run(principal, path, rest));
}

function outcomeText(outcome: Outcome): string[] {
  const log = outcome.log.map((line) => `  log ${line}`);
  if (!outcome.ok) return [`  ${outcome.code}: ${outcome.detail}`, ...log];
  const effects = outcome.effects.map((effect) => `  effect ${JSON.stringify(effect)}`);
  return [`  ok ${JSON.stringify(outcome.reply)}`, ...log, ...effects];
}

function indent(text: string): string[] {
  return text
    .split('\n')
    .slice(0, text.endsWith('\n') ? -1 : undefined)
    .map((line) => `  ${line}`);
}
