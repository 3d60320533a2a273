// A line of a status file: `key=value` words. What a machine says of itself is not to be trusted: it may have blanks, line feeds and
// whole escape sequences in it, and a reader takes the line as it is.

/** Longest line of a host, bytes without its LF (contracts-1 4.9). */
const LINE_BYTES_MAX = 256;

/** Longest value, characters; a longer one is cut, and ends in `~`. */
const VALUE_CHARACTERS_MAX = 96;

/** A value of a field; undefined: the machine did not say. */
export type StatusValue = string | number | undefined;

/** The line of these fields, in their order. Fields that do not fit any more are left out whole. */
export function statusText(fields: Readonly<Record<string, StatusValue>>): string {
  let line = '';
  for (const [key, value] of Object.entries(fields)) {
    const word = `${line === '' ? '' : ' '}${key}=${value === undefined ? 'unknown' : plain(String(value))}`;
    if (line.length + word.length <= LINE_BYTES_MAX) line += word;
  }
  return line;
}

/** One printable ASCII word: whatever else stands in it becomes `_`, an escape sequence of a terminal one of them. */
function plain(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the purpose
  const word = value.replace(/\u001b\[[0-?]*[ -/]*[@-~]/g, '_').replace(/[^!-~]+/g, '_');
  if (word === '') return 'unknown';
  return word.length <= VALUE_CHARACTERS_MAX ? word : `${word.slice(0, VALUE_CHARACTERS_MAX - 1)}~`;
}
