export { besideOf, type CasCrypto, type Sha256Beside, type Sha256Stream, type VerifyCrypto } from './crypto-port.ts';
export { type CasLimits, DEFAULT_CAS_LIMITS, isBlobName, isEpoch } from './limits.ts';
export {
  type ManifestContext,
  type ManifestPolicy,
  type ManifestProblem,
  type ManifestReason,
  manifestProblem,
} from './manifest/check-manifest.ts';
export { isSignedBy, signManifest } from './manifest/sign-manifest.ts';
export {
  chunkSizeAt,
  type Decoded,
  type Delta,
  decodeManifest,
  encodeManifest,
  manifestBytesMax,
  type UpdateManifest,
} from './manifest/update-manifest.ts';
export { type ChunkSink, type PackBase, type Packed, type PackedChunk, type PackOptions, pack } from './pack/pack.ts';
export type { BlobReader } from './store/blob-reader.ts';
export type { Appended, BlobStore, Collected, Piece } from './store/blob-store.ts';
export { type Cas, type CasOptions, openCas } from './store/cas.ts';
export type { ModelPart, ModelStore, SealedModel } from './store/model-store.ts';
export type { PayloadReader } from './store/payload-reader.ts';
export { payloadOf } from './store/payload-text.ts';
export type { Quarantined } from './store/quarantine.ts';
export type { StoreDisk, StoreFile } from './store/store-disk.ts';
export { statusCbor, statusText, type UpdateState, type UpdateStatus } from './store/update-status.ts';
export type { UpdateEvent, UpdateStore } from './store/update-store.ts';
export { canonicalJson } from './tuf/canonical-json.ts';
export {
  refresh,
  type Trusted,
  type TufFailure,
  type TufFetch,
  type TufKeeper,
  targetFileName,
  targetProblem,
} from './tuf/client.ts';
export type {
  FileMeta,
  RoleKeys,
  RootMetadata,
  SnapshotMetadata,
  Target,
  TargetsMetadata,
  TimestampMetadata,
  TufRole,
} from './tuf/metadata.ts';
export type { TufProblem, TufReason } from './tuf/problem.ts';
export {
  type Edition,
  metaOf,
  type RoleSigners,
  rootPart,
  type SignedPart,
  signMetadata,
  snapshotPart,
  type TufSigner,
  targetsPart,
  timestampPart,
} from './tuf/repository.ts';
export { trustFiles } from './tuf/trust-files.ts';
export {
  advance,
  beginUpdate,
  DEFAULT_TUF_LIMITS,
  type FileChange,
  type Step,
  type TrustedFiles,
  type TufContext,
  type TufLimits,
  type TufUpdate,
  type Wanted,
  wantedBy,
} from './tuf/workflow.ts';
