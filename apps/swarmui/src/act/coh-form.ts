// The same act for the shell: what a person would type to append this line. What would steer a terminal, or look like another text than
// it is, is spelled out.

import { UNSEEN } from './spelled.ts';

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

/**
 * The command that appends the line: `coh echo PATH LINE`. A line that begins with `-` goes behind `--`; one that a terminal would not
 * take as it is comes from `printf`, and so does a single `-`, which means stdin.
 */
export function cohForm({ path, line }: Pick<Act, 'path' | 'line'>): string {
  const file = UNSEEN.test(path) ? `"$(printf '${octal(path)}')"` : quoted(path);
  if (UNSEEN.test(line) || line === '-') return `printf '${octal(line)}\\n' | coh echo ${file} -`;
  return `coh echo ${file} ${line.startsWith('-') ? '-- ' : ''}${quoted(line)}`;
}

/** A word of a POSIX shell (XCU 2.2.2): in single quotes unless nothing in it means anything. */
export function quoted(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A format of printf (XCU, printf) in single quotes: unsafe characters as octal bytes of their UTF-8, and a `-` that would begin an option. */
function octal(text: string): string {
  return [...text].map(octalOf).join('').replace(/^-/, '\\055');
}

function octalOf(character: string): string {
  if (character === '\\') return '\\\\';
  if (character === '%') return '%%';
  if (character === "'") return "'\\''";
  if (!UNSEEN.test(character)) return character;
  return [...new TextEncoder().encode(character)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}
