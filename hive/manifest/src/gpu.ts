// Section [gpu]: how many hosts may publish GPUs, how a GPU is shared, and what its files retain. Ranges are ours; sizes of
// lines and snapshots are those of contracts-1 5.6 and stay in the code.

import { int, KIB, MIB, type Table, table } from './field.ts';

/** `[gpu]`. */
export interface Gpu {
  readonly hosts_max: number;
  readonly devices_per_host_max: number;
  readonly streams_per_device: number;
  readonly lease_ttl_s: number;
  readonly jobs_max: number;
  readonly status_ring_bytes: number;
  readonly status_budget_bytes: number;
}

/** Schema of `[gpu]`. */
export const gpu: Table<Gpu> = table<Gpu>('GPUs that hosts publish, and their jobs.', {
  hosts_max: int({ is: 16, min: 1, max: 64 }, 'Hosts that may publish at one time; one more is refused.'),
  devices_per_host_max: int({ is: 16, min: 1, max: 64 }, 'GPUs one host may publish.'),
  streams_per_device: int({ is: 32, min: 1, max: 255 }, 'Streams that leases of one GPU may take together.'),
  lease_ttl_s: int({ is: 120, min: 1, max: 86_400 }, 'Seconds of a lease whose line names none.'),
  jobs_max: int({ is: 64, min: 1, max: 1024 }, 'Jobs of all GPUs that have not ended; one more is refused.'),
  status_ring_bytes: int({ is: 64 * KIB, min: 1024, max: 16 * MIB }, 'Bytes that the status of one GPU retains.'),
  status_budget_bytes: int(
    { is: 4 * MIB, min: 1024, max: 1024 * MIB },
    'Bytes all of them may take together; at least one.',
  ),
});
