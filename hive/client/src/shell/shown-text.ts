// Text as people may see and keep it: without what would steer a terminal, and without tickets.

/** What tokens of any form look like, anywhere in a text. */
export const TOKEN: RegExp = /\b(?:coh2\.|cohs\.|cohesix-ticket-)[\w.+/=-]+/g;

/** Whether a text is, or holds, a ticket. */
export function holdsToken(text: string): boolean {
  return text.search(TOKEN) >= 0;
}

/** A text without the tickets in it. */
export function withoutTokens(text: string): string {
  return text.replace(TOKEN, '<ticket>');
}

/** Whether a line may be kept: `attach` and `login` may be followed by a ticket of any form. */
export function mayKeep(line: string): boolean {
  return line.trim() !== '' && !holdsToken(line) && !/^\s*(?:attach|login)\s+\S+\s+\S/i.test(line);
}

/** A text in which control characters other than LF and tab are shown, so that content cannot steer a terminal. */
export function visible(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
