// The wishes of `coh re plan` from its options: `PLACE=VALUE` each; a value that begins with @ is read from a file.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { accepted, type Outcome, refused } from '@cohesix/check';
import type { Intent } from '@cohesix/patch';
import type { Io } from '../io.ts';
import { errorText } from '../token.ts';

/** Options of `coh re plan` that are wishes. */
export interface Wishes {
  readonly return?: readonly string[];
  readonly replace?: readonly string[];
  readonly before?: readonly string[];
  readonly asm?: readonly string[];
  readonly nop?: readonly string[];
  readonly bytes?: readonly string[];
  readonly constant?: readonly string[];
  readonly variable?: readonly string[];
  readonly redirect?: readonly string[];
}

interface Pair {
  readonly place: string;
  readonly value: string;
}

type Making = (pair: Pair) => Outcome<Intent>;

const MAKINGS: readonly (readonly [keyof Wishes, Making])[] = [
  ['constant', ({ place, value }) => accepted({ kind: 'data', name: place, bytes: dataHex(value), isWritable: false })],
  ['variable', ({ place, value }) => accepted({ kind: 'data', name: place, bytes: dataHex(value), isWritable: true })],
  ['return', ({ place, value }) => accepted({ kind: 'return', function: place, value })],
  [
    'replace',
    ({ place, value }) => accepted({ kind: 'hook', function: place, when: 'replace', code: { assembly: value } }),
  ],
  [
    'before',
    ({ place, value }) => accepted({ kind: 'hook', function: place, when: 'before', code: { assembly: value } }),
  ],
  ['asm', ({ place, value }) => accepted({ kind: 'assembly', at: place, source: value })],
  ['nop', nop],
  ['bytes', ({ place, value }) => accepted({ kind: 'bytes', at: place, bytes: value })],
  ['redirect', ({ place, value }) => accepted({ kind: 'redirect', function: place, to: value })],
];

function nop({ place, value }: Pair): Outcome<Intent> {
  const count = value === '' ? 1 : Number(value);
  return Number.isInteger(count) ? accepted({ kind: 'nop', at: place, count }) : refused(`${value} is no count`);
}

/** A text in quotes as its bytes, with a zero behind them; hex as it is. */
function dataHex(value: string): string {
  const text = /^"(.*)"$/s.exec(value)?.[1];
  return text === undefined ? value : Buffer.from(`${text}\0`).toString('hex');
}

/** The intents of all options, or what is wrong with one. */
export function intentsOf(io: Io, wishes: Wishes): Outcome<readonly Intent[]> {
  const intents: Intent[] = [];
  for (const [option, make] of MAKINGS) {
    for (const text of wishes[option] ?? []) {
      const pair = pairOf(io, text);
      const intent = pair.ok ? make(pair.value) : pair;
      if (!intent.ok) return refused(`--${option} ${text}: ${intent.problem}`);
      intents.push(intent.value);
    }
  }
  return intents.length > 0
    ? accepted(intents)
    : refused('nothing is to be changed: give --return, --replace or another');
}

function pairOf(io: Io, text: string): Outcome<Pair> {
  const cut = text.indexOf('=');
  if (cut === 0) return refused('expected PLACE=VALUE');
  const [place, value] = cut < 0 ? [text, ''] : [text.slice(0, cut), text.slice(cut + 1)];
  if (!value.startsWith('@')) return accepted({ place, value: value.replaceAll('\\n', '\n') });
  try {
    return accepted({ place, value: readFileSync(resolve(io.cwd, value.slice(1)), 'utf8') });
  } catch (error) {
    return refused(errorText(error));
  }
}
