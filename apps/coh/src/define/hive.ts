// The commands that start, use and examine a hive as a whole: up, sh, test, whoami, doctor.

import { type Command, Option } from 'commander';
import { type Runner, seconds, withHelp } from './define.ts';
import { defineStatus } from './status.ts';

/** Longest self test, seconds. */
const TEST_SECONDS_MAX = 120;

/** Adds them. */
export function defineHive(program: Command, run: Runner): void {
  program.commandsGroup('The hive:');
  defineUp(program, run);
  defineSh(program, run);
  defineTest(program, run);
  defineStatus(program, run);
  withHelp(
    program
      .command('whoami')
      .summary('show role, subject and ticket of a session')
      .description('Shows who you are to the hive.')
      .action(() => run(async (context) => (await import('../commands/about.ts')).whoami(context))),
    {
      examples: [
        ['coh whoami', 'with the local ticket'],
        ['coh whoami --ticket laptop.ticket', 'with another'],
      ],
      json: '{"role", "subject", "ticket", "hive": text, "expires_ms": number or null, "session", "door": text}',
    },
  );
  withHelp(
    program
      .command('doctor')
      .summary('look for what is wrong on this machine')
      .description(
        'Checks Node, clock, disk, data directory, manifest, tickets and, when it runs, the hive. Changes nothing.',
      )
      .action(() => run(async (context) => (await import('../commands/doctor.ts')).doctor(context))),
    {
      examples: [
        ['coh doctor', 'what works, what does not, what to do'],
        ['coh doctor --json', 'for machines; exit status 1 when a check failed'],
      ],
      json: '{"ok": boolean, "checks": [{"check", "level": "ok"|"warn"|"fail", "detail", "advice"}]}',
    },
  );
}

interface UpFlags {
  readonly listen9p?: string | boolean;
  readonly listenConsole?: string | boolean;
  readonly listenHttp?: string | boolean;
  readonly socket: boolean;
}

function defineUp(program: Command, run: Runner): void {
  withHelp(
    program
      .command('up')
      .summary('start a hive in the foreground')
      .description('Starts the hive of the data directory, making both when they are not there yet, until Ctrl-C.')
      .option('--listen-9p <host:port>', 'address of the 9P door, for this start; port 0 takes any')
      .option('--no-listen-9p', 'no 9P door over TCP')
      .option('--listen-console <host:port>', 'address of the line console, for this start')
      .option('--no-listen-console', 'no line console')
      .option('--listen-http <host:port>', 'address of the HTTP door, for this start')
      .option('--no-listen-http', 'no HTTP door')
      .option('--no-socket', 'no unix socket')
      .action((flags: UpFlags) =>
        run(async (context) => (await import('../commands/up.ts')).up(context, listenOf(flags))),
      ),
    {
      examples: [
        ['coh up', 'in the default data directory'],
        ['coh up --data ./hive --listen-9p 127.0.0.1:0', 'another directory, any free port'],
        ['coh up --json --no-listen-console', 'one JSON line when it is ready'],
      ],
      json: '{"ready": true, "hive", "secure9p", "socket", "console", "http", "page", "data", "pid", "queenTicket", "approverTicket", "consoleToken", "recovery"}',
      notes: ['SIGINT and SIGTERM stop it cleanly (status 0); a second one ends it at once (status 130).'],
    },
  );
}

/** An address, false for off, or nothing; commander gives true when nothing was said. */
function listenOf({ listen9p, listenConsole, listenHttp, socket }: UpFlags): import('../commands/up.ts').UpOptions {
  return {
    ...(listen9p === undefined || listen9p === true ? {} : { listen9p }),
    ...(listenConsole === undefined || listenConsole === true ? {} : { listenConsole }),
    ...(listenHttp === undefined || listenHttp === true ? {} : { listenHttp }),
    ...(socket ? {} : { socket: false }),
  };
}

function defineSh(program: Command, run: Runner): void {
  withHelp(
    program
      .command('sh')
      .alias('cohsh')
      .summary('the operator’s shell')
      .description(
        'An interactive shell with history, completion of verbs and live paths, and follow. Without a terminal it reads lines from stdin.',
      )
      .addOption(new Option('--script <file>', 'run a .coh script; - is stdin').conflicts('check'))
      .addOption(new Option('--check <file>', 'only parse a .coh script'))
      .option('--transcript <file>', 'write what was typed and answered to a file')
      .addOption(
        new Option('--record <file>', 'record the session as a trace, and its lines in FILE.lines').conflicts('check'),
      )
      .addOption(
        new Option('--replay <file>', 'replay a trace without a hive').conflicts(['record', 'check', 'approverTicket']),
      )
      .option('--approver-ticket <file>', 'ticket of the session that approves; default run/approver.ticket')
      .action((options: import('../commands/sh.ts').ShOptions) =>
        run(async (context) => (await import('../commands/sh.ts')).sh(context, options)),
      ),
    {
      notes: [
        'From stdin every line is executed, and the exit status is that of the first refusal. A script stops at its first failure. In the shell `tail -f PATH` follows until Ctrl-C.',
        'A trace holds the 9P messages and the acknowledgements of a session, without its tickets; at most 1 MiB. A replay gives the recorded lines, or those of --script, to a shell whose hive is the trace, and fails at the first difference. Without lines the trace is shown. An altered trace is refused.',
      ],
      examples: [
        ['coh sh', 'at a terminal'],
        ['echo "ls /" | coh sh', 'from a pipe'],
        ['coh sh --script smoke.coh --transcript out.txt', 'a script and what it answered'],
        ['coh sh --record monday.trace', 'record what you do'],
        ['coh sh --replay monday.trace', 'the same again, offline: exit status 0'],
        ['coh sh --replay monday.trace --script smoke.coh', 'other lines against a trace'],
        ['coh sh --check smoke.coh', 'does it parse?'],
      ],
      json: 'one {"line", "ok", "code", "output": [text]} for each line of stdin; a script: {"ok", "statements", "isQuit", "failure"?}; a trace that is shown: {"exchanges", "acks", "lines"}',
    },
  );
}

function defineTest(program: Command, run: Runner): void {
  withHelp(
    program
      .command('test')
      .summary('run the hive’s own tests')
      .description('Runs the scripts of /proc/tests through a real session: what must work, and what must be refused.')
      .addOption(
        new Option('--mode <mode>', 'which tests').choices(['quick', 'full', 'smp', 'negative']).default('quick'),
      )
      .option('--timeout <seconds>', 'give up after that long', seconds(TEST_SECONDS_MAX), 30)
      .option('--no-mutate', 'skip what changes the hive')
      .option('--approver-ticket <file>', 'ticket of the session that approves; default run/approver.ticket')
      .action((options: import('../commands/about.ts').TestOptions) =>
        run(async (context) => (await import('../commands/about.ts')).test(context, options)),
      ),
    {
      examples: [
        ['coh test', 'a few seconds'],
        ['coh test --mode full --json', 'everything, for CI'],
        ['coh test --mode full --no-mutate', 'without spawning workers'],
      ],
      json: '{"ok", "mode", "elapsed_ms", "checks": [{"name", "ok", "detail", "transcript_excerpt"?}], "version": "1"}',
    },
  );
}
