// Sections about what the queen orders from outside the hive: [export], [host_tickets] and [intents]. Bounds from contracts-1
// sections 5.2 and 5.10 and contracts-2 section 6.1 where the product keeps them; ranges are ours.

import { flag, int, list, type Table, table, word } from './field.ts';

/** `[export]`. */
export interface Export {
  readonly windows_max: number;
}

/** `[host_tickets]`: what host agents are asked to do. */
export interface HostTickets {
  readonly active_max: number;
  readonly ended_max: number;
  readonly ended_ttl_s: number;
  readonly claim_ttl_s: number;
  readonly claim_ttl_max_s: number;
  readonly attempts_max: number;
  readonly actions: readonly string[];
}

/** `[intents]`. */
export interface Intents {
  readonly dedupe_max: number;
  readonly epoch_required: boolean;
}

/** Most actions a manifest may list (contracts-2, 6.2). */
const ACTIONS_MAX = 32;

/** The actions of contracts-1 5.10. */
const ACTIONS: readonly string[] = [
  'gpu.lease.grant',
  'gpu.lease.renew',
  'gpu.lease.release',
  'peft.import',
  'peft.activate',
  'peft.rollback',
  'systemd.start',
  'systemd.stop',
  'systemd.restart',
  'systemd.status-check',
  'docker.restart',
  'docker.stop',
  'docker.status-check',
  'k8s.cordon',
  'k8s.drain',
  'k8s.lease.sync',
];

/** Schema of `[export]`. */
export const exportSection: Table<Export> = table<Export>('What may leave the hive, and when.', {
  windows_max: int({ is: 64, min: 1, max: 256 }, 'Export windows open at one time; one more is refused.'),
});

/** Schema of `[host_tickets]`. */
export const hostTickets: Table<HostTickets> = table<HostTickets>('What host agents are asked to do.', {
  active_max: int({ is: 256, min: 1, max: 1024 }, 'Tickets that have not ended; one more is refused.'),
  ended_max: int({ is: 512, min: 1, max: 4096 }, 'Ended tickets that are remembered, so that a repeat does nothing.'),
  ended_ttl_s: int({ is: 86_400, min: 60, max: 2_592_000 }, 'Seconds for which an ended ticket is remembered at most.'),
  claim_ttl_s: int({ is: 60, min: 1, max: 86_400 }, 'Seconds a claim holds that names no time of its own.'),
  claim_ttl_max_s: int({ is: 3600, min: 1, max: 86_400 }, 'Seconds a claim may ask for; at least `claim_ttl_s`.'),
  attempts_max: int({ is: 3, min: 1, max: 100 }, 'Claims that may run out before the ticket has failed.'),
  actions: list<string>(
    {
      is: ACTIONS,
      of: word(
        { pattern: '^[A-Za-z0-9._:-]{1,128}$', form: '1 to 128 of letters, digits, . _ : and -' },
        'Name of an action.',
      ),
      max: ACTIONS_MAX,
    },
    'Actions a ticket may ask for.',
  ),
});

/** Schema of `[intents]`. */
export const intents: Table<Intents> = table<Intents>('Lines that are carried out once, however often they are sent.', {
  dedupe_max: int(
    { is: 512, min: 1, max: 4096 },
    'Intents that are remembered; those before them are refused as stale.',
  ),
  epoch_required: flag(
    { is: false },
    'Whether intents, host tickets and their results must name the writer epoch they were made for.',
  ),
});
