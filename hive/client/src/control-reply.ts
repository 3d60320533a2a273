// What the hive answered to a line of a control file: it keeps every accepted line with its reply in the file's log, one
// JSON line each (contracts-1.md 4.10). A write itself tells only that it was accepted.

import type { HiveClient } from './hive-client.ts';

/** One line for one control file. */
export interface ControlLine {
  readonly path: string;
  readonly line: string;
}

/** What the log of a control file says about an accepted line. */
export interface LoggedLine {
  /** Position in the journal. */
  readonly seq: number;
  readonly at: number;
  readonly who: { readonly subject: string; readonly role: string; readonly ticket: string };
  readonly line: string;
  readonly reply: Readonly<Record<string, string | number | boolean>>;
}

/**
 * What the hive answered to a line that was just accepted: the newest entry of the file's log with this line and
 * the ticket of this session. Undefined when the log cannot be read, or has gone on since.
 */
export async function replyTo(client: HiveClient, { path, line }: ControlLine): Promise<LoggedLine | undefined> {
  const [log, self] = await Promise.all([client.read(path), client.read('/proc/self/session')]);
  if (!log.ok || !self.ok) return undefined;
  const ticket = /(?:^| )ticket=(\S+)/.exec(new TextDecoder().decode(self.value))?.[1];
  if (ticket === undefined) return undefined;
  return jsonLines(new TextDecoder().decode(log.value))
    .filter(isLogged)
    .findLast((entry) => entry.line === line && entry.who.ticket === ticket);
}

/** The values of a text of JSON lines; lines that do not parse are left out. */
export function jsonLines(text: string): readonly unknown[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as unknown];
    } catch {
      return []; // A cut line, or a line of another kind.
    }
  });
}

function isLogged(value: unknown): value is LoggedLine {
  if (!isObject(value)) return false;
  const { seq, line, who, reply }: Partial<Record<keyof LoggedLine, unknown>> = value;
  return typeof seq === 'number' && typeof line === 'string' && isObject(who) && isObject(reply);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
