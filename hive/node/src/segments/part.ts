// The hive's side of telemetry segments: their files under `<data>/segments`, `/queen/telemetry/<device>/seg/<id>` and the
// `status` files. Which segments there are is decided in the authority (`capabilities/segments`).

import { type Effect, recordText, telemetryDevices, type ViewRecord } from '@cohesix/authority';
import type { NodeDefinition, Params, StoredNode, ViewNode } from '@cohesix/ninedoor';
import { ok, type Result } from '@cohesix/wire';
import type { DataHive, DataOptions, DataPart, OpenedStore } from '../data.ts';
import { SegmentIngest, type SegmentName } from './ingest.ts';
import type { SegmentLog } from './log.ts';
import { openSegment } from './open.ts';
import { deviceRecord, hiveRecord, STATUS_BYTES_MAX } from './status.ts';
import { SegmentStore } from './store.ts';

const READ = 1;
const WRITE = 2;

/** Opens the files of telemetry segments. */
export async function openSegments({ host, directory }: DataOptions): Promise<Result<OpenedStore>> {
  const store = await SegmentStore.open(host.disk, `${directory}/segments`);
  return store.ok ? ok((hive) => segmentsPart(hive, store.value)) : store;
}

function segmentsPart(hive: DataHive, store: SegmentStore): DataPart {
  const remove = (entries: readonly number[]): void => void removeFiles(hive, store, entries);
  const ingest = new SegmentIngest(hive, store, remove);
  return {
    nodes: segmentNodes(hive, store, ingest),
    executors: {
      // By entry, so that it does the same however often it is done.
      'segments.remove': (effect) => remove((effect as Effect & { readonly entries: readonly number[] }).entries),
    },
    begin: () => void beginWith(hive, store),
    end: () => store.settled(),
  };
}

async function removeFiles(hive: DataHive, store: SegmentStore, entries: readonly number[]): Promise<void> {
  for (const problem of await store.remove(entries)) hive.audit(`telemetry segment left behind: ${problem}`);
}

/** What a crash left of segments that made room, or of a journal that is not this one any more, goes. */
async function beginWith(hive: DataHive, store: SegmentStore): Promise<void> {
  const known = new Set<number>();
  for (const { segments } of telemetryDevices(hive.shown()).values())
    for (const { entry } of segments) known.add(entry);
  for (const name of await store.keepOnly(known)) hive.audit(`telemetry segment removed unknown=${name}`);
}

function segmentNodes(hive: DataHive, store: SegmentStore, ingest: SegmentIngest): readonly NodeDefinition[] {
  const view = (record: (params: Params) => ViewRecord): ViewNode => ({
    kind: 'view',
    boundBytes: STATUS_BYTES_MAX,
    version: undefined,
    render: (params) => Buffer.from(recordText(record(params))),
  });
  return [
    { pattern: '/queen/telemetry/status', file: view(() => hiveRecord(hive, store)) },
    {
      pattern: '/queen/telemetry/:device/status',
      file: view(({ device = '' }) => deviceRecord(hive, store, device)),
    },
    { pattern: '/queen/telemetry/:device/seg/:segment', file: segmentNode(hive, ingest) },
  ];
}

function segmentNode({ manifest }: DataHive, ingest: SegmentIngest): StoredNode {
  const { max_record_bytes: recordBytesMax } = manifest.telemetry_ingest;
  const logOf = (params: Params): SegmentLog | undefined => {
    const log = ingest.logOf(nameOf(params));
    return log.ok ? log.value : undefined;
  };
  return {
    kind: 'stored',
    // Devices have a queen's ticket that was narrowed to their folder.
    verbs: (_params, { principal }) => (principal.role === 'queen' ? READ | WRITE : READ),
    size: (params) => logOf(params)?.content.bytes ?? 0,
    version: (params) => logOf(params)?.generation ?? 0,
    open: (params, _session, intent) => openSegment(ingest, nameOf(params), { ...intent, recordBytesMax }),
  };
}

function nameOf({ device = '', segment = '' }: Params): SegmentName {
  return { device, segment };
}
