// The red lines: what must hold between fields, each as a sentence (for the reference) and a check. A schema says what
// one field may be; a red line says which manifests a hive refuses to start with although every field is legal alone.
// From contracts-2 section 6.2, for the sections this product has, and the ones our own bounds need.

import { isLoopback, parseAddress } from './address.ts';
import type { Problem } from './conform.ts';
import { RESERVED_HOSTS } from './hosts.ts';
import { worstCases } from './proc-bounds.ts';
import type { Manifest } from './schema.ts';
import * as sidecars from './sidecar-checks.ts';

/** Longest manifest, as JSON in UTF-8, bytes. A boot record holds it twice, once escaped, and has at most 65,535 bytes. */
export const MANIFEST_JSON_BYTES_MAX = 18_000;

/** A broken red line. `reads` are the other fields it depends on; the finding is void when one of them is wrong itself. */
export interface Finding extends Problem {
  readonly reads: readonly string[];
}

/** One red line. */
export interface RedLine {
  readonly id: string;
  /** The rule as a sentence. */
  readonly rule: string;
  readonly check: (manifest: Manifest) => readonly Finding[];
}

/** All findings of all red lines, in the order of the table. */
export function redLineFindings(manifest: Manifest): readonly Finding[] {
  return RED_LINES.flatMap((line) => line.check(manifest));
}

