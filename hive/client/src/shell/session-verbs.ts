// The verbs about the session itself: help, whoami, ping, attach.

import { CONSOLE_VERBS, refusal } from '@cohesix/wire';
import type { HiveClient } from '../hive-client.ts';
import { done, type Outcome, refused } from './outcome.ts';

/** What a session may know of itself, one line of `key=value`. */
const SELF_PATH = '/proc/self/session';

/** Verbs of the shell that the console does not have. */
const SHELL_VERBS: readonly (readonly [string, string])[] = [
  ['lifecycle <command>', 'changes the lifecycle: cordon, drain, quiesce, resume, reset'],
  ['approve <path> <line>', 'approves one line, with the approver’s ticket'],
];

/** Verbs that only the hive's own console answers. */
export const CONSOLE_ONLY: ReadonlySet<string> = new Set([
  'bi',
  'caps',
  'mem',
  'smp',
  'nettest',
  'netstats',
  'cachelog',
  'reboot',
]);

/** Every first word a line of the shell may have, in lower case. */
export function isShellVerb(word: string): boolean {
  const verb = word.toLowerCase();
  return (
    verb === 'login' ||
    CONSOLE_VERBS.some((one) => one.verb === verb) ||
    SHELL_VERBS.some(([usage]) => usage.split(' ', 1)[0] === verb)
  );
}

/** One line per verb, then `OK HELP`. */
export function help(): Outcome {
  const shared = CONSOLE_VERBS.filter(({ verb }) => !CONSOLE_ONLY.has(verb));
  const lines = shared.map(({ verb, usage, about }) => helpLine(usage === '' ? verb : `${verb} ${usage}`, about));
  return {
    kind: 'listed',
    detail: '',
    body: [...lines, ...SHELL_VERBS.map(([usage, about]) => helpLine(usage, about))],
  };
}

function helpLine(usage: string, about: string): string {
  return `${usage}: ${about}`;
}

/** `OK WHOAMI role=<r>[ subject=<s>]`. */
export async function whoami(client: HiveClient): Promise<Outcome> {
  const self = await client.read(SELF_PATH);
  const text = self.ok ? new TextDecoder().decode(self.value) : '';
  const subject = /(?:^| )subject=(\S+)/.exec(text)?.[1];
  return done(subject === undefined ? { role: client.role } : { role: client.role, subject });
}

/** `OK PING reply=pong`. */
export async function ping(client: HiveClient | undefined): Promise<Outcome> {
  if (client === undefined) return refused(refusal('unauthenticated'));
  const answer = await client.ping();
  return answer.ok ? done({ reply: 'pong' }) : refused(answer.refusal);
}
