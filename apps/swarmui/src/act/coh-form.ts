// The same act for the shell: what a person would type to append this line.

/** One line for one file. */
export interface Act {
  readonly path: string;
  /** Without LF. */
  readonly line: string;
  /** What it does, in words, for the title of the review. */
  readonly what: string;
  /** It ends or removes something. */
  readonly isDanger?: boolean;
}

/** The command that appends the line: `coh echo PATH LINE`. */
export function cohForm({ path, line }: Pick<Act, 'path' | 'line'>): string {
  return `coh echo ${quoted(path)} ${quoted(line)}`;
}

/** A word of a POSIX shell (XCU 2.2.2): in single quotes unless nothing in it means anything. */
export function quoted(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
