// The lines that a recorded session was given, as the text of the file beside its trace: `<after> <line>` each. `after` is
// how many exchanges of the trace were over when the line was given: while a stream is followed, that decides what a
// line such as `stop` finds under way, and the trace itself does not tell it.

import { ok, type Result, refuse } from '@cohesix/wire';

/** A line and its moment. */
export interface RecordedLine {
  /** Exchanges before it, from the start of the trace. */
  readonly after: number;
  /** Without tickets and without a line feed. */
  readonly text: string;
}

const LINE = /^(\d{1,7}) (.*)$/su;

/** The text of the file. */
export function formatRecordedLines(lines: readonly RecordedLine[]): string {
  return lines.map(({ after, text }) => `${after} ${text}\n`).join('');
}

/** Reads it back; `invalid-payload` names the first line that is none. */
export function parseRecordedLines(text: string): Result<readonly RecordedLine[]> {
  const lines: RecordedLine[] = [];
  for (const [index, line] of text.split('\n').slice(0, -1).entries()) {
    const [, after, given] = LINE.exec(line) ?? [];
    if (after === undefined || given === undefined) {
      return refuse('invalid-payload', `line ${index + 1}: a number and a line of the shell are wanted.`);
    }
    lines.push({ after: Number(after), text: given });
  }
  return ok(lines);
}
