// Recording the page's own session: begins with a new connection, so that the trace has all of it, and ends as a file. Bounded like every
// trace; tickets are masked by the recorder.

import { encodeTrace, TOKEN, TRACE_BYTES_MAX, TRACE_FAULTS, TraceRecorder } from '@cohesix/client/core';
import { ok, type Result, refuse } from '@cohesix/wire';
import { sha256 } from '../journal/sha256.ts';
import { tap } from '../session/live.ts';
import { session } from '../session/session.ts';
import { Store } from '../store/store.ts';
import { turn } from './turn.ts';

/** A recording that runs. */
export interface Running {
  /** Takes the lines of the console, so that `coh sh --replay` can give them again. */
  readonly listener: Pick<TraceRecorder, 'begin' | 'heard' | 'ended'>;
  readonly recorder: TraceRecorder;
  /** Why nothing more is taken; undefined while something is. */
  readonly stopped: string | undefined;
}

/** The one that runs. */
export const recorder: Store<Running | undefined> = new Store<Running | undefined>(undefined);

/** Begins. The page connects anew. */
export function startRecording(): void {
  if (recorder.get() !== undefined) return;
  const made: TraceRecorder = new TraceRecorder({
    secret: TOKEN,
    turn,
    onStopped: (why) => {
      const now = recorder.get();
      if (now?.recorder === made) recorder.set({ ...now, stopped: why });
    },
  });
  recorder.set({ listener: made, recorder: made, stopped: undefined });
  tap.set((bare) => made.record(bare));
  session.reconnect();
}

/** Ends, and gives the file. At most 1 MiB; what came after that is not in it. */
export function finishRecording(): Result<Uint8Array> {
  const now = recorder.get();
  if (now === undefined) return refuse('invalid-transition', 'Nothing is recorded.');
  recorder.set(undefined);
  tap.set(undefined);
  const encoded = encodeTrace(now.recorder.finish().trace, sha256);
  return encoded.ok ? ok(encoded.value) : refuse('internal', TRACE_FAULTS[encoded.fault]);
}

// What one person did is not for a file of the next one at this tab.
session.phase.watch(() => {
  if (session.phase.get().kind !== 'signed-out') return;
  recorder.set(undefined);
  tap.set(undefined);
});

/** Said beside the button. */
export const RECORDING_ABOUT: string = `Records what this tab asks and hears, at most ${TRACE_BYTES_MAX >> 20} MiB, tickets masked. The page connects anew to begin; signing out discards it.`;
