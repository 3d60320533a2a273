// The console of this page: over the hive that is shown, whichever it is, from its first visit until the tab is closed.

import type { HiveClient } from '@cohesix/client/core';
import { refuse } from '@cohesix/wire';
import { recorder } from '../../replay/recording.ts';
import { type Hive, hive } from '../../session/hive.ts';
import { connectLive } from '../../session/live.ts';
import { ConsoleSession } from './console-session.ts';

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

function nameOf({ mode, client, at }: Hive): string {
  if (mode === 'live') return `Connected over ${client.door} as ${client.role}. help lists the verbs; Tab completes.`;
  if (mode === 'past') return `The past, after line ${at} of the journal: files are as they were, nothing can be sent.`;
  return 'A recording: files are as they were at this moment of it, nothing can be sent.';
}

function settle(): void {
  const now = hive.get();
  theConsole.use(now?.client, now === undefined ? '' : nameOf(now));
}

hive.watch(settle);
settle();
