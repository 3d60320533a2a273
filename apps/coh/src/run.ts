// One run of the command line: arguments in, exit status out. Nothing here ends the process.

import { EXIT } from '@cohesix/wire';
import { CommanderError } from 'commander';
import { type Context, contextOf, type Globals } from './context.ts';
import { fail } from './failure.ts';
import type { Io } from './io.ts';
import { makeProgram } from './program.ts';

/** Runs `coh` with these arguments (without the program's own name); resolves with the exit status, never rejects. */
export async function runCoh(argv: readonly string[], io: Io): Promise<number> {
  let exit: number = EXIT.ok;
  const program = makeProgram(io, async (body) => {
    exit = await body(contextOf(io, program.opts<Globals>()));
  });
  try {
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync(argv, { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) return isHelp(error) ? EXIT.ok : failUsage(io, argv, error);
    return failInternal(io, argv, error);
  }
}

/** Help and version that were asked for end by an exception, too. */
function isHelp({ exitCode }: CommanderError): boolean {
  return exitCode === 0;
}

function failUsage(io: Io, argv: readonly string[], { message, code }: CommanderError): number {
  // Commander begins with its own "error: "; a suggestion stands on a line of its own. No command given: help says what there is.
  const [first = '', ...rest] = message.replace(/^error: /, '').split('\n');
  const what = code === 'commander.help' ? 'a command is missing' : first;
  const words = argv.filter((word) => /^[a-z]+$/.test(word)).slice(0, 2);
  const advice = [`Help: coh ${[...helpWords(words), '--help'].join(' ')}`];
  return fail(contextFor(io, argv), { what, code: 'usage', sentence: rest.join('\n'), advice });
}

/** Words that lead to help; a group and its command, or one command. */
function helpWords(words: readonly string[]): readonly string[] {
  return words[0] === 'ticket' || words[0] === 'manifest' ? words : words.slice(0, 1);
}

function failInternal(io: Io, argv: readonly string[], error: unknown): number {
  const isVerbose = argv.includes('-v') || argv.includes('--verbose');
  const text = error instanceof Error ? (isVerbose ? (error.stack ?? error.message) : error.message) : String(error);
  const advice = isVerbose ? [] : ['Run it again with -v to see where, and please report it.'];
  return fail(contextFor(io, argv), { what: 'coh itself failed', code: 'internal', sentence: text, advice });
}

/** The context when the options did not parse. */
function contextFor(io: Io, argv: readonly string[]): Context {
  const isColored = argv.includes('--no-color') ? { color: false } : {};
  return contextOf(io, { json: argv.includes('--json'), ...isColored });
}
