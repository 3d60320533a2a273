// The lines of `/settings/ctl` and `/sys/settings/ctl`.

import Type, { type TSchema } from 'typebox';

/** A setting's name: what fits in a path, a log line and a shell word without quoting. */
export const KEY_PATTERN: RegExp = /^[a-z0-9][a-z0-9._-]{0,63}$/;
/** The same in words. */
export const KEY_FORM = '1 to 64 of a-z, 0-9, . _ and -';

const closed = { additionalProperties: false } as const;

/** Names and texts; which names and how long a text, is checked by `decide`. */
const values = Type.Object({}, { additionalProperties: true, minProperties: 1, description: 'Texts by their names.' });

const set = Type.Object({ set: values }, { ...closed, description: 'Sets some; the others stay.' });

const unset = Type.Object(
  {
    unset: Type.Array(Type.String({ maxLength: 64, description: 'A name.' }), {
      minItems: 1,
      maxItems: 256,
      description: 'Names of settings.',
    }),
  },
  { ...closed, description: 'Takes some away; all of them must be there.' },
);

/** Schema of a line of `/settings/ctl`. */
export const settingsLine: TSchema = Type.Union([set, unset]);

/** A line of `/settings/ctl`. */
export type SettingsLine = { readonly set: Readonly<Record<string, unknown>> } | { readonly unset: readonly string[] };

/** Schema of a line of `/sys/settings/ctl`. */
export const restoredLine: TSchema = Type.Object(
  {
    restored: Type.Object(
      {
        revision: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'Of the copy.' }),
        values: Type.Object({}, { additionalProperties: true, description: 'All settings.' }),
      },
      closed,
    ),
  },
  closed,
);

/** A line of `/sys/settings/ctl`. */
export type RestoredLine = {
  readonly restored: { readonly revision: number; readonly values: Readonly<Record<string, unknown>> };
};
