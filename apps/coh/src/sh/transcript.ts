// Where the lines of a shell go: to stdout, into a file with `--transcript`, and to whoever records or compares them.
// Commands are kept as `coh> <line>` without tickets, answers as they are.

import { TranscriptRecorder } from '@cohesix/client';
import { type Context, shown } from '../context.ts';
import { withoutTokens } from '../token.ts';
import { writePrivate } from './private-file.ts';

/** The prompt. */
export const PROMPT = 'coh> ';

/** Who hears what passes between a person and a shell: the recorder of a trace, or its replay. */
export interface Listener {
  /** A line is given to the shell, as it was typed. */
  begin(line: string): void;
  /** A line of an answer. */
  heard(line: string): void;
  /** All of the answer was heard. */
  ended(): void;
}

/** The lines of one session. */
export class Transcript {
  readonly #recorder: TranscriptRecorder | undefined;
  readonly #file: string | undefined;
  readonly #listener: Listener | undefined;

  /** `file`: where the text is kept; nothing is kept when there is none. */
  constructor(file?: string, listener?: Listener) {
    this.#file = file;
    this.#recorder = file === undefined ? undefined : new TranscriptRecorder();
    this.#listener = listener;
  }

  /** Notes a command. */
  command(line: string): void {
    this.#recorder?.emit(`${PROMPT}${withoutTokens(line)}`);
    this.#listener?.begin(line);
  }

  /** Notes a line of an answer. */
  answer(line: string): void {
    this.#recorder?.emit(line);
    this.#listener?.heard(line);
  }

  /** Notes that the command has been answered. */
  answered(): void {
    this.#listener?.ended();
  }

  /** Writes the file, mode 0600. @throws what the disk says. */
  save(): void {
    if (this.#file !== undefined && this.#recorder !== undefined) writePrivate(this.#file, this.#recorder.text());
  }
}

/** A line for stdout: on a terminal without what would steer it. */
export function shownLine(context: Context, line: string): string {
  return `${shown(context, line)}\n`;
}
