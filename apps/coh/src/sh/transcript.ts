// Where the lines of a shell go: to stdout, and into a file with `--record`. Commands are recorded as `coh> <line>`
// without tickets, answers as they are.

import { writeFileSync } from 'node:fs';
import { TranscriptRecorder } from '@cohesix/client';
import { type Context, shown } from '../context.ts';
import { withoutTokens } from '../token.ts';

/** The prompt. */
export const PROMPT = 'coh> ';

/** A recording, or nothing when nobody asked for one. */
export class Transcript {
  readonly #recorder: TranscriptRecorder | undefined;
  readonly #file: string | undefined;

  constructor(file: string | undefined) {
    this.#file = file;
    this.#recorder = file === undefined ? undefined : new TranscriptRecorder();
  }

  /** Notes a command. */
  command(line: string): void {
    this.#recorder?.emit(`${PROMPT}${withoutTokens(line)}`);
  }

  /** Notes a line of an answer. */
  answer(line: string): void {
    this.#recorder?.emit(line);
  }

  /** Writes the file, mode 0600. @throws what the disk says. */
  save(): void {
    if (this.#file !== undefined && this.#recorder !== undefined) {
      writeFileSync(this.#file, this.#recorder.text(), { mode: 0o600 });
    }
  }
}

/** A line for stdout: on a terminal without what would steer it. */
export function shownLine(context: Context, line: string): string {
  return `${shown(context, line)}\n`;
}
