// Every red line at its limit and one past it: the path a person is sent to, and the reason.

import { describe, expect, test } from 'vitest';
import { RED_LINES } from '../src/red-lines.ts';
import { defaultManifest } from '../src/schema.ts';
import type { PolicyRule } from '../src/trust.ts';
import { accepted, lines, refused } from './manifest-text.ts';

interface Case {
  readonly id: string;
  /** A body at the limit. */
  readonly good: string;
  /** The same, one past it. */
  readonly bad: string;
  /** `path: message` of everything that is said about the bad one. */
  readonly says: readonly string[];
}

const NAMES_8 = '/a/b/c/d/e/f/g/h';
const rules = (...targets: string[]): string =>
  `[policy]\nrules = [${targets.map((target, index) => `{ id = "r${index}", target = "${target}" }`).join(', ')}]`;
const auto = (...pairs: string[]): string => {
  const tables = pairs.map((pair) => pair.split('>')).map(([from, to]) => `{ from = "${from}", to = "${to}" }`);
  return `[lifecycle]\nauto_transitions = [${tables.join(', ')}]`;
};

const mounts = (...targets: string[]): string =>
  `[namespaces]\nmounts = [${targets.map((target, index) => `{ service = "s${index}", target = "${target}" }`).join(', ')}]`;

const longRules = (count: number): readonly PolicyRule[] =>
  Array.from({ length: count }, (_, n) => ({ id: String(n), target: `/x/${'y'.repeat(120)}${n}` }));
const manyRules = (count: number): string =>
  `[policy]\nrules = [${longRules(count)
    .map(({ id, target }) => `{ id = "${id}", target = "${target}" }`)
    .join(', ')}]`;
const sizeWith = (count: number): number => {
  const manifest = defaultManifest();
  return JSON.stringify({ ...manifest, policy: { ...manifest.policy, rules: longRules(count) } }).length;
};
/** The most such rules that fit beside the defaults of all other fields. */
const RULES_FIT = Array.from({ length: 256 }, (_, count) => count).findLast((n) => sizeWith(n) <= 18_000) ?? 0;

const MIB = 1_048_576;
/** Buses with spools of these sizes, and a radio that remembers one refused payload. */
const spools = (...sizes: number[]): string => {
  const adapters = sizes.map((size, index) => `{ id = "a${index}", spool = { max_bytes = ${size} } }`);
  const radio = '[sidecars.lora]\nadapters = [{ id = "r", tamper_log_max_entries = 1 }]';
  const ring = `[telemetry]\nring_bytes_per_worker = ${MIB}`;
  return `${ring}\n[sidecars.modbus]\nadapters = [${adapters.join(', ')}]\n${radio}`;
};

