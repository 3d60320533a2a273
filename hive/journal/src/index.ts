export type { OnDurable } from './batch.ts';
export * from './disk.ts';
export type { Appended, Head } from './journal.ts';
export { Journal } from './journal.ts';
export * from './lock.ts';
export { nodeDisk } from './node-disk.ts';
export * from './open.ts';
export * from './owner.ts';
export type { JournalPosition, RecordEnd } from './position.ts';
export type { JournalEntry } from './read.ts';
export type { TornReport } from './recover.ts';
export { Reserve } from './reserve.ts';
export type { OnRecord, Scan, Segment, TornTail } from './scan.ts';
export { scanJournal } from './scan.ts';
export { SettingsStore, type StoredSettings } from './settings/settings-store.ts';
export { bodyAfter } from './snapshot/body-after.ts';
export { listSnapshots, readSnapshot, type Snapshot, writeSnapshot } from './snapshot/snapshot-file.ts';
export {
  adoptSpool,
  initSpool,
  inspectSpool,
  type OpenSpoolOptions,
  openSpool,
  type SpoolOwner,
  type SpoolPlace,
  type SpoolReport,
} from './spool/open-spool.ts';
export { SPOOL_KIND } from './spool/record.ts';
export { Spool } from './spool/spool.ts';
export type { SpoolLimits, SpoolMode, SpoolStatus } from './spool/spool-state.ts';
export { checkProof, type ProofReport, type ProofTrust } from './tree/check-proof.ts';
export { readCosigned, replaceFile, writeCosigned } from './tree/checkpoint-file.ts';
export { type LogFinding, type LogTrust, type SeenWitness, witnessKeys } from './tree/log-heads.ts';
export { directorySource, type LogSource } from './tree/log-source.ts';
export { type PackReport, writePack } from './tree/pack.ts';
export { proveFromDirectory, proveFromPack, type RecordProof } from './tree/prove-record.ts';
export { sha256 } from './tree/sha256.ts';
export {
  type SignedCheckpoint,
  TransparencyLog,
  type TransparencyOptions,
  type TreeState,
} from './tree/transparency-log.ts';
export { type LogReport, type OnProgress, verifyLog, verifyPack } from './tree/verify-log.ts';
export {
  COSIGN_PATH,
  cosigned,
  cosignLine,
  type Examined,
  examine,
  type Witness,
  type WitnessedHead,
  witnessedHead,
  witnessKey,
} from './tree/witness.ts';
export { readWhole, replaceWhole } from './whole-file.ts';
