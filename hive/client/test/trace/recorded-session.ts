// A session with the memory hive over 9P, recorded; and the same lines against its trace.

import { createHash } from 'node:crypto';
import {
  createShell,
  NinePClient,
  type RecordedLine,
  type Recording,
  realTimers,
  type Shell,
  type Trace,
  type TraceDifference,
  TraceRecorder,
  TraceReplay,
} from '../../src/core.ts';
import { good } from '../hive-client-suite.ts';
import { contractHive, MemoryDoor, type MemoryHive } from '../memory-door.ts';
import { transportPair } from '../memory-transport.ts';
import { NinePServer, type ServerHooks } from '../ninep-server.ts';

export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

/** What tickets look like in these tests. */
const SECRET: RegExp = /\btkt\.\w+/g;

/** The ticket of the sessions; not of that form. */
export const TICKET = 'a-ticket-of-another-form';

export interface SessionSettings {
  readonly hive?: MemoryHive;
  readonly hooks?: ServerHooks;
  readonly chunkBytes?: number;
  /** msize of both ends. Default 8192. */
  readonly msize?: number;
  readonly onStopped?: (why: string) => void;
}

/** A recorded session, a line at a time. */
export class RecordedSession {
  readonly hive: MemoryHive;
  readonly recorder: TraceRecorder;
  readonly client: NinePClient;
  readonly heard: string[] = [];
  readonly #shell: Shell;

  private constructor(made: { hive: MemoryHive; recorder: TraceRecorder; client: NinePClient; shell: Shell }) {
    this.hive = made.hive;
    this.recorder = made.recorder;
    this.client = made.client;
    this.#shell = made.shell;
  }

  static async open(settings: SessionSettings = {}): Promise<RecordedSession> {
    const { hive = contractHive(), msize = 8192, onStopped } = settings;
    const recorder = new TraceRecorder({
      secret: SECRET,
      turn: setImmediate,
      ...(onStopped === undefined ? {} : { onStopped }),
    });
    const connect = (role: string, ticket: string) => {
      const pair = transportPair(settings.chunkBytes);
      new NinePServer(new MemoryDoor(hive), pair.server, { msize, ...settings.hooks });
      return NinePClient.attach(recorder.record(pair.client), { role, ticket, msize, timers: realTimers });
    };
    const client = good(await connect('queen', TICKET));
    const shell = createShell({ client, approver: client, connect: (role, ticket) => connect(role, ticket ?? '') });
    return new RecordedSession({ hive, recorder, client, shell });
  }

  async line(text: string): Promise<void> {
    this.recorder.begin(text);
    await this.#shell.execute(text, (line) => {
      this.recorder.heard(line);
      this.heard.push(line);
    });
    this.recorder.ended();
  }
}

/** Records these lines. */
export async function record(
  lines: readonly string[],
  settings: SessionSettings = {},
): Promise<Recording & { readonly heard: readonly string[] }> {
  const session = await RecordedSession.open(settings);
  for (const line of lines) await session.line(line);
  return { ...session.recorder.finish(), heard: session.heard };
}

/** How a replay went. */
export interface Replayed {
  readonly heard: readonly string[];
  readonly difference: TraceDifference | undefined;
}

/** Gives the lines to a shell over the trace, each at its moment when it has one. */
export async function replay(trace: Trace, lines: readonly (RecordedLine | string)[]): Promise<Replayed> {
  const replay = new TraceReplay(trace, { turn: setImmediate, secret: SECRET });
  const connect = (role: string, ticket: string) =>
    NinePClient.attach(replay.transport(), { role, ticket, timers: realTimers, deadlineMs: 1000 });
  const momentOf = (index: number): number | undefined => {
    const line = lines[index];
    return typeof line === 'object' ? line.after : undefined;
  };
  replay.allow(momentOf(0));
  const [first] = replay.firstAttaches();
  const client = good(await connect(first?.role ?? '', first?.ticket ?? ''));
  const shell = createShell({ client, approver: client, connect: (role, ticket) => connect(role, ticket ?? '') });
  const heard: string[] = [];
  for (const [index, line] of lines.entries()) {
    await replay.quiet();
    replay.allow(momentOf(index + 1));
    await shell.execute(typeof line === 'string' ? line : line.text, (answer) => {
      replay.heard(answer);
      heard.push(answer);
    });
    if (replay.difference !== undefined) break;
  }
  await replay.quiet();
  return { heard, difference: replay.end() };
}
