// The reference: all accounts together, each told what was heard, and what concerns them all: who may write, what an intent carried, which
// approvals a line used, in which state the node is. It is as simple as it can be and looks at no slice of the state.

import type { Authority, Command, Outcome, State } from '@cohesix/authority';
import { type Manifest, type SettingsLine, settingsOf, withSettings } from '@cohesix/manifest';
import { ApprovalAccount, type Permit } from './approvals.ts';
import { HostTicketAccount } from './host-tickets.ts';
import { INTENTS, IntentAccount } from './intents.ts';
import { JobAccount } from './jobs.ts';
import { LeaseAccount } from './leases.ts';
import { PolicyAccount, type Written } from './policy.ts';
import { type Account, type Heard, isRevokedIn, type Scene } from './scene.ts';
import { WindowAccount } from './windows.ts';
import { WorkerAccount } from './workers.ts';

/** Words that need a node without work, and where each leads. */
const BLOCKED: ReadonlySet<string> = new Set(['drain', 'quiesce', 'reset']);

export class Reference {
  readonly scene: Scene;
  readonly jobs: JobAccount;
  readonly leases: LeaseAccount;
  readonly workers: WorkerAccount;
  readonly policy: PolicyAccount;
  readonly approvals: ApprovalAccount;
  readonly hostTickets: HostTicketAccount;
  readonly intents: IntentAccount;
  readonly #accounts: readonly Account[];

  constructor(manifest: Manifest) {
    this.scene = { manifest, epoch: 0, lifecycle: 'BOOTING', revoked: new Map() };
    this.jobs = new JobAccount(this.scene);
    this.leases = new LeaseAccount(this.scene, (id) => this.jobs.asked(id));
    this.workers = new WorkerAccount(this.scene);
    this.policy = new PolicyAccount(this.scene);
    this.approvals = new ApprovalAccount(this.scene, this.policy);
    this.hostTickets = new HostTicketAccount(this.scene);
    this.intents = new IntentAccount(this.scene);
    // Leases before jobs: a job that starts has asked, and one that ends had its lease.
    const windows = new WindowAccount();
    this.#accounts = [this.leases, this.jobs, this.workers, this.approvals, this.hostTickets, windows];
  }

  /** What was wrong with the answer to a line. `state` is the one after it. */
  judge(command: Command, outcome: Outcome, state: Readonly<State>): readonly string[] {
    return outcome.ok ? this.#accepted({ command, ...outcome, state }, outcome) : this.#refused(command, outcome.code);
  }

  #accepted(heard: Heard, outcome: Extract<Outcome, { ok: true }>): string[] {
    const { command } = heard;
    const broken = isRevokedIn(this.scene, command.who.ticketIds, command.at) ? ['a line of a revoked ticket'] : [];
    const written: Written[] = [command];
    let told = heard;
    if (command.path === INTENTS) {
      const { broken: wrong, carried } = this.intents.judge(heard);
      broken.push(...wrong);
      // A repeat does nothing; the approval of its own file it still needs.
      if (carried === undefined) {
        broken.push(...this.approvals.used(written, permitsOf(outcome)));
        this.approvals.passed(command);
        return broken;
      }
      written.unshift(carried);
      told = { ...heard, command: carried };
    }
    const spent = this.workers.failedSpawn(told);
    broken.push(...this.approvals.used(written, permitsOf(outcome)), ...this.#around(told));
    if (this.policy.changes(told)) this.approvals.renew(command.at);
    for (const account of this.#accounts) broken.push(...account.judge(told));
    if (spent !== undefined) broken.push(...this.approvals.kept(spent, command.at));
    this.approvals.passed(command);
    return broken;
  }

  /** What changes for everybody: epochs, settings, lifecycle, revocations. */
  #around({ command, reply, log }: Heard): string[] {
    const { path, line } = command;
    switch (path) {
      case '/sys/boot': {
        const { epoch, manifest } = (JSON.parse(line) as { boot: { epoch: number; manifest?: Manifest } }).boot;
        this.#under(manifest ?? this.scene.manifest, command.at);
        this.#lifecycle(log);
        return this.#raise(epoch);
      }
      case '/queen/epoch/ctl':
        return this.#raise((JSON.parse(line) as { promote: { epoch: number } }).promote.epoch);
      case '/queen/manifest/ctl':
        this.#under(this.#reloaded((JSON.parse(line) as { set: SettingsLine }).set), command.at);
        return [];
      case '/queen/lifecycle/ctl':
        this.scene.lifecycle = String(reply.state);
        return BLOCKED.has(line) && this.#isBusy ? [`${line} with work outstanding`] : [];
      case '/queen/ticket/ctl': {
        const { id, expires_ms: until = null } = (JSON.parse(line) as { revoke: { id: string; expires_ms?: number } })
          .revoke;
        this.scene.revoked.set(id, until);
        return [];
      }
      case '/host/tickets/spec':
      case '/host/tickets/status':
      case '/host/tickets/deadletter':
        return reply.duplicate === true ? [] : this.#epochOf(line);
      default:
        return [];
    }
  }

