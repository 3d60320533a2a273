// @cohesix/node: starts and stops a hive. See README.md.

export { loadKeyRing } from './data-directory.ts';
export { type DataPaths, dataPaths, defaultDataDirectory } from './data-paths.ts';
export { type Decided, decidedUnder, type History, namespaceOf, readHistory } from './history.ts';
export { type Hive, type HiveOptions, startHive } from './hive.ts';
export { Ledger, type LedgerPorts, type RecordSink } from './ledger.ts';
export type { HiveAddresses } from './listeners.ts';
export type { LedgerRecord } from './record.ts';
export { type Divergence, Replay, type ReplayResult } from './replay.ts';
export { VERSION } from './version.ts';
