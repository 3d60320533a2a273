// Every interleaving of the model in `policy-model.ts`.

import { testModels } from './exhaustive.ts';
import { POLICY_MODELS } from './policy-model.ts';

testModels(
  '0 lines with fewer persons than the policy asks for, by another policy, or by a spent grant',
  POLICY_MODELS,
);
