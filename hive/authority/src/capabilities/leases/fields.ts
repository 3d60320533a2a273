// Fields that the lines of leases and of the schedule share (contracts-1, 5.2).

import Type, { type TInteger, type TOptional, type TString } from 'typebox';

/** Largest number of a line. */
export const U32_MAX = 4_294_967_295;

/** Name of a resource or of a class of resources. */
export const resourceField: TString = Type.String({
  pattern: '^(?!\\.\\.?$)(?:[A-Za-z0-9._:-]{1,48}|[A-Za-z0-9._:-]{1,47}\\*)$',
  description: 'A resource, or with a final `*` a class of those the manifest lists.',
});

/** How much of a resource. */
export const demandFields: { mem_mb: TOptional<TInteger>; streams: TOptional<TInteger> } = {
  mem_mb: Type.Optional(
    Type.Integer({ minimum: 0, maximum: U32_MAX, description: 'MiB of a shared resource; neither amount: all of it.' }),
  ),
  streams: Type.Optional(Type.Integer({ minimum: 1, maximum: U32_MAX, description: 'Streams of a shared resource.' })),
};
