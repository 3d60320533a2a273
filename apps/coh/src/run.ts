// One run of the command line: arguments in, exit status out. Nothing here ends the process.

import { EXIT } from '@cohesix/wire';
import { type Command, CommanderError } from 'commander';
import { type Context, contextOf, type Globals } from './context.ts';
import { fail } from './failure.ts';
import { COMMAND, type Io } from './io.ts';
import { makeProgram, VERSION } from './program.ts';
import { errorText } from './token.ts';

/** Runs `coh` with these arguments (without the program's own name); resolves with the exit status, never rejects. */
export async function runCoh(argv: readonly string[], io: Io): Promise<number> {
  let exit: number = EXIT.ok;
  const told: string[] = [];
  const program = makeProgram(argv.includes('--json') ? collecting(io, told) : io, async (body) => {
    exit = await body(contextOf(io, program.opts<Globals>()));
  });
  try {
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync(argv, { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) return isHelp(error) ? EXIT.ok : failUsage({ io, argv, program }, error);
    return failInternal(io, argv, error);
  } finally {
    if (told.length > 0) io.stdout.write(`${JSON.stringify(toldJson(told.join('')))}\n`);
  }
}

/** Surroundings in which help and version are collected instead of written. */
function collecting(io: Io, told: string[]): Io {
  const { columns } = io.stdout;
  return { ...io, stdout: { columns, write: (text) => told.push(String(text)) } };
}

/** What `--json` makes of help and version. */
function toldJson(text: string): { readonly version: string } | { readonly help: string } {
  return text.trim() === VERSION ? { version: VERSION } : { help: text };
}

/** Help and version that were asked for end by an exception, too. */
function isHelp({ exitCode }: CommanderError): boolean {
  return exitCode === 0;
}

interface Run {
  readonly io: Io;
  readonly argv: readonly string[];
  readonly program: Command;
}

function failUsage({ io, argv, program }: Run, { message, code }: CommanderError): number {
  // Commander begins with its own "error: "; a suggestion stands on a line of its own. No command given: help says what there is.
  const [first = '', ...rest] = message.replace(/^error: /, '').split('\n');
  const what = code === 'commander.help' ? 'a command is missing' : first;
  const advice = [`Help: ${[COMMAND, ...commandIn(program, argv), '--help'].join(' ')}`];
  return fail(contextFor(io, argv), { what, code: 'usage', sentence: rest.join('\n'), advice });
}

/** The names of the command that the arguments chose, as far as there is one. */
function commandIn(program: Command, argv: readonly string[]): readonly string[] {
  const names: string[] = [];
  let command: Command | undefined = program;
  for (const word of argv) {
    const inner: Command | undefined = command.commands.find((one) => one.name() === word);
    if (inner === undefined) continue;
    names.push(word);
    command = inner;
  }
  return names;
}

function failInternal(io: Io, argv: readonly string[], error: unknown): number {
  const isVerbose = argv.includes('-v') || argv.includes('--verbose');
  const text = error instanceof Error ? (isVerbose ? (error.stack ?? error.message) : error.message) : String(error);
  const advice = isVerbose ? [] : ['Run it again with -v to see where, and please report it.'];
  return fail(contextFor(io, argv), { what: 'coh itself failed', code: 'failed', sentence: text, advice });
}

/** Tells on stderr that stdout cannot be written; the exit status. */
export function failOutput(io: Io, error: unknown): number {
  const advice = ['What came before may be cut off; write it somewhere else.'];
  const sentence = `Writing it failed: ${errorText(error)}.`;
  return fail(contextOf(io, {}), { what: 'cannot write to the output', code: 'failed', sentence, advice });
}

/** The context when the options did not parse. */
function contextFor(io: Io, argv: readonly string[]): Context {
  const flag = argv.findLast((word) => word === '--color' || word === '--no-color');
  const color = flag === undefined ? {} : { color: flag === '--color' };
  return contextOf(io, { json: argv.includes('--json'), ...color });
}