const CASES: readonly Case[] = [
  {
    id: 'address-form',
    good: '[listen]\nconsole = "127.0.0.1:65535"',
    bad: '[listen]\nconsole = "127.0.0.1:65536"',
    says: ['listen.console: is not an address to listen on'],
  },
  {
    id: 'address-form',
    good: '[listen]\nsecure9p = "localhost:0"',
    bad: '[listen]\nsecure9p = "127.1:0"',
    says: ['listen.secure9p: is not an address to listen on'],
  },
  {
    id: 'remote-needs-leave',
    good: '[listen]\nallow_remote = true\nsecure9p = "0.0.0.0:5640"',
    bad: '[listen]\nsecure9p = "0.0.0.0:5640"',
    says: ['listen.secure9p: is not a loopback address, and listen.allow_remote is false'],
  },
  {
    id: 'remote-needs-leave',
    good: '[listen]\nconsole = "[::1]:1"',
    bad: '[listen]\nconsole = "[::]:1"',
    says: ['listen.console: is not a loopback address, and listen.allow_remote is false'],
  },
  {
    id: 'remote-needs-leave',
    good: '[listen]\nconsole = "127.255.255.255:1"',
    bad: '[listen]\nconsole = "128.0.0.1:1"',
    says: ['listen.console: is not a loopback address, and listen.allow_remote is false'],
  },
  {
    id: 'two-doors-two-addresses',
    good: '[listen]\nsecure9p = "127.0.0.1:0"\nconsole = "127.0.0.1:0"',
    bad: '[listen]\nsecure9p = "localhost:7"\nconsole = "LOCALHOST:7"',
    says: ['listen.console: is the address of listen.secure9p'],
  },
  {
    id: 'certificate-needs-key',
    good: '[tls]\ncertificate = "tls/hive.pem"\nkey = "tls/hive.key"',
    bad: '[tls]\ncertificate = "tls/hive.pem"',
    says: ['tls.key: is empty, and tls.certificate is not'],
  },
  {
    id: 'certificate-needs-key',
    good: '[tls]\ncertificate = "c"\nkey = "k"\nclient_ca = "a"\ndoors = ["http"]',
    bad: '[tls]\nclient_ca = "a"',
    says: ['tls.client_ca: is set without tls.certificate'],
  },
  {
    id: 'certificate-needs-key',
    good: '[tls]\ndoors = []',
    bad: '[tls]\nkey = "k"',
    says: ['tls.certificate: is empty, and tls.key is not'],
  },
  {
    id: 'queue-holds-a-message',
    good: '[secure9p]\nmsize = 8192\nwrite_queue_bytes = 8192',
    bad: '[secure9p]\nmsize = 8193\nwrite_queue_bytes = 8192',
    says: ['secure9p.msize: is 8193, more than secure9p.write_queue_bytes (8192)'],
  },
  {
    id: 'line-holds-a-ticket',
    good: '[console]\nline_max_bytes = 4120',
    bad: '[console]\nline_max_bytes = 4119',
    says: ['console.line_max_bytes: is 4119; an ATTACH line with the longest ticket has 4120'],
  },
  {
    id: 'line-holds-a-ticket',
    good: '[console]\nline_max_bytes = 256\n[listen]\nconsole = ""',
    bad: '[console]\nline_max_bytes = 256\n[tickets]\ntoken_max_bytes = 256',
    says: ['console.line_max_bytes: is 256; an ATTACH line with the longest ticket has 280'],
  },
  {
    id: 'host-names',
    good: '[host]\ndefault_host = "systemd-1"\nunits = ["a", "b"]',
    bad: '[host]\ndefault_host = "systemd"\nunits = ["a", "b", "a"]',
    says: [
      'host.units[2]: is "a", which the list has already',
      'host.default_host: is systemd, which is a name of /host itself',
    ],
  },
  {
    id: 'ring-in-budget',
    good: '[telemetry]\nring_budget_bytes = 65536',
    bad: '[telemetry]\nring_budget_bytes = 65535',
    says: ['telemetry.ring_bytes_per_worker: is 65536, more than telemetry.ring_budget_bytes (65535)'],
  },
  {
    id: 'gpu-status-in-budget',
    good: '[gpu]\nstatus_budget_bytes = 65536',
    bad: '[gpu]\nstatus_budget_bytes = 65535',
    says: ['gpu.status_ring_bytes: is 65536, more than gpu.status_budget_bytes (65535)'],
  },
  {
    id: 'start-fits',
    good: '[workers]\nmax = 2\nstart = [{ kind = "host" }, { kind = "heartbeat" }]',
    bad: '[workers]\nmax = 1\nstart = [{ kind = "host" }, { kind = "heartbeat" }]',
    says: ['workers.start: is 2, more than workers.max (1)'],
  },
  {
    id: 'auto-transitions',
    good: auto('BOOTING>DEGRADED'),
    bad: auto('BOOTING>ONLINE', 'BOOTING>DEGRADED'),
    says: ['lifecycle.auto_transitions[1]: would never be made: the one before it leaves BOOTING'],
  },
  {
    id: 'auto-transitions',
    good: auto(),
    bad: auto('BOOTING>BOOTING', 'ONLINE>DEGRADED', 'BOOTING>DRAINING'),
    says: [
      'lifecycle.auto_transitions[0]: BOOTING to BOOTING changes nothing',
      'lifecycle.auto_transitions[1]: ONLINE is left only by an operator',
      'lifecycle.auto_transitions[2]: DRAINING is entered only by an operator',
    ],
  },
  {
    id: 'witness-keys',
    good: `[audit]\nwitnesses = ["w+00000000+BA${'A'.repeat(42)}", "w+00000000+BA+${'A'.repeat(41)}"]`,
    bad: `[audit]\nwitnesses = ["w+00000000+BA${'A'.repeat(42)}", "v+00000001+BA${'A'.repeat(42)}"]`,
    says: ['audit.witnesses[1]: has the public key of audit.witnesses[0]'],
  },
  {
    id: 'policy-ids',
    good: '[policy]\nrules = [{ id = "a", target = "/x" }, { id = "A", target = "/x" }]',
    bad: '[policy]\nrules = [{ id = "a", target = "/x" }, { id = "a", target = "/y" }]',
    says: ['policy.rules[1].id: "a" is the id of policy.rules[0] too'],
  },
  {
    id: 'policy-targets',
    good: rules(NAMES_8, '/*', '/host/*/restart', `/${'n'.repeat(255)}`, '/é'),
    bad: rules(`${NAMES_8}/i`, '/', '/host/*.service', '/a//b', '/a/', '/a/..', '/./a', `/${'n'.repeat(256)}`),
    says: [
      'policy.rules[0].target: has 9 names; a walk has at most 8 (secure9p.walk_depth)',
      'policy.rules[1].target: is the root, which is no file',
      'policy.rules[2].target: has a * that is not a whole name',
      'policy.rules[3].target: has an empty name',
      'policy.rules[4].target: has an empty name',
      'policy.rules[5].target: has the name ".."',
      'policy.rules[6].target: has the name "."',
      'policy.rules[7].target: has a name of 256 bytes; at most 255',
    ],
  },
  {
    id: 'policy-targets',
    good: `[secure9p]\nwalk_depth = 5\n${rules('/a/b/c/d/e')}`,
    bad: `[secure9p]\nwalk_depth = 5\n${rules('/a/b/c/d/e/f')}`,
    says: ['policy.rules[0].target: has 6 names; a walk has at most 5 (secure9p.walk_depth)'],
  },
  {
    id: 'policy-alias',
    good: `[sharding]\nlegacy_worker_alias = false\n${rules('/workers', '/shard/*/worker/*/telemetry')}`,
    bad: `[sharding]\nlegacy_worker_alias = false\n${rules('/worker', '/worker/*/telemetry')}`,
    says: [
      'policy.rules[0].target: names /worker, which does not exist without sharding.legacy_worker_alias',
      'policy.rules[1].target: names /worker, which does not exist without sharding.legacy_worker_alias',
    ],
  },
  {
    id: 'backoff-order',
    good: '[tickets.attach_failures]\nbackoff_base_ms = 64000',
    bad: '[tickets.attach_failures]\nbackoff_base_ms = 64001',
    says: [
      'tickets.attach_failures.backoff_base_ms: is 64001, more than tickets.attach_failures.backoff_cap_ms (64000)',
    ],
  },
  {
    id: 'claim-order',
    good: '[host_tickets]\nclaim_ttl_s = 3600',
    bad: '[host_tickets]\nclaim_ttl_s = 3601',
    says: ['host_tickets.claim_ttl_s: is 3601, more than host_tickets.claim_ttl_max_s (3600)'],
  },
  {
    id: 'lease-life',
    good: '[leases]\nmax_ttl_s = 604800',
    bad: '[leases]\nmax_ttl_s = 604801',
    says: ['leases.max_ttl_s: is 604801, more than leases.max_total_s (604800)'],
  },
  {
    id: 'lease-names',
    good: '[leases]\nresources = [{ id = "gpu:0" }, { id = "gpu:1", mem_mb = 8 }]\nshares = [{ subject = "a" }, { subject = "b" }]',
    bad: '[leases]\nresources = [{ id = "gpu:0" }, { id = "gpu:0", mem_mb = 8 }]\nshares = [{ subject = "a" }, { subject = "a" }]',
    says: [
      'leases.resources[1].id: "gpu:0" is the id of leases.resources[0] too',
      'leases.shares[1].subject: "a" is the subject of leases.shares[0] too',
    ],
  },
  {
    id: 'retry-order',
    good: '[schedule]\nretry_backoff_ms = 60000',
    bad: '[schedule]\nretry_backoff_ms = 60001',
    says: ['schedule.retry_backoff_ms: is 60001, more than schedule.retry_backoff_cap_ms (60000)'],
  },
  {
    id: 'chunk-in-store',
    good: '[cas]\nchunk_bytes = 1048576\nbytes_max = 1048576',
    bad: '[cas]\nchunk_bytes = 1048577\nbytes_max = 1048576',
    says: ['cas.chunk_bytes: is 1048577, more than cas.bytes_max (1048576)'],
  },
  {
    id: 'v1-needs-file',
    good: '[tickets]\naccept_v1 = true\nv1_secrets_file = "keys/v1.toml"',
    bad: '[tickets]\naccept_v1 = true',
    says: ['tickets.accept_v1: is true without tickets.v1_secrets_file'],
  },
  {
    id: 'role-isolation',
    good: '[namespaces]\nrole_isolation = true',
    bad: '[namespaces]\nrole_isolation = false',
    says: ['namespaces.role_isolation: is false; roles are always isolated'],
  },
  {
    id: 'mount-names',
    good: mounts('/a', '/a'),
    bad: mounts('/a', '/b').replace('"s1"', '"s0"'),
    says: ['namespaces.mounts[1].service: "s0" is the service of namespaces.mounts[0] too'],
  },
  {
    id: 'mount-targets',
    good: mounts(NAMES_8),
    bad: mounts(`${NAMES_8}/i`),
    says: ['namespaces.mounts[0].target: has 9 names; a walk has at most 8 (secure9p.walk_depth)'],
  },
  {
    id: 'mount-targets',
    good: mounts('/log/...'),
    bad: mounts('/log/..'),
    says: ['namespaces.mounts[0].target: has the name ".."'],
  },
  {
    id: 'mount-targets',
    good: mounts('/log/x'),
    bad: mounts('/log//x'),
    says: ['namespaces.mounts[0].target: has an empty name'],
  },
  {
    id: 'mount-targets',
    good: mounts('/l'),
    bad: mounts('/'),
    says: ['namespaces.mounts[0].target: is the root, which is no file'],
  },
  {
    id: 'policy-alias',
    good: `${mounts('/workers')}\n[sharding]\nlegacy_worker_alias = false`,
    bad: `${mounts('/worker/worker-1')}\n[sharding]\nlegacy_worker_alias = false`,
    says: ['namespaces.mounts[0].target: names /worker, which does not exist without sharding.legacy_worker_alias'],
  },
  {
    id: 'sidecar-adapters',
    good: '[sidecars.modbus]\nadapters = []',
    bad: '[sidecars.modbus]\nenable = true',
    says: ['sidecars.modbus.adapters: is empty, and enable is true'],
  },
  {
    id: 'sidecar-names',
    good: '[sidecars.modbus]\nadapters = [{ id = "a" }]\n[sidecars.lora]\nadapters = [{ id = "b", mount = "c", scope = "c" }]',
    bad: '[sidecars.modbus]\nadapters = [{ id = "a" }]\n[sidecars.lora]\nadapters = [{ id = "a", mount = "c", scope = "c" }]',
    says: ['sidecars.lora.adapters[0].id: "a" is the id of sidecars.modbus.adapters[0] too'],
  },
  {
    id: 'sidecar-names',
    good: '[sidecars.modbus]\nadapters = [{ id = "a" }]\n[sidecars.dnp3]\nadapters = [{ id = "b" }]',
    bad: '[sidecars.modbus]\nadapters = [{ id = "a" }]\n[sidecars.dnp3]\nadapters = [{ id = "b", mount = "a", scope = "a" }]',
    says: [
      'sidecars.dnp3.adapters[0].scope: "a" is the scope of sidecars.modbus.adapters[0] too',
      'sidecars.dnp3.adapters[0].mount: "a" is the mount of sidecars.modbus.adapters[0] too',
    ],
  },
  {
    id: 'sidecar-scopes',
    good: '[sidecars.modbus]\nadapters = [{ id = "a", mount = "b", scope = "b" }]',
    bad: '[sidecars.modbus]\nadapters = [{ id = "a", mount = "b" }]',
    says: ['sidecars.modbus.adapters[0].scope: is "a", and mount is "b"'],
  },
  {
    id: 'sidecar-baud',
    good: '[sidecars.dnp3]\nadapters = [{ id = "a", link = "tcp", baud = 0 }, { id = "b", baud = 1 }]',
    bad: '[sidecars.dnp3]\nadapters = [{ id = "a", link = "tcp", baud = 0 }, { id = "b", baud = 0 }]',
    says: ['sidecars.dnp3.adapters[1].baud: is 0, and link is serial'],
  },
  {
    id: 'sidecar-spools',
    good: '[telemetry]\nring_bytes_per_worker = 4096\n[sidecars.modbus]\nadapters = [{ id = "a", spool = { max_bytes = 4096 } }]',
    bad: '[telemetry]\nring_bytes_per_worker = 4096\n[sidecars.modbus]\nadapters = [{ id = "a", spool = { max_bytes = 4097 } }]',
    says: ['sidecars.modbus.adapters[0].spool.max_bytes: is 4097, more than telemetry.ring_bytes_per_worker (4096)'],
  },
  {
    id: 'sidecar-spools',
    good: spools(MIB, MIB, MIB, MIB - 128),
    bad: spools(MIB, MIB, MIB, MIB - 127),
    says: ['sidecars: makes spools and tamper logs 4194305 bytes; at most 4194304 together'],
  },
  {
    // Tsym = 32768 µs; 51 bytes take 401408 + 63 · 32768 = 2465792 µs of the 1 % that 246580 ms have.
    id: 'sidecar-windows',
    good: '[sidecars.lora]\nadapters = [{ id = "a", window_ms = 246580 }]',
    bad: '[sidecars.lora]\nadapters = [{ id = "a", window_ms = 246579 }]',
    says: [
      'sidecars.lora.adapters[0].window_ms: gives 2465790 µs on the air; one payload of 51 bytes takes 2465792 in EU868',
    ],
  },
  {
    id: 'fits-a-record',
    good: manyRules(RULES_FIT),
    bad: manyRules(RULES_FIT + 1),
    says: [`policy.rules: make the manifest ${sizeWith(RULES_FIT + 1)} bytes long; at most 18000`],
  },
  {
    id: 'spool-sizes',
    good: '[spool]\nenable = true\nsector_bytes = 512',
    bad: '[spool]\nenable = true\nsector_bytes = 513',
    says: ['spool.sector_bytes: is 513'],
  },
  {
    id: 'spool-sizes',
    good: '[spool]\nenable = true\nrecord_bytes_max = 8169',
    bad: '[spool]\nenable = true\nrecord_bytes_max = 8170',
    says: ['spool.record_bytes_max: is 8170; with these spool.bytes and this secure9p.msize at most 8169'],
  },
  {
    id: 'spool-sizes',
    good: '[secure9p]\nmsize = 65536\nwrite_queue_bytes = 65536\n[spool]\nenable = true\nbytes = 65536\nrecord_bytes_max = 16384',
    bad: '[secure9p]\nmsize = 65536\nwrite_queue_bytes = 65536\n[spool]\nenable = true\nbytes = 65536\nrecord_bytes_max = 16385',
    says: ['spool.record_bytes_max: is 16385; with these spool.bytes and this secure9p.msize at most 16384'],
  },
  {
    id: 'proc-bounds',
    good: '[observability]\nsessions_bytes = 6741',
    bad: '[observability]\nsessions_bytes = 6740',
    says: ['observability.sessions_bytes: is 6740; the longest text has 6741 bytes'],
  },
  {
    id: 'proc-bounds',
    good: '[sharding]\nshard_bits = 0\n[observability]\nsessions_bytes = 109',
    bad: '[sharding]\nshard_bits = 1\n[observability]\nsessions_bytes = 134',
    says: ['observability.sessions_bytes: is 134; the longest text has 135 bytes'],
  },
  {
    id: 'ingest-sizes',
    good: '[telemetry_ingest]\nmax_bytes_per_segment = 4096',
    bad: '[telemetry_ingest]\nmax_bytes_per_segment = 4095',
    says: ['telemetry_ingest.max_record_bytes: is 4096, more than telemetry_ingest.max_bytes_per_segment (4095)'],
  },
  {
    id: 'ingest-sizes',
    good: '[telemetry_ingest]\nmax_total_bytes_per_device = 131072',
    bad: '[telemetry_ingest]\nmax_total_bytes_per_device = 131071',
    says: [
      'telemetry_ingest.max_bytes_per_segment: is 131072, more than telemetry_ingest.max_total_bytes_per_device (131071)',
    ],
  },
  {
    id: 'ingest-sizes',
    good: '[telemetry_ingest]\nbytes_max = 524288',
    bad: '[telemetry_ingest]\nbytes_max = 524287',
    says: ['telemetry_ingest.max_total_bytes_per_device: is 524288, more than telemetry_ingest.bytes_max (524287)'],
  },
];

