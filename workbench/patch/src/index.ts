export { type Intent, PLAN_VERSION, type Plan, type PlanEdit, type Proof, type Step, type Visibility } from './plan.ts';
