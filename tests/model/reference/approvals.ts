// The account of approvals: which exact line of which file somebody else let through, until when, and whether that was used. No
// line under a rule gets through without one, none is used twice or for another line, and a denial wins while it holds.

import { areTwoPersons, type Command, type Principal, type State } from '@cohesix/authority';
import type { PolicyAccount, Written } from './policy.ts';
import { type Account, field, type Heard, isRevokedIn, linesOf, revokedBy, type Scene } from './scene.ts';

const QUEUE = '/actions/queue';

/** An action as its lines said it. */
export interface Action {
  readonly target: string;
  readonly line: string;
  /** Journal entry that made it. */
  readonly entry: number;
  readonly askedBy: Principal | undefined;
  decidedBy: Principal | undefined;
  /** Who approved; no two of them are one person. */
  approvedBy: readonly Principal[];
  /** How many must, by the rules under which it was made. */
  readonly needs: number;
  kind: 'request' | 'approve' | 'deny';
  until: number;
  /** Journal entry of the newest line of the target for which it is; undefined: for any. */
  generation: number | undefined;
  /** Journal entry of the line it let through. */
  usedBy: number | undefined;
}

interface Line {
  readonly id: string;
  readonly entry?: number;
  readonly target?: string;
  readonly line?: string;
  readonly decision: Action['kind'];
  readonly ttl_s?: number;
  readonly generation?: number;
}

export class ApprovalAccount implements Account {
  readonly actions: Map<string, Action> = new Map();
  readonly #scene: Scene;
  readonly #policy: PolicyAccount;
  /** File → journal entry of its newest line. */
  readonly #versions = new Map<string, number>();

  constructor(scene: Scene, policy: PolicyAccount) {
    this.#scene = scene;
    this.#policy = policy;
  }

