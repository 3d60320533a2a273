// @cohesix/manifest: what a hive is told in hive.toml, checked once and for all. See README.md.

export { type Address, isLoopback, parseAddress } from './address.ts';
export { canonicalText, fingerprintOf } from './canonical.ts';
export type { CasSection, CasSigning } from './cas.ts';
export { PROBLEMS_MAX, type Problem } from './conform.ts';
export type { Export, HostTickets, Intents } from './control.ts';
export type { Console, Hive, Listen, Secure9p } from './doors.ts';
export type { Gpu } from './gpu.ts';
export {
  HOST_PATTERN,
  HOST_PROVIDERS,
  type HostProvider,
  type Hosts,
  MEMBER_PATTERN,
  RESERVED_HOSTS,
} from './hosts.ts';
export type { EvictionPolicy, TelemetryIngest } from './ingest.ts';
export { type LoraRegion, loraAirtimeUs, loraBudgetUs } from './lora-airtime.ts';
export type { Models } from './models.ts';
export type { MountService, Namespaces } from './namespaces.ts';
export {
  MANIFEST_BYTES_MAX,
  type ManifestOutcome,
  parseManifest,
  readToml,
  redLineProblems,
  type TomlOutcome,
} from './parse.ts';
export { bootText, boundsText } from './proc-texts.ts';
export type { Audit, Journal, Observability } from './record.ts';
export { MANIFEST_JSON_BYTES_MAX } from './red-lines.ts';
export { manifestReference } from './reference.ts';
export { defaultManifest, MANIFEST_SCHEMA, type Manifest, ManifestSchema, manifestJsonSchema } from './schema.ts';
export {
  isReloadable,
  type ReloadDiff,
  reloadDiff,
  type Settings,
  type SettingsLine,
  SettingsSchema,
  settingsLine,
  settingsOf,
  withSettings,
} from './settings.ts';
export type { LeaseResource, LeaseShare, Leases, Schedule } from './sharing.ts';
export type { BusAdapter, BusSidecar, LoraAdapter, LoraSidecar, Sidecars, Spool } from './sidecars.ts';
export type { SettingsStoreSection, SpoolSection } from './storage.ts';
export { manifestToml } from './toml.ts';
export type { Trace, UiProviders } from './tracing.ts';
export type { AttachFailures, Policy, PolicyRule, Tickets } from './trust.ts';
export type {
  AutoTransition,
  Budget,
  Lifecycle,
  LifecycleState,
  Log,
  Sharding,
  Start,
  StartKind,
  Telemetry,
  Workers,
} from './work.ts';