/** Every red line, in the order of the sections. */
export const RED_LINES: readonly RedLine[] = [
  {
    id: 'address-form',
    rule: 'An address of `[listen]` has a port up to 65535 and a host every resolver reads the same way.',
    check: checkAddresses,
  },
  {
    id: 'remote-needs-leave',
    rule: 'An address of `[listen]` that is not loopback needs `listen.allow_remote = true`.',
    check: checkRemote,
  },
  {
    id: 'two-doors-two-addresses',
    rule: 'No two doors of `[listen]` have the same address (port 0 aside).',
    check: checkSameAddress,
  },
  {
    id: 'certificate-needs-key',
    rule: '`tls.certificate` and `tls.key` go together, and `tls.client_ca` needs both.',
    check: checkTls,
  },
  {
    id: 'queue-holds-a-message',
    rule: '`secure9p.write_queue_bytes` is at least `secure9p.msize`.',
    check: ({ secure9p }) =>
      atMost(['secure9p.msize', secure9p.msize], ['secure9p.write_queue_bytes', secure9p.write_queue_bytes]),
  },
  {
    id: 'line-holds-a-ticket',
    rule: 'While the console is on, `console.line_max_bytes` holds `ATTACH worker-heartbeat ` and a ticket of `tickets.token_max_bytes`.',
    check: checkConsoleLine,
  },
  {
    id: 'role-isolation',
    rule: '`namespaces.role_isolation` is true.',
    check: checkIsolation,
  },
  {
    id: 'mount-names',
    rule: 'No two of `namespaces.mounts` have the same service.',
    check: ({ namespaces }) =>
      checkUnique(
        'namespaces.mounts',
        'service',
        namespaces.mounts.map(({ service }) => service),
      ),
  },
  {
    id: 'mount-targets',
    rule: 'The target of a mount is a path below `/` with at most `secure9p.walk_depth` names of 1 to 255 bytes, no `.` or `..`.',
    check: checkMountTargets,
  },
  {
    id: 'ring-in-budget',
    rule: '`telemetry.ring_bytes_per_worker` is at most `telemetry.ring_budget_bytes`.',
    check: ({ telemetry }) =>
      atMost(
        ['telemetry.ring_bytes_per_worker', telemetry.ring_bytes_per_worker],
        ['telemetry.ring_budget_bytes', telemetry.ring_budget_bytes],
      ),
  },
  {
    id: 'gpu-status-in-budget',
    rule: '`gpu.status_ring_bytes` is at most `gpu.status_budget_bytes`.',
    check: ({ gpu }) =>
      atMost(['gpu.status_ring_bytes', gpu.status_ring_bytes], ['gpu.status_budget_bytes', gpu.status_budget_bytes]),
  },
  {
    id: 'start-fits',
    rule: '`workers.start` has at most `workers.max` entries.',
    check: ({ workers }) => atMost(['workers.start', workers.start.length], ['workers.max', workers.max]),
  },
  {
    id: 'auto-transitions',
    rule: 'An automatic transition leads from `BOOTING` to `ONLINE` or `DEGRADED`, and there is at most one.',
    check: checkAutoTransitions,
  },
  {
    id: 'policy-ids',
    rule: 'No two policy rules have the same id.',
    check: checkRuleIds,
  },
  {
    id: 'policy-targets',
    rule: 'The target of a policy rule is a path below `/` with at most `secure9p.walk_depth` names of 1 to 255 bytes, no `.` or `..`, and `*` only as a whole name.',
    check: checkRuleTargets,
  },
  {
    id: 'policy-alias',
    rule: 'With sharding on and `sharding.legacy_worker_alias` off no policy rule and no mount names `/worker`.',
    check: checkAlias,
  },
  {
    id: 'backoff-order',
    rule: '`tickets.attach_failures.backoff_base_ms` is at most `backoff_cap_ms`.',
    check: ({ tickets: { attach_failures: limits } }) =>
      atMost(
        ['tickets.attach_failures.backoff_base_ms', limits.backoff_base_ms],
        ['tickets.attach_failures.backoff_cap_ms', limits.backoff_cap_ms],
      ),
  },
  {
    id: 'claim-order',
    rule: '`host_tickets.claim_ttl_s` is at most `host_tickets.claim_ttl_max_s`.',
    check: ({ host_tickets: limits }) =>
      atMost(
        ['host_tickets.claim_ttl_s', limits.claim_ttl_s],
        ['host_tickets.claim_ttl_max_s', limits.claim_ttl_max_s],
      ),
  },
  {
    id: 'host-names',
    rule: '`host.default_host` is no name that `/host` has already, and no list of `[host]` names one thing twice.',
    check: checkHosts,
  },
  {
    id: 'lease-life',
    rule: '`leases.max_ttl_s` is at most `leases.max_total_s`.',
    check: ({ leases }) => atMost(['leases.max_ttl_s', leases.max_ttl_s], ['leases.max_total_s', leases.max_total_s]),
  },
  {
    id: 'lease-names',
    rule: 'No two of `leases.resources` have the same id, and no two of `leases.shares` the same subject.',
    check: ({ leases }) => [
      ...checkUnique(
        'leases.resources',
        'id',
        leases.resources.map(({ id }) => id),
      ),
      ...checkUnique(
        'leases.shares',
        'subject',
        leases.shares.map(({ subject }) => subject),
      ),
    ],
  },
  {
    id: 'retry-order',
    rule: '`schedule.retry_backoff_ms` is at most `schedule.retry_backoff_cap_ms`.',
    check: ({ schedule: limits }) =>
      atMost(
        ['schedule.retry_backoff_ms', limits.retry_backoff_ms],
        ['schedule.retry_backoff_cap_ms', limits.retry_backoff_cap_ms],
      ),
  },
  {
    id: 'v1-needs-file',
    rule: '`tickets.accept_v1` needs `tickets.v1_secrets_file`.',
    check: checkV1,
  },
  {
    id: 'witness-keys',
    rule: 'No two of `audit.witnesses` have the same public key: who has one key under two names would count twice.',
    check: checkWitnesses,
  },
  {
    id: 'chunk-in-store',
    rule: '`cas.chunk_bytes` is at most `cas.bytes_max`.',
    check: ({ cas }) => atMost(['cas.chunk_bytes', cas.chunk_bytes], ['cas.bytes_max', cas.bytes_max]),
  },
  {
    id: 'ingest-sizes',
    rule: 'In `[telemetry_ingest]` a record fits into a segment, a segment into what a device has, and that into `bytes_max`.',
    check: checkIngest,
  },
  {
    id: 'sidecar-adapters',
    rule: 'A sidecar of `[sidecars]` that is enabled has an adapter.',
    check: sidecars.checkAdapters,
  },
  {
    id: 'sidecar-names',
    rule: 'No two adapters of `[sidecars]` have the same id or scope, no two buses and no two radios the same mount.',
    check: sidecars.checkNames,
  },
  {
    id: 'sidecar-scopes',
    rule: 'The scope of an adapter is its mount.',
    check: sidecars.checkScopes,
  },
  {
    id: 'sidecar-baud',
    rule: 'An adapter whose link is `serial` has a baud of at least 1.',
    check: sidecars.checkBaud,
  },
  {
    id: 'sidecar-spools',
    rule: `A spool has at most \`telemetry.ring_bytes_per_worker\` bytes, and all spools, with 128 bytes an entry of the tamper logs, at most ${sidecars.SIDECAR_BYTES_MAX}.`,
    check: sidecars.checkSpools,
  },
  {
    id: 'sidecar-windows',
    rule: 'The part of its window that a radio may be on the air holds one payload of `max_payload_bytes`.',
    check: sidecars.checkWindows,
  },
  {
    id: 'spool-sizes',
    rule: 'While `[spool]` is enabled, `spool.sector_bytes` is 512 or 4096, four records of `spool.record_bytes_max` fit into `spool.bytes`, and one into a message of `secure9p.msize`.',
    check: checkSpool,
  },
  {
    id: 'proc-bounds',
    rule: 'Each bound of `[observability]` holds the longest text its file can have.',
    check: checkProcBounds,
  },
  {
    id: 'fits-a-record',
    rule: `The whole manifest, as JSON in UTF-8, has at most ${MANIFEST_JSON_BYTES_MAX} bytes: it travels in the boot record.`,
    check: checkSize,
  },
];

