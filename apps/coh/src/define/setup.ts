// The commands about tickets, the manifest, completion and help.

import { Argument, type Command, Option } from 'commander';
import { SHELLS } from '../complete/scripts.ts';
import { sayJson } from '../context.ts';
import { collect, type Runner, waitOption, withHelp } from './define.ts';

/** Roles of tickets; those of @cohesix/ticket, which is not loaded for help. A test compares the two. */
const ROLE_NAMES = ['queen', 'worker-heartbeat', 'worker-host', 'worker-gpu', 'worker-bus', 'worker-lora'] as const;

/** Adds them. */
export function defineSetup(program: Command, run: Runner): void {
  program.commandsGroup('Tickets and settings:');
  defineTicket(program.command('ticket').summary('mint, narrow, inspect and revoke tickets'), run);
  defineManifest(program.command('manifest').summary('check, show and reload hive.toml'), run);
  withHelp(
    program
      .command('completion')
      .summary('print a completion script')
      .description('Prints the completion script of a shell. It completes live paths of the hive, too.')
      .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
      .action((shell: (typeof SHELLS)[number]) =>
        run(async (context) => {
          const script = (await import('../complete/scripts.ts')).SCRIPTS[shell];
          if (context.json) sayJson(context, { shell, script });
          else context.io.stdout.write(script);
          return 0;
        }),
      ),
    {
      examples: [
        ['source <(coh completion bash)', 'in ~/.bashrc'],
        ['source <(coh completion zsh)', 'in ~/.zshrc'],
        ['coh completion fish | source', 'in config.fish'],
      ],
      json: '{"shell": text, "script": text}',
    },
  );
}

function defineTicket(ticket: Command, run: Runner): void {
  ticket
    .helpCommand(false)
    .description(
      'Tickets say who may do what. Minting and inspecting use the keys of the data directory; the hive need not run.',
    );
  withHelp(ticket, {
    examples: [
      ['coh ticket mint --role queen --subject ann --out ann.ticket', 'for another person'],
      ['coh ticket inspect ann.ticket', 'what it says'],
    ],
  });
  defineMint(ticket, run);
  defineAttenuate(ticket, run);
  withHelp(
    ticket
      .command('inspect')
      .summary('show what a ticket says')
      .description('Shows what a ticket says, and whether the keys of the data directory made it.')
      .argument('[file]', 'file with the ticket; - is stdin; default: the ticket commands would use')
      .action((file: string | undefined) =>
        run(async (context) => (await import('../commands/ticket.ts')).inspectTicket(context, file)),
      ),
    {
      examples: [
        ['coh ticket inspect', 'the local one'],
        ['coh ticket inspect - < ann.ticket', 'from stdin'],
      ],
      json: '{"ticket": {"form", "fingerprint", "ids", "role", "subject", ...}, "verified": boolean or null, "reason": text}',
    },
  );
  withHelp(
    ticket
      .command('revoke')
      .summary('end a ticket and all made from it')
      .description('Ends a ticket and all tickets made from it; their sessions close at once. Needs the running hive.')
      .argument('<id-or-file>', 'id (32 hex digits), file with the ticket, or - for stdin')
      .option('--reason <text>', 'shown to whoever is cut off')
      .addOption(waitOption())
      .action((source: string, options: { reason?: string; wait?: number }) =>
        run(async (context) => (await import('../commands/ticket.ts')).revokeTicket(context, source, options)),
      ),
    {
      examples: [
        ['coh ticket revoke ann.ticket --reason "laptop lost"', 'by the ticket itself'],
        ['coh ticket revoke 00112233445566778899aabbccddeeff', 'by an id that inspect shows'],
      ],
      json: '{"id": text}',
    },
  );
}

function limitOptions(command: Command): Command {
  return command
    .option(
      '--scope <path:verbs@rate>',
      'path and verbs r, w or rw, with or without a rate: /log:r, /queen:rw@10/s; repeatable',
      collect,
    )
    .option('--quota <name=amount>', 'allowance: operations=10/s:50, bandwidth=65536/s; repeatable', collect)
    .option('--not-before <moment>', 'first moment: a duration from now, or 2026-01-31T08:00:00Z')
    .option('--out <file>', 'write the ticket to a new file of mode 0600 instead of stdout');
}

