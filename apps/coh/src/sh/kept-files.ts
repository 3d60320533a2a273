// What a session of `coh sh` leaves in files: a transcript, and a trace with the lines that made it beside it
// (`FILE.lines`), because a `.trace` holds messages and acknowledgements but no commands. Written when the session ends,
// also by a signal.

import { resolve } from 'node:path';
import { encodeTrace, formatRecordedLines, parseDoorUrl, TRACE_FAULTS, TraceRecorder } from '@cohesix/client';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import { type Context, note } from '../context.ts';
import type { Failure } from '../failure.ts';
import { doorUrl, type SessionWish } from '../session.ts';
import { errorText, TOKEN } from '../token.ts';
import { writePrivate, writeProblem } from './private-file.ts';
import { type Listener, Transcript } from './transcript.ts';

/** Which files are wanted; as they were typed. */
export interface KeepWish {
  readonly record?: string;
  readonly transcript?: string;
}

/** Where the lines of a trace are. */
export function linesFileOf(trace: string): string {
  return `${trace}.lines`;
}

/** The files of one session. */
export class KeptFiles {
  readonly transcript: Transcript;
  /** Whether a trace is recorded. */
  readonly isRecording: boolean;
  /** What records below each connection; undefined when nobody asked for a trace. */
  readonly wrap: SessionWish['wrap'];
  readonly #recorder: TraceRecorder | undefined;
  readonly #trace: string | undefined;
  readonly #files: readonly string[];
  #isSaved = false;

  /** `listener` hears the lines when they are not recorded. */
  constructor(context: Context, { record, transcript }: KeepWish, listener?: Listener) {
    const absolute = (file: string): string => resolve(context.io.cwd, file);
    this.#trace = record === undefined ? undefined : absolute(record);
    const text = transcript === undefined ? undefined : absolute(transcript);
    this.#recorder = record === undefined ? undefined : recorderOf(context, record);
    this.isRecording = this.#recorder !== undefined;
    this.wrap = this.#recorder === undefined ? undefined : (bare) => this.#recorder?.record(bare) ?? bare;
    this.transcript = new Transcript(text, this.#recorder ?? listener);
    const beside = this.#trace === undefined ? [] : [this.#trace, linesFileOf(this.#trace)];
    this.#files = [...beside, ...(text === undefined ? [] : [text])];
  }

  /** Why the files cannot be had; known before anything is done. */
  problem(context: Context): Failure | undefined {
    for (const file of this.#files) {
      const sentence = writeProblem(file);
      if (sentence !== undefined) return { what: `cannot write ${file}`, code: 'failed', sentence, advice: [] };
    }
    return this.isRecording ? doorProblem(context) : undefined;
  }

  /** Has the files written also when a signal ends the session, until the returned function is called. */
  saveOnSignal(context: Context, { isInteractive }: { readonly isInteractive: boolean }): () => void {
    if (this.#files.length === 0) return () => {};
    const { io } = context;
    io.outliveOutput();
    const end = (status: number) => (): void => {
      const failure = this.save();
      if (failure !== undefined) note(context, `${failure.what}: ${failure.sentence ?? ''}`);
      io.exit(status);
    };
    const offs = [io.onSignal('SIGTERM', end(143))];
    // At a terminal Ctrl-C clears the line and ends nothing.
    if (!isInteractive) offs.push(io.onSignal('SIGINT', end(130)));
    return () => {
      for (const off of offs) off();
    };
  }

  /** Writes the files, once. */
  save(): Failure | undefined {
    if (this.#isSaved) return undefined;
    this.#isSaved = true;
    try {
      this.transcript.save();
      return this.#saveTrace();
    } catch (error) {
      return { what: 'cannot write the recording', code: 'failed', sentence: errorText(error), advice: [] };
    }
  }

  #saveTrace(): Failure | undefined {
    if (this.#recorder === undefined || this.#trace === undefined) return undefined;
    const { trace, lines } = this.#recorder.finish();
    const encoded = encodeTrace(trace, nodeTicketCrypto.sha256);
    if (!encoded.ok) {
      return { what: 'cannot write the trace', code: 'failed', sentence: TRACE_FAULTS[encoded.fault], advice: [] };
    }
    writePrivate(linesFileOf(this.#trace), formatRecordedLines(lines));
    writePrivate(this.#trace, encoded.value);
    return undefined;
  }
}

function recorderOf(context: Context, file: string): TraceRecorder {
  const onStopped = (why: string): void => note(context, `recording stopped: ${why} ${file} gets what came before.`);
  return new TraceRecorder({ secret: TOKEN, turn: setImmediate, onStopped });
}

function doorProblem(context: Context): Failure | undefined {
  const url = doorUrl(context);
  const door = url.ok ? parseDoorUrl(url.value) : url;
  if (!door.ok || door.value.protocol === '9p') return undefined; // What is wrong with a door, connecting to it tells.
  return {
    what: 'cannot record',
    code: 'unsupported',
    sentence: `A trace holds 9P messages, and this door speaks ${door.value.protocol === 'rest' ? 'HTTP' : 'the protocol of the console'}.`,
    advice: [
      'Use a 9P door: --to unix:/path, 9p://host:port or ws://host:port/v1/9p.',
      'At any door: --transcript FILE keeps what was typed and answered.',
    ],
  };
}
