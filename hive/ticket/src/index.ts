export { BucketTable, type BucketTableOptions } from './bucket-table.ts';
export type { Claims, QuotaKind, Quotas, Restraint, Restriction, Scope, Verbs } from './claims.ts';
export { ID_BYTES } from './claims.ts';
export type { TicketCrypto } from './crypto-port.ts';
export type { TicketBlock, TicketFacts, UnverifiedTicket, VerifiedTicket } from './facts.ts';
export {
  acceptV1,
  activeKey,
  type KeyRing,
  makeKeyRing,
  rotateKey,
  type SignerKey,
  type TicketKey,
  trustSigner,
  type V1Secrets,
} from './key-ring.ts';
export { DEFAULT_TICKET_LIMITS, limitsOfManifest, type ManifestBounds, type TicketLimits } from './limits.ts';
export { attenuate, mint, type SigningKey, signTicket } from './mint.ts';
export { type RoleCeilingOptions, roleCeiling } from './role-ceiling.ts';
export { parseRole, ROLES, type Role } from './roles.ts';
export {
  compileScopes,
  READ,
  type ScopeMatcher,
  type ScopeNode,
  type ScopeRate,
  WRITE,
} from './scope-matcher.ts';
export { formatClaims, formatQuotas, formatScope, parseQuota, parseScope } from './text.ts';
export { type MeterDenial, type MeterView, meterRefusal, TicketMeter } from './ticket-meter.ts';
export { unverifiedTicket, type VerifyOptions, verify } from './verify.ts';
