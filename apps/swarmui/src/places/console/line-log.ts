// The lines of the console: what was typed, what was answered, and what the page says itself. Bounded; who shows them asks for those
// after the last one it has.

import { parseAnswer } from '@cohesix/wire';

/** Lines that are kept. */
export const LOG_LINES_MAX = 5000;
/** Of one line so many characters are shown; a copy of the transcript has all. */
const SHOWN_CHARS_MAX = 8192;

/** What a line is: it decides its colour, and the word it begins with says the same without one. */
export type Tone = 'command' | 'ok' | 'err' | 'end' | 'data' | 'note';

/** A line and its number, which grows by one from line to line. */
export interface LogLine {
  readonly number: number;
  readonly tone: Tone;
  readonly text: string;
}

/** The last lines. */
export class LineLog {
  #lines: LogLine[] = [];
  #next = 0;
  #version = 0;
  #cleared = 0;
  readonly #watchers = new Set<() => void>();

  /** Adds a line and tells everybody. */
  add(tone: Tone, text: string): void {
    const shown = text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX)}…` : text;
    this.#lines.push({ number: this.#next, tone, text: shown });
    this.#next += 1;
    if (this.#lines.length > 2 * LOG_LINES_MAX) this.#lines = this.#lines.slice(-LOG_LINES_MAX);
    this.#tell();
  }

  /** Forgets all lines. */
  clear(): void {
    this.#lines = [];
    this.#cleared = this.#next;
    this.#tell();
  }

  /** Number of the first line after the log was cleared last. */
  get cleared(): number {
    return this.#cleared;
  }

  /** The lines from a number on, of those that are kept. */
  from(number: number): readonly LogLine[] {
    const kept = this.#lines.slice(-LOG_LINES_MAX);
    const skip = number - (kept[0]?.number ?? number);
    return skip <= 0 ? kept : kept.slice(skip);
  }

  /** Number of the next line. */
  get next(): number {
    return this.#next;
  }

  /** Grows with each change. */
  readonly version = (): number => this.#version;

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  };

  #tell(): void {
    this.#version += 1;
    for (const watcher of [...this.#watchers]) watcher();
  }
}

/** What a line of the shell is. */
export function toneOf(line: string): Tone {
  return parseAnswer(line).kind;
}

/** Characters that turn the direction of what follows (UAX 9): a name could be shown as another one. */
const TURNS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A text whose direction nothing in it changes: such characters are shown by their number. */
export function straight(text: string): string {
  return text.replace(TURNS, (char) => `\\u${char.charCodeAt(0).toString(16)}`);
}
