// The rules a block must keep, checked where a ticket is made *and* where it is verified: a holder may write any bytes
// into a restriction, so nothing a maker checks can be relied on later.

import { utf8Length } from '@cohesix/bytes';
import { type Result, refuse } from '@cohesix/wire';
import {
  type Claims,
  ID_BYTES,
  isName,
  isSubject,
  QUOTA_MAX,
  QUOTA_ROWS,
  type Quotas,
  RATE_MAX,
  type Restraint,
  type Restriction,
  type Scope,
} from './claims.ts';
import type { TicketLimits } from './limits.ts';
import { parseRole } from './roles.ts';
import { scopeComponents } from './scope-path.ts';
import { visibleText } from './visible-text.ts';

/** Checks the claims of a root block; `invalid-role` for an unknown role, else `invalid-claims`. */
export function checkClaims(claims: Claims, limits: TicketLimits): Result<void> {
  if (parseRole(claims.role) === undefined) return refuse('invalid-role');
  if (!isId(claims.id)) return invalid(`the ticket id must be ${ID_BYTES} bytes`);
  if (!isName(claims.audience)) return invalid('the audience must be 1 to 64 characters of [A-Za-z0-9._:-]');
  if (!isSubject(claims.subject)) return invalid('the subject must be 1 to 128 characters of [A-Za-z0-9._:@+-]');
  return checkRestraint(claims, limits);
}

/** Checks a restriction; `invalid-claims` when it breaks a rule. */
export function checkRestriction(restriction: Restriction, limits: TicketLimits): Result<void> {
  if (!isId(restriction.nonce)) return invalid(`the nonce must be ${ID_BYTES} bytes`);
  const suffix = restriction.subjectSuffix;
  if (suffix !== undefined && !isSubject(suffix)) {
    return invalid('the subject suffix must be 1 to 128 characters of [A-Za-z0-9._:@+-]');
  }
  return checkRestraint(restriction, limits);
}

function checkRestraint(restraint: Restraint, limits: TicketLimits): Result<void> {
  const notBefore = restraint.notBeforeMs ?? 0;
  const expires = restraint.expiresMs ?? 0;
  if (!isCount(notBefore, Number.MAX_SAFE_INTEGER) || !isCount(expires, Number.MAX_SAFE_INTEGER)) {
    return invalid('times must be whole milliseconds from 0 to 2^53-1');
  }
  if (expires !== 0 && expires <= notBefore) return invalid('the ticket would expire before it becomes valid');
  const quotas = checkQuotas(restraint.quotas ?? {});
  return quotas.ok ? checkScopes(restraint.scopes, limits) : quotas;
}

function checkQuotas(quotas: Quotas): Result<void> {
  for (const row of QUOTA_ROWS) {
    for (const field of [row.perS, row.burst]) {
      if (!isCount(quotas[field] ?? 0, QUOTA_MAX)) return invalid(`${field} must be a whole number from 0 to 2^40`);
    }
  }
  return { ok: true, value: undefined };
}

function checkScopes(scopes: readonly Scope[] | undefined, limits: TicketLimits): Result<void> {
  if (scopes === undefined) return { ok: true, value: undefined };
  if (scopes.length === 0) return invalid('a list of scopes must not be empty; leave it out to limit no path');
  if (scopes.length > limits.scopesMax) return invalid(`scope count ${scopes.length} exceeds ${limits.scopesMax}`);
  for (const scope of scopes) {
    const checked = checkScope(scope, limits);
    if (!checked.ok) return checked;
  }
  return { ok: true, value: undefined };
}

/** Checks one scope; `invalid-claims` when it breaks a rule. */
export function checkScope(scope: Scope, limits: TicketLimits): Result<void> {
  const shown = `"${visibleText(scope.path.slice(0, 64))}"`;
  if (utf8Length(scope.path) > limits.scopePathBytesMax) {
    return invalid(`scope path ${shown} exceeds ${limits.scopePathBytesMax} bytes`);
  }
  if (scopeComponents(scope.path) === undefined) {
    return invalid(`scope path ${shown} must be absolute, without empty, "." or ".." components`);
  }
  if (!['read', 'write', 'both'].includes(scope.verbs)) return invalid('scope verbs must be read, write or both');
  if (!isCount(scope.ratePerS, RATE_MAX)) return invalid('a scope rate must be a whole number from 0 to 2^32-1');
  return { ok: true, value: undefined };
}

function isId(bytes: Uint8Array): boolean {
  return bytes instanceof Uint8Array && bytes.length === ID_BYTES;
}

function isCount(value: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= max;
}

function invalid(detail: string): Result<never> {
  return refuse('invalid-claims', detail);
}
