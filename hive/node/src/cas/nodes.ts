// The files of updates and models (contracts-1, 4.7): `/updates/<epoch>/{manifest.cbor,status,missing,payload,chunks/<sha256>}` and
// `/models/<sha256>/{weights,schema,signature}`. An epoch or a hash that nobody has begun can be walked to: writing begins it.

import { type Cas, isBlobName, isEpoch, type ModelPart, statusCbor, statusText } from '@cohesix/cas';
import type { Manifest } from '@cohesix/manifest';
import type { NodeDefinition, Params, Session, StoredFile, StoredIntent, StoredNode } from '@cohesix/ninedoor';
import type { Result } from '@cohesix/wire';
import { type CasFiles, openChunk, openManifest, openPart, openPayload, openWeights } from './files.ts';

const READ = 1;
const WRITE = 2;
const STATUS_BYTES = 1024;
/** Chunks that `missing` lists, the first ones. */
const MISSING_MAX = 4096;
/** A line of `missing`: two words, a hash, two numbers. */
const MISSING_LINE_BYTES = 128;
const STORE_BYTES = 4096;

/** The files. */
export function casNodes(files: CasFiles, manifest: Manifest): readonly NodeDefinition[] {
  const { cas } = files;
  const models = manifest.cas.models_max > 0 ? modelNodes(files) : [];
  const { status } = manifest.ui_providers.updates;
  return [
    ...updateNodes(files),
    ...models,
    ...(status
      ? [view('/updates/:epoch/status.cbor', STATUS_BYTES, ({ epoch = '' }) => statusCbor(cas.updates.status(epoch)))]
      : []),
    view('/proc/cas/store', STORE_BYTES, () => UTF8.encode(storeText(cas, manifest))),
  ];
}

const UTF8 = new TextEncoder();

function updateNodes(files: CasFiles): readonly NodeDefinition[] {
  const { updates, blobs } = files.cas;
  return [
    { pattern: '/updates/:epoch', names: { list: () => updates.epochs, has: isEpoch } },
    {
      pattern: '/updates/:epoch/manifest.cbor',
      file: stored({
        isWritten: true,
        size: ({ epoch = '' }) => {
          const { manifestBytes, manifestPendingBytes } = updates.status(epoch);
          return manifestBytes + manifestPendingBytes;
        },
        open: ({ epoch = '' }, _session, intent) => openManifest(files, epoch, intent),
      }),
    },
    view('/updates/:epoch/status', STATUS_BYTES, ({ epoch = '' }) => UTF8.encode(statusText(updates.status(epoch)))),
    view('/updates/:epoch/missing', MISSING_MAX * MISSING_LINE_BYTES, ({ epoch = '' }) =>
      UTF8.encode(missingText(files.cas, epoch)),
    ),
    {
      pattern: '/updates/:epoch/payload',
      file: stored({
        isWritten: false,
        size: ({ epoch = '' }) => updates.payloadBytes(epoch),
        open: ({ epoch = '' }) => openPayload(files, epoch),
      }),
    },
    {
      pattern: '/updates/:epoch/chunks/:chunk',
      names: { list: ({ epoch = '' }) => updates.chunkNames(epoch), has: isBlobName },
    },
    {
      pattern: '/updates/:epoch/chunks/:chunk',
      file: stored({
        isWritten: true,
        size: ({ chunk = '' }) => blobs.sizeOf(chunk) ?? blobs.nextOf(chunk),
        open: ({ epoch = '', chunk = '' }, _session, intent) => openChunk(files, { epoch, name: chunk }, intent),
      }),
    },
  ];
}

function modelNodes(files: CasFiles): readonly NodeDefinition[] {
  const { models, blobs } = files.cas;
  const isOpen = ({ model = '' }: Params): boolean => models.sealed(model) === undefined;
  const part = (name: ModelPart): NodeDefinition => ({
    pattern: `/models/:model/${name}`,
    file: stored({
      isWritten: isOpen,
      size: ({ model = '' }) => models.sealed(model)?.[name].length ?? 0,
      open: ({ model = '' }, session, intent) => openPart(files, { name: model, part: name, session }, intent),
    }),
  });
  return [
    { pattern: '/models/:model', names: { list: () => models.names, has: isBlobName } },
    {
      pattern: '/models/:model/weights',
      file: stored({
        isWritten: isOpen,
        size: ({ model = '' }) => blobs.sizeOf(model) ?? blobs.nextOf(model),
        open: ({ model = '' }, _session, intent) => openWeights(files, model, intent),
      }),
    },
    part('schema'),
    part('signature'),
  ];
}

interface Stored {
  /** Whether a queen may write it (still). */
  readonly isWritten: boolean | ((params: Params) => boolean);
  readonly size: (params: Params) => number;
  readonly open: (params: Params, session: Session, intent: StoredIntent) => Result<StoredFile>;
}

function stored({ isWritten, size, open }: Stored): StoredNode {
  const mayWrite = (params: Params): boolean => (typeof isWritten === 'boolean' ? isWritten : isWritten(params));
  return {
    kind: 'stored',
    verbs: (params, { principal }) => (principal.role === 'queen' && mayWrite(params) ? READ | WRITE : READ),
    size,
    // Content only grows until it is whole, and never changes after that.
    version: size,
    open,
  };
}

function view(pattern: string, boundBytes: number, render: (params: Params) => Uint8Array): NodeDefinition {
  return { pattern, file: { kind: 'view', boundBytes, version: undefined, render } };
}

/** Chunks that are still to be sent, and from where: what a client asks before it pushes, and after an interruption. */
function missingText({ updates, blobs }: Cas, epoch: string): string {
  const missing = updates.missing(epoch).slice(0, MISSING_MAX);
  return missing
    .map((name) => `chunk=${name} next=${blobs.nextOf(name)} bytes=${updates.chunkBytes(epoch, name) ?? 0}\n`)
    .join('');
}

function storeText({ blobs, updates, models }: Cas, { cas: limits }: Manifest): string {
  const { quarantined } = blobs;
  const used = `used_bytes=${blobs.usedBytes} max_bytes=${limits.bytes_max}`;
  const counts = `updates=${updates.epochs.length} models=${models.names.length} quarantined=${quarantined.length}`;
  const bad = quarantined.map(
    ({ expected, actual, bytes }) => `quarantined expected=${expected} actual=${actual} bytes=${bytes}\n`,
  );
  return `store ${used} chunk_bytes=${limits.chunk_bytes} ${counts}\n${bad.join('')}`;
}
