// A plan for people: what is wanted, how it is done and what was tried, every changed range, the new code, what is not seen.

import type { Intent, Plan, PlanEdit } from './plan.ts';

/** Hex digits of one range that are shown. */
const HEX_MAX = 64;

/** The plan as lines. Names in them come from the file: untrusted text. */
export function explain(plan: Plan): readonly string[] {
  const { input, output, edits } = plan;
  const grown = output.size - input.size;
  return [
    `A change of one file: ${input.format}, ${input.isa}, ${input.size} bytes, SHA-256 ${input.sha256}`,
    `It becomes ${output.size} bytes (${grown === 0 ? 'as large as before' : `${grown} more`}), SHA-256 ${output.sha256}`,
    '',
    ...plan.intents.flatMap((intent, index) => stepLines(plan, intent, index)),
    `Changed ranges: ${edits.length}`,
    ...edits.flatMap(editLines),
    ...plan.code.flatMap(({ address, size, lines }) => [
      '',
      `Code at ${address}, ${size} bytes:`,
      ...lines.map(indented),
    ]),
    ...section('What it means for the file', [
      ...plan.repairs.map(({ what, outcome, text }) => `${what} (${outcome}): ${text}`),
      ...plan.visibility.map(
        ({ identity, isVisible, text }) => `${identity}: ${isVisible ? 'changed' : 'not changed'} (${text})`,
      ),
      ...plan.notes,
    ]),
    ...section(
      'What verify checks',
      plan.proofs.map(({ text }) => text),
    ),
    ...section('Made by', plan.tools),
  ];
}

const indented = (line: string): string => `  ${line}`;

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines.map(indented)];
}

function stepLines({ steps }: Plan, intent: Intent, index: number): readonly string[] {
  const step = steps.find((one) => one.intent === index);
  return [
    `${index + 1}. ${intentText(intent)}`,
    ...(step?.refused ?? []).map(({ rung, reason }) => `   not ${rung}: ${reason}`),
    `   done by ${step?.rung ?? 'nothing'}`,
    ...(step?.moved ?? []).map(({ from, to }) => `   ${from} is now at ${to}`),
    '',
  ];
}

/** An intent in a line; code in it shows its first line. */
function intentText(intent: Intent): string {
  switch (intent.kind) {
    case 'bytes':
      return `bytes ${cut(intent.bytes)} at ${intent.at}`;
    case 'assembly':
      return `at ${intent.at}: ${cut(intent.source.split('\n').join('; '))}`;
    case 'nop':
      return `${intent.count} instructions at ${intent.at} do nothing`;
    case 'return':
      return `${intent.function} returns ${intent.value}`;
    case 'hook': {
      const code = 'assembly' in intent.code ? intent.code.assembly.split('\n').join('; ') : intent.code.bytes;
      return `${intent.when === 'before' ? 'before' : 'instead of'} ${intent.function}: ${cut(code)}`;
    }
    case 'data':
      return `new ${intent.isWritable ? 'data' : 'constant'} ${intent.name}: ${cut(intent.bytes)}`;
    case 'redirect':
      return `calls of ${intent.function} go to ${intent.to}`;
    default:
      return 'an intent that this version does not know';
  }
}

function editLines({ offset, before, after, reason }: PlanEdit): readonly string[] {
  return [
    `  ${offset}: ${reason}`,
    `    - ${before === '' ? '(end of the file)' : cut(before)}`,
    `    + ${cut(after)}`,
  ];
}

function cut(text: string): string {
  return text.length <= HEX_MAX ? text : `${text.slice(0, HEX_MAX)}… (${text.length} characters)`;
}
