// What others may ask of the models: that what a bridge publishes goes in.

import type { Decision, ParsedCommand, State } from '../../types.ts';
import { manifestIn } from '../settings/queries.ts';
import { type Published, publishedParts } from './publish.ts';
import { modelsSlice } from './record.ts';

/**
 * Takes the models of a bridge's snapshot in: what another room accepts beside its own changes, or why not. `buffer-full`: more
 * models than there is room for. A model whose id is taken by another content stays as it is, and the log says so.
 */
export function publishModels(
  state: Readonly<State>,
  published: Published,
  command: Pick<ParsedCommand, 'who' | 'at' | 'seq'>,
): Decision {
  return publishedParts(modelsSlice(state), published, { ...command, limits: manifestIn(state).models });
}
