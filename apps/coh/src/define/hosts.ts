// coh host: machines beside the hive as files, what they say of themselves, and what they are ordered to do.

import { Argument, type Command, Option } from 'commander';
import { HOST_DECLARE, HOST_RELEASE, HOST_RESULT } from '../lines/hosts.ts';
import { count, type Runner, seconds, waitOption, withHelp } from './define.ts';
import { defineGroup, defineLine, defineList, type LineCommand, type ListCommand } from './lines.ts';

/** Adds `coh host`. */
export function defineHosts(program: Command, run: Runner): void {
  const group = defineGroup(program, {
    word: 'host',
    summary: 'machines beside the hive: how they are, and orders to them',
    description:
      'A host has files below /host: status files that a publisher appends to, and control files that take orders for it.',
    examples: [
      ['coh host publish --mock', 'a made-up host, until Ctrl-C'],
      ['coh host status', 'how everything is now'],
      ['coh host order systemd.restart ssh.service', 'an order, and what came of it'],
    ],
  });
  for (const command of HOST_LISTS) defineList(group, run, command);
  defineStatus(group, run);
  defineOrder(group, run);
  definePublish(group, run);
  for (const command of HOST_LINES) defineLine(group, run, command);
}

const PUBLISHER_NOTE =
  'For publishers. Their tickets: coh ticket mint --role queen --subject NAME --scope /host:r --scope /host/ctl:rw --scope /host/HOST:rw --scope /proc/hosts:r --scope /proc/self:r';

const HOST_LISTS: readonly ListCommand[] = [
  {
    word: 'list',
    list: 'hosts',
    summary: 'which there are, and who publishes them',
    description: 'Lists the hosts, who publishes each, and how many things it has.',
    fields: '"host", "publisher", "fence", "since_ms", "units", "nodes", "gpus", "interfaces"',
    examples: [['coh host list', 'a table']],
  },
  {
    word: 'orders',
    list: 'host_orders',
    summary: 'what was ordered, and what came of it',
    description: 'Lists the last orders that ended, and then those that wait.',
    fields: '"id", "host", "control", "member", "value", "state", "fence", "by", "at_ms", "message"',
    examples: [['coh host orders', 'a table']],
  },
];

const HOST_LINES: readonly LineCommand[] = [
  {
    word: 'declare',
    form: HOST_DECLARE,
    summary: 'publish a host from now on',
    description: 'Says who publishes a host, and what it has. Prints the fence of the declaration.',
    notes: [PUBLISHER_NOTE],
    examples: [['coh host declare web-1 --units ssh.service --gpus 0', 'what is not named stays as it is']],
  },
  {
    word: 'release',
    form: HOST_RELEASE,
    summary: 'publish a host no more',
    description:
      'Takes a host from who publishes it, also when that is somebody else who is gone. What nobody has begun is not done.',
    examples: [['coh host release web-1 --reason moved', 'then another may declare it']],
  },
  {
    word: 'result',
    form: HOST_RESULT,
    summary: 'say how an order goes',
    description: 'Says that an order is taken up, was done or failed. Only who publishes the host may.',
    notes: [PUBLISHER_NOTE],
    examples: [['coh host result web-1 o12 taken --fence 3', 'before anything is done']],
  },
];

function defineStatus(group: Command, run: Runner): void {
  withHelp(
    group
      .command('status')
      .summary('how everything is now')
      .description('Shows the last line of each status file, and how long ago it was heard.')
      .argument('[host]', 'its name; default: all')
      .action((host: string | undefined) =>
        run(async (context) => (await import('../commands/hosts.ts')).hostStatus(context, host)),
      ),
    {
      examples: [['coh host status local', 'one host']],
      json: '{"files": [{"host", "file", "now", "state": "fresh" or "stale" or "never", "heard_ms", "age_ms"}]}',
    },
  );
}

const CONTROLS = [
  'systemd.start',
  'systemd.stop',
  'systemd.restart',
  'k8s.cordon',
  'k8s.drain',
  'docker.restart',
  'docker.stop',
  'nvidia.power_cap',
];

/** Longest wait for what came of an order, seconds. */
const ANSWER_S_MAX = 86_400;

function defineOrder(group: Command, run: Runner): void {
  withHelp(
    group
      .command('order')
      .summary('order something, and see what came of it')
      .description('Writes an order to the control file of a host and waits until its publisher says what came of it.')
      .addArgument(new Argument('<control>', 'what to do').choices(CONTROLS))
      .argument('<target>', 'unit, node, GPU, or container')
      .argument('[value...]', 'what goes with it: watts for nvidia.power_cap, else any text')
      .option('--host <name>', 'the host; default: the default host')
      .option('--answer <seconds>', 'wait that long for what came of it; 0: not at all', waitFor, 30)
      .addOption(waitOption())
      .action((control: string, target: string, value: readonly string[], options: OrderOptions) =>
        run(async (context) =>
          (await import('../commands/hosts.ts')).orderHost(context, {
            control,
            target,
            value: value.join(' '),
            ...options,
          }),
        ),
      ),
    {
      examples: [
        ['coh host order systemd.restart ssh.service', 'on the default host'],
        ['coh host order nvidia.power_cap GPU-0 200 --host web-1', 'watts'],
        ['coh host order k8s.drain node-1 --wait 300', 'asks for an approval where a rule wants one'],
      ],
      json: '{"order", "host", "state", "message"}; the exit status is 0 when it was done, or when nobody waited',
    },
  );
}

function waitFor(text: string): number {
  return count(text, { least: 0, most: ANSWER_S_MAX, what: 'seconds' });
}

interface OrderOptions {
  readonly host?: string;
  readonly answer: number;
  readonly wait?: number;
}

function definePublish(group: Command, run: Runner): void {
  withHelp(
    group
      .command('publish')
      .summary('publish a host, and carry out its orders')
      .description('Declares a host, says again and again how it is, and carries out what it is ordered, until Ctrl-C.')
      .addOption(new Option('--mock', 'a made-up host out of seeded numbers').makeOptionMandatory())
      .option('--host <name>', 'name of the host; default: the default host')
      .option('--seed <number>', 'equal seeds give equal numbers', (text) => count(text, SEEDS), 1)
      .option('--interval <seconds>', 'time between two looks', seconds(3600), 2)
      .option('--once', 'once, with the orders that wait, and then end')
      .action((options: PublishOptions) =>
        run(async (context) => (await import('../commands/host-publish.ts')).publishHost(context, options)),
      ),
    {
      examples: [
        ['coh host publish --mock', 'until Ctrl-C'],
        ['coh host publish --mock --host web-1 --once', 'one look'],
      ],
      notes: ['Bridges to real machines come later; what they say will be in the same files.', PUBLISHER_NOTE],
      json: '{"host", "fence", "lines", "orders"}; while it runs, what happens is told on stderr',
    },
  );
}

const SEEDS = { least: 0, most: 4_294_967_295, what: 'as a number' };

interface PublishOptions {
  readonly host?: string;
  readonly seed: number;
  readonly interval: number;
  readonly once?: true;
}
