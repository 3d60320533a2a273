// The account of policy documents: which rules hold now, how many must approve a line, and what standing grants have let through. A
// grant never lets through more than it was made for, nor another's line, nor anything after its end.

import type { Command } from '@cohesix/authority';
import type { Heard, Scene } from './scene.ts';

/** Path of the documents. */
export const POLICY_CTL = '/policy/ctl';
const QUEUE = '/actions/queue';
const SETTINGS_CTL = '/queen/manifest/ctl';

/** A standing grant. */
export interface Grant {
  readonly id: string;
  readonly subject: string;
  readonly target: string;
  readonly uses: number;
  readonly expires_ms: number;
}

/** A document, as far as its acts here go. */
export interface Document {
  readonly id: string;
  readonly version: number;
  readonly rules: readonly { readonly id: string; readonly target: string; readonly approvals: number }[];
  readonly grants: readonly Grant[];
}

interface Line {
  readonly op: 'load' | 'apply' | 'rollback';
  readonly id?: string;
  readonly document?: Document;
}

/** A line of somebody, and the file it is for. */
export type Written = Pick<Command, 'path' | 'line' | 'who' | 'at' | 'seq'>;

export class PolicyAccount {
  readonly documents: Map<string, Document> = new Map();
  active: string | undefined;
  /** Document and grant → lines it let through. */
  readonly #uses = new Map<string, number>();
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** Told every accepted line; whether other rules hold from here on. */
  changes({ command: { path, line } }: Heard): boolean {
    if (path !== POLICY_CTL) return false;
    const { op, id, document } = JSON.parse(line) as Line;
    if (document !== undefined) this.#load(document);
    if (op === 'load') return false;
    this.active = id === 'manifest' ? undefined : id;
    return true;
  }

  /** The oldest that do not hold make room. */
  #load(document: Document): void {
    const { documents_max: max } = this.#scene.manifest.policy;
    const idle = [...this.documents.keys()].filter((id) => id !== this.active);
    for (const id of idle.slice(0, Math.max(0, this.documents.size + 1 - max))) this.documents.delete(id);
    this.documents.set(document.id, document);
  }

  /** How many others must approve a line; 0: it needs nobody. */
  needs({ path, line, who }: Pick<Written, 'path' | 'line'> & Partial<Pick<Written, 'who'>>): number {
    const { enabled, rules } = this.#scene.manifest.policy;
    if (!enabled || path === QUEUE || who?.role === 'system') return 0;
    if (path === POLICY_CTL) return (JSON.parse(line) as Line).op === 'load' ? 0 : 1;
    const document = this.documents.get(this.active ?? '');
    if (document !== undefined && path === SETTINGS_CTL) return 1;
    const own = (document?.rules ?? rules.map((rule) => ({ ...rule, approvals: 1 }))).filter(
      ({ target }) => target === path,
    );
    return Math.max(0, ...own.map(({ approvals }) => approvals));
  }

  /** The grants that let a line through at its time. */
  granted({ path, who, at }: Written): readonly string[] {
    const { id = '', grants = [] } = this.documents.get(this.active ?? '') ?? {};
    return grants
      .filter(({ subject, target, expires_ms: end }) => subject === who.subject && target === path && at < end)
      .filter((grant) => (this.#uses.get(`${id} ${grant.id}`) ?? 0) < grant.uses)
      .map((grant) => grant.id);
  }

  /** A grant was used for a line: was it good for that? */
  used(grant: string, written: Written): string[] {
    const isGood = this.granted(written).includes(grant);
    const key = `${this.active} ${grant}`;
    this.#uses.set(key, (this.#uses.get(key) ?? 0) + 1);
    return isGood ? [] : [`the grant ${grant} lets through what it is not for`];
  }
}