  judge(heard: Heard): string[] {
    const { command, log } = heard;
    const broken = log
      .filter((text) => text.startsWith('policy-action refunded '))
      .flatMap((text) => this.#refund(text, heard));
    const ticket = revokedBy(heard);
    if (ticket !== undefined) this.#revoke(ticket, command.at);
    return command.path === QUEUE ? [...broken, ...this.#act(command)] : broken;
  }

  #act({ line, at, seq, who }: Command): string[] {
    const { id, entry, target, line: approved, decision, ttl_s: ttl, generation } = JSON.parse(line) as Line;
    const until = at + (ttl ?? this.#scene.manifest.policy.approval_ttl_s) * 1000;
    const known = this.actions.get(id);
    if (target !== undefined && approved !== undefined) {
      const parties =
        decision === 'request' ? { askedBy: who, decidedBy: undefined } : { askedBy: undefined, decidedBy: who };
      const needs = Math.max(1, this.#policy.needs({ path: target, line: approved }));
      const approvedBy = decision === 'approve' ? [who] : [];
      const about = { target, line: approved, entry: seq, ...parties, approvedBy, needs, generation };
      this.actions.set(id, { ...about, kind: kindAfter(decision, 1, needs), until, usedBy: undefined });
      return known !== undefined && isOpen(known, at) ? [`${id} replaces an action that holds`] : [];
    }
    if (known?.kind !== 'request' || known.entry !== entry) return [`${id} answers a request nobody made`];
    const broken = at < known.until ? [] : [`${id} answers a request that had expired`];
    const others = [
      ...(known.askedBy === undefined ? [] : [known.askedBy]),
      ...(decision === 'deny' ? [] : known.approvedBy),
    ];
    if (!others.every((other) => areTwoPersons(other, who)))
      broken.push(`${who.subject} decides on ${id} for a second time`);
    if (decision === 'approve') known.approvedBy = [...known.approvedBy, who];
    const kind = kindAfter(decision, known.approvedBy.length, known.needs);
    Object.assign(known, { kind, decidedBy: who, generation: generation ?? known.generation });
    if (kind !== 'request') known.until = until;
    return broken;
  }

  #refund(text: string, { command, effects }: Heard): string[] {
    const action = this.actions.get(field(text, 'id'));
    const isUsed = action?.usedBy === Number(field(text, 'entry'));
    if (action !== undefined) action.usedBy = undefined;
    if (command.path !== '/sys/workers/ctl' || effects.length > 0) return [`${text}: nothing failed`];
    return isUsed ? [] : [`${text}: it was not used there`];
  }

  /** After the effect of an entry failed: whatever that entry used up must have been given back. */
  kept(entry: number, at: number): string[] {
    // Where not all are kept, those that are used up make room.
    if (this.actions.size > this.#scene.manifest.policy.approvals_max) return [];
    const lost = [...this.actions].filter(([, { usedBy, until }]) => usedBy === entry && at < until);
    return lost.map(([id]) => `the effect of entry ${entry} failed, and its approval ${id} is not given back`);
  }

  /** What a revoked ticket asked or decided says nothing any more; somebody else's denial stays. */
  #revoke(ticket: string, at: number): void {
    for (const action of this.actions.values()) {
      const { askedBy, decidedBy, approvedBy } = action;
      const parties = action.kind === 'deny' ? [decidedBy] : [askedBy, decidedBy, ...approvedBy];
      if (parties.some((party) => party?.ticketIds.includes(ticket))) action.until = Math.min(action.until, at);
    }
  }

  /** Other rules hold: what was asked and approved under those before ends; denials stay. */
  renew(at: number): void {
    for (const action of this.actions.values()) if (action.kind !== 'deny') action.until = Math.min(action.until, at);
  }

  /** A line was accepted: the newest of its file. */
  passed({ path, seq }: Command): void {
    this.#versions.set(path, seq);
  }

  /** Journal entry of the newest line of a file; 0 when there is none. */
  version(path: string): number {
    return this.#versions.get(path) ?? 0;
  }

  /** A line was accepted with these approvals and grants: are they good for it? */
  used(written: readonly Written[], permits: readonly Permit[]): string[] {
    const ruled = written.filter((one) => this.#policy.needs(one) > 0);
    const broken =
      ruled.length === permits.length ? [] : [`${permits.length} permits for ${ruled.length} lines that need one`];
    for (const [index, { kind, id }] of permits.entries()) {
      const one = ruled[index];
      const action = this.actions.get(id);
      if (one !== undefined && kind === 'grant') broken.push(...this.#policy.used(id, one), ...this.#denied(one));
      if (one === undefined || kind === 'grant' || action === undefined) continue;
      broken.push(...this.#misuses(action, one).map((what) => `${id}: ${what}`));
      action.usedBy = one.seq;
    }
    return broken;
  }

  #misuses(action: Action, one: Written): string[] {
    const broken: string[] = [];
    if (action.kind !== 'approve') broken.push('let through by what is no approval');
    if (action.usedBy !== undefined) broken.push('an approval used twice');
    if (action.target !== one.path || action.line !== one.line) broken.push('an approval of another line');
    if (action.until <= one.at) broken.push('an approval that had expired');
    if (action.generation !== undefined && action.generation !== this.version(action.target))
      broken.push('an approval of the file as it was');
    if (action.approvedBy.length < this.#policy.needs(one)) broken.push('too few approved');
    if (!this.#isBetween(action, one)) broken.push('an approval of the writer, or for somebody else');
    return [...broken, ...this.#denied(one)];
  }

  #isBetween({ askedBy, approvedBy }: Action, { who, at }: Written): boolean {
    const isGood = (by: Principal): boolean => areTwoPersons(by, who) && !isRevokedIn(this.#scene, by.ticketIds, at);
    if (!approvedBy.every(isGood)) return false;
    return askedBy === undefined || (askedBy.subject === who.subject && askedBy.ticketIds[0] === who.ticketIds[0]);
  }

  #denied({ path, line, at }: Written): string[] {
    const denial = [...this.actions.values()].some(
      (one) => one.kind === 'deny' && one.target === path && one.line === line && at < one.until,
    );
    return denial ? ['let through although it was denied'] : [];
  }

  /** A line was refused for want of an approval: was there none? */
  missed(written: Written): string[] {
    const good = [...this.actions].find(
      ([, action]) => action.usedBy === undefined && this.#misuses(action, written).length === 0,
    );
    if (good !== undefined) return [`the approval ${good[0]} is lost`];
    const [grant] = this.#denied(written).length > 0 ? [] : this.#policy.granted(written);
    return grant === undefined ? [] : [`the grant ${grant} is lost`];
  }

  settled(): string[] {
    return [];
  }

  look(view: (path: string) => string, _state: Readonly<State>, at: number): string[] {
    const pending = linesOf(view('/actions/pending')).map((line) => (JSON.parse(line) as { id: string }).id);
    const open = [...this.actions].filter(([, { kind, until }]) => kind === 'request' && at < until).map(([id]) => id);
    return open.filter((id) => !pending.includes(id)).map((id) => `the request ${id} is open and not shown`);
  }
}

/** What let a line through. */
export interface Permit {
  readonly kind: 'approval' | 'grant';
  readonly id: string;
}

function kindAfter(decision: Action['kind'], given: number, needs: number): Action['kind'] {
  return decision === 'approve' && given < needs ? 'request' : decision;
}

/** Whether an action still says something. */
function isOpen({ usedBy, until }: Action, at: number): boolean {
  return usedBy === undefined && at < until;
}
