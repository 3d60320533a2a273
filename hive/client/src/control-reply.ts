// What the hive answered to the lines of a session's last write. A write itself tells only that all its lines were accepted,
// or that one was not; the hive keeps the results of each session's last write in `/proc/self/results`, one JSON line each.

import type { HiveClient } from './hive-client.ts';

/** One line for one control file. */
export interface ControlLine {
  readonly path: string;
  readonly line: string;
}

/** What became of one line of a write. */
export type LineResult = { readonly line: number; readonly path: string } & (
  | { readonly result: 'accepted'; readonly entry: number; readonly reply: Reply }
  | { readonly result: 'refused'; readonly code: string; readonly detail: string }
  | { readonly result: 'dropped' }
);

/** Fields that an accepted line gave back, for example the id of a new worker. */
export type Reply = Readonly<Record<string, string | number | boolean>>;

/**
 * The results of this session's last write to a control file, in the order of its lines; empty when there was none or they
 * cannot be read. Ask before the next write.
 */
export async function lineResults(client: HiveClient): Promise<readonly LineResult[]> {
  const text = await client.read('/proc/self/results');
  return text.ok ? jsonLines(new TextDecoder().decode(text.value)).filter(isResult) : [];
}

/** What the hive gave back for the one line that this session just wrote to `path`. */
export async function replyTo(
  client: HiveClient,
  { path }: ControlLine,
): Promise<Extract<LineResult, { result: 'accepted' }> | undefined> {
  const [first] = await lineResults(client);
  return first?.result === 'accepted' && first.path === path ? first : undefined;
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

function isResult(value: unknown): value is LineResult {
  if (typeof value !== 'object' || value === null) return false;
  const { line, path, result, entry, reply }: Partial<Record<string, unknown>> = { ...value };
  if (typeof line !== 'number' || typeof path !== 'string') return false;
  if (result === 'accepted') return typeof entry === 'number' && typeof reply === 'object' && reply !== null;
  return result === 'refused' || result === 'dropped';
}
