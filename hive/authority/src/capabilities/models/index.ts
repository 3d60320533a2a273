// Models that GPUs may be told to load (m06a, m23; contracts-1, 4.8 and 5.7): a registry for each source host, one pointer to the
// active model, the lineage of what was active when, and the way back. Bridges read the pointer and load; here is only what
// ought to be.

import type { Capability } from '../../types.ts';
import { activeCtl } from './activate.ts';
import { evolveModels } from './changes.ts';
import { activeOf, type ModelsSlice, modelKey } from './record.ts';
import { registryCtl } from './registry-lines.ts';
import { modelNames, modelViews } from './views.ts';

/** Most that any manifest allows; a boot with a lower maximum removes nothing. */
const MODELS_EVER_MAX = 256;
const HISTORY_EVER_MAX = 1024;

function invariants(slice: Readonly<ModelsSlice>): string[] {
  const { models, pointers, reported, history } = slice;
  const broken: string[] = [];
  if (models.size > MODELS_EVER_MAX) broken.push(`models: ${models.size} are registered`);
  if (history.length > HISTORY_EVER_MAX) broken.push(`models: ${history.length} activations are remembered`);
  for (const [key, { id, host, base }] of models) {
    if (key !== modelKey(host, id)) broken.push(`models: ${host}/${id} is kept as ${key}`);
    if (base === id) broken.push(`models: ${key} is its own base`);
  }
  for (const [host, { stack, last }] of pointers) {
    const active = activeOf(slice, host);
    if (active !== last.id) broken.push(`models: ${active} is active on ${host}, and ${last.id} was activated last`);
    if (stack.length > HISTORY_EVER_MAX)
      broken.push(`models: ${stack.length} ids are before the active one of ${host}`);
    const gone = stack.find((id) => !models.has(modelKey(host, id)));
    if (gone !== undefined) broken.push(`models: ${gone} was active on ${host} and is not registered`);
  }
  for (const [host, id] of reported) {
    if (!models.has(modelKey(host, id))) broken.push(`models: ${host} reports ${id}, which is not registered`);
  }
  return broken;
}

/** Models: `/gpu/models/...`. */
export const modelsCapability: Capability<ModelsSlice> = {
  name: 'models',
  controls: [registryCtl, activeCtl],
  views: modelViews,
  names: modelNames,
  initial: () => ({ models: new Map(), pointers: new Map(), reported: new Map(), history: [], droppedHistory: 0 }),
  evolve: evolveModels,
  invariants,
};