function defineMint(ticket: Command, run: Runner): void {
  const mint = ticket
    .command('mint')
    .summary('make a new ticket')
    .description('Makes a new ticket with the keys of the data directory.')
    .addOption(new Option('--role <role>', 'what its holder may do').choices(ROLE_NAMES).makeOptionMandatory())
    .requiredOption('--subject <name>', 'who it is for; for workers their id')
    .option('--ttl <span>', 'until: 8h, 7d, a moment, or never', '8h')
    .option('--audience <hive>', 'the hive it is for; default: this one');
  withHelp(
    limitOptions(mint).action((options: import('../commands/ticket.ts').MintOptions) =>
      run(async (context) => (await import('../commands/ticket.ts')).mintTicket(context, options)),
    ),
    {
      notes: ['The ticket is printed once and kept nowhere. Whoever has it has its rights.'],
      examples: [
        ['coh ticket mint --role queen --subject ann --out ann.ticket', 'all rights for 8 hours'],
        ['coh ticket mint --role queen --subject watch --scope /log:r --ttl 7d', 'reads the log for a week'],
      ],
      json: '{"ticket": {...}, "token": text}, or with --out {"ticket": {...}, "file": text}',
    },
  );
}

function defineAttenuate(ticket: Command, run: Runner): void {
  const attenuate = ticket
    .command('attenuate')
    .summary('make a narrower ticket, offline')
    .description('Makes a ticket that can do less, without any key and without asking the hive.')
    .argument('[file]', 'file with the ticket; - is stdin; default: the ticket commands would use')
    .option('--name <name>', 'who it is for; appended to the subject')
    .option('--ttl <span>', 'until: 8h, 7d or a moment; never later than its parent');
  withHelp(
    limitOptions(attenuate).action(
      (file: string | undefined, options: import('../commands/ticket.ts').AttenuateOptions) =>
        run(async (context) => (await import('../commands/ticket.ts')).attenuateTicket(context, file, options)),
    ),
    {
      examples: [
        ['coh ticket attenuate --scope /log:r --ttl 1h --name ci --out ci.ticket', 'for a CI job'],
        ['coh ticket attenuate ann.ticket --quota operations=10/s', 'slower'],
      ],
      json: '{"ticket": {...}, "token": text}, or with --out {"ticket": {...}, "file": text}',
    },
  );
}

function defineManifest(manifest: Command, run: Runner): void {
  manifest
    .helpCommand(false)
    .description(
      'The manifest, hive.toml in the data directory, says how a hive listens, what it bounds and who must approve.',
    );
  withHelp(manifest, {
    examples: [
      ['coh manifest check', 'is it good?'],
      ['coh manifest reload', 'after editing it'],
    ],
  });
  const file = 'manifest; default: hive.toml of the data directory';
  withHelp(
    manifest
      .command('check')
      .summary('tell everything that is wrong with it')
      .description('Checks a manifest and tells every problem.')
      .argument('[file]', file)
      .action((named: string | undefined) =>
        run(async (context) => (await import('../commands/manifest.ts')).check(context, named)),
      ),
    {
      examples: [['coh manifest check ./hive.toml', 'before it is put into place']],
      json: '{"ok": true, "file", "fingerprint"} or {"ok": false, "file", "problems": [{"path", "message", "hint"}]}',
    },
  );
  withHelp(
    manifest
      .command('show')
      .summary('show it with all defaults')
      .description('Shows a manifest with every default filled in.')
      .argument('[file]', file)
      .action((named: string | undefined) =>
        run(async (context) => (await import('../commands/manifest.ts')).show(context, named)),
      ),
    { examples: [['coh manifest show > full.toml', 'all fields']], json: 'the manifest, keys as in hive.toml' },
  );
  withHelp(
    manifest
      .command('docs')
      .summary('print the reference of all fields')
      .description('Prints the reference page of all fields and red lines, in Markdown.')
      .action(() => run(async (context) => (await import('../commands/manifest.ts')).docs(context))),
    { examples: [['coh manifest docs | less', 'every field']], json: '{"markdown": text}' },
  );
  defineReload(manifest, run, file);
}

function defineReload(manifest: Command, run: Runner, file: string): void {
  withHelp(
    manifest
      .command('reload')
      .summary('give a running hive its new settings')
      .description('Gives the running hive the settings of the file, and tells which changes take a restart.')
      .argument('[file]', file)
      .addOption(waitOption())
      .action((named: string | undefined, options: { wait?: number }) =>
        run(async (context) => (await import('../commands/manifest.ts')).reload(context, named, options)),
      ),
    {
      examples: [['coh manifest reload', 'after editing hive.toml']],
      json: '{"file": text, "applied": [path], "restart": [path]}',
    },
  );
}
