// @cohesix/client/contract: the contract of HiveClient as a test suite, and the smallest hive it runs against, for doors whose
// client or server is tested elsewhere.

export { good, type SuiteHive, testHiveClient } from './hive-client-suite.ts';
export { contractHive, MemoryDoor, type MemoryHive } from './memory-door.ts';
