// Characters that are not seen, or that make a text look like another one: controls, invisible and direction-changing ones (Unicode
// categories Cc and Cf), ends of lines and paragraphs (Zl, Zp). None of them is safe to show as it is, or to paste into a terminal.

/** One of them. */
export const UNSEEN: RegExp = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const UNSEEN_RUN = new RegExp(`(${UNSEEN.source}+)`, 'u');

/** A piece of a text. */
export interface Part {
  readonly text: string;
  /** It stands for characters that are not seen: `\u{202e}`. */
  readonly isSpelled: boolean;
}

/** The pieces of a text, in order. */
export function spelled(text: string): readonly Part[] {
  return text
    .split(UNSEEN_RUN)
    .map((part, index) =>
      index % 2 === 0 ? { text: part, isSpelled: false } : { text: numbers(part), isSpelled: true },
    )
    .filter(({ text: part }) => part !== '');
}

function numbers(characters: string): string {
  return [...characters].map((one) => `\\u{${one.codePointAt(0)?.toString(16)}}`).join('');
}
