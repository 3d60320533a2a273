// What a shell that somebody types into (`coh sh`, the page) adds to the grammar, and what it completes.

import type { HiveClient } from '../hive-client.ts';
import { completePath, offerable } from './complete-path.ts';
import type { Shell } from './shell.ts';

/** `tail -f PATH` is what people type for `follow PATH`; every other line is as it is. */
export function shellForm(line: string): string {
  const match = /^\s*tail\s+-f\s+(\S+)\s*$/i.exec(line);
  return match === null ? line : `follow ${match[1]}`;
}

/** A verb and its first path, which completion may have left with slashes behind it. */
const SLASHED = /^(\s*(?:ls|stat|cat|tail|tail\s+-f|follow|echo|approve)\s+)(\/\S*?)\/+(?=\s|$)/i;

/** What a person typed as a line of the shell: also `ls` alone, `exit`, and a directory with a slash behind it. */
export function typedForm(line: string): string {
  if (/^\s*ls\s*$/i.test(line)) return 'ls /';
  if (/^\s*exit\s*$/i.test(line)) return 'quit';
  return shellForm(line.replace(SLASHED, (_, verb: string, path: string) => verb + path));
}

/** What somebody may have meant whose verb is none of `verbs`; undefined when it is one of them. */
export function verbHint(verbs: readonly string[], line: string): string | undefined {
  const word = /\S+/.exec(line)?.[0].toLowerCase() ?? '';
  if (word === '' || word === 'login' || verbs.includes(word)) return undefined;
  const [near] = verbs.filter((verb) => distance(verb, word) <= 1 + Math.floor(word.length / 4));
  return near === undefined ? 'No such verb; help lists them.' : `No such verb; did you mean ${near}?`;
}

/** How many letters to add, remove or change between two words (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (let at = 1; at <= to.length; at++) {
      const changed = (row[at - 1] ?? 0) + (letter === to[at - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

/** The verbs of a shell, from its own help: each line begins with one, in lower case. */
export async function verbsOf(shell: Shell): Promise<readonly string[]> {
  const verbs = new Set<string>();
  await shell.execute('help', (line) => {
    const verb = /^([a-z]+)(?=[ :]|$)/.exec(line)?.[1];
    if (verb !== undefined) verbs.add(verb);
  });
  return [...verbs].sort();
}

/** Candidates for the end of a line and the part of it they replace: readline's completer. */
export async function completeLine(
  client: HiveClient | undefined,
  verbs: readonly string[],
  line: string,
): Promise<[string[], string]> {
  const word = /\S*$/.exec(line)?.[0] ?? '';
  if (!/\S\s/.test(line))
    return [verbs.filter((verb) => verb.startsWith(word.toLowerCase())).map((verb) => `${verb} `), word];
  if (client === undefined) return [[], word];
  const isWorker = /^\s*kill\s+\S*$/i.test(line);
  const found = isWorker ? await workers(client, word) : await completePath(client, word === '' ? '/' : word);
  return [[...found], word];
}

async function workers(client: HiveClient, prefix: string): Promise<readonly string[]> {
  const names = await client.list('/worker');
  return names.ok ? offerable(names.value).filter((name) => name.startsWith(prefix)) : [];
}
