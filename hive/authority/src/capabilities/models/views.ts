// What people and bridges read about models. The unqualified `available` is that of the only host that has models; with several,
// each has its own below `by-host`, so that equal ids never meet.

import { logField } from '../../kernel/text.ts';
import type { Names, View } from '../../types.ts';
import { MODEL_MANIFEST_BYTES_MAX, modelManifestText } from './manifest-text.ts';
import {
  type Activation,
  activeOf,
  contentHash,
  hostsOf,
  type Model,
  type ModelsSlice,
  modelKey,
  soleHost,
} from './record.ts';

const LIST_BYTES_MAX = 524_288;

/** The views of the models. */
export const modelViews: readonly View<ModelsSlice>[] = [
  {
    pattern: '/gpu/models/available/:model/manifest.toml',
    summary: 'The manifest of a model of the only host that has models: `[model]`, `[provenance]`, `[hashes]`.',
    boundBytes: MODEL_MANIFEST_BYTES_MAX,
    render: (slice, { model = '' }) => textOf(slice, soleHost(slice) ?? '', model),
  },
  {
    pattern: '/gpu/models/by-host/:host/available/:model/manifest.toml',
    summary: 'The same of any host.',
    boundBytes: MODEL_MANIFEST_BYTES_MAX,
    render: (slice, { host = '', model = '' }) => textOf(slice, host, model),
  },
  {
    pattern: '/gpu/models/by-host/:host/active',
    summary: 'The id of the model that was activated on a host; empty while none was.',
    boundBytes: 256,
    render: (slice, { host = '' }) => lineOf(activeOf(slice, host)),
  },
  {
    pattern: '/gpu/models/by-host/:host/loaded',
    summary: 'The id of the model that the bridge of a host says is loaded; empty while it says nothing.',
    boundBytes: 256,
    render: (slice, { host = '' }) => lineOf(slice.reported.get(host)),
  },
  {
    pattern: '/gpu/models/list',
    summary:
      'Models, by host and id: `id= host= state=active|available base= sha256= evaluation= job= approval= decided_by= by= at_ms= entry=`.',
    boundBytes: LIST_BYTES_MAX,
    render: (slice) =>
      sorted(slice)
        .map((model) => modelLine(slice, model))
        .join(''),
  },
  {
    pattern: '/gpu/models/lineage',
    summary:
      'What is active, by host, and where it comes from: `host= id= loaded= base= sha256= evaluation= job= by= approved_by= previous= at_ms= entry=`.',
    boundBytes: LIST_BYTES_MAX,
    render: (slice) =>
      hostsOf(slice)
        .map((host) => lineageLine(slice, host))
        .join(''),
  },
  {
    pattern: '/gpu/models/history',
    summary: 'Activations and rollbacks, oldest first: `op= host= id= previous=` and the lineage there was then.',
    boundBytes: LIST_BYTES_MAX,
    render: ({ history }) => history.map((one) => `op=${one.kind} ${activationText(one)}\n`).join(''),
  },
];

/** The names of the models. */
export const modelNames: readonly Names<ModelsSlice>[] = [
  {
    pattern: '/gpu/models/available/:model',
    list: (slice) => idsOf(slice, soleHost(slice)),
    has: (slice, model) => slice.models.has(modelKey(soleHost(slice) ?? '', model)),
  },
  {
    pattern: '/gpu/models/by-host/:host',
    list: (slice) => hostsOf(slice),
    has: (slice, host) => hostsOf(slice).includes(host),
  },
  {
    pattern: '/gpu/models/by-host/:host/available/:model',
    list: (slice, { host }) => idsOf(slice, host),
    has: (slice, model, { host = '' }) => slice.models.has(modelKey(host, model)),
  },
];

function idsOf(slice: Readonly<ModelsSlice>, host: string | undefined): string[] {
  return sorted(slice)
    .filter((model) => model.host === host)
    .map(({ id }) => id);
}

function sorted({ models }: Readonly<ModelsSlice>): Model[] {
  return [...models.keys()].sort().flatMap((key) => models.get(key) ?? []);
}

function textOf({ models }: Readonly<ModelsSlice>, host: string, id: string): string {
  const model = models.get(modelKey(host, id));
  return model === undefined ? '' : (model.text ?? modelManifestText(model));
}

function lineOf(id: string | undefined): string {
  return id === undefined ? '' : `${id}\n`;
}

function modelLine(slice: Readonly<ModelsSlice>, model: Model): string {
  const { id, host, base, evaluation, job, approval, decidedBy, by, at, entry } = model;
  const state = activeOf(slice, host) === id ? 'active' : 'available';
  const made = `base=${base ?? 'none'} sha256=${contentHash(model) ?? 'none'} evaluation=${logField(evaluation ?? 'none')} job=${job ?? 'none'}`;
  const vouched = `approval=${approval} decided_by=${listText(decidedBy)}`;
  return `id=${id} host=${host} state=${state} ${made} ${vouched} by=${logField(by.subject)} at_ms=${at} entry=${entry}\n`;
}

function lineageLine(slice: Readonly<ModelsSlice>, host: string): string {
  const pointer = slice.pointers.get(host);
  if (pointer === undefined) return '';
  return `${activationText(pointer.last)} loaded=${slice.reported.get(host) ?? 'none'}\n`;
}

function activationText({
  host,
  id,
  previous,
  base,
  sha256,
  evaluation,
  job,
  by,
  approvedBy,
  at,
  entry,
}: Activation): string {
  const made = `base=${base ?? 'none'} sha256=${sha256 ?? 'none'} evaluation=${logField(evaluation ?? 'none')} job=${job ?? 'none'}`;
  return `host=${host} id=${id} previous=${previous ?? 'none'} ${made} by=${logField(by)} approved_by=${listText(approvedBy)} at_ms=${at} entry=${entry}`;
}

function listText(subjects: readonly string[]): string {
  return logField(subjects.join(',') || 'none');
}
