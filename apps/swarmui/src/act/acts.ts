// Acts: lines on their way to the hive. One at a time is reviewed; a line is sent once, however often somebody presses the button.

import { lineResults } from '@cohesix/client/core';
import type { Refusal } from '@cohesix/wire';
import { beat } from '../files/pulse.ts';
import { hive } from '../session/hive.ts';
import { Store } from '../store/store.ts';
import type { Act } from './coh-form.ts';

/** What became of an act. */
export type Sent =
  | { readonly kind: 'reviewed' }
  | { readonly kind: 'sending' }
  /** `entry`: the line of the journal, when the file keeps one. */
  | { readonly kind: 'accepted'; readonly entry: number | undefined; readonly reply: Readonly<Record<string, unknown>> }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly sentence: string };

/** The act that is reviewed, and how far it is. */
export interface Review {
  readonly act: Act;
  readonly sent: Sent;
  /** Told once, when the hive has accepted it. */
  readonly onAccepted?: () => void;
}

/** What the dialog shows; undefined: nothing. */
export const review: Store<Review | undefined> = new Store<Review | undefined>(undefined);

/** Lines that were sent in this tab, newest last; a transcript of what the page did. */
export const sentLines: Store<readonly Act[]> = new Store<readonly Act[]>([]);

const SENT_KEPT = 256;

/** Shows an act before it is sent. While another one is being sent nothing happens. */
export function propose(act: Act, onAccepted?: () => void): void {
  if (review.get()?.sent.kind === 'sending') return;
  review.set({ act, sent: { kind: 'reviewed' }, ...(onAccepted === undefined ? {} : { onAccepted }) });
}

/** Closes the review; of an act that is being sent the answer is waited for. */
export function dismiss(): void {
  if (review.get()?.sent.kind !== 'sending') review.set(undefined);
}

/** Appends the line that is reviewed. A second call while it is under way, or after, does nothing. */
export async function send(): Promise<void> {
  const now = review.get();
  const shown = hive.get();
  if (now === undefined || now.sent.kind !== 'reviewed') return;
  if (shown?.mode !== 'live') return tell(now, { kind: 'refused', refusal: READ_ONLY, sentence: READ_ONLY.detail });
  tell(now, { kind: 'sending' });
  const { act } = now;
  const appended = await shown.client.append(act.path, act.line);
  if (!appended.ok) {
    const sentence = (await shown.client.explain()) ?? appended.refusal.detail;
    return tell(now, { kind: 'refused', refusal: appended.refusal, sentence });
  }
  sentLines.set([...sentLines.get(), act].slice(-SENT_KEPT));
  const [result] = await lineResults(shown.client);
  const told = result?.result === 'accepted' && result.path === act.path ? result : undefined;
  tell(now, { kind: 'accepted', entry: told?.entry, reply: told?.reply ?? {} });
  now.onAccepted?.();
  beat();
}

const READ_ONLY: Refusal = {
  code: 'unsupported',
  detail: 'This shows the past or a recording; nothing can be changed there.',
};

function tell(now: Review, sent: Sent): void {
  review.set({ ...now, sent });
}
