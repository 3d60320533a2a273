// Fields that the lines about models share, and which host a line means that names none.

import { ok, type Result, refuse } from '@cohesix/wire';
import Type, { type TOptional, type TString } from 'typebox';
import { MODEL_ID } from './manifest-text.ts';
import { hostsOf, LOCAL_HOST, type ModelsSlice } from './record.ts';

/** Id of a model. */
export const idField: TString = Type.String({ pattern: MODEL_ID, description: 'Name of the model.' });

/** The host whose model it is. */
export const hostField: TOptional<TString> = Type.Optional(
  Type.String({
    pattern: '^(?!\\.\\.?$)[A-Za-z0-9._-]{1,64}$',
    description: 'The host; left out: the only one that has models, or `local`.',
  }),
);

/** The host that is meant: the one that is named, else the only one there is. `invalid-payload`: there are several. */
export function hostIn(slice: Readonly<ModelsSlice>, named: string | undefined): Result<string> {
  if (named !== undefined) return ok(named);
  const [first = LOCAL_HOST, ...others] = hostsOf(slice);
  if (others.length === 0) return ok(first);
  return refuse(
    'invalid-payload',
    `$.host: ${others.length + 1} hosts have models (${[first, ...others].join(', ')}).`,
  );
}
