// The whole manifest: its sections in the order of the file, its type, and its schema. A manifest in memory is always
// fully defaulted; its keys are spelled as in hive.toml, in /proc/bounds and in the reference.

import { assert } from '@cohesix/check';
import * as cas from './cas.ts';
import { conform } from './conform.ts';
import * as control from './control.ts';
import * as doors from './doors.ts';
import { choice, type FieldNode, nodeOf, type Table, table } from './field.ts';
import * as gatewaySection from './gateway.ts';
import * as gpu from './gpu.ts';
import * as hosts from './hosts.ts';
import * as ingest from './ingest.ts';
import * as modelsSection from './models.ts';
import * as namespaces from './namespaces.ts';
import * as record from './record.ts';
import * as sharing from './sharing.ts';
import * as sidecarsSection from './sidecars.ts';
import * as storage from './storage.ts';
import * as tls from './tls.ts';
import * as tracing from './tracing.ts';
import * as trust from './trust.ts';
import * as work from './work.ts';

/** The one version this release reads. A release that needs another one says how to go from this to that. */
export const MANIFEST_SCHEMA = 'cohesix-hive/1';

/** A fully defaulted manifest. */
export interface Manifest {
  readonly schema: typeof MANIFEST_SCHEMA;
  readonly hive: doors.Hive;
  readonly listen: doors.Listen;
  readonly tls: tls.Tls;
  readonly secure9p: doors.Secure9p;
  readonly console: doors.Console;
  readonly gateway: gatewaySection.Gateway;
  readonly namespaces: namespaces.Namespaces;
  readonly sharding: work.Sharding;
  readonly telemetry: work.Telemetry;
  readonly telemetry_ingest: ingest.TelemetryIngest;
  readonly log: work.Log;
  readonly workers: work.Workers;
  readonly lifecycle: work.Lifecycle;
  readonly leases: sharing.Leases;
  readonly schedule: sharing.Schedule;
  readonly policy: trust.Policy;
  readonly tickets: trust.Tickets;
  readonly export: control.Export;
  readonly host_tickets: control.HostTickets;
  readonly host: hosts.Hosts;
  readonly gpu: gpu.Gpu;
  readonly sidecars: sidecarsSection.Sidecars;
  readonly intents: control.Intents;
  readonly models: modelsSection.Models;
  readonly spool: storage.SpoolSection;
  readonly settings_store: storage.SettingsStoreSection;
  readonly journal: record.Journal;
  readonly audit: record.Audit;
  readonly observability: record.Observability;
  readonly trace: tracing.Trace;
  readonly ui_providers: tracing.UiProviders;
  readonly cas: cas.CasSection;
}

/** Schema of a fully defaulted manifest: every field is required. `manifestJsonSchema` is the one for `hive.toml`. */
export const ManifestSchema: Table<Manifest> = table<Manifest>('The manifest of a Cohesix hive.', {
  schema: choice({ of: [MANIFEST_SCHEMA] }, 'Version of this format; must be given, and exactly this.'),
  hive: doors.hive,
  listen: doors.listen,
  tls: tls.tls,
  secure9p: doors.secure9p,
  console: doors.consoleSection,
  gateway: gatewaySection.gateway,
  namespaces: namespaces.namespaces,
  sharding: work.sharding,
  telemetry: work.telemetry,
  telemetry_ingest: ingest.telemetryIngest,
  log: work.log,
  workers: work.workers,
  lifecycle: work.lifecycle,
  leases: sharing.leases,
  schedule: sharing.schedule,
  policy: trust.policy,
  tickets: trust.tickets,
  export: control.exportSection,
  host_tickets: control.hostTickets,
  host: hosts.hosts,
  gpu: gpu.gpu,
  sidecars: sidecarsSection.sidecars,
  intents: control.intents,
  models: modelsSection.models,
  spool: storage.spool,
  settings_store: storage.settingsStore,
  journal: record.journal,
  audit: record.audit,
  observability: record.observability,
  trace: tracing.trace,
  ui_providers: tracing.uiProviders,
  cas: cas.cas,
});

/** The manifest a hive has that has no `hive.toml`; a fresh copy each time. */
export function defaultManifest(): Manifest {
  const { value, problems } = conform(nodeOf(ManifestSchema), { schema: MANIFEST_SCHEMA });
  assert(problems.length === 0, 'the defaults of the manifest conform to its schema');
  return value as Manifest;
}

/** The JSON Schema (draft 2020-12) of `hive.toml` for editors: as `ManifestSchema`, but what has a default may miss. */
export function manifestJsonSchema(): Record<string, unknown> {
  const schema = JSON.parse(JSON.stringify(ManifestSchema)) as Record<string, unknown>;
  relax(schema as unknown as Relaxed);
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', title: MANIFEST_SCHEMA, ...schema };
}

type Relaxed = FieldNode & { required?: string[] };

/** Takes fields out of `required` that the walker can fill in. */
function relax(node: Relaxed): void {
  if (node.items !== undefined) relax(node.items as Relaxed);
  if (node.properties === undefined) return;
  const fields = Object.entries(node.properties);
  node.required = fields.filter(([, field]) => !hasDefault(field)).map(([name]) => name);
  for (const [, field] of fields) relax(field as Relaxed);
}

function hasDefault(node: FieldNode): boolean {
  return node.default !== undefined || node['x-default-from'] !== undefined || node.type === 'object';
}
