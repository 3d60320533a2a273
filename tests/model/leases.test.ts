// Every interleaving of the model in `leases-model.ts`.

import { testModels } from './exhaustive.ts';
import { LEASE_MODELS } from './leases-model.ts';

testModels('0 double grants, 0 stale effects', LEASE_MODELS);
