// One-time links: the code is taken out of the address, and so out of the history, at once. Nobody's session is replaced without a question.

import type { Refusal, Result } from '@cohesix/wire';
import { Store } from '../store/store.ts';
import type { Credentials } from './live.ts';
import type { Session } from './session.ts';

/** What became of a link. */
export type Link =
  /** Somebody is signed in in this tab: use it all the same? */
  | { readonly kind: 'asking'; readonly code: string }
  | { readonly kind: 'redeeming' }
  | { readonly kind: 'failed'; readonly why: string };

/** What a link needs of the page. */
export interface LinkPlatform {
  readonly session: Pick<Session, 'phase' | 'signIn' | 'signOut'>;
  readonly redeem: (code: string) => Promise<Result<Credentials>>;
}

/** Links that were opened in this tab, one at a time. */
export class LinkSignIn {
  /** Undefined: none. */
  readonly link: Store<Link | undefined> = new Store<Link | undefined>(undefined);
  readonly #platform: LinkPlatform;
  #turn = 0;

  constructor(platform: LinkPlatform) {
    this.#platform = platform;
    // A session that ends while it is asked about leaves nothing to ask.
    platform.session.phase.watch(() => {
      const link = this.link.get();
      if (link?.kind === 'asking' && this.#isOut()) void this.#redeem(link.code);
    });
  }

  /** A link was opened. */
  opened(code: string): void {
    if (this.#isOut()) void this.#redeem(code);
    else this.link.set({ kind: 'asking', code });
  }

  /** Yes: the session of this tab ends, and another one begins. */
  use(): void {
    if (this.link.get()?.kind === 'asking') this.#platform.session.signOut();
  }

  /** No, or it was read: the link is forgotten. */
  forget(): void {
    this.#turn += 1;
    this.link.set(undefined);
  }

  #isOut(): boolean {
    return this.#platform.session.phase.get().kind === 'signed-out';
  }

  async #redeem(code: string): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    this.link.set({ kind: 'redeeming' });
    const redeemed = await this.#platform.redeem(code);
    if (turn !== this.#turn) return;
    // Somebody pasted a ticket meanwhile: that is the later wish.
    if (!this.#isOut()) return this.forget();
    this.link.set(redeemed.ok ? undefined : { kind: 'failed', why: whyFailed(redeemed.refusal) });
    if (redeemed.ok) this.#platform.session.signIn(redeemed.value);
  }
}

function whyFailed(refusal: Refusal): string {
  if (refusal.code === 'unreachable' || refusal.code === 'timeout')
    return 'The hive does not answer. Is it running? The link may be used up; coh ui prints another one.';
  if (refusal.code === 'throttled') return refusal.detail;
  return 'The link is not good any more: it works once, and for ten minutes. Get another with coh ui.';
}
