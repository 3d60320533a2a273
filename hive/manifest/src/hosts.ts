// Section [host]: which machines beside the hive are shown under `/host`, and what of them (contracts-2, 6.1 `ecosystem.host`). The
// mount point is always `/host`; ranges are ours.

import { choice, flag, int, KIB, list, MIB, type Table, table, word } from './field.ts';

/** What of a host can be shown; also the names of its directories. */
export type HostProvider = 'systemd' | 'k8s' | 'docker' | 'nvidia' | 'net' | 'jetson';

/** Every provider, in the order of contracts-2. */
export const HOST_PROVIDERS: readonly HostProvider[] = ['systemd', 'k8s', 'docker', 'nvidia', 'net', 'jetson'];

/** Names that a host cannot have: `/host` has them itself. */
export const RESERVED_HOSTS: ReadonlySet<string> = new Set([...HOST_PROVIDERS, 'tickets', 'ctl']);

/** `[host]`. */
export interface Hosts {
  readonly enabled: boolean;
  readonly providers: readonly HostProvider[];
  readonly default_host: string;
  readonly units: readonly string[];
  readonly nodes: readonly string[];
  readonly gpus: readonly string[];
  readonly hosts_max: number;
  readonly members_max: number;
  readonly orders_max: number;
  readonly order_ttl_s: number;
  readonly stream_bytes: number;
  readonly stream_budget_bytes: number;
}

/** Name of a unit, node, GPU or network interface: one name of a path. */
export const MEMBER_PATTERN = '^[A-Za-z0-9@_:-][A-Za-z0-9@._:-]{0,127}$';

/** Name of a host: what hosts are called in a network. */
export const HOST_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$';

const member = word(
  { pattern: MEMBER_PATTERN, form: '1 to 128 of letters, digits, @ . _ : and -, not a . first' },
  'Its name.',
);

/** Most names a list of the manifest may have. */
const NAMES_MAX = 64;

/** Schema of `[host]`. */
export const hosts: Table<Hosts> = table<Hosts>('Machines beside the hive, as files below /host.', {
  enabled: flag({ is: true }, 'Whether `/host/<host>` exists; `/host/tickets` is not asked.'),
  providers: list<HostProvider>(
    {
      is: ['systemd', 'k8s', 'docker', 'nvidia'],
      of: choice({ of: HOST_PROVIDERS }, 'A provider.'),
      max: HOST_PROVIDERS.length,
    },
    'What of a host is shown; of others there are no directories.',
  ),
  default_host: word(
    { is: 'local', pattern: `${HOST_PATTERN}|^$`, form: '1 to 63 of letters, digits, . _ and -, or nothing' },
    'Host that is there from the start and that `/host/systemd` and the like lead to; empty: the only one somebody publishes.',
  ),
  units: list<string>(
    { is: ['cohesix-agent.service', 'ssh.service'], of: member, max: NAMES_MAX },
    'Units of the default host while nobody declared others.',
  ),
  nodes: list<string>({ is: ['node-1'], of: member, max: NAMES_MAX }, 'Its nodes of Kubernetes, likewise.'),
  gpus: list<string>({ is: [], of: member, max: NAMES_MAX }, 'Its GPUs, likewise.'),
  hosts_max: int({ is: 16, min: 1, max: 64 }, 'Hosts somebody publishes at one time; one more is refused.'),
  members_max: int({ is: 128, min: 1, max: 256 }, 'Units, nodes, GPUs and interfaces of one host together.'),
  orders_max: int({ is: 64, min: 1, max: 256 }, 'Orders that have not ended; one more is refused.'),
  order_ttl_s: int({ is: 60, min: 1, max: 86_400 }, 'Seconds to take up an order, and again to say what came of it.'),
  stream_bytes: int({ is: 4 * KIB, min: 512, max: 64 * KIB }, 'Bytes retained of one status file.'),
  stream_budget_bytes: int({ is: 4 * MIB, min: 64 * KIB, max: 256 * MIB }, 'Memory of all status files together.'),
});
