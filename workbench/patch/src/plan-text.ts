// A plan as text: JSON with its keys in order, two spaces of indentation and a newline at the end. There is one text for a
// plan, so that the SHA-256 of its file is the plan's id, and anybody can compute it.

import { decodeUtf8, encodeUtf8 } from '@cohesix/bytes';
import { accepted, type Outcome, refused } from '@cohesix/check';
import { PLAN_VERSION, type Plan } from './plan.ts';
import { sha256Hex } from './sha256.ts';

/** Bytes of a plan's text that are read. */
const TEXT_SIZE_MAX = 1 << 28;

/** The one text of a plan. */
export function planText(plan: Plan): string {
  return `${JSON.stringify(plan, inOrder, 2)}\n`;
}

function inOrder(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** The plan's id: SHA-256 of its text. What a person approves. */
export function planId(text: string): string {
  return sha256Hex(encodeUtf8(text));
}

/** The plan of a text. Refuses what is no plan of this version, and a text that is not the plan's own, by a byte. */
export function planOf(bytes: Uint8Array): Outcome<Plan> {
  if (bytes.length > TEXT_SIZE_MAX) return refused(`a plan has at most ${TEXT_SIZE_MAX} bytes`);
  const text = decodeUtf8(bytes);
  if (text === undefined) return refused('expected a plan: the file is not text in UTF-8');
  const value = parsed(text);
  if (!isRecord(value)) return refused('expected a plan: the file is no JSON object');
  if (value.version !== PLAN_VERSION)
    return refused(`expected a plan of version ${PLAN_VERSION}, got ${JSON.stringify(value.version)?.slice(0, 20)}`);
  const problem = problemOf(value);
  if (problem !== undefined) return refused(`this is no plan: ${problem}`);
  const plan = value as unknown as Plan;
  if (planText(plan) !== text)
    return refused('the plan is not as it was written: its text was changed by hand or by a tool');
  return accepted(plan);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Fields = Record<string, unknown>;

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isSize = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isHex = (value: unknown): boolean => typeof value === 'string' && /^(?:[0-9a-f]{2})*$/.test(value);
const isHash = (value: unknown): boolean => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
const isFlag = (value: unknown): boolean => typeof value === 'boolean';

type Shape = Readonly<Record<string, (value: unknown) => boolean>>;

function fits(shape: Shape): (value: unknown) => boolean {
  return (value) => isRecord(value) && Object.entries(shape).every(([key, test]) => test(value[key]));
}

function listOf(test: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.every(test);
}

const FROM_TO = fits({ from: isText, to: isText });
const SHAPE: Shape = {
  input: fits({
    sha256: isHash,
    size: isSize,
    format: isText,
    isa: (value) => value === 'x86-64' || value === 'aarch64',
  }),
  output: fits({ sha256: isHash, size: isSize }),
  intents: listOf((value) => isRecord(value) && isText(value.kind)),
  steps: listOf(
    fits({
      intent: isSize,
      rung: isText,
      refused: listOf(fits({ rung: isText, reason: isText })),
      moved: listOf(FROM_TO),
    }),
  ),
  edits: listOf(fits({ offset: isSize, before: isHex, after: isHex, reason: isText })),
  code: listOf(fits({ address: isText, offset: isSize, size: isSize, lines: listOf(isText) })),
  repairs: listOf(fits({ what: isText, outcome: isText, text: isText })),
  visibility: listOf(fits({ identity: isText, isVisible: isFlag, text: isText })),
  proofs: listOf(fits({ kind: isText, text: isText })),
  notes: listOf(isText),
  tools: listOf(isText),
};

function problemOf(value: Fields): string | undefined {
  const wrong = Object.entries(SHAPE).find(([key, test]) => !test(value[key]));
  return wrong && `${wrong[0]} is missing or has another shape`;
}
