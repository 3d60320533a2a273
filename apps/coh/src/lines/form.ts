// Lines of control files as commands: which fields a line has, and how each is given on the command line. A test compares
// every form with the schema of its file in @cohesix/authority, which is not loaded for help.

import type { ControlLine } from '@cohesix/client';
import type { RefusalCode } from '@cohesix/wire';
import { InvalidArgumentError, Option } from 'commander';
import { parseDuration, parseMoment } from '../duration.ts';

/** How a field is written on the command line, and what of it goes into the line. */
export type FieldKind =
  | 'text'
  | 'number'
  /** A duration; seconds in the line. */
  | 'seconds'
  /** A duration; milliseconds in the line. */
  | 'ms'
  /** A duration from now, or a moment; ms since the epoch in the line. */
  | 'moment'
  /** True when the option is there. */
  | 'flag'
  /** `key=value`, repeatable; an object of texts in the line. */
  | 'pairs'
  /** Repeatable; a list of texts in the line. */
  | 'list'
  /** The rest of the command line; its words are joined by blanks. */
  | 'words';

/** A field of a line. */
export interface Field {
  /** Its name in the line. */
  readonly name: string;
  readonly kind: FieldKind;
  /** The option that gives it, as commander reads it; a field without one is an operand. */
  readonly flags?: string;
  /** What help calls the operand, and completion knows it by; default: its name. */
  readonly operand?: string;
  readonly about: string;
  readonly choices?: readonly string[];
  readonly isNeeded?: boolean;
  /** Looked up in the hive, with what else it knows of the id; not given on the command line. */
  readonly isFound?: true;
  /** What the line has when the option is not given. */
  readonly fallback?: string | number;
  /** Option values that this one brings with it. */
  readonly implies?: Readonly<Record<string, unknown>>;
}

/** One kind of line of one control file. */
export interface Form {
  readonly path: string | ((values: Values) => string);
  /** Fields that are always the same. */
  readonly fixed: Readonly<Record<string, string>>;
  /** The field of the line that has all these fields in it. */
  readonly inside?: string;
  /** The others, in the order of the line; operands in the order of the command line. */
  readonly fields: readonly Field[];
  /** Adds what was left out and is different each time: ids, times. */
  readonly complete?: (values: Values, fresh: Fresh) => Values;
  /** What is said about what was written: `granted`. */
  readonly done: string;
  /** What is said instead, by the state that the hive gave back. */
  readonly doneAs?: Readonly<Record<string, string>>;
  /** What could not be done: `cannot grant`. */
  readonly failed: string;
  /** What to do about refusals, where the usual advice does not fit. */
  readonly advice: Advice;
}

/** Lines of advice by the code of a refusal; `ID` stands for the id of the line. */
export type Advice = Readonly<Partial<Record<RefusalCode, readonly string[]>>>;

/** What is different each time. */
export interface Fresh {
  readonly nowMs: number;
  /** An id that begins with a word. */
  readonly id: (word: string) => string;
}

/** Values of the fields of a line, by their names in it. */
export type Values = Readonly<Record<string, unknown>>;

/** The file and the line of a form with these values. */
export function controlOf({ path, fixed, inside, fields }: Form, values: Values): ControlLine {
  const given = fields.flatMap(({ name }) => (values[name] === undefined ? [] : [[name, values[name]] as const]));
  const line = { ...fixed, ...Object.fromEntries(given) };
  return {
    path: typeof path === 'string' ? path : path(values),
    line: JSON.stringify(inside === undefined ? line : { [inside]: line }),
  };
}

/** The fields that are operands, in their order. */
export function operandsOf(fields: readonly Field[]): readonly Field[] {
  return fields.filter(({ flags, isFound }) => flags === undefined && isFound !== true);
}

/** A `complete` that gives a line without an id one that begins with `word`. */
export function withFreshId(word: string): NonNullable<Form['complete']> {
  return (values, fresh) => ({ ...values, id: values.id ?? fresh.id(word) });
}

/** The option of a field. */
export function optionOf({ flags = '', kind, about, isNeeded, fallback, implies }: Field): Option {
  const option = new Option(flags, about);
  if (kind !== 'flag') option.argParser((text: string, before: unknown) => fromWord(kind, text, before));
  if (isNeeded === true) option.makeOptionMandatory();
  if (fallback !== undefined) option.default(fallback);
  if (implies !== undefined) option.implies(implies);
  return option;
}

/** What of a word of the command line goes into the line. @throws InvalidArgumentError, which says how it is written. */
export function fromWord(kind: FieldKind, text: string, before?: unknown): unknown {
  switch (kind) {
    case 'number':
      return whole(text);
    case 'seconds':
      return durationMs(text) / 1000;
    case 'ms':
      return durationMs(text);
    case 'moment':
      return orThrow(parseMoment(text, Date.now()));
    case 'pairs':
      return withPair(text, before);
    case 'list':
      return [...(Array.isArray(before) ? before : []), text];
    case 'words':
      return typeof before === 'string' ? `${before} ${text}` : text;
    default:
      return text;
  }
}

function whole(text: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('It takes a whole number.');
}

function durationMs(text: string): number {
  return orThrow(parseDuration(text));
}

function orThrow(parsed: ReturnType<typeof parseDuration>): number {
  if (parsed.ok) return parsed.value;
  throw new InvalidArgumentError(parsed.refusal.detail);
}

function withPair(text: string, before: unknown): Readonly<Record<string, string>> {
  const cut = text.indexOf('=');
  const name = text.slice(0, Math.max(cut, 0));
  if (name === '') throw new InvalidArgumentError('It takes key=value.');
  const known = typeof before === 'object' ? { ...before } : {};
  if (Object.hasOwn(known, name)) throw new InvalidArgumentError(`${name} is given twice.`);
  return { ...known, [name]: text.slice(cut + 1) };
}
