// Tickets for people: the text forms that command lines, policies and tests use, and a readable print of a ticket.
//
//   scope   <path>:<verbs>[@<n>/s]      verbs r, w or rw           /queen:rw@10/s   /log:r
//   quota   <name>=<n>/s[:<burst>]      n a second, up to burst    bandwidth=65536/s:262144
//           <name>=<n>                  n in all                   operations=500
//
// The path of a scope is everything up to the last part that reads as verbs, so names may hold `:` and `@`. It is never
// empty here, although an empty path on the wire is everything: `$DIR:rw` with `DIR` unset must not hand on the hive.

import { type Result, refuse } from '@cohesix/wire';
import { QUOTA_MAX, QUOTA_ROWS, type Quotas, RATE_MAX, type Scope, type Verbs } from './claims.ts';
import type { TicketBlock, TicketFacts } from './facts.ts';
import { scopeComponents } from './scope-path.ts';
import { visibleText } from './visible-text.ts';

const VERBS_BY_LETTERS: ReadonlyMap<string, Verbs> = new Map([
  ['r', 'read'],
  ['w', 'write'],
  ['rw', 'both'],
]);

/** A scope from its text form; `invalid-claims` when it is not one. */
export function parseScope(text: string): Result<Scope> {
  const parts = /^(.*):(rw|r|w)(?:@(\d{1,10})\/s)?$/s.exec(text);
  const verbs = VERBS_BY_LETTERS.get(parts?.[2] ?? '');
  const path = parts?.[1] ?? '';
  const ratePerS = Number(parts?.[3] ?? 0);
  if (verbs === undefined || ratePerS > RATE_MAX) {
    return refuse('invalid-claims', `A scope reads like /queen:rw@10/s or /log:r, not "${visibleText(text)}".`);
  }
  if (path === '') {
    return refuse('invalid-claims', `The scope "${visibleText(text)}" has no path; everything is /:${parts?.[2]}.`);
  }
  if (scopeComponents(path) === undefined) {
    return refuse('invalid-claims', `The path of the scope "${visibleText(text)}" is not a plain absolute path.`);
  }
  return { ok: true, value: { path, verbs, ratePerS } };
}

/** The text form of a scope, with the path as it is; `parseScope` gives it back. */
export function formatScope(scope: Scope): string {
  const letters = scope.verbs === 'both' ? 'rw' : scope.verbs === 'read' ? 'r' : 'w';
  const rate = scope.ratePerS === 0 ? '' : `@${scope.ratePerS}/s`;
  return `${scope.path === '' ? '/' : scope.path}:${letters}${rate}`;
}

/** One quota from its text form, to be spread with others into `Quotas`; `invalid-claims` when it is not one. */
export function parseQuota(text: string): Result<Quotas> {
  const parts = /^([a-z-]+)=(\d{1,13})(\/s)?(?::(\d{1,13}))?$/.exec(text);
  const row = QUOTA_ROWS.find((candidate) => candidate.word === parts?.[1]);
  const amount = Number(parts?.[2] ?? 0);
  const burst = Number(parts?.[4] ?? 0);
  const isRefilling = parts?.[3] !== undefined;
  const isWhole = amount > 0 && amount <= QUOTA_MAX && burst <= QUOTA_MAX && (isRefilling || burst === 0);
  if (row === undefined || !isWhole) {
    const names = QUOTA_ROWS.map((candidate) => candidate.word).join(', ');
    return refuse('invalid-claims', `A quota reads like operations=10/s:50 or operations=500; names: ${names}.`);
  }
  if (!isRefilling) return { ok: true, value: { [row.burst]: amount } };
  return { ok: true, value: { [row.perS]: amount, ...(burst === 0 ? {} : { [row.burst]: burst }) } };
}

/** The text forms of all quotas that limit something. */
export function formatQuotas(quotas: Quotas): readonly string[] {
  return QUOTA_ROWS.flatMap(({ perS, burst, word }) => {
    const rate = quotas[perS] ?? 0;
    const size = quotas[burst] ?? 0;
    if (rate === 0) return size === 0 ? [] : [`${word}=${size}`];
    return [`${word}=${rate}/s${size === 0 ? '' : `:${size}`}`];
  });
}

/**
 * A ticket as lines for a person, each `key value`, without the token itself. Ends with LF. Anybody can write a path of
 * an unverified ticket, so what could begin a line or steer a terminal is escaped.
 */
export function formatClaims(ticket: TicketFacts): string {
  const lines = [
    `ticket ${ticket.fingerprint} (${ticket.form})`,
    `role ${ticket.role}`,
    `subject ${ticket.subject}`,
    `audience ${ticket.audience}`,
    `key ${ticket.keyId}`,
    `valid ${formatSpan(ticket.notBeforeMs, ticket.expiresMs)}`,
    ...ticket.blocks.flatMap(formatBlock),
  ];
  return `${lines.map((line) => visibleText(line).trimEnd()).join('\n')}\n`;
}

function formatBlock(block: TicketBlock, index: number): readonly string[] {
  return [
    `${index === 0 ? 'root' : `child ${index}`} ${block.id}`,
    `  valid ${formatSpan(block.notBeforeMs, block.expiresMs)}`,
    ...block.scopes.map((scope) => `  scope ${formatScope(scope)}`),
    ...formatQuotas(block.quotas).map((quota) => `  quota ${quota}`),
  ];
}

function formatSpan(notBeforeMs: number, expiresMs: number): string {
  const from = notBeforeMs === 0 ? 'always' : `from ${formatTime(notBeforeMs)}`;
  return `${from} ${expiresMs === 0 ? 'for ever' : `until ${formatTime(expiresMs)}`}`;
}

const DATE_MS_MAX = 8.64e15;

function formatTime(ms: number): string {
  return ms <= DATE_MS_MAX ? new Date(ms).toISOString() : `${ms} ms`;
}
