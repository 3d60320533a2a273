// Lines of `/audit/decisions`: who asked, approved or denied what, and which lines the policy let through or kept back.
// A line with a `seq` is of that journal entry and can be proved; one without is of a refusal, which is no entry.

import type { Outcome } from '@cohesix/authority';
import type { LedgerRecord } from './record.ts';

/** A line that the policy refused. */
export interface Denied {
  readonly at: number;
  readonly who: LedgerRecord['who'];
  readonly path: string;
  readonly code: string;
}

/** Codes with which the policy keeps a line back. */
export const POLICY_CODES: ReadonlySet<string> = new Set(['needs-approval', 'approval-denied']);

/** The decisions in a record, as JSON lines without LF. */
export function decisionLines(record: LedgerRecord): readonly string[] {
  const { seq, at, who, outcomes } = record;
  return outcomes.flatMap((outcome, index) =>
    policyChanges(outcome).map((change) => {
      const head = { seq: seq + index, at, ...actor(who) };
      if (change.kind === 'consume')
        return line({ ...head, kind: 'policy-gate', outcome: 'allow', id: change.id, path: change.path });
      if (change.kind === 'use') {
        const { grant, document, path } = change;
        return line({ ...head, kind: 'policy-gate', outcome: 'allow', grant, document, path });
      }
      if (change.kind === 'activate')
        return line({ ...head, kind: 'policy-document', outcome: 'apply', id: change.id });
      const { id, decision, target } = change.action;
      return line({ ...head, kind: 'policy-action', outcome: decision, id, target });
    }),
  );
}

/** The line of a refusal, without LF. */
export function deniedLine({ at, who, path, code }: Denied): string {
  return line({ seq: null, at, ...actor(who), kind: 'policy-gate', outcome: 'deny', reason: code, path });
}

const TOLD: ReadonlySet<string> = new Set(['consume', 'use', 'activate', 'put']);

type PolicyChange =
  | { readonly kind: 'consume'; readonly id: string; readonly path: string }
  | { readonly kind: 'use'; readonly grant: string; readonly document: string; readonly path: string }
  /** Null: the rules of the manifest hold again. */
  | { readonly kind: 'activate'; readonly id: string | null }
  | {
      readonly kind: 'put';
      readonly action: { readonly id: string; readonly decision: string; readonly target: string };
    };

function policyChanges(outcome: Outcome): readonly PolicyChange[] {
  if (!outcome.ok) return [];
  return outcome.changes
    .filter(({ capability }) => capability === 'policy')
    .map(({ change }) => change as PolicyChange)
    .filter(({ kind }) => TOLD.has(kind));
}

function actor({ subject, role, ticket }: LedgerRecord['who']): object {
  return { subject, role, ticket };
}

function line(value: object): string {
  return JSON.stringify(value);
}