function checkSize(manifest: Manifest): readonly Finding[] {
  const size = new TextEncoder().encode(JSON.stringify(manifest)).length;
  if (size <= MANIFEST_JSON_BYTES_MAX) return [];
  const message = `make the manifest ${size} bytes long; at most ${MANIFEST_JSON_BYTES_MAX}`;
  return [{ path: 'policy.rules', message, hint: 'use fewer rules, or * instead of many names', reads: [] }];
}

type Named = readonly [path: string, value: number];

/** The shape of most red lines: one number is at most another. */
function atMost([path, value]: Named, [limitPath, limit]: Named): readonly Finding[] {
  if (value <= limit) return [];
  const message = `is ${value}, more than ${limitPath} (${limit})`;
  return [{ path, message, hint: `lower it, or raise ${limitPath}`, reads: [limitPath] }];
}

const DOORS = ['secure9p', 'console', 'http'] as const;

function checkAddresses({ listen }: Manifest): readonly Finding[] {
  return DOORS.filter((door) => listen[door] !== '' && parseAddress(listen[door]) === undefined).map((door) => ({
    path: `listen.${door}`,
    message: 'is not an address to listen on',
    hint: 'write host:port with a port from 0 to 65535 and a host like 127.0.0.1, localhost or [::1]',
    reads: [],
  }));
}

function checkRemote({ listen }: Manifest): readonly Finding[] {
  if (listen.allow_remote) return [];
  return DOORS.filter((door) => {
    const address = parseAddress(listen[door]);
    return address !== undefined && !isLoopback(address.host);
  }).map((door) => ({
    path: `listen.${door}`,
    message: 'is not a loopback address, and listen.allow_remote is false',
    hint: 'listen on 127.0.0.1, [::1] or localhost, or set allow_remote = true, with a certificate in [tls] or an encrypting tunnel in front',
    reads: ['listen.allow_remote'],
  }));
}

function checkTls({ tls }: Manifest): readonly Finding[] {
  if ((tls.certificate === '') !== (tls.key === '')) {
    const [path, other] = tls.key === '' ? ['tls.key', 'tls.certificate'] : ['tls.certificate', 'tls.key'];
    const hint = `name the file, or remove ${other}`;
    return [{ path, message: `is empty, and ${other} is not`, hint, reads: [other] }];
  }
  if (tls.client_ca === '' || tls.certificate !== '') return [];
  const hint =
    'name the certificate and the key of the hive too: only a door that speaks TLS asks for those of clients';
  return [{ path: 'tls.client_ca', message: 'is set without tls.certificate', hint, reads: ['tls.certificate'] }];
}

function checkSameAddress({ listen }: Manifest): readonly Finding[] {
  return DOORS.flatMap((door, index) => {
    const earlier = DOORS.slice(0, index).find((other) => isSameAddress(listen[door], listen[other]));
    if (earlier === undefined) return [];
    const hint = 'give one of them another port, or set it to "" for off';
    return [
      { path: `listen.${door}`, message: `is the address of listen.${earlier}`, hint, reads: [`listen.${earlier}`] },
    ];
  });
}

function isSameAddress(one: string, other: string): boolean {
  const [left, right] = [parseAddress(one), parseAddress(other)];
  if (left === undefined || right === undefined || left.port === 0) return false;
  return left.port === right.port && left.host.toLowerCase() === right.host.toLowerCase();
}

/** `ATTACH ` and the longest role name with its space. */
const ATTACH_BYTES = 'ATTACH worker-heartbeat '.length;

