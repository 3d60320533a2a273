// Approvals, followed through a journal by other means than the authority's own: whoever's line was let through by an
// approval is another person than who gave it, the line is exactly the one that was approved, and no approval is used twice.

import { carriedLine, INTENTS_PATH } from '@cohesix/authority';
import type { LedgerRecord } from '@cohesix/node';

type Party = Pick<LedgerRecord['who'], 'subject' | 'ticketIds'>;

interface Approval {
  readonly target: string;
  readonly line: string;
  readonly by: Party | undefined;
  isUsed: boolean;
}

/** A line of `/actions/queue`. */
interface QueueLine {
  readonly id: string;
  readonly decision: 'request' | 'approve' | 'deny';
  readonly target?: string;
  readonly line?: string;
}

export class ApprovalCheck {
  /** What does not hold. */
  readonly broken: string[] = [];
  readonly #approvals = new Map<string, Approval>();

  /** Takes the next record. */
  record(record: LedgerRecord): void {
    const { lines, path, who, seq } = record;
    for (const [index, line] of lines.entries()) {
      const admission = record.decisions?.[index];
      // An intent needs the approval of the line it carries.
      const about = (path === INTENTS_PATH ? carriedLine(line) : undefined) ?? { path, line };
      if (typeof admission === 'object' && 'approval' in admission)
        this.#use(admission.approval, { seq: seq + index, ...about, who });
      if (path === '/actions/queue') this.#decide(JSON.parse(line) as QueueLine, who);
    }
    this.#refunds(record);
  }

  #decide({ id, decision, target, line }: QueueLine, who: Party): void {
    const known = this.#approvals.get(id);
    const about = { target: target ?? known?.target ?? '', line: line ?? known?.line ?? '' };
    this.#approvals.set(id, { ...about, by: decision === 'approve' ? who : undefined, isUsed: false });
  }

  #use(id: string, by: { seq: number; path: string; line: string; who: Party }): void {
    const approval = this.#approvals.get(id);
    const problem = problemOf(approval, by);
    if (problem !== undefined) this.broken.push(`line ${by.seq} was let through by ${id}, ${problem}`);
    if (approval !== undefined) approval.isUsed = true;
  }

  /** A start that failed gives its approval back. */
  #refunds({ outcomes }: LedgerRecord): void {
    for (const outcome of outcomes) {
      for (const { capability, change } of outcome.ok ? outcome.changes : []) {
        const { kind, id } = change as { kind: string; id: string };
        const approval = capability === 'policy' && kind === 'refund' ? this.#approvals.get(id) : undefined;
        if (approval !== undefined) approval.isUsed = false;
      }
    }
  }
}

function problemOf(
  approval: Approval | undefined,
  { path, line, who }: { path: string; line: string; who: Party },
): string | undefined {
  if (approval?.by === undefined) return 'which nobody approved';
  if (approval.isUsed) return 'which was used before';
  if (approval.target !== path || approval.line !== line) return 'which is about another line';
  const isOwn = approval.by.ticketIds[0] === who.ticketIds[0] || root(approval.by) === root(who);
  return isOwn ? 'which the writer gave' : undefined;
}

function root({ subject }: Party): string {
  return subject.split('/', 1)[0] ?? '';
}
