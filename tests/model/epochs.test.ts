// Every interleaving of the model in `epochs-model.ts`.

import { EPOCH_MODELS } from './epochs-model.ts';
import { testModels } from './exhaustive.ts';

testModels('0 lines of another epoch, 0 intents carried out twice', EPOCH_MODELS);
