// follow and stop. A follow runs beside other commands; its lines are written chunk by chunk, so they never fall into
// the middle of another command's answer.

import { END_LINE, formatErr, refusal } from '@cohesix/wire';
import type { Follow, HiveClient } from '../hive-client.ts';
import { linesOf } from './file-verbs.ts';
import { done, type Emit, type Outcome, type RunningFollow, refused, type ShellState } from './outcome.ts';

/** What `follow` is asked for. */
export interface FollowRequest {
  readonly path: string;
  readonly from?: bigint;
}

/** `OK FOLLOW path=<p>`; then lines as they come; END when stopped, or the ERR line of what ended it. */
export async function follow(
  state: ShellState,
  client: HiveClient,
  { path, from }: FollowRequest,
  emit: Emit,
): Promise<{ readonly outcome: Outcome; readonly begin?: () => void }> {
  if (state.follow !== undefined) {
    return { outcome: refused(refusal('busy', `${state.follow.path} is being followed; stop first.`), path) };
  }
  const started = await client.follow(path, from === undefined ? {} : { from });
  if (!started.ok) return { outcome: refused(started.refusal, path) };
  return { outcome: done({ path }), begin: () => run(state, started.value, path, emit) };
}

function run(state: ShellState, source: Follow, path: string, emit: Emit): void {
  const finished = write(source, path, emit).then(() => {
    if (state.follow === running) state.follow = undefined;
  });
  const running: RunningFollow = {
    path,
    stop: () => {
      source.stop();
      return finished;
    },
  };
  state.follow = running;
}

async function write(source: Follow, path: string, emit: Emit): Promise<void> {
  for await (const chunk of source) for (const line of linesOf(chunk)) emit(line);
  const ended = await source.ended;
  emit(ended.ok ? END_LINE : formatErr('FOLLOW', ended.refusal.code, { path }));
}

/** Ends the follow (its END comes first): `OK STOP`. */
export async function stop(state: ShellState): Promise<Outcome> {
  const running = state.follow;
  if (running === undefined) return refused(refusal('invalid-transition', 'Nothing is being followed.'));
  await running.stop();
  return done();
}
