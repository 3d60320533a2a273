// Text that came out of a file nobody vouches for: names, strings, comments. It is never shown as it is.

/** Characters of one text that are shown. */
const TEXT_MAX = 200;

/** Control and format characters (bidi marks are among them), line separators, halves of pairs, and the backslash that escapes. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\\]/gu;

/** A text of a file, escaped (`\n`, `\x1b`, `\u{202e}`, `\\`) and cut with `…` behind `most` characters. */
export function foreign(text: string, most: number = TEXT_MAX): string {
  const kept = text.length > most ? `${text.slice(0, most)}…` : text;
  return kept.replace(HIDDEN, escaped);
}

function escaped(character: string): string {
  const simple = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' }[character];
  if (simple !== undefined) return simple;
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u{${code}}`;
}