describe('a red line', () => {
  test.each(CASES)('$id holds at its limit', ({ good }) => {
    accepted(good);
  });

  test.each(CASES)('$id is crossed one past it', ({ bad, says }) => {
    expect(lines(refused(bad))).toEqual(says);
  });

  test.each([
    ['outstanding_bytes', 'outstanding current=9007199254740991 limit=9007199254740991\n'],
    ['short_writes_bytes', 'short_writes total=9007199254740991 retries=9007199254740991\n'],
    ['session_active_bytes', 'active=9007199254740991 draining=9007199254740991\n'],
    ['session_state_bytes', 'state=DRAINING\n'],
    ['session_since_bytes', 'since_ms=9007199254740991\n'],
    ['pressure_bytes', 'policy=9007199254740991\n'],
    ['lifecycle_bytes', 'since_ms=9007199254740991\n'],
    ['ingest_bytes', 'backpressure=9007199254740991\n'],
  ])('%s holds its longest text and no less', (field, longest) => {
    accepted(`[observability]\n${field} = ${longest.length}`);
    const short = longest.length - 1;
    expect(lines(refused(`[observability]\n${field} = ${short}`))).toEqual([
      `observability.${field}: is ${short}; the longest text has ${longest.length} bytes`,
    ]);
  });

  test('without a case does not exist', () => {
    expect(new Set(CASES.map(({ id }) => id))).toEqual(new Set(RED_LINES.map(({ id }) => id)));
  });

  test('about a field that is wrong itself is not told', () => {
    const said = lines(refused('[secure9p]\nmsize = 1048576\nwrite_queue_bytes = "big"'));
    expect(said).toEqual(['secure9p.write_queue_bytes: expected an integer, got a string']);
    const section = lines(refused('sharding = 3\n[observability]\nsessions_bytes = 135'));
    expect(section).toEqual(['sharding: expected a table, got an integer']);
  });

  test('is told beside what is wrong elsewhere, rule by rule', () => {
    const said = lines(refused('[policy]\nrules = [{ id = "a", target = 3 }, { id = "b", target = "/" }]'));
    expect(said).toEqual([
      'policy.rules[0].target: expected a string, got an integer',
      'policy.rules[1].target: is the root, which is no file',
    ]);
  });

  test('names both fields and what to do', () => {
    const [problem] = refused('[telemetry]\nring_budget_bytes = 256');
    expect(problem?.hint).toBe('lower it, or raise telemetry.ring_budget_bytes');
  });
});
