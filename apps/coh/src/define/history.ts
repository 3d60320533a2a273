// replay and at: looking at the past.

import { Argument, type Command, InvalidArgumentError } from 'commander';
import { type Runner, withHelp } from './define.ts';

/** Adds them, to the group of `audit`. */
export function defineHistory(program: Command, run: Runner): void {
  withHelp(
    program
      .command('replay')
      .summary('decide every line of the journal again')
      .description(
        'Decides every line of the journal again and compares. With other settings it also lists what would have been refused.',
      )
      .argument('[path]', 'data directory or journal; default: of the local hive')
      .option('--from <line>', 'first line that is listed under other settings', lineNumber)
      .option('--to <line>', 'last line', lineNumber)
      .option('--policy <file>', 'a hive.toml whose [policy] is tried')
      .option('--manifest <file>', 'a hive.toml whose run-time settings are tried')
      .action((path: string | undefined, options: import('../commands/history.ts').ReplayOptions) =>
        run(async (context) => (await import('../commands/history.ts')).replay(context, path, options)),
      ),
    {
      examples: [
        ['coh replay', 'does the journal still lead to this state?'],
        ['coh replay --policy stricter.toml', 'what would other rules have kept back?'],
      ],
      notes: [
        'Under other settings each line is decided in the state as it really was; what would follow is not followed.',
      ],
      json: '{"ok", "lines", "records", "state_sha256", "divergence": {"seq", "path", "line", "recorded", "now"} or null, "otherwise"?}',
    },
  );
  withHelp(
    program
      .command('at')
      .summary('look at the hive as it was after a line')
      .description(
        'Shows control files and views as they were after a line of the journal and those appended together with it.',
      )
      .argument('<line>', 'number of a line: seq of /audit/journal', lineNumber)
      .addArgument(new Argument('<verb>', 'what to do').choices(['ls', 'cat']))
      .argument('[path]', 'absolute path', '/')
      .action((line: number, verb: 'ls' | 'cat', path: string) =>
        run(async (context) => (await import('../commands/history.ts')).at(context, line, verb, path)),
      ),
    {
      examples: [
        ['coh at 12 ls /worker', 'the workers then'],
        ['coh at 12 cat /proc/lifecycle/state', 'the state then'],
        ['coh --to ws://127.0.0.1:5641 at 12 ls /worker', 'the same of the hive behind a door'],
      ],
      notes: [
        'Reads the journal of the data directory; with a door named, /replay/at/<line> of the hive there, which does not tell when that was.',
      ],
      json: '{"seq", "at_ms"?, "path", "names": [text]} or {..., "text": text}',
    },
  );
}

/** A line number from the command line. */
export function lineNumber(text: string): number {
  const value = Number(text);
  if (!/^[1-9]\d*$/.test(text) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError('a line number is 1 or more.');
  return value;
}
