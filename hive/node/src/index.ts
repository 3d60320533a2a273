// @cohesix/node: starts and stops a hive. See README.md.

export { assembleHive } from './assemble.ts';
export type { Assembly, AssemblyOptions, RemotePeer } from './assembly.ts';
export { casSeed } from './cas/key.ts';
export { loadKeyRing, loadNoteSigner, loadPolicySigner, writeSecret } from './data-directory.ts';
export { type DataPaths, dataPaths, defaultDataDirectory } from './data-paths.ts';
export { type Decided, decidedUnder, type History, namespaceOf, placeIn, readHistory } from './history.ts';
export { type Hive, type HiveOptions, type HttpDoor, startHive } from './hive.ts';
export { type Host, nodeHost } from './host.ts';
export { Ledger, type LedgerPorts, type RecordSink } from './ledger.ts';
export type { HiveAddresses } from './listeners.ts';
export type { LedgerRecord } from './record.ts';
export { type Divergence, Replay, type ReplayResult } from './replay.ts';
export { adoptHiveSettings, adoptHiveSpool, initHiveSpool, type StoreChange } from './stores-offline.ts';
export { Streams } from './streams.ts';
export { loadTls, type TlsDoor } from './tls.ts';
export { VERSION } from './version.ts';
