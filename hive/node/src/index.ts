// @cohesix/node: starts and stops a hive. See README.md.

export { loadKeyRing } from './data-directory.ts';
export { type DataPaths, dataPaths, defaultDataDirectory } from './data-paths.ts';
export { type Decided, decidedUnder, type History, namespaceOf, readHistory } from './history.ts';
export { type Hive, type HiveOptions, startHive, VERSION } from './hive.ts';
export {
  type Divergence,
  Ledger,
  type LedgerPorts,
  type LedgerRecord,
  type RecordSink,
  Replay,
  type ReplayResult,
} from './ledger.ts';
export type { HiveAddresses } from './listeners.ts';
