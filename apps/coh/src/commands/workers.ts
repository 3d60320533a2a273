// spawn, kill and lifecycle: lines of the Queen's control files, in words.

import { type ControlLine, lineResults, replyTo, spawnLine } from '@cohesix/client';
import { refusal } from '@cohesix/wire';
import { answer, type Context } from '../context.ts';
import { failLine, submit } from '../control-line.ts';
import { fail, failureOf } from '../failure.ts';
import { COMMAND } from '../io.ts';
import { DONE, withHive } from '../session.ts';

const QUEEN_CTL = '/queen/ctl';
const LIFECYCLE_CTL = '/queen/lifecycle/ctl';

/** `--wait`: seconds to wait for an approval. */
export interface WaitOption {
  readonly wait?: number;
}

/** What `coh spawn` takes beside the words. */
export interface SpawnOptions extends WaitOption {
  /** How many of them; default one. */
  readonly count?: number;
}

/** `coh spawn`: prints the id of the new worker. JSON: `{worker, entry, line}`; of several `{workers, line}`. */
export async function spawn(context: Context, words: readonly string[], options: SpawnOptions): Promise<number> {
  const line = spawnLine(words.join(' '));
  if (!line.ok)
    return fail(context, {
      what: 'cannot read what to spawn',
      code: 'usage',
      sentence: line.refusal.detail,
      advice: SPAWN_ADVICE,
    });
  const control = { path: QUEEN_CTL, line: line.value };
  if (options.count !== undefined) return spawnMany(context, control, { ...options, count: options.count });
  return sendLine(context, { what: 'cannot spawn', control, wait: options.wait }, (reply) => {
    const worker = typeof reply?.id === 'string' ? reply.id : '';
    return { fields: { worker }, text: worker };
  });
}

/** Lines of one append; the hive takes no more. */
const LINES_AT_ONCE = 16;

/** The same line many times, some at once: each of these is all or nothing, so what was started is always known. */
function spawnMany(
  context: Context,
  { path, line }: ControlLine,
  { count, wait }: { readonly count: number; readonly wait?: number },
): Promise<number> {
  return withHive(context, async (client) => {
    const workers: string[] = [];
    while (workers.length < count) {
      const lines = Math.min(LINES_AT_ONCE, count - workers.length);
      const control = { path, line: Array.from({ length: lines }, () => line).join('\n') };
      const sent = await submit(context, client, control, wait);
      const what = `started ${workers.length} of ${count}, then cannot spawn`;
      if (!sent.ok) return failLine(context, client, { what, refusal: sent.refusal, control });
      const results = await lineResults(client);
      workers.push(...results.flatMap((result) => (result.result === 'accepted' ? String(result.reply.id) : [])));
      if (results.length !== lines) return fail(context, failureOf(what, refusal('internal')));
    }
    answer(context, { workers, line }, workers);
    return DONE;
  });
}

const SPAWN_ADVICE = [
  `For example: ${COMMAND} spawn heartbeat ticks=100`,
  `Or as it is written: ${COMMAND} spawn '{"spawn":"host"}'`,
];

/** `coh kill`: ends a worker. JSON: `{worker, entry, line}`. */
export function kill(context: Context, worker: string, options: WaitOption): Promise<number> {
  const control = { path: QUEEN_CTL, line: JSON.stringify({ kill: worker }) };
  return sendLine(context, { what: `cannot kill ${worker}`, control, wait: options.wait }, () => ({
    fields: { worker },
    text: `killed ${worker}`,
  }));
}

interface QueenLine {
  readonly what: string;
  readonly control: ControlLine;
  readonly wait: number | undefined;
}

type Reply = Readonly<Record<string, string | number | boolean>>;

/** Sends a line of `/queen/ctl` and tells what came of it. */
function sendLine(
  context: Context,
  { what, control, wait }: QueenLine,
  tell: (reply: Reply | undefined) => { readonly fields: Record<string, string>; readonly text: string },
): Promise<number> {
  return withHive(context, async (client) => {
    const sent = await submit(context, client, control, wait);
    if (!sent.ok) return failLine(context, client, { what, refusal: sent.refusal, control });
    const logged = await replyTo(client, control);
    const { fields, text } = tell(logged?.reply);
    answer(context, { ...fields, entry: logged?.entry ?? null, line: control.line }, [text]);
    return DONE;
  });
}

/** `coh lifecycle`: changes the state of the hive. JSON: `{command, state}`. */
export function lifecycle(context: Context, command: string, options: WaitOption): Promise<number> {
  return withHive(context, async (client) => {
    const control = { path: LIFECYCLE_CTL, line: command };
    const sent = await submit(context, client, control, options.wait);
    if (!sent.ok) return failLine(context, client, { what: `cannot ${command}`, refusal: sent.refusal, control });
    const text = await client.read('/proc/lifecycle/state');
    const state = text.ok
      ? new TextDecoder()
          .decode(text.value)
          .trim()
          .replace(/^state=/, '')
      : 'unknown';
    answer(context, { command, state }, [`state ${state}`]);
    return DONE;
  });
}
