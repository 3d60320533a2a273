// The console of this page: over the hive that is shown, whichever it is, from its first visit until the tab is closed.

import { type HiveClient, withoutTokens } from '@cohesix/client/core';
import { refuse } from '@cohesix/wire';
import { type SentLine, sentLines } from '../../act/acts.ts';
import { cohForm } from '../../act/coh-form.ts';
import { recorder } from '../../replay/recording.ts';
import { type Hive, hive } from '../../session/hive.ts';
import { connectLive } from '../../session/live.ts';
import { storageOfTab } from '../../session/platform.ts';
import { session } from '../../session/session.ts';
import { ConsoleSession } from './console-session.ts';
import { LineHistory } from './history.ts';
import { TypedLines } from './typed-lines.ts';

/** Sessions made by `attach`; the oldest ends when there are more. */
const ATTACHED_MAX = 4;
const attached: HiveClient[] = [];

/** The console. */
export const theConsole: ConsoleSession = new ConsoleSession(
  async (role, ticket) => {
    if (ticket === undefined) return refuse('unauthenticated', 'A ticket is needed behind the role.');
    const made = await connectLive({ role, ticket });
    if (made.ok) attached.push(made.value);
    if (attached.length > ATTACHED_MAX) void attached.shift()?.close();
    return made;
  },
  () => recorder.get()?.listener,
);

/** What is typed there; like the console itself it is kept over visits. */
export const typedLines: TypedLines = new TypedLines(theConsole, new LineHistory(storageOfTab()));

function nameOf({ mode, client, at }: Hive): string {
  if (mode === 'live') return `Connected over ${client.door} as ${client.role}. help lists the verbs; Tab completes.`;
  if (mode === 'past') return `The past, after line ${at} of the journal: files are as they were, nothing can be sent.`;
  return 'A recording: files are as they were at this moment of it, nothing can be sent.';
}

function settle(): void {
  const now = hive.get();
  theConsole.use(now?.client, now === undefined ? '' : nameOf(now));
}

let told: SentLine | undefined;

/** Tells the lines that other places sent: the console shows all that this tab did. They are no part of its transcript. */
function tellSent(): void {
  const all = sentLines.get();
  const fresh = all.slice(told === undefined ? 0 : all.indexOf(told) + 1);
  for (const { sent, ...act } of fresh) {
    const entry = sent.kind === 'accepted' && sent.entry !== undefined ? `, line ${sent.entry} of the journal` : '';
    theConsole.note(`  Sent by the page (${sent.kind}${entry}): ${withoutTokens(cohForm(act))}`);
  }
  told = all.at(-1);
}

/** What one person typed, was answered and attached is not for the next one at this tab. */
function forget(): void {
  if (session.phase.get().kind !== 'signed-out') return;
  theConsole.clear();
  typedLines.clear();
  for (const client of attached.splice(0)) void client.close();
}

hive.watch(settle);
settle();
sentLines.watch(tellSent);
tellSent();
session.phase.watch(forget);
forget();
