// coh trace: the events of the hive.

import { Argument, type Command, Option } from 'commander';
import { LEVELS } from '../levels.ts';
import { collect, count, type Runner, withHelp } from './define.ts';

const LINES = { least: 0, most: 1_000_000, what: 'events' };

/** Adds it. */
export function defineTrace(program: Command, run: Runner): void {
  const trace = program
    .command('trace')
    .summary('watch what happens in the hive')
    .description('Shows the last events of the hive, then every event that comes, until Ctrl-C.')
    .addOption(new Option('--level <level>', 'only this level and graver ones').choices(LEVELS))
    .option('--cat <category>', 'only this category; may be given more than once', collect)
    .option('--worker <id>', 'only events of this worker')
    .option('-n, --lines <count>', 'how many earlier events', (text) => count(text, LINES), 10)
    .option('--no-follow', 'end after the earlier events')
    .action((options: import('../commands/trace.ts').TraceOptions) =>
      run(async (context) => (await import('../commands/trace.ts')).trace(context, options)),
    );
  withHelp(trace, {
    notes: ['The hive makes only the events that its filter lets through; `coh trace set` changes that for everybody.'],
    examples: [
      ['coh trace', 'what happens'],
      ['coh trace --level warn', 'what goes wrong'],
      ['coh trace --worker worker-1', 'what one worker does'],
      ['coh trace --cat lease --cat schedule --no-follow', 'the last events about leases and jobs'],
    ],
    json: 'one {"seq", "ts_ms", "level", "cat", "task", "msg"} for each event; {"lost": text} where some are gone',
  });
  withHelp(
    trace
      .command('set')
      .summary('say which events the hive makes')
      .description('Replaces the filter of events: a level, and categories; all categories when none is named.')
      .addArgument(new Argument('<level>', 'the least grave level').choices(LEVELS))
      .argument('[category...]', 'only these')
      .action((level: string, cats: readonly string[]) =>
        run(async (context) => (await import('../commands/trace.ts')).setTrace(context, level, cats)),
      ),
    {
      examples: [
        ['coh trace set debug', 'more of everything'],
        ['coh trace set debug ledger effect', 'every accepted line and what it causes'],
        ['coh trace set info', 'as at the beginning'],
      ],
      json: '{"level": text, "cats": [text] or null}',
    },
  );
}
