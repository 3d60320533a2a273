// Every interleaving of the model in `approvals-model.ts`.

import { APPROVAL_MODELS } from './approvals-model.ts';
import { testModels } from './exhaustive.ts';

testModels(
  '0 approvals used twice, for another line, by their giver, after their end or against a denial',
  APPROVAL_MODELS,
);