function checkConsoleLine({ listen, console: bounds, tickets }: Manifest): readonly Finding[] {
  const least = tickets.token_max_bytes + ATTACH_BYTES;
  if (listen.console === '' || bounds.line_max_bytes >= least) return [];
  return [
    {
      path: 'console.line_max_bytes',
      message: `is ${bounds.line_max_bytes}; an ATTACH line with the longest ticket has ${least}`,
      hint: `raise it to ${least}, lower tickets.token_max_bytes, or turn the console off`,
      reads: ['tickets.token_max_bytes', 'listen.console'],
    },
  ];
}

function checkAutoTransitions({ lifecycle }: Manifest): readonly Finding[] {
  return lifecycle.auto_transitions.flatMap(({ from, to }, index) => {
    const path = `lifecycle.auto_transitions[${index}]`;
    const message = transitionFault({ from, to, index });
    if (message === undefined) return [];
    return [{ path, message, hint: 'allowed: one, BOOTING to ONLINE or BOOTING to DEGRADED', reads: [] }];
  });
}

function transitionFault({ from, to, index }: { from: string; to: string; index: number }): string | undefined {
  if (from === to) return `${from} to ${to} changes nothing`;
  if (from !== 'BOOTING') return `${from} is left only by an operator`;
  if (to !== 'ONLINE' && to !== 'DEGRADED') return `${to} is entered only by an operator`;
  return index > 0 ? 'would never be made: the one before it leaves BOOTING' : undefined;
}

function checkRuleIds({ policy }: Manifest): readonly Finding[] {
  return checkUnique(
    'policy.rules',
    'id',
    policy.rules.map(({ id }) => id),
  );
}

/** Findings for entries of a list whose naming field is that of an earlier entry. */
function checkUnique(list: string, field: string, names: readonly string[]): readonly Finding[] {
  const first = new Map<string, number>();
  return names.flatMap((name, index) => {
    const earlier = first.get(name);
    if (earlier === undefined) first.set(name, index);
    if (earlier === undefined) return [];
    const message = `"${name}" is the ${field} of ${list}[${earlier}] too`;
    const reads = [`${list}[${earlier}].${field}`];
    return [{ path: `${list}[${index}].${field}`, message, hint: `give each entry its own ${field}`, reads }];
  });
}

function checkWitnesses({ audit }: Manifest): readonly Finding[] {
  // What a verifier key is after its name and key ID; base64 has pluses of its own.
  const publicKeyOf = (key: string): string => key.split('+').slice(2).join('+');
  return audit.witnesses.flatMap((key, index) => {
    const earlier = audit.witnesses.findIndex((other) => publicKeyOf(other) === publicKeyOf(key));
    if (earlier === index) return [];
    const message = `has the public key of audit.witnesses[${earlier}]`;
    const reads = [`audit.witnesses[${earlier}]`];
    return [{ path: `audit.witnesses[${index}]`, message, hint: 'list each witness once', reads }];
  });
}

function checkRuleTargets({ policy, secure9p }: Manifest): readonly Finding[] {
  return policy.rules.flatMap(({ target }, index) => {
    const fault = targetFault(target, secure9p.walk_depth, 'write a path like /queen/ctl or /host/systemd/*/restart');
    if (fault === undefined) return [];
    return [{ path: `policy.rules[${index}].target`, ...fault }];
  });
}

function checkMountTargets({ namespaces, secure9p }: Manifest): readonly Finding[] {
  return namespaces.mounts.flatMap(({ target }, index) => {
    const fault = targetFault(target, secure9p.walk_depth, 'write a path like /log');
    if (fault === undefined) return [];
    return [{ path: `namespaces.mounts[${index}].target`, ...fault }];
  });
}

function checkIsolation({ namespaces }: Manifest): readonly Finding[] {
  if (namespaces.role_isolation) return [];
  const hint = 'remove the line: what a role may see is in its ceiling, and tickets only narrow it';
  return [{ path: 'namespaces.role_isolation', message: 'is false; roles are always isolated', hint, reads: [] }];
}

/** Why `target` cannot be the target of a rule or a mount. */
function targetFault(target: string, depth: number, hint: string): Omit<Finding, 'path'> | undefined {
  if (target === '/') return { message: 'is the root, which is no file', hint, reads: [] };
  const names = target.slice(1).split('/');
  for (const name of names) {
    const message = nameFault(name);
    if (message !== undefined) return { message, hint, reads: [] };
  }
  if (names.length <= depth) return undefined;
  const message = `has ${names.length} names; a walk has at most ${depth} (secure9p.walk_depth)`;
  return { message, hint, reads: ['secure9p.walk_depth'] };
}

