// Small pieces of the shell's grammar: words and `key=value` words. There is no quoting: a path has no blank, and what
// may hold blanks (a payload, a JSON text) is the rest of the line, taken as it stands.

/** The first word of a text and what follows its blanks. */
export function firstWord(text: string): { readonly word: string; readonly rest: string } {
  const trimmed = text.trimStart();
  const at = trimmed.search(/\s/);
  return at < 0 ? { word: trimmed, rest: '' } : { word: trimmed.slice(0, at), rest: trimmed.slice(at).trim() };
}

/** All words of a text. */
export function words(text: string): readonly string[] {
  return text.trim() === '' ? [] : text.trim().split(/\s+/);
}

/** `key=value` words as a map; undefined when a word is not of that form or a key repeats. */
export function keyedWords(list: readonly string[]): ReadonlyMap<string, string> | undefined {
  const map = new Map<string, string>();
  for (const word of list) {
    const at = word.indexOf('=');
    if (at <= 0 || map.has(word.slice(0, at))) return undefined;
    map.set(word.slice(0, at), word.slice(at + 1));
  }
  return map;
}
