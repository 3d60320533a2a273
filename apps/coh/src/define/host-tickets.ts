// coh host-ticket and coh window: what host agents are asked to do, and what may leave the hive.

import type { Command } from 'commander';
import { HOST_TICKET_CANCEL, HOST_TICKET_CLAIM, HOST_TICKET_REPORT, HOST_TICKET_SEND } from '../lines/host-tickets.ts';
import { WINDOW_CLOSE, WINDOW_OPEN } from '../lines/windows.ts';
import { type Runner, withHelp } from './define.ts';
import { defineGroup, defineLine, defineList, type LineCommand, type ListCommand } from './lines.ts';

/** Adds `coh host-ticket`. */
export function defineHostTickets(program: Command, run: Runner): void {
  const group = defineGroup(program, {
    word: 'host-ticket',
    summary: 'ask host agents for actions, and see what came of it',
    description:
      'A host ticket asks the agents of hosts for one action, once. An agent claims it for a time, does it, and reports.',
    examples: [
      ['coh host-ticket send systemd.restart --target ssh.service --key restart-7', 'once, however often it is sent'],
      ['coh host-ticket list', 'which are open, and who has them'],
    ],
  });
  for (const command of HOST_TICKET_LINES) defineLine(group, run, command);
  for (const command of HOST_TICKET_LISTS) defineList(group, run, command);
  defineShowHostTicket(group, run);
}

const AGENT_NOTE =
  'For agents. Their tickets: coh ticket mint --role queen --subject NAME --scope /host/tickets:r --scope /host/tickets/status:rw --scope /host/tickets/deadletter:rw --scope /proc/host-tickets:r --scope /proc/self:r';

const HOST_TICKET_LINES: readonly LineCommand[] = [
  {
    word: 'send',
    form: HOST_TICKET_SEND,
    summary: 'ask for an action',
    description: 'Asks for an action, once. Sent again with the same key it only tells what became of the first.',
    examples: [
      ['coh host-ticket send systemd.restart --target ssh.service --arg mode=replace', 'with an argument'],
      ['coh host-ticket send systemd.restart --target ssh.service --key restart-7', 'safe to repeat'],
      ['coh host-ticket send k8s.drain --target node-3 --expires 10m', 'not begun after ten minutes'],
    ],
  },
  {
    word: 'cancel',
    form: HOST_TICKET_CANCEL,
    summary: 'take a host ticket back',
    description: 'Takes a host ticket back that no agent has begun; it has failed then.',
    examples: [['coh host-ticket cancel restart-7 --reason "not needed any more"', 'while nobody has claimed it']],
  },
  {
    word: 'claim',
    form: HOST_TICKET_CLAIM,
    summary: 'take up a host ticket',
    description:
      'Takes up a host ticket for a time, or keeps one that is claimed for longer. Prints the fence of the claim.',
    notes: [AGENT_NOTE],
    examples: [['coh host-ticket claim restart-7 --ttl 5m', 'five minutes from now']],
  },
  {
    word: 'report',
    form: HOST_TICKET_REPORT,
    summary: 'say how a host ticket goes',
    description: 'Says that a claimed host ticket runs, succeeded, failed or expired. Only who has the claim may.',
    notes: [AGENT_NOTE],
    examples: [
      ['coh host-ticket report restart-7 running --fence 3', 'also keeps the claim'],
      ['coh host-ticket report restart-7 failed --message "no such unit"', 'given up'],
    ],
  },
];

const HOST_TICKET_LISTS: readonly ListCommand[] = [
  {
    word: 'list',
    list: 'host_tickets',
    summary: 'which are open, and who has them',
    description: 'Lists the host tickets that have not ended, oldest first.',
    fields: '"id", "action", "target", "state", "attempts", "fence", "by", "claim_expires_ms", "expires_ms", "entry"',
    examples: [['coh host-ticket list', 'a table']],
  },
  {
    word: 'history',
    list: 'ended_host_tickets',
    summary: 'host tickets that ended',
    description: 'Lists the host tickets that ended: those that succeeded, then those that were given up.',
    fields: '"id", "idempotency_key", "action", "state", "message"',
    examples: [['coh host-ticket history', 'a table']],
  },
  {
    word: 'dead',
    list: 'dead_orders',
    summary: 'host tickets that were given up',
    description: 'Lists the host tickets that failed or expired, in the order of their ends, and why.',
    fields: '"id", "idempotency_key", "action", "state", "message"',
    examples: [['coh host-ticket dead', 'what nobody did']],
  },
];

function defineShowHostTicket(group: Command, run: Runner): void {
  withHelp(
    group
      .command('show')
      .summary('show one host ticket')
      .description('Shows what was asked, and what became of it.')
      .argument('<host-ticket>', 'its id')
      .option('--from <hive>', 'hive that asked, when several have a host ticket of this id')
      .action((id: string, options: { from?: string }) =>
        run(async (context) =>
          (await import('../commands/host-tickets.ts')).showHostTicket(context, { id, ...options }),
        ),
      ),
    {
      examples: [['coh host-ticket show restart-7', 'all that the hive knows of it']],
      json: 'its host-ticket/v1 line, and over it what its host-ticket-result/v1 line says',
    },
  );
}

/** Adds `coh window`. */
export function defineWindows(program: Command, run: Runner): void {
  const group = defineGroup(program, {
    word: 'window',
    summary: 'open and close export windows',
    description:
      'While an export window is open, what belongs to its name may leave the hive; nothing does outside one. (coh audit export, for history, needs none.)',
    examples: [
      ['coh window open nightly --ttl 1h', 'for an hour'],
      ['coh window list', 'what is open'],
    ],
  });
  for (const command of WINDOW_LINES) defineLine(group, run, command);
  defineList(group, run, {
    word: 'list',
    list: 'windows',
    summary: 'what is open',
    description: 'Lists the open windows, the one that shuts first first.',
    fields: '"id", "ttl_s", "opened_ms", "expires_ms", "entry", "by"',
    examples: [['coh window list', 'a table']],
  });
}

const WINDOW_LINES: readonly LineCommand[] = [
  {
    word: 'open',
    form: WINDOW_OPEN,
    summary: 'open a window',
    description: 'Opens a window for a time; one that is open gets a new end.',
    examples: [['coh window open nightly --ttl 1h', 'for an hour']],
  },
  {
    word: 'close',
    form: WINDOW_CLOSE,
    summary: 'shut a window',
    description: 'Shuts a window before its time.',
    examples: [['coh window close nightly --reason done', 'now']],
  },
];
