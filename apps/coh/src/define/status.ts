// coh status: the hive on one screen.

import { type Command, Option } from 'commander';
import { type Runner, seconds, withHelp } from './define.ts';

/** Longest time between two looks, seconds: an hour. */
const WATCH_MAX = 3600;
/** Seconds between two looks when nobody says how many. */
const WATCH = 2;

/** Adds it. */
export function defineStatus(program: Command, run: Runner): void {
  withHelp(
    program
      .command('status')
      .summary('show the hive on one screen')
      .description(
        'Shows the state of the hive, its workers, leases, jobs, host tickets and open requests, its sessions and what it refused.',
      )
      .addOption(
        new Option('--watch [seconds]', 'look again and again, until Ctrl-C')
          .argParser(seconds(WATCH_MAX))
          .preset(String(WATCH)),
      )
      .action((options: import('../commands/status.ts').StatusOptions) =>
        run(async (context) => (await import('../commands/status.ts')).status(context, options)),
      ),
    {
      notes: ['What your ticket does not let you see is left out; null with --json.'],
      examples: [
        ['coh status', 'once'],
        ['coh status --watch', 'every two seconds'],
        ['coh status --json', 'every number of it'],
      ],
      json: '{"lifecycle", "root", "journal", "epoch", "sessions", "workers", "approvals", "leases", "jobs", "host_tickets", "windows", "pressure"}, each the fields of its files in /proc or null',
    },
  );
}
