// The commands about workers and approvals: spawn, workers, kill, lifecycle, approve, deny, approvals.

import { Argument, type Command, InvalidArgumentError } from 'commander';
import { parseDuration } from '../duration.ts';
import { count, type Runner, waitOption, withHelp } from './define.ts';
import { defineList } from './lines.ts';

/** Words of `/queen/lifecycle/ctl`; the hive has the last word. */
const LIFECYCLE_WORDS = ['cordon', 'drain', 'resume', 'quiesce', 'reset'];

const WORKERS = { least: 1, most: 100_000, what: 'workers' };

/** Adds them. */
export function defineWorkers(program: Command, run: Runner): void {
  program.commandsGroup('Workers and approvals:');
  defineOrders(program, run);
  defineList(program, run, {
    word: 'workers',
    list: 'workers',
    summary: 'list the workers',
    description:
      'Lists the live workers that this ticket sees: what each used of its budget, as last reported, and what it has.',
    fields: '"id", "kind", "state", "ticks", "ops", "expires_ms", ...',
    examples: [
      ['coh workers', 'a table'],
      ['coh workers --json', 'all of them'],
    ],
  });
  defineDecision(program, run, 'approve');
  defineDecision(program, run, 'deny');
  withHelp(
    program
      .command('approvals')
      .summary('list open requests')
      .description('Lists the requests that wait for somebody to approve or deny them, oldest first.')
      .option('--watch', 'stay, tell what comes and goes, and at a terminal decide')
      .action((options: { watch?: boolean }) =>
        run(async (context) => {
          if (options.watch === true) return (await import('../commands/approvals-watch.ts')).watchApprovals(context);
          return (await import('../commands/approvals.ts')).approvals(context);
        }),
      ),
    {
      notes: [
        'With --watch it uses the local approver’s ticket (run/approver.ticket) unless --ticket or COH_TICKET names another.',
      ],
      examples: [
        ['coh approvals', 'who waits for what'],
        ['coh approvals --watch', 'wait for requests, and answer them: a 1, d 2, q'],
      ],
      json: '{"pending": [{"id", "entry", "who", "target", "line", "rule", "asked_ms", "expires_ms", "needs", "approved_by", ...}]}; with --watch one {"event": "asked", "approved" or "ended", "id", ...} a line',
    },
  );
}

function defineOrders(program: Command, run: Runner): void {
  withHelp(
    program
      .command('spawn')
      .summary('start a worker')
      .description('Starts a worker and prints its id. Under the default policy somebody else must approve it.')
      .argument('<kind...>', 'kind of worker and its words, or the JSON line as /queen/ctl takes it')
      .option('--count <number>', 'so many of them', (text) => count(text, WORKERS))
      .addOption(waitOption())
      .action((words: readonly string[], options: { wait?: number; count?: number }) =>
        run(async (context) => (await import('../commands/workers.ts')).spawn(context, words, options)),
      ),
    {
      examples: [
        ['coh spawn heartbeat ticks=100 ttl_s=120', 'in words'],
        ['coh spawn \'{"spawn":"host"}\'', 'as the hive reads it'],
        ['coh spawn heartbeat ticks=100 --wait 300', 'ask, and wait for the approval'],
        ['coh spawn heartbeat ticks=100 --count 1000', 'a thousand'],
      ],
      json: '{"worker": text, "entry": number or null, "line": text}; with --count {"workers": [text], "line": text}',
    },
  );
  withHelp(
    program
      .command('kill')
      .summary('end a worker')
      .description('Ends a worker. Under the default policy somebody else must approve it.')
      .argument('<worker>', 'id, as in /worker')
      .addOption(waitOption())
      .action((worker: string, options: { wait?: number }) =>
        run(async (context) => (await import('../commands/workers.ts')).kill(context, worker, options)),
      ),
    {
      examples: [
        ['coh kill worker-2', 'end it'],
        ['coh kill worker-2 --wait 300', 'ask, and wait for the approval'],
      ],
      json: '{"worker": text, "entry": number or null, "line": text}',
    },
  );
  withHelp(
    program
      .command('lifecycle')
      .summary('change the state of the hive')
      .description(
        'Changes the lifecycle state: cordon takes no new work, drain and quiesce are refused (busy) while workers live, resume goes on.',
      )
      .addArgument(new Argument('<word>', 'what to do').choices(LIFECYCLE_WORDS))
      .addOption(waitOption())
      .action((word: string, options: { wait?: number }) =>
        run(async (context) => (await import('../commands/workers.ts')).lifecycle(context, word, options)),
      ),
    {
      examples: [
        ['coh lifecycle cordon', 'no new work'],
        ['coh lifecycle resume', 'back to ONLINE'],
      ],
      json: '{"command": text, "state": text}',
    },
  );
}

function defineDecision(program: Command, run: Runner, decision: 'approve' | 'deny'): void {
  const verb = decision === 'approve' ? 'Approves' : 'Denies';
  withHelp(
    program
      .command(decision)
      .summary(decision === 'approve' ? 'approve a request, or a line' : 'deny a request, or a line')
      .description(`${verb} an open request by its id, or exactly one line for one file before it is sent.`)
      .argument('<id-or-path>', 'id of a request (coh approvals), or path of a control file')
      .argument('[line...]', 'with a path: exactly the line')
      .option('--ttl <duration>', 'how long it holds: 90s, 15m, 8h', duration)
      .option('--force', 'also for a path that no rule is about')
      .option('--unchanged', 'with an id: only while the file takes no other line')
      .action((first: string, line: readonly string[], options: import('../commands/approvals.ts').DecideOptions) =>
        run(async (context) =>
          (await import('../commands/approvals.ts')).decide(context, decision, [first, ...line], options),
        ),
      ),
    {
      notes: [
        'Uses the local approver’s ticket (run/approver.ticket) unless --ticket or COH_TICKET names another: nobody decides what they ask for themselves.',
      ],
      examples: [
        [`coh ${decision} ask-0123456789`, 'a request'],
        [`coh ${decision} /queen/ctl '{"kill":"worker-2"}'`, 'one line'],
      ],
      json: '{"id": text, "decision": text, "path": text or null, "line": text or null}',
    },
  );
}

function duration(text: string): number {
  const parsed = parseDuration(text);
  if (parsed.ok) return parsed.value;
  throw new InvalidArgumentError(parsed.refusal.detail);
}
