// The line that is being typed: its text, the cursor, and the part of it that fits into one row of the terminal. Moves go by what
// a reader takes for one character (UAX 29), so that nothing is cut in two.

/** Longest line, in UTF-16 units: more than any control file takes. */
const LINE_CHARS_MAX = 65_536;

const SEGMENTS = new Intl.Segmenter();

/** What is shown of a line: before and after the cursor. */
export interface Window {
  readonly before: string;
  readonly after: string;
}

/** A line under a cursor. */
export class LineEditor {
  #before: string[] = [];
  #after: string[] = [];

  get text(): string {
    return [...this.#before, ...this.#after].join('');
  }

  /** What stands before the cursor. */
  get head(): string {
    return this.#before.join('');
  }

  /** Puts another line there, the cursor at its end. */
  set(text: string): void {
    this.#before = charactersOf(text.slice(0, LINE_CHARS_MAX));
    this.#after = [];
  }

  /** Inserts at the cursor; what would make the line too long is left out. */
  insert(text: string): void {
    const room = LINE_CHARS_MAX - this.text.length;
    this.#before = charactersOf(this.head + text.slice(0, Math.max(0, room)));
  }

  backspace(): void {
    this.#before.pop();
  }

  delete(): void {
    this.#after.shift();
  }

  left(): void {
    const character = this.#before.pop();
    if (character !== undefined) this.#after.unshift(character);
  }

  right(): void {
    const character = this.#after.shift();
    if (character !== undefined) this.#before.push(character);
  }

  home(): void {
    this.#after = [...this.#before, ...this.#after];
    this.#before = [];
  }

  end(): void {
    this.#before = [...this.#before, ...this.#after];
    this.#after = [];
  }

  /** Takes away all before the cursor. */
  cutHead(): void {
    this.#before = [];
  }

  /** Takes away the word before the cursor, and the blanks behind it. */
  cutWord(): void {
    this.#before = charactersOf(this.head.replace(/\S*\s*$/u, ''));
  }

  /** What fits into `cells`, with the cursor in it; `…` stands for what does not. */
  window(cells: number): Window {
    const before = fitting(this.#before.toReversed(), cells - 1).toReversed();
    const isCut = before.length < this.#before.length;
    const head = isCut ? ['…', ...before.slice(1)] : before;
    const after = fitting(this.#after, cells - widthOf(head) - 1);
    const tail = after.length < this.#after.length ? [...after.slice(0, -1), '…'] : after;
    return { before: head.join(''), after: tail.join('') };
  }
}

function charactersOf(text: string): string[] {
  return Array.from(SEGMENTS.segment(text), ({ segment }) => segment);
}

/** The first of them that fit. */
function fitting(characters: readonly string[], cells: number): string[] {
  const fit: string[] = [];
  let used = 0;
  for (const character of characters) {
    used += cellsOf(character);
    if (used > cells) break;
    fit.push(character);
  }
  return fit;
}

function widthOf(characters: readonly string[]): number {
  return characters.reduce((sum, character) => sum + cellsOf(character), 0);
}

/** Cells that a character takes at most: what is not ASCII may be wide, and a control character is shown as `\x1b`. */
function cellsOf(character: string): number {
  if (/^[\x20-\x7e]$/.test(character)) return 1;
  return character.length === 1 && /\p{Cc}/u.test(character) ? 4 : Math.max(2, 2 * [...character].length);
}
