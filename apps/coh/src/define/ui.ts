// coh ui: its words and options.

import type { Command } from 'commander';
import { type Runner, withHelp } from './define.ts';

/** Adds it. */
export function defineUi(program: Command, run: Runner): void {
  withHelp(
    program
      .command('ui')
      .summary('print a link that opens the page of the hive')
      .description(
        'Prints a link that signs SwarmUI, the page of the hive, in with your ticket: good once, and for ten minutes.',
      )
      .option('--open', 'open it in the browser, too')
      .action((flags: import('../commands/ui.ts').UiFlags) =>
        run(async (context) => (await import('../commands/ui.ts')).ui(context, flags)),
      ),
    {
      notes: [
        'The page gets a narrower ticket, made of yours: <subject>/swarmui, for 12 hours. It stays in the tab and is gone with it.',
        'Whoever has the link first is signed in. --open hands it to the browser on a command line, which others on this machine may see.',
        'Recordings (coh sh --record) and evidence (coh audit export) need no hive: open index.html of the folder swarmui beside this program in a browser.',
      ],
      examples: [
        ['coh ui', 'the hive of the data directory, as its queen'],
        ['coh ui --open', 'in the browser at once'],
        ['coh ui --ticket viewer.ticket', 'with another ticket: the page shows what that one may see'],
        ['coh ui --url http://hive.example:8080 --ticket my.ticket', 'a hive elsewhere'],
      ],
      json: '{"page": link, "expires_in_ms": number}',
    },
  );
}
