// Text of the hive or of a caller inside sentences and names that an agent reads: nothing in it hides, steers or begins a line.

/**
 * `text` on one line, with every character that does not show as itself (Unicode general categories C, Zl, Zp: controls,
 * directional marks, tags, zero-width) as `\u{…}`, and cut at `lengthMax` UTF-16 units. What is content is never changed so:
 * this is for what stands around it.
 */
export function shownText(text: string, lengthMax: number = 1024): string {
  const shown = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${codeOf(character)}}`);
  return shown.length > lengthMax ? `${shown.slice(0, lengthMax)}…` : shown;
}

function codeOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16);
}
