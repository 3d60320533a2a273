// Appending: bytes become whole lines, lines become commands or stream records. All or nothing: a message whose lines
// are not all accepted leaves nothing behind.

import { ok, type Result, refuse } from '@cohesix/wire';
import type { CommandPort } from './door.ts';
import { openSpot, WRITE } from './open-file.ts';
import { mayBegin, type Session, type Spot } from './session.ts';

/** Lines one append may hold; more is `too-big`. */
const LINES_PER_APPEND_MAX = 16;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const LF = 0x0a;

/**
 * Appends to a spot. `done` is called exactly once: at once for a refusal and for most streams, after the journal has the
 * lines for a control file. `bytes` is borrowed only until this returns.
 */
export function appendTo(
  session: Session,
  spot: Spot,
  bytes: Uint8Array,
  commands: CommandPort,
  done: (result: Result<void>) => void,
): void {
  const { entry } = spot;
  const { file } = entry;
  if (file === undefined) return done(refuse('is-directory'));
  if ((spot.scope.mask & WRITE) === 0) return done(refuse('denied', `Your ticket may not write ${spot.visible}.`));
  switch (file.kind) {
    case 'view':
    case 'blob':
      return done(refuse('denied', `${spot.visible} is read-only.`));
    case 'stored':
      return void appendStored(session, spot, Uint8Array.from(bytes)).then(done);
    case 'stream':
      if (file.append === undefined) return done(refuse('denied', `Only the hive appends to ${spot.visible}.`));
      return answered(session, file.append(entry.params, endedByLf(bytes), session), done);
    case 'control': {
      // What is refused before there are lines has no results, and must not leave those of the append before.
      session.lastAppend = undefined;
      const begins = mayBegin(session);
      const lines = begins.ok ? linesOf(bytes) : begins;
      if (!lines.ok) return done(lines);
      if (lines.value.length === 0) return done(ok(undefined));
      session.hold();
      return commands.submit(session.principal, entry.path, lines.value, (result, known) => {
        const refusal = result.ok ? undefined : result.refusal;
        session.lastAppend = { path: entry.path, lineCount: lines.value.length, refusal, known };
        done(result);
        session.release();
      });
    }
  }
}

/** Answers at once, or when a promise is settled; until then the session holds it. */
function answered(
  session: Session,
  appended: Result<void> | Promise<Result<void>>,
  done: (result: Result<void>) => void,
): void {
  if (!(appended instanceof Promise)) return done(appended);
  session.hold();
  void appended.then((result) => {
    done(result);
    session.release();
  });
}

/** One piece where the content ends, for doors without fids: opened, appended, closed. */
async function appendStored(session: Session, spot: Spot, bytes: Uint8Array): Promise<Result<void>> {
  const opened = openSpot(session, spot, { read: false, write: true, follow: false });
  if (!opened.ok) return opened;
  if (opened.value.kind !== 'stored') return refuse('internal');
  const { file } = opened.value;
  session.hold();
  const appended = await file.append({ offset: undefined, bytes });
  const closed = await file.close();
  session.release();
  return appended.ok ? closed : appended;
}

function endedByLf(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0 || bytes[bytes.length - 1] === LF) return bytes;
  const ended = new Uint8Array(bytes.length + 1);
  ended.set(bytes);
  ended[bytes.length] = LF;
  return ended;
}

/** Splits into non-empty lines; `invalid-payload` when not UTF-8, `too-big` when there are too many. */
function linesOf(bytes: Uint8Array): Result<readonly string[]> {
  let text: string;
  try {
    text = UTF8.decode(bytes);
  } catch {
    return refuse('invalid-payload', 'The line is not valid UTF-8.');
  }
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length > LINES_PER_APPEND_MAX) {
    return refuse('too-big', `At most ${LINES_PER_APPEND_MAX} lines in one append; this has ${lines.length}.`);
  }
  return ok(lines);
}
