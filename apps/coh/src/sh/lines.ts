// What `coh sh` adds to the grammar of the shell, and what it completes.

import type { HiveClient, Shell } from '@cohesix/client';
import { completePath } from '../complete/paths.ts';

/** `tail -f PATH` is what people type for `follow PATH`; every other line is as it is. */
export function shellForm(line: string): string {
  const match = /^\s*tail\s+-f\s+(\S+)\s*$/i.exec(line);
  return match === null ? line : `follow ${match[1]}`;
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
  return names.ok ? names.value.filter((name) => name.startsWith(prefix)) : [];
}
