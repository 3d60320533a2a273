export type { Hint, Identification, Identity } from './identity.ts';
