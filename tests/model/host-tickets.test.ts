// Every interleaving of the model in `host-tickets-model.ts`.

import { testModels } from './exhaustive.ts';
import { HOST_TICKET_MODELS } from './host-tickets-model.ts';

testModels('0 double claims, 0 stale results, 0 second ends', HOST_TICKET_MODELS);
