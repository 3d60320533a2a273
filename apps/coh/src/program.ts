// The command line as a whole: global options, all commands, their help.

import { Argument, Command, Option } from 'commander';
import type { Globals } from './context.ts';
import { defineAudit } from './define/audit.ts';
import { defineBuses, defineRadios } from './define/buses.ts';
import { defineCas } from './define/cas.ts';
import { type Runner, withHelp } from './define/define.ts';
import { defineFiles } from './define/files.ts';
import { defineGateway } from './define/gateway.ts';
import { defineGpus } from './define/gpus.ts';
import { defineHistory } from './define/history.ts';
import { defineHive } from './define/hive.ts';
import { defineHostTickets, defineWindows } from './define/host-tickets.ts';
import { defineHosts } from './define/hosts.ts';
import { defineEpoch, defineIntents } from './define/intents.ts';
import { defineJobs } from './define/jobs.ts';
import { defineLeases } from './define/leases.ts';
import { defineMcp } from './define/mcp.ts';
import { defineModels } from './define/models.ts';
import { definePeft } from './define/peft.ts';
import { definePolicy } from './define/policy.ts';
import { defineRe } from './define/re.ts';
import { defineSessions } from './define/sessions.ts';
import { defineSetup } from './define/setup.ts';
import { defineSettings, defineSpool } from './define/storage.ts';
import { defineTelemetry } from './define/telemetry.ts';
import { defineTrace } from './define/trace.ts';
import { defineUi } from './define/ui.ts';
import { defineWorkers } from './define/workers.ts';
import { hasColor, type Io, paint } from './io.ts';

/** Version of the command line; that of the hive is in /proc/boot. */
export const VERSION = '0.1.0';

/** Widest help. */
const HELP_COLUMNS_MAX = 110;
/** Width when nobody says how wide the terminal is. */
const HELP_COLUMNS = 100;

/** The program; `run` gets the body of the command that was chosen. Parsing throws CommanderError for what is wrong. */
export function makeProgram(io: Io, run: Runner): Command {
  const program = new Command('coh');
  const isColored = (): boolean => {
    const { color, json } = program.opts<Globals>();
    return json !== true && hasColor(io, io.stdout, color);
  };
  program
    .description('Cohesix: a control plane in which everything that matters is a file.')
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      // Errors are told by `runCoh`, once and in one form.
      writeErr: () => {},
      getOutHelpWidth: () => Math.min(io.stdout.columns ?? HELP_COLUMNS, HELP_COLUMNS_MAX),
      getOutHasColors: isColored,
    })
    .configureHelp({
      showGlobalOptions: true,
      styleTitle: (text) => paint(isColored(), 'bold', text),
    })
    .exitOverride()
    .helpCommand(false)
    .helpOption('-h, --help', 'show help')
    .version(VERSION, '-V, --version', 'show the version')
    .optionsGroup('Options of every command:');
  for (const option of globalOptions()) program.addOption(option);
  withHelp(program, {
    examples: [
      ['coh up', 'start a hive'],
      ['coh ls /', 'look around'],
      ['coh tail -f /log/queen.log', 'watch what happens'],
      ['coh sh', 'work in it'],
      ['coh help exit-codes', 'what the exit statuses mean'],
    ],
    notes: [
      'With --json stdout is one JSON object, also for a failure: {"error": {"code", "exit", "what", "sentence", "advice"}}.',
    ],
  });
  defineHive(program, run);
  defineUi(program, run);
  defineGateway(program, run);
  defineMcp(program, run);
  defineFiles(program, run);
  defineTrace(program, run);
  defineWorkers(program, run);
  definePolicy(program, run);
  defineSessions(program, run);
  program.commandsGroup('Resources and work:');
  defineLeases(program, run);
  defineJobs(program, run);
  defineGpus(program, run);
  defineHostTickets(program, run);
  defineHosts(program, run);
  defineBuses(program, run);
  defineRadios(program, run);
  defineWindows(program, run);
  defineModels(program, run);
  definePeft(program, run);
  defineCas(program, run);
  defineTelemetry(program, run);
  defineIntents(program, run);
  defineEpoch(program, run);
  defineSpool(program, run);
  defineSettings(program, run);
  defineSetup(program, run);
  defineRe(program, run);
  defineAudit(program, run);
  defineHistory(program, run);
  defineHelp(program, run);
  defineComplete(program, run);
  return program;
}

function globalOptions(): readonly Option[] {
  return [
    new Option('--data <dir>', 'data directory of the hive (env COH_DATA)'),
    new Option(
      '--to <url>',
      'door: unix:/path, 9p://, ws://, http:// or console://host:port; with TLS 9ps://, wss://, https://, consoles://; default: the hive of the data directory',
    ),
    new Option('--url <url>', 'the same as --to (env COH_URL)'),
    new Option('--ticket <file>', 'file with the ticket, - for stdin (env COH_TICKET); default: run/queen.ticket'),
    new Option('--console-token <file>', 'secret of the console; default: run/console.token'),
    new Option('--tls-ca <file>', 'authorities to believe at doors behind TLS, PEM (env COH_TLS_CA)'),
    new Option('--tls-cert <file>', 'certificate to show there, PEM (env COH_TLS_CERT)'),
    new Option('--tls-key <file>', 'its private key, PEM (env COH_TLS_KEY)'),
    new Option('--json', 'print JSON'),
    new Option('--color', 'colours even when the output is no terminal'),
    new Option('--no-color', 'no colours (env NO_COLOR)'),
    new Option('-v, --verbose', 'say more on stderr'),
  ];
}

function defineHelp(program: Command, run: Runner): void {
  withHelp(
    program
      .command('help')
      .summary('help for a command, or about exit-codes or environment')
      .description('Shows the help of a command or of a topic: exit-codes, environment.')
      .argument('[topic...]', 'command, or exit-codes, or environment')
      .action((words: readonly string[]) =>
        run(async (context) => {
          const { topic } = await import('./commands/help.ts');
          const told = words.length === 1 ? topic(context, words[0] ?? '') : undefined;
          return told ?? helpOf(program, words);
        }),
      ),
    {
      examples: [
        ['coh help ticket mint', 'a command'],
        ['coh help exit-codes', 'a topic'],
      ],
      json: 'topics: {"exit": [{"status", "name", "meaning", "codes"}]}, {"environment": [{"name", "text"}]}',
    },
  );
}

function helpOf(program: Command, words: readonly string[]): number {
  let command = program;
  for (const word of words) {
    const inner = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
    if (inner === undefined) return program.error(`error: there is no help for '${words.join(' ')}'`);
    command = inner;
  }
  command.outputHelp();
  return 0;
}

function defineComplete(program: Command, run: Runner): void {
  const hidden = program.command('__complete', { hidden: true }).description('Prints what may stand at the last word.');
  withHelp(hidden.addArgument(new Argument('[words...]', 'the words so far')), {
    examples: [['coh __complete -- ls /pr', 'what the scripts of `coh completion` ask']],
  }).action((words: readonly string[]) =>
    run(async (context) => {
      const { complete } = await import('./complete/words.ts');
      const found = await complete(context, program, words);
      context.io.stdout.write(found.map((one) => `${one}\n`).join(''));
      return 0;
    }),
  );
}
