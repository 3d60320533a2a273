// What clients append to streams: text that cannot steer a reader's terminal, and in the log marked as theirs.

import { textProblem } from '@cohesix/authority';
import type { Session } from '@cohesix/ninedoor';
import type { Ring } from '@cohesix/telemetry';
import { ok, type Result, refuse } from '@cohesix/wire';

const LF = 0x0a;
const TAB = 0x09;
const SPACE = 0x20;
const TILDE = 0x7e;
const ENCODER = new TextEncoder();
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const PREFIXES = new WeakMap<Session, Uint8Array>();

/** Appends a session's lines to the log, each behind `note <role>:<subject> `: nobody can forge a line of the hive's own. */
export function appendNote(log: Ring, bytes: Uint8Array, session: Session): Result<void> {
  const problem = streamTextProblem(bytes);
  if (problem !== undefined) return refuse('invalid-payload', problem);
  const prefix = prefixOf(session);
  if (isOneLine(bytes)) return appended(log, joined(prefix, bytes));
  const lines = linesOf(bytes);
  // Measured before it is made: short lines multiply, and the ring could refuse only what exists.
  const size = lines.reduce((sum, line) => sum + prefix.length + line.length, 0);
  if (size > log.capacity) return refuse('too-big', `Notes of ${size} bytes are over the ${log.capacity} of the log.`);
  const noted = Buffer.allocUnsafe(size);
  let length = 0;
  for (const line of lines) {
    noted.set(prefix, length);
    noted.set(line, length + prefix.length);
    length += prefix.length + line.length;
  }
  return appended(log, noted);
}

/** The usual note: one line, ended by its LF. */
function isOneLine(bytes: Uint8Array): boolean {
  return bytes.length > 1 && bytes.indexOf(LF) === bytes.length - 1;
}

function joined(prefix: Uint8Array, line: Uint8Array): Uint8Array {
  const both = Buffer.allocUnsafe(prefix.length + line.length);
  both.set(prefix);
  both.set(line, prefix.length);
  return both;
}

function appended(log: Ring, bytes: Uint8Array): Result<void> {
  const result = log.append(bytes);
  return result.ok ? ok(undefined) : result;
}

/** Lines that are not empty, each with its LF. */
function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(LF, start) + 1;
    if (end > start + 1) lines.push(bytes.subarray(start, end));
    start = end;
  }
  return lines;
}

/** What makes lines unfit for a stream: not UTF-8, or a control character other than TAB; undefined when they are fit. */
export function streamTextProblem(bytes: Uint8Array): string | undefined {
  if (isPlain(bytes)) return undefined;
  let text: string;
  try {
    text = DECODER.decode(bytes);
  } catch {
    return 'The lines are not valid UTF-8.';
  }
  const problem = textProblem(text.replaceAll('\n', ' '));
  return problem === undefined ? undefined : `The lines have ${problem}.`;
}

/** Whether all bytes are printable ASCII, TAB or LF, as nearly always: then nothing needs to be decoded. */
function isPlain(bytes: Uint8Array): boolean {
  // By index: on the hot path, and an iterator costs more than the comparison.
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0;
    if (byte >= SPACE && byte <= TILDE) continue;
    if (byte !== LF && byte !== TAB) return false;
  }
  return true;
}

function prefixOf(session: Session): Uint8Array {
  const known = PREFIXES.get(session);
  if (known !== undefined) return known;
  const prefix = ENCODER.encode(`note ${session.principal.role}:${session.principal.subject} `);
  PREFIXES.set(session, prefix);
  return prefix;
}
