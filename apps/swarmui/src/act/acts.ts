// Acts: lines on their way to the hive. One at a time is reviewed; a line is sent once, however often somebody presses the button.

import { type HiveClient, lineResults, REFUSAL_PATH } from '@cohesix/client/core';
import type { Refusal } from '@cohesix/wire';
import { beat } from '../files/pulse.ts';
import { type Hive, hive } from '../session/hive.ts';
import { session } from '../session/session.ts';
import { isTicketOver, isUnanswered } from '../session/verdicts.ts';
import { Store } from '../store/store.ts';
import { askingAct, asks, keepAsk } from './asks.ts';
import type { Act } from './coh-form.ts';

/** What became of an act. */
export type Sent =
  | { readonly kind: 'reviewed' }
  | { readonly kind: 'sending' }
  /** `entry`: the line of the journal, when the file keeps one. */
  | { readonly kind: 'accepted'; readonly entry: number | undefined; readonly reply: Readonly<Record<string, unknown>> }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly sentence: string }
  /** The connection broke before the answer came. Nothing is ever sent a second time by itself. */
  | { readonly kind: 'unknown'; readonly refusal: Refusal };

/** The act that is reviewed, and how far it is. */
export interface Review {
  readonly act: Act;
  readonly sent: Sent;
  /** Told once, when the hive has accepted it. */
  readonly onAccepted?: () => void;
  /** Says in words why the act has no object any more; then it is not sent. */
  readonly stale?: Store<string | undefined>;
  /** The request for an approval of this line, when one was made. */
  readonly askId?: string;
  readonly isAsking?: boolean;
  /** Why the hive did not take that request. */
  readonly askRefusal?: string;
}

/** What the dialog shows; undefined: nothing. */
export const review: Store<Review | undefined> = new Store<Review | undefined>(undefined);

/** A line that the hive took, or may have taken. */
export interface SentLine extends Act {
  readonly sent: Sent;
}

/** Lines that were sent in this session, newest last: Console tells them. */
export const sentLines: Store<readonly SentLine[]> = new Store<readonly SentLine[]>([]);

const SENT_KEPT = 256;

/** Shows an act before it is sent. While another one is being sent nothing happens. `stale`: when it says why, nothing is sent. */
export function propose(act: Act, onAccepted?: () => void, stale?: Store<string | undefined>): void {
  if (review.get()?.sent.kind === 'sending') return;
  review.set({
    act,
    sent: { kind: 'reviewed' },
    ...(onAccepted === undefined ? {} : { onAccepted }),
    ...(stale === undefined ? {} : { stale }),
  });
}

/** Closes the review; of an act that is being sent the answer is waited for. */
export function dismiss(): void {
  if (review.get()?.sent.kind !== 'sending') review.set(undefined);
}

/** Appends the line that is reviewed. A second call while it is under way, or after, does nothing. */
export async function send(): Promise<void> {
  const now = review.get();
  const shown = hive.get();
  if (now === undefined || now.sent.kind !== 'reviewed' || now.stale?.get() !== undefined) return;
  const refusal = whyNot(shown);
  if (shown === undefined || refusal !== undefined)
    return tell(now.act, { kind: 'refused', refusal: refusal ?? OFFLINE, sentence: refusal?.detail ?? OFFLINE.detail });
  tell(now.act, { kind: 'sending' });
  const person = signOuts;
  const sent = await append(shown, now.act);
  if (person !== signOuts) return;
  if (sent.kind !== 'refused') remember({ ...now.act, sent });
  tell(now.act, sent);
  if (sent.kind === 'accepted') now.onAccepted?.();
  beat();
}

async function append({ client }: Hive, { path, line }: Act): Promise<Sent> {
  const appended = await client.append(path, line);
  if (appended.ok) {
    const [result] = await lineResults(client);
    const told = result?.result === 'accepted' && result.path === path ? result : undefined;
    return { kind: 'accepted', entry: told?.entry, reply: told?.reply ?? {} };
  }
  const { refusal } = appended;
  if (isUnanswered(refusal) || isTicketOver(refusal)) session.lost(client, refusal);
  if (isUnanswered(refusal)) return { kind: 'unknown', refusal };
  return { kind: 'refused', refusal, sentence: await sentenceOf(client, path, refusal) };
}

/** The hive's words for the refusal of a path. It keeps only its last one, and views are read all the time: another one's is not told. */
async function sentenceOf(client: HiveClient, path: string, { code, detail }: Refusal): Promise<string> {
  const text = await client.read(REFUSAL_PATH);
  const [line = ''] = text.ok ? new TextDecoder().decode(text.value).split('\n') : [];
  const start = `code=${code} path=${path} detail=`;
  return line.startsWith(start) ? line.slice(start.length) : detail;
}

/** Why nothing can be sent to what is shown now; undefined when something can. */
export function whyNot(shown: Hive | undefined): Refusal | undefined {
  if (shown === undefined) return OFFLINE;
  return shown.mode === 'live' ? undefined : READ_ONLY;
}

function remember(line: SentLine): void {
  sentLines.set([...sentLines.get(), line].slice(-SENT_KEPT));
}

/** Asks for an approval of the line that was refused, under an id; once, however often it is called. */
export async function askFor(id: string): Promise<void> {
  const now = review.get();
  const shown = hive.get();
  if (now === undefined || now.isAsking === true || now.askId !== undefined || shown?.mode !== 'live') return;
  review.set({ ...now, isAsking: true });
  const asking = askingAct(now.act, id);
  const person = signOuts;
  const appended = await shown.client.append(asking.path, asking.line);
  if (person !== signOuts) return;
  if (appended.ok) {
    remember({ ...asking, sent: { kind: 'accepted', entry: undefined, reply: {} } });
    keepAsk(id, now.act);
  }
  const sentence = appended.ok ? undefined : await whyNotAsked(shown, asking, appended.refusal);
  const then = review.get();
  if (then?.act === now.act)
    review.set({ ...now, isAsking: false, ...(sentence === undefined ? { askId: id } : { askRefusal: sentence }) });
  beat();
}

async function whyNotAsked({ client }: Hive, { path }: Act, refusal: Refusal): Promise<string> {
  if (isUnanswered(refusal) || isTicketOver(refusal)) session.lost(client, refusal);
  if (isUnanswered(refusal)) return UNKNOWN_ASK;
  return sentenceOf(client, path, refusal);
}

const UNKNOWN_ASK =
  'the connection broke before the hive answered. Look in Approvals whether it was asked, before asking again.';

/** Sends the line once more, now that somebody approved it. */
export async function sendAgain(): Promise<void> {
  const now = review.get();
  if (now?.sent.kind !== 'refused') return;
  review.set({ ...now, sent: { kind: 'reviewed' } });
  await send();
}

const READ_ONLY: Refusal = {
  code: 'unsupported',
  detail: 'This shows the past or a recording; nothing can be changed there.',
};

const OFFLINE: Refusal = {
  code: 'unreachable',
  detail: 'There is no connection to the hive now; nothing was sent.',
};

/** Another act may be under review by now, or none: then the answer stays in the transcript alone. */
function tell(act: Act, sent: Sent): void {
  const now = review.get();
  if (now?.act === act) review.set({ ...now, sent });
}

/** Whose answer it is that comes after somebody signed out: of nobody who is here. */
let signOuts = 0;

// What one person reviewed and sent is not for the next one at this tab.
session.phase.watch(() => {
  if (session.phase.get().kind !== 'signed-out') return;
  signOuts += 1;
  review.set(undefined);
  sentLines.set([]);
  asks.set([]);
});
