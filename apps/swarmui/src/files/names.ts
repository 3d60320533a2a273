// Directories, texts and lines of JSON, as components read them.

import { jsonLines } from '@cohesix/client/core';
import { ok } from '@cohesix/wire';
import type { Content } from './content.ts';
import { type Reading, useReading } from './reads.ts';

const UTF8 = new TextDecoder();

/** How a directory is read. */
export const NAMES: Reading<readonly string[]> = {
  name: 'names',
  read: (client, path) => client.list(path),
  isSame: (one, other) => one.length === other.length && one.every((name, index) => name === other[index]),
};

/** How a text is read. */
export const TEXT: Reading<string> = {
  name: 'text',
  read: async (client, path) => {
    const content = await client.read(path);
    return content.ok ? ok(UTF8.decode(content.value)) : content;
  },
  isSame: Object.is,
};

/** Names in a directory. */
export function useNames(path: string): Content<readonly string[]> {
  return useReading(path, NAMES);
}

/** The text of a file. */
export function useText(path: string): Content<string> {
  return useReading(path, TEXT);
}

/** The lines of a file of JSON lines that parse. */
export function useRecords(path: string): Content<readonly unknown[]> {
  const text = useText(path);
  return text.kind === 'here' ? { ...text, value: jsonLines(text.value) } : text;
}
