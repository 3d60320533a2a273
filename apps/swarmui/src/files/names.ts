// Directories, texts and lines of JSON, as components read them.

import { jsonLines } from '@cohesix/client/core';
import { ok } from '@cohesix/wire';
import type { Content } from './content.ts';
import { LONG_SIZE, type Reading, useReading, VIEW_BYTES_MAX } from './reads.ts';

const UTF8 = new TextDecoder();
/** Names above which a directory is long. */
const LONG_NAMES = 2000;

/** How a directory is read. */
export const NAMES: Reading<readonly string[]> = {
  name: 'names',
  read: (client, path) => client.list(path),
  isSame: (one, other) => one.length === other.length && one.every((name, index) => name === other[index]),
  isLong: ({ length }) => length > LONG_NAMES,
};

/** How a text is read. */
export const TEXT: Reading<string> = {
  name: 'text',
  read: async (client, path) => {
    const content = await client.read(path, { maxBytes: VIEW_BYTES_MAX });
    return content.ok ? ok(UTF8.decode(content.value)) : content;
  },
  isSame: Object.is,
  isLong: ({ length }) => length > LONG_SIZE,
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