function nameFault(name: string): string | undefined {
  if (name === '') return 'has an empty name';
  if (name === '.' || name === '..') return `has the name "${name}"`;
  if (name !== '*' && name.includes('*')) return 'has a * that is not a whole name';
  const bytes = new TextEncoder().encode(name).length;
  return bytes > 255 ? `has a name of ${bytes} bytes; at most 255` : undefined;
}

function checkHosts({ host }: Manifest): readonly Finding[] {
  const twice = (['providers', 'units', 'nodes', 'gpus'] as const).flatMap((name) => {
    const again = host[name].findIndex((one, index) => host[name].indexOf(one as never) < index);
    if (again < 0) return [];
    const message = `is ${JSON.stringify(host[name][again])}, which the list has already`;
    return [{ path: `host.${name}[${again}]`, message, hint: 'name it once', reads: [] }];
  });
  if (!RESERVED_HOSTS.has(host.default_host)) return twice;
  const message = `is ${host.default_host}, which is a name of /host itself`;
  return [...twice, { path: 'host.default_host', message, hint: 'call the host otherwise', reads: [] }];
}

function checkAlias({ policy, namespaces, sharding }: Manifest): readonly Finding[] {
  if (!sharding.enabled || sharding.legacy_worker_alias) return [];
  const rules = policy.rules.map(({ target }, index) => ({ path: `policy.rules[${index}].target`, target }));
  const mounts = namespaces.mounts.map(({ target }, index) => ({ path: `namespaces.mounts[${index}].target`, target }));
  return [...rules, ...mounts].flatMap(({ path, target }) => {
    if (target !== '/worker' && !target.startsWith('/worker/')) return [];
    return [
      {
        path,
        message: 'names /worker, which does not exist without sharding.legacy_worker_alias',
        hint: 'name /shard/*/worker/… instead, or turn the alias on',
        reads: ['sharding.enabled', 'sharding.legacy_worker_alias'],
      },
    ];
  });
}

function checkIngest({ telemetry_ingest: sizes }: Manifest): readonly Finding[] {
  const at = (name: keyof typeof sizes): Named => [`telemetry_ingest.${name}`, Number(sizes[name])];
  return [
    ...atMost(at('max_record_bytes'), at('max_bytes_per_segment')),
    ...atMost(at('max_bytes_per_segment'), at('max_total_bytes_per_device')),
    ...atMost(at('max_total_bytes_per_device'), at('bytes_max')),
  ];
}

/** Bytes of a Twrite before its data: size[4] type[1] tag[2] fid[4] offset[8] count[4]. */
const TWRITE_BYTES = 23;

function checkSpool({ spool, secure9p }: Manifest): readonly Finding[] {
  if (!spool.enable) return [];
  const isSector = spool.sector_bytes === 512 || spool.sector_bytes === 4096;
  const sector = {
    path: 'spool.sector_bytes',
    message: `is ${spool.sector_bytes}`,
    hint: 'write 512 or 4096',
    reads: [],
  };
  const longest = Math.min(Math.floor(spool.bytes / 4), secure9p.msize - TWRITE_BYTES);
  const message = `is ${spool.record_bytes_max}; with these spool.bytes and this secure9p.msize at most ${longest}`;
  const hint = `lower it to ${longest}, or raise spool.bytes or secure9p.msize`;
  const record = { path: 'spool.record_bytes_max', message, hint, reads: ['spool.bytes', 'secure9p.msize'] };
  return [...(isSector ? [] : [sector]), ...(spool.record_bytes_max <= longest ? [] : [record])];
}

function checkV1({ tickets }: Manifest): readonly Finding[] {
  if (!tickets.accept_v1 || tickets.v1_secrets_file !== '') return [];
  const hint = 'put the secrets into a file with mode 0600 and name it in tickets.v1_secrets_file';
  const message = 'is true without tickets.v1_secrets_file';
  return [{ path: 'tickets.accept_v1', message, hint, reads: ['tickets.v1_secrets_file'] }];
}

function checkProcBounds(manifest: Manifest): readonly Finding[] {
  return worstCases(manifest).flatMap(({ field, bytes }) => {
    const bound = manifest.observability[field];
    if (bound >= bytes) return [];
    return [
      {
        path: `observability.${field}`,
        message: `is ${bound}; the longest text has ${bytes} bytes`,
        hint: `raise it to at least ${bytes}`,
        reads: field === 'sessions_bytes' ? ['sharding.shard_bits', 'sharding.enabled'] : [],
      },
    ];
  });
}
