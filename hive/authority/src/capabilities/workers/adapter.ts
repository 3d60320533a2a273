// Which adapter a new worker of kind `bus` or `lora` serves: one that the manifest has, and that no other worker serves. While the
// worker lives a sidecar may attach with a ticket for the scope of that adapter; when it ends, the sidecar is cut off.

import { ok, type Result, refuse } from '@cohesix/wire';
import type { State } from '../../types.ts';
import { type AdapterKind, adaptersOf } from '../buses/adapters.ts';
import { manifestIn } from '../settings/queries.ts';
import { adapterWorker } from './queries.ts';

/** The scope of the adapter of a directory, or of the first free one. `unsupported`, `not-found` or `busy` when there is none. */
export function adapterFor(
  state: Readonly<State>,
  kind: AdapterKind,
  asked: string | undefined,
): Result<{ readonly adapter: string }> {
  const all = adaptersOf(manifestIn(state), kind);
  if (all.length === 0)
    return refuse(
      'unsupported',
      `Worker kind ${kind} is not available in this hive: [sidecars] has no adapter for it.`,
    );
  const fitting = all.filter(({ mount }) => asked === undefined || mount === asked);
  if (fitting.length === 0)
    return refuse(
      'not-found',
      `No adapter ${JSON.stringify(asked)}; /${kind} has ${all.map(({ mount }) => mount).join(', ')}.`,
    );
  const free = fitting.find(({ scope }) => adapterWorker(state, scope) === undefined);
  if (free !== undefined) return ok({ adapter: free.scope });
  const serving = fitting.map(({ mount, scope }) => `${adapterWorker(state, scope)?.id} serves ${mount}`);
  return refuse('busy', `${serving.join(', ')}; kill it first.`);
}
