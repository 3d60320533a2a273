export { apply, revert } from './apply.ts';
export { explain } from './explain.ts';
export { type PlanOptions, plan } from './make-plan.ts';
export { addressOfPlace } from './place.ts';
export {
  type EmittedCode,
  type HookCode,
  type Intent,
  PLAN_VERSION,
  type Plan,
  type PlanEdit,
  type Proof,
  type Step,
  type Visibility,
} from './plan.ts';
export { planId, planOf, planText } from './plan-text.ts';
export { type Check, type Verification, verify } from './verify.ts';
