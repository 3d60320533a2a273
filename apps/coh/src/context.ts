// What every command gets: its surroundings and the options that all commands have.

import { dataPaths } from '@cohesix/node/paths';
import { type Result, refuse } from '@cohesix/wire';
import { hasColor, type Io } from './io.ts';
import { dataRoot, type Places } from './places.ts';

/** The options that every command takes, as given. */
export interface Globals {
  readonly data?: string;
  readonly to?: string;
  readonly ticket?: string;
  readonly consoleToken?: string;
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

/** Writes lines to stdout. */
export function say(context: Context, lines: readonly string[]): void {
  if (lines.length > 0) context.io.stdout.write(`${lines.join('\n')}\n`);
}

/** Writes one JSON object as a line to stdout. */
export function sayJson(context: Context, value: unknown): void {
  context.io.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Writes one object: as JSON with `--json`, else as the given lines. */
export function answer(context: Context, value: unknown, lines: readonly string[]): void {
  if (context.json) sayJson(context, value);
  else say(context, lines);
}

/** A remark on stderr. */
export function note(context: Context, text: string): void {
  context.io.stderr.write(`coh: ${text}\n`);
}

/** A remark on stderr for those who asked for more (`-v`). */
export function detail(context: Context, text: string): void {
  if (context.globals.verbose === true) note(context, text);
}
