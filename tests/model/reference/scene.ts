// What every account of the reference needs to know: the time that passed, who is revoked, which manifest and epoch hold, and in
// which state the node is. Kept from lines and their answers, never from the state of the authority.

import type { Command, Effect, State } from '@cohesix/authority';
import type { Manifest } from '@cohesix/manifest';

/** A line that was accepted, and what came of it. For a line that an intent carried: that line, with its own path. */
export interface Heard {
  readonly command: Command;
  readonly log: readonly string[];
  readonly effects: readonly Effect[];
  readonly reply: Readonly<Record<string, unknown>>;
  /** The state after it: for the questions that an executor asks, never to learn what is right. */
  readonly state: Readonly<State>;
}

/** What the accounts share. */
export interface Scene {
  manifest: Manifest;
  epoch: number;
  lifecycle: string;
  /** Ticket id → when it expires and is forgotten, ms; null: never. */
  readonly revoked: Map<string, number | null>;
}

/** One room's account: what was wrong with what it heard, as sentences. */
export interface Account {
  /** An accepted line. */
  judge(heard: Heard): readonly string[];
  /** Nothing is due at `at` any more: whatever that is over must have ended. */
  settled(at: number): readonly string[];
  /** Compares what the views show with the account. */
  look(view: (path: string) => string, state: Readonly<State>, at: number): readonly string[];
}

/** Whether a chain of tickets counts no more at `at`. */
export function isRevokedIn({ revoked }: Scene, ticketIds: readonly string[], at: number): boolean {
  return ticketIds.some((id) => {
    const until = revoked.get(id);
    return until === null || (until !== undefined && at < until);
  });
}

/** The value of `name=` in a line of the log; empty when there is none. */
export function field(line: string, name: string): string {
  const start = line.indexOf(` ${name}=`);
  if (start < 0) return '';
  const from = start + name.length + 2;
  const end = line.indexOf(' ', from);
  return end < 0 ? line.slice(from) : line.slice(from, end);
}

/** The lines of a view, without LF. */
export function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.slice(0, -1).split('\n');
}

/** The id of the ticket that a line revoked; undefined for any other line. */
export function revokedBy({ command }: Heard): string | undefined {
  if (command.path !== '/queen/ticket/ctl') return undefined;
  return (JSON.parse(command.line) as { readonly revoke: { readonly id: string } }).revoke.id;
}
