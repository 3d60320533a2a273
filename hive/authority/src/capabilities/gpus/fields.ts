// Fields that the lines of GPUs share.

import Type, { type TObject } from 'typebox';
import { gpuField } from './names.ts';

/** Largest number of a line. */
export const U32_MAX = 4_294_967_295;

/** Most memory of one GPU, MiB: 2 PiB, as for any resource of leases. */
const MEM_MB_MAX = 2_147_483_648;

const version = Type.String({ minLength: 1, maxLength: 32, description: 'Version as the vendor writes it.' });

/** What a publisher says about a GPU (contracts-1 5.6). */
export const infoField: TObject = Type.Object(
  {
    id: gpuField,
    name: Type.String({ minLength: 1, maxLength: 64, description: 'Product name.' }),
    memory_mb: Type.Integer({ minimum: 1, maximum: MEM_MB_MAX, description: 'Memory, MiB; leases share it.' }),
    sm_count: Type.Integer({ minimum: 0, maximum: U32_MAX, description: 'Multiprocessors.' }),
    driver_version: version,
    runtime_version: version,
    uuid: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9-]{1,64}$',
        description: 'Which piece of hardware it is: another one under the same id ends the leases.',
      }),
    ),
  },
  { additionalProperties: false },
);
