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
  const noted = Buffer.allocUnsafe(bytes.length + prefix.length * countOf(bytes, LF));
  let length = 0;
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(LF, start) + 1;
    noted.set(prefix, length);
    noted.set(bytes.subarray(start, end), length + prefix.length);
    length += prefix.length + end - start;
    start = end;
  }
  const appended = log.append(noted);
  return appended.ok ? ok(undefined) : appended;
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
  for (const byte of bytes) {
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

function countOf(bytes: Uint8Array, byte: number): number {
  let count = 0;
  for (let at = bytes.indexOf(byte); at >= 0; at = bytes.indexOf(byte, at + 1)) count += 1;
  return count;
}
