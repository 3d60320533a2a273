// Section [models]: the registry of models, what may be activated, and LoRA jobs that wait to be exported. Bounds from contracts-1
// sections 4.4, 4.8 and 5.7 where the product keeps them; ranges are ours.

import { flag, int, list, type Table, table, word } from './field.ts';

/** `[models]`. */
export interface Models {
  readonly registered_max: number;
  readonly history_max: number;
  readonly jobs_max: number;
  readonly hash_required: boolean;
  readonly approval_required: boolean;
  readonly bases: readonly string[];
}

/** Most bases a manifest may list. */
const BASES_MAX = 32;

/** Schema of `[models]`. */
export const models: Table<Models> = table<Models>('Models that GPUs may be told to load, and LoRA jobs.', {
  registered_max: int({ is: 64, min: 1, max: 256 }, 'Models of all hosts together; one more is refused.'),
  history_max: int(
    { is: 128, min: 1, max: 1024 },
    'Activations that are remembered, and how far a rollback of a host leads.',
  ),
  jobs_max: int({ is: 32, min: 1, max: 256 }, 'LoRA jobs that are published; one more is refused.'),
  hash_required: flag({ is: true }, 'Whether only a model with the hash of its adapter or weights is activated.'),
  approval_required: flag({ is: false }, 'Whether only a model that a second person approved is activated.'),
  bases: list<string>(
    {
      is: [],
      of: word(
        { pattern: '^[A-Za-z0-9._-]{1,128}$', form: '1 to 128 of letters, digits, . _ and -' },
        'Id of a base model.',
      ),
      max: BASES_MAX,
    },
    'Bases that adapters may be of; empty: any.',
  ),
});
