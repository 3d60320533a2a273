// coh lease: who holds which resource for how long.

import type { Command } from 'commander';
import { LEASE_GRANT, LEASE_PREEMPT, LEASE_QUOTA, LEASE_RELEASE, LEASE_RENEW, LEASE_UNQUOTA } from '../lines/leases.ts';
import type { Runner } from './define.ts';
import { defineGroup, defineLine, defineList, defineShow, type LineCommand, type ListCommand } from './lines.ts';

/** Adds it. */
export function defineLeases(program: Command, run: Runner): void {
  const group = defineGroup(program, {
    word: 'lease',
    summary: 'grant, renew, release and list leases of resources',
    description:
      'A lease gives a subject a resource for a time: a GPU, a port, anything with a name. Its fence is a number that only grows; who acts under a lease shows it.',
    examples: [
      ['coh lease grant gpu:GPU-0 --subject alice --ttl 10m', 'alice has it for ten minutes'],
      ['coh lease list', 'who has what, who waits'],
    ],
  });
  for (const command of LINES) defineLine(group, run, command);
  for (const command of LISTS) defineList(group, run, command);
  defineShow(group, run, {
    word: 'show',
    record: 'lease',
    summary: 'show one lease',
    description: 'Shows the lease that is held, else the request that waits, else the last of that id that ended.',
    examples: [['coh lease show l1', 'all that the hive knows of it']],
  });
}

const LINES: readonly LineCommand[] = [
  {
    word: 'grant',
    form: LEASE_GRANT,
    summary: 'give a resource to a subject',
    description: 'Gives a resource to a subject for a time, and prints the fence.',
    examples: [
      ['coh lease grant gpu:GPU-0 --subject alice --ttl 10m', 'all of it'],
      [
        'coh lease grant "gpu:*" --subject bob --ttl 1h --mem-mb 4096 --queue',
        'a part of any; waits when none is free',
      ],
      ['coh lease grant gpu:GPU-0 --subject carol --ttl 10m --priority 9 --preempt', 'from whoever has less priority'],
    ],
  },
  {
    word: 'renew',
    form: LEASE_RENEW,
    summary: 'let a lease hold longer',
    description: 'Sets the time of a lease anew, from now on, within its longest life; with --priority that, too.',
    examples: [['coh lease renew l1 --ttl 10m --fence 3', 'ten minutes from now, if it is still the same']],
  },
  {
    word: 'release',
    form: LEASE_RELEASE,
    summary: 'give a lease back',
    description: 'Gives a lease back, or takes a request out of the queue.',
    examples: [['coh lease release l1', 'whoever waits gets it']],
  },
  {
    word: 'preempt',
    form: LEASE_PREEMPT,
    summary: 'take a lease away',
    description: 'Takes a lease away from its subject, unless its quota spares it.',
    examples: [['coh lease preempt l1 --reason maintenance', 'kept in coh lease preemptions']],
  },
  {
    word: 'quota',
    form: LEASE_QUOTA,
    summary: 'limit what a subject holds',
    description: 'Limits what a subject holds of a resource or of a class of them. What it holds already stays.',
    examples: [['coh lease quota alice "gpu:*" --max-active 2 --max-preemptions 8', 'two at a time']],
  },
  {
    word: 'unquota',
    form: LEASE_UNQUOTA,
    summary: 'remove such a limit',
    description: 'Removes a quota.',
    examples: [['coh lease unquota alice "gpu:*"', 'no limit but those of the manifest']],
  },
];

const LISTS: readonly ListCommand[] = [
  {
    word: 'list',
    list: 'leases',
    summary: 'who has what, who waits',
    description: 'Lists the leases that are held, oldest first, then the requests that wait.',
    fields:
      '"id", "subject", "resource", "ttl_s", "priority", "state", "seq", "fence", "expires_ms", "mem_mb", "streams"',
    examples: [
      ['coh lease list', 'a table'],
      ['coh lease list --json', 'for programs'],
    ],
  },
  {
    word: 'history',
    list: 'ended_leases',
    summary: 'leases and requests that ended',
    description: 'Lists the leases and requests that ended, oldest first, and why.',
    fields: '"id", "subject", "resource", "fence", "granted_ms", "ended_ms", "reason"',
    examples: [['coh lease history --limit 200', 'a longer table']],
  },
  {
    word: 'preemptions',
    list: 'preemptions',
    summary: 'leases that were taken away',
    description: 'Lists the leases that were taken away, oldest first, and why.',
    fields: '"id", "subject", "resource", "reason", "seq", "fence", "at_ms"',
    examples: [['coh lease preemptions', 'who lost what']],
  },
  {
    word: 'quotas',
    list: 'quotas',
    summary: 'the limits that are set',
    description: 'Lists the quotas.',
    fields: '"subject", "resource", "max_active", "max_preemptions"',
    examples: [['coh lease quotas', 'who may hold how many']],
  },
  {
    word: 'resources',
    list: 'resources',
    summary: 'what can be shared, and what is held of it',
    description: 'Lists the resources that the manifest shares or somebody holds, and how much of each is held.',
    fields: '"resource", "holders", "mem_mb": "held/all", "streams": "held/all"',
    examples: [['coh lease resources', 'what is free']],
  },
];
