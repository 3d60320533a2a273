// @cohesix/authority: the deterministic state machine of the hive. See README.md.

export { COSIGN_PATH } from './capabilities/audit/index.ts';
export { type Cosignature, cosignaturesIn } from './capabilities/audit/queries.ts';
export { type Bus, busesOf, radiosOf } from './capabilities/buses/adapters.ts';
export { payloadSize } from './capabilities/buses/payload.ts';
export { busLink, isSidecarShown, replayedThrough } from './capabilities/buses/queries.ts';
export { TAMPER_PER_LINE_MAX } from './capabilities/buses/radio-files.ts';
export { isWindowOpen } from './capabilities/export/queries.ts';
export { gpuNews, gpusOf, holdsGpu } from './capabilities/gpus/held.ts';
export { gpuAt, isGpuHost } from './capabilities/gpus/queries.ts';
export { gpuTelemetryProblem } from './capabilities/gpus/telemetry.ts';
export {
  defaultHost,
  HOST_CTL,
  type HostFile,
  type HostView,
  hasMember,
  hostAt,
  hostFileOf,
  hostOf,
  hostPath,
  isHostFileShown,
  openOrders,
  PROVIDERS,
  type ProviderFiles,
  publisherProblem,
  showsProvider,
} from './capabilities/hosts/queries.ts';
export { carriedLine, INTENTS_PATH } from './capabilities/intents/queries.ts';
export { JOURNAL_PATH } from './capabilities/journal/index.ts';
export { type Holding, holds, outstandingLeases } from './capabilities/leases/queries.ts';
export { BOOT_PATH, bootLine } from './capabilities/lifecycle/boot.ts';
export { bootEpoch, checkGate, lifecycleState } from './capabilities/lifecycle/queries.ts';
export type { LifecycleState } from './capabilities/lifecycle/table.ts';
export {
  LORA_JOBS_CTL,
  LORA_PARTS,
  type LoraContent,
  type LoraJob,
  type LoraPart,
  loraJobs,
} from './capabilities/lora-jobs/queries.ts';
export {
  type Described,
  MODEL_MANIFEST_BYTES_MAX,
  modelManifestText,
  readModelManifest,
} from './capabilities/models/manifest-text.ts';
export { DOCUMENT_SCHEMA, documentNote, documentText, type PolicyDocument } from './capabilities/policy/document.ts';
export { POLICY_CTL_PATH } from './capabilities/policy/paths.ts';
export { type Admission, admissionOf } from './capabilities/policy/queries.ts';
export {
  CUTS,
  type Cut,
  type CutReason,
  checkRoot,
  cutReason,
  isCut,
  ROOT_PATH,
  type RootSlice,
  rootOf,
} from './capabilities/root/queries.ts';
export { checkStart } from './capabilities/schedule/queries.ts';
export { liveSegment, SEGMENTS_PATH, telemetryDevices } from './capabilities/segments/queries.ts';
export { type Segment, segmentId } from './capabilities/segments/segment.ts';
export { isRevoked, SESSION_CTL } from './capabilities/sessions/queries.ts';
export { manifestIn, settingsIn, underSettings } from './capabilities/settings/queries.ts';
export {
  STORED_SETTINGS_PATH,
  type StoredSettingsSlice,
  storedSettings,
} from './capabilities/stored-settings/queries.ts';
export {
  TRACE_CATS,
  TRACE_LEVELS,
  type TraceCat,
  type TraceFilter,
  type TraceLevel,
  traceFilter,
} from './capabilities/trace/queries.ts';
export { knownModels, knownUpdates } from './capabilities/updates/queries.ts';
export { CAS_PATH } from './capabilities/updates/store.ts';
export { type FleetMember, fleetOf } from './capabilities/workers/fleet.ts';
export { mountTarget } from './capabilities/workers/queen-session.ts';
export { adapterWorker, liveWorker, outstandingWorkers, startOrders } from './capabilities/workers/queries.ts';
export type { WorkerRecord } from './capabilities/workers/record.ts';
export { type CheckedDocument, checkPolicy, loadLine, type SignedDocument, signedDocument } from './check-policy.ts';
export { type Authority, createAuthority } from './kernel/authority.ts';
export { LINE_BYTES_MAX } from './kernel/bounds.ts';
export { type ControlDoc, controlDocs, controlDocsText } from './kernel/control-docs.ts';
export { CLOCK_LINE, CLOCK_PATH } from './kernel/kernel-capability.ts';
export { clone, isSameJson, stateFromText, stateText } from './kernel/plain.ts';
export { type Fields, recordText, type ViewRecord } from './kernel/record.ts';
export { reference } from './kernel/reference.ts';
export type { RegisteredControl, RegisteredNames, RegisteredView } from './kernel/registry.ts';
export { asciiJson, logField, textProblem } from './kernel/text.ts';
export { areTwoPersons, SYSTEM, SYSTEM_ROLE } from './principal.ts';
export type * from './types.ts';
