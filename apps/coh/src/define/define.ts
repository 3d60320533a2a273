// How a command is described: its words, its options, examples, and what its JSON is. The code behind it is loaded when
// it runs, so that help and the quick commands start quickly.

import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Context } from '../context.ts';

/** Runs the body of a command and keeps its exit status. */
export type Runner = (body: (context: Context) => Promise<number> | number) => Promise<void>;

/** Topics of `coh help` that are no commands. */
export const TOPIC_NAMES = ['exit-codes', 'environment'] as const;

/** What help shows below the options. */
export interface HelpText {
  /** Command line → what it does. */
  readonly examples: readonly (readonly [line: string, about: string])[];
  /** What `--json` prints. */
  readonly json?: string;
  /** More to know, a paragraph each. */
  readonly notes?: readonly string[];
}

/** Adds examples, JSON and notes to the help of a command. */
export function withHelp(command: Command, { examples, json, notes = [] }: HelpText): Command {
  const width = Math.max(...examples.map(([line]) => line.length));
  const shown = examples.map(([line, about]) => `  ${line.padEnd(width)}  # ${about}`);
  const parts = [
    ...notes,
    ['Examples:', ...shown].join('\n'),
    ...(json === undefined ? [] : [`With --json:\n  ${json}`]),
  ];
  return command.addHelpText('after', `\n${parts.join('\n\n')}`);
}

/** `--wait <seconds>` of commands whose line may need an approval. */
export function waitOption(): Option {
  return new Option('--wait <seconds>', 'ask for an approval and wait that long for it').argParser(seconds(86_400));
}

/** A parser of whole seconds from 1 to `max`. */
export function seconds(max: number): (text: string) => number {
  return (text) => count(text, { least: 1, most: max, what: 'seconds' });
}

/** A whole number in a range. @throws InvalidArgumentError, which names the range. */
export function count(
  text: string,
  range: { readonly least: number; readonly most: number; readonly what: string },
): number {
  const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= range.least && value <= range.most) return value;
  throw new InvalidArgumentError(`It takes ${range.least} to ${range.most} ${range.what}.`);
}

/** Collects the values of an option that may be given more than once. */
export function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}
