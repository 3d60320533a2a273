// Text that somebody else wrote, for a terminal or a log line: nothing in it moves a cursor or begins a line.

/**
 * `text` as it would stand between the quotes of a JSON string, with everything else that does not show as itself
 * escaped too (Unicode general categories C, Zl and Zp): `\n`, `\"`, `\\`, `\u001b`, `\u202e`. The
 * result is one line, and whoever knows JSON can read back what it stands for.
 */
export function visibleText(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1);
  return inner.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => character.split('').map(escaped).join(''));
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