  #reloaded(set: SettingsLine): Manifest {
    const { manifest } = this.scene;
    return withSettings(manifest, { ...settingsOf(manifest), ...set });
  }

  /** Another manifest holds from now on. */
  #under(manifest: Manifest, at: number): void {
    if (rulesText(manifest) !== rulesText(this.scene.manifest)) this.approvals.renew(at);
    this.scene.manifest = manifest;
  }

  get #isBusy(): boolean {
    return this.workers.live + this.leases.held.size > 0;
  }

  #lifecycle(log: readonly string[]): void {
    for (const text of log) {
      const to = /^lifecycle transition old=\S+ new=(\S+)/.exec(text)?.[1];
      if (to !== undefined) this.scene.lifecycle = to;
    }
  }

  #raise(epoch: number): string[] {
    const broken = epoch > this.scene.epoch ? [] : [`the epoch went from ${this.scene.epoch} to ${epoch}`];
    this.scene.epoch = epoch;
    return broken;
  }

  #epochOf(line: string): string[] {
    const { writer_epoch: epoch } = JSON.parse(line) as { readonly writer_epoch?: number };
    return epoch === undefined || epoch === this.scene.epoch ? [] : [`a line of epoch ${epoch} in ${this.scene.epoch}`];
  }

  /** Refusals that must not be: of what is approved, of a ticket that is there, of a repeat that is remembered. */
  #refused(command: Command, code: string): string[] {
    if (code === 'internal') return ['a refusal that says internal'];
    // A revocation whose ticket has expired may still be remembered.
    if (code === 'revoked') return this.#wasRevoked(command);
    const { path } = command;
    if (path === INTENTS) return this.policy.needs(command) > 0 ? [] : this.intents.missed(command);
    if (code === 'busy' && path === '/queen/lease/ctl' && this.jobs.waiting === 0) return this.leases.missed(command);
    if (code === 'needs-approval') return this.approvals.missed(command);
    return code === 'not-found' && path.startsWith('/host/tickets/') ? this.hostTickets.missed(command) : [];
  }

  #wasRevoked({ who }: Command): string[] {
    return who.ticketIds.some((id) => this.scene.revoked.has(id)) ? [] : ['refused as revoked, and nobody revoked it'];
  }

  /** What is wrong when nothing is due any more. */
  settled(at: number): readonly string[] {
    return this.#accounts.flatMap((account) => account.settled(at));
  }

  /** What is wrong with what the views show. */
  look(authority: Authority, state: Readonly<State>, at: number): readonly string[] {
    const view = (path: string): string => authority.renderView(state, path) ?? '';
    const broken = this.#accounts.flatMap((account) => account.look(view, state, at));
    if (view('/proc/lifecycle/state') !== `state=${this.scene.lifecycle}\n`) broken.push('another lifecycle is shown');
    if (!view('/proc/epoch').startsWith(`epoch=${this.scene.epoch} `)) broken.push('another epoch is shown');
    return broken;
  }
}

/** What of a policy ends approvals when it changes. */
function rulesText({ policy: { enabled, rules } }: Manifest): string {
  return `${enabled} ${rules.map(({ id, target }) => `${id} ${target}`).join()}`;
}

/** The approvals and grants that a line used, in the order of the files. */
function permitsOf({ changes }: Extract<Outcome, { ok: true }>): Permit[] {
  return changes.flatMap(({ capability, change }): Permit[] => {
    const { kind, id, grant } = change as { readonly kind: string; readonly id: string; readonly grant: string };
    if (capability !== 'policy') return [];
    if (kind === 'consume') return [{ kind: 'approval', id }];
    return kind === 'use' ? [{ kind: 'grant', id: grant }] : [];
  });
}
