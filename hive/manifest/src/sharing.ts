// Sections about what many want at once: [leases] and [schedule]. Bounds from contracts-1 section 5.2 and contracts-2
// section 6.1 where the product keeps them; ranges are ours.

import { int, list, type Table, table, word } from './field.ts';

/** A resource that can be shared: leases are packed onto it while their sums fit. What is not listed has one holder. */
export interface LeaseResource {
  readonly id: string;
  readonly mem_mb: number;
  readonly streams: number;
}

/** What a subject is owed of what is scarce, beside others; 1 when it is not listed. */
export interface LeaseShare {
  readonly subject: string;
  readonly weight: number;
}

/** `[leases]`. */
export interface Leases {
  readonly active_max: number;
  readonly waiting_max: number;
  readonly preemptions_max: number;
  readonly history_max: number;
  readonly quotas_max: number;
  readonly max_ttl_s: number;
  readonly max_total_s: number;
  readonly max_wait_s: number;
  readonly reserve_after_s: number;
  readonly resources: readonly LeaseResource[];
  readonly shares: readonly LeaseShare[];
}

/** `[schedule]`. */
export interface Schedule {
  readonly queue_max: number;
  readonly running_max: number;
  readonly history_max: number;
  readonly ageing_ms: number;
  readonly reserve_after_s: number;
  readonly retries_max: number;
  readonly retry_backoff_ms: number;
  readonly retry_backoff_cap_ms: number;
}

/** Most resources and shares a manifest may list: each travels in the boot record. */
const RESOURCES_MAX = 64;
const SHARES_MAX = 64;

/** 2^31 MiB are 2 PiB; sums of a full table stay far below 2^53. */
const MEM_MB_MAX = 2_147_483_648;
const STREAMS_MAX = 65_536;
const DAY_S = 86_400;

const resource: Table<LeaseResource> = table<LeaseResource>('A resource that can be shared.', {
  id: word(
    { pattern: '^(?!\\.\\.?$)[A-Za-z0-9._:-]{1,48}$', form: '1 to 48 of letters, digits, . _ : and -' },
    'Name of the resource, unique; a class is what begins alike (`gpu:*`).',
  ),
  mem_mb: int({ is: 1, min: 1, max: MEM_MB_MAX }, 'Memory that leases may take together, MiB.'),
  streams: int({ is: 1, min: 1, max: STREAMS_MAX }, 'Streams that leases may take together.'),
});

const share: Table<LeaseShare> = table<LeaseShare>('What a subject is owed.', {
  subject: word(
    { pattern: '^[A-Za-z0-9_-]{1,32}$', form: '1 to 32 of letters, digits, _ and -' },
    'Subject of leases, unique.',
  ),
  weight: int({ is: 1, min: 1, max: 100 }, 'Share of this subject beside others, which have 1.'),
});

/** Schema of `[leases]`. */
export const leases: Table<Leases> = table<Leases>('Who may hold what, for how long, and who comes next.', {
  active_max: int({ is: 256, min: 1, max: 100_000 }, 'Leases held at one time; one more is refused.'),
  waiting_max: int({ is: 64, min: 0, max: 4096 }, 'Requests that may wait for a resource; 0 lets none wait.'),
  preemptions_max: int({ is: 256, min: 1, max: 4096 }, 'Preemptions that are remembered; the oldest are dropped.'),
  history_max: int({ is: 256, min: 1, max: 4096 }, 'Ended leases that are remembered; the oldest are dropped.'),
  quotas_max: int({ is: 256, min: 1, max: 4096 }, 'Quotas that may be set; one more is refused.'),
  max_ttl_s: int({ is: DAY_S, min: 1, max: 31_536_000 }, 'Longest time one grant or renewal may ask for.'),
  max_total_s: int(
    { is: 604_800, min: 1, max: 31_536_000 },
    'Longest life of a lease, whatever its renewals; at least `max_ttl_s`.',
  ),
  max_wait_s: int({ is: 3600, min: 1, max: 604_800 }, 'Longest time a request may wait.'),
  reserve_after_s: int(
    { is: 60, min: 1, max: DAY_S },
    'Seconds after which a waiting request goes first and its resource is kept free for it.',
  ),
  resources: list<LeaseResource>(
    { is: [], of: resource, max: RESOURCES_MAX },
    'Resources that can be shared; any other has one holder.',
  ),
  shares: list<LeaseShare>({ is: [], of: share, max: SHARES_MAX }, 'Subjects that are owed more than others.'),
});

/** Schema of `[schedule]`. */
export const schedule: Table<Schedule> = table<Schedule>('Jobs that wait for their turn.', {
  queue_max: int({ is: 64, min: 1, max: 4096 }, 'Jobs that may wait; one more is refused.'),
  running_max: int({ is: 256, min: 1, max: 10_000 }, 'Jobs that run at one time.'),
  history_max: int({ is: 256, min: 1, max: 4096 }, 'Ended jobs that are remembered; the oldest are dropped.'),
  ageing_ms: int({ is: 1000, min: 1, max: 60_000 }, 'Waiting time that counts as one level of priority.'),
  reserve_after_s: int(
    { is: 60, min: 1, max: DAY_S },
    'Seconds after which a waiting job goes first, whatever its priority, and its resource is kept free for it.',
  ),
  retries_max: int({ is: 3, min: 0, max: 16 }, 'Most retries a job may ask for.'),
  retry_backoff_ms: int({ is: 1000, min: 1, max: 3_600_000 }, 'Wait before the first retry; doubles with each.'),
  retry_backoff_cap_ms: int({ is: 60_000, min: 1, max: 3_600_000 }, 'Longest such wait; at least `retry_backoff_ms`.'),
});
