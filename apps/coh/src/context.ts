// What every command gets: its surroundings and the options that all commands have.

import { dataPaths } from '@cohesix/node/paths';
import { type Result, refuse } from '@cohesix/wire';
import { hasColor, type Io, visible } from './io.ts';
import { dataRoot, type Places } from './places.ts';

/** The options that every command takes, as given. */
export interface Globals {
  readonly data?: string;
  readonly to?: string;
  /** The same as `to`. */
  readonly url?: string;
  readonly ticket?: string;
  readonly consoleToken?: string;
  /** Files in PEM for doors behind TLS. */
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly json?: boolean;
  readonly color?: boolean;
  readonly verbose?: boolean;
}

/** One run of a command. */
export interface Context {
  readonly io: Io;
  readonly globals: Globals;
  /** Whether output is JSON. */
  readonly json: boolean;
  /** Whether stdout and stderr are painted. */
  readonly colors: { readonly out: boolean; readonly err: boolean };
  /** Paths of the data directory, or why there is none. */
  readonly places: Result<Places>;
}

/** The context of a run. */
export function contextOf(io: Io, globals: Globals): Context {
  const root = dataRoot(io, globals.data);
  return {
    io,
    globals,
    json: globals.json === true,
    colors: { out: hasColor(io, io.stdout, globals.color), err: hasColor(io, io.stderr, globals.color) },
    places: root.ok ? { ok: true, value: dataPaths(root.value) } : refuse(root.refusal.code, root.refusal.detail),
  };
}

/** A line with colours of our own; what comes from elsewhere in it is `shown` already. */
export interface PaintedLine {
  readonly painted: string;
}

/** Writes lines to stdout; on a terminal without what would steer it. */
export function say(context: Context, lines: readonly (string | PaintedLine)[]): void {
  const texts = lines.map((line) => (typeof line === 'string' ? shown(context, line) : line.painted));
  if (texts.length > 0) context.io.stdout.write(`${texts.join('\n')}\n`);
}

/** A text for stdout: on a terminal without what would steer it, otherwise as it is. */
export function shown({ io }: Pick<Context, 'io'>, text: string): string {
  return io.stdout.isTTY === true ? visible(text) : text;
}

/** Writes one JSON object as a line to stdout. */
export function sayJson(context: Context, value: unknown): void {
  context.io.stdout.write(`${jsonText(value)}\n`);
}

/** JSON in which DEL, C1 controls and line separators are escaped too: valid JSON need not, but some terminals obey them. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(/[\u007f-\u009f\u2028\u2029]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Writes one object: as JSON with `--json`, else as the given lines. */
export function answer(context: Context, value: unknown, lines: readonly (string | PaintedLine)[]): void {
  if (context.json) sayJson(context, value);
  else say(context, lines);
}

/** A remark on stderr; nothing in it steers a terminal. */
export function note(context: Context, text: string): void {
  context.io.stderr.write(`coh: ${visible(text)}\n`);
}

/** A remark on stderr for those who asked for more (`-v`). */
export function detail(context: Context, text: string): void {
  if (context.globals.verbose === true) note(context, text);
}
