// Models as a bridge publishes them (contracts-1, 5.6: `model id= manifest=<b64>`, `active id=`): all that its host has, each time.
// What the bridge says is active is a report of what is loaded, never a decision about what should be.

import type { Models } from '@cohesix/manifest';
import { accept, reject } from '../../kernel/decision.ts';
import { logField } from '../../kernel/text.ts';
import { partyOf } from '../../principal.ts';
import type { Decision, Principal } from '../../types.ts';
import { type ModelsChange, modelsChange } from './changes.ts';
import { readModelManifest } from './manifest-text.ts';
import { activeOf, contentHash, type Model, type ModelsSlice, modelKey } from './record.ts';

/** What a bridge says about models. */
export interface Published {
  readonly host: string;
  /** Each with the text of its `manifest.toml`. */
  readonly models: readonly { readonly id: string; readonly manifest: string }[];
  /** What is loaded. */
  readonly active: string | undefined;
}

interface Publishing {
  readonly who: Principal;
  readonly at: number;
  readonly seq: number;
  readonly limits: Models;
}

/** What a snapshot changes. */
export function publishedParts(
  slice: Readonly<ModelsSlice>,
  { host, models, active }: Published,
  publishing: Publishing,
): Decision {
  const changes: ModelsChange[] = [];
  const log: string[] = [];
  /** Ids under which the registry has what the bridge has. */
  const there = new Set<string>();
  for (const each of models) {
    const made = modelOf(each, host, publishing);
    const problem = typeof made === 'string' ? made : addTo(changes, log, { slice, model: made });
    if (problem === undefined) there.add(each.id);
    else log.push(`model skipped host=${host} id=${logField(each.id)} reason=${logField(problem)}`);
  }
  const ids = new Set(models.map(({ id }) => id));
  for (const gone of withdrawn(slice, host, ids)) changes.push({ kind: 'drop', host, id: gone.id });
  const count = slice.models.size + changes.filter(({ kind }) => kind === 'put').length - dropsIn(changes);
  if (count > publishing.limits.registered_max)
    return reject('buffer-full', `models.registered_max is ${publishing.limits.registered_max}; it would be ${count}.`);
  const reported = active !== undefined && there.has(active) ? active : null;
  if ((slice.reported.get(host) ?? null) !== reported) changes.push({ kind: 'report', host, id: reported });
  return accept({ changes: changes.map(modelsChange), log });
}

/** Adds a model that is new; why it cannot be there. */
function addTo(
  changes: ModelsChange[],
  log: string[],
  { slice, model }: { readonly slice: Readonly<ModelsSlice>; readonly model: Model },
): string | undefined {
  const { host, id } = model;
  const known = slice.models.get(modelKey(host, id));
  if (known === undefined) {
    changes.push({ kind: 'put', model });
    log.push(`model published host=${host} id=${id} base=${logField(model.base ?? 'none')}`);
  } else if (contentHash(known) !== contentHash(model)) return 'another content has this id';
  return undefined;
}

function modelOf(
  { id, manifest }: Published['models'][number],
  host: string,
  { who, at, seq }: Publishing,
): Model | string {
  const read = readModelManifest(manifest);
  if (!read.ok) return read.refusal.detail;
  if (read.value.id !== id) return 'its manifest names another model';
  return { ...read.value, host, decidedBy: [], text: manifest, by: partyOf(who), at, entry: seq };
}

/** What the bridge published before and does not any more. What is active stays: it says what ought to be there. */
function withdrawn(slice: Readonly<ModelsSlice>, host: string, ids: ReadonlySet<string>): readonly Model[] {
  const active = activeOf(slice, host);
  return [...slice.models.values()].filter(
    (model) => model.host === host && model.text !== null && !ids.has(model.id) && model.id !== active,
  );
}

function dropsIn(changes: readonly ModelsChange[]): number {
  return changes.filter(({ kind }) => kind === 'drop').length;
}
