// The contract suite over every client, each also with its bytes arriving one by one.

import type { HiveClient } from '../src/core.ts';
import { consoleDoor, inProcess, ninep } from './doors.ts';
import { type SuiteHive, testHiveClient } from './hive-client-suite.ts';
import type { MemoryHive } from './memory-door.ts';

function suite({ client, hive }: { client: HiveClient; hive: MemoryHive }): SuiteHive {
  return { client, publish: (line) => hive.publish('/log/queen.log', `${line}\n`) };
}

testHiveClient('in process', async () => suite(inProcess()));
testHiveClient('9p', async () => suite(await ninep()));
testHiveClient('9p, byte by byte', async () => suite(await ninep({ chunkBytes: 1 })));
testHiveClient('9p, msize 512', async () => suite(await ninep({ hooks: { msize: 512 } })));
testHiveClient('console', async () => suite(await consoleDoor()));
testHiveClient('console, byte by byte', async () => suite(await consoleDoor({ chunkBytes: 1 })));
