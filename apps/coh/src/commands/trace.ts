// `coh trace`: what the hive tells of what happens in it. The hive decides which events there are (`/trace/ctl`); what is asked
// for here only leaves some of them out.

import { type HiveClient, jsonLines } from '@cohesix/client';
import { answer, type Context, note, say, sayJson } from '../context.ts';
import { failLine, isRecord, submit } from '../control-line.ts';
import { fail, failureOf } from '../failure.ts';
import { follow, readStream } from '../follow.ts';
import { COMMAND } from '../io.ts';
import { LEVELS } from '../levels.ts';
import { DONE, failAt, withHive } from '../session.ts';

/** What `coh trace` is asked for. */
export interface TraceOptions {
  /** The least grave level to show. */
  readonly level?: string;
  /** Only these categories. */
  readonly cat?: readonly string[];
  /** Only events of this worker. */
  readonly worker?: string;
  /** How many earlier events come first. */
  readonly lines: number;
  /** Whether to go on with what comes. */
  readonly follow: boolean;
}

/** An event as the hive tells it. */
interface Event {
  readonly ts_ms: number;
  readonly level: string;
  readonly cat: string;
  readonly task?: string;
  readonly msg: string;
}

/** Shows events. JSON: one event a line, as the hive tells it; `{"lost"}` where some are gone. */
export function trace(context: Context, options: TraceOptions): Promise<number> {
  return withHive(context, async (client) => {
    const path = options.worker === undefined ? '/trace/events' : `/proc/${options.worker}/trace`;
    const held = await readStream(client, path);
    if (!held.ok) return failAt(context, client, { what: `cannot read ${path}`, refusal: held.refusal });
    await noteFilter(context, client, options);
    const emit = (lines: readonly string[]): void => tell(context, lines.filter(isWanted(options)));
    const earlier = held.value.lines.filter(isWanted(options));
    tell(context, options.lines === 0 ? [] : earlier.slice(-options.lines));
    if (!options.follow) return DONE;
    const followed = await follow(context, client, { path, from: held.value.end, emit });
    if (!followed.ok) return failAt(context, client, { what: `cannot follow ${path}`, refusal: followed.refusal });
    const ended = followed.value;
    return ended.ok ? DONE : fail(context, failureOf(`the follow of ${path} ended`, ended.refusal));
  });
}

/** Says so when the hive does not make what is asked for: nobody should wait for it. */
async function noteFilter(
  context: Context,
  client: HiveClient,
  { level = 'error', cat = [] }: TraceOptions,
): Promise<void> {
  const state = await client.read('/trace/state');
  const text = state.ok ? new TextDecoder().decode(state.value) : '';
  const [, made = '', cats = 'all'] = /^trace level=(\w+) cats=(\S+)/.exec(text) ?? [];
  const isMade = LEVELS.indexOf(level) <= LEVELS.indexOf(made);
  const isTold = cats === 'all' || cat.every((one) => cats.split(',').includes(one));
  if (made === '' || (isMade && isTold)) return;
  const command = [COMMAND, 'trace', 'set', level === 'error' ? made : level, ...cat].join(' ');
  note(context, `the hive tells only level=${made} cats=${cats}; for more: ${command}`);
}

/** Whether a line is an event that is asked for; a line that is none (a mark of loss) is always wanted. */
function isWanted({ level, cat }: TraceOptions): (line: string) => boolean {
  const least = level === undefined ? LEVELS.length : LEVELS.indexOf(level);
  return (line) => {
    const event = eventOf(line);
    if (event === undefined) return true;
    return LEVELS.indexOf(event.level) <= least && (cat === undefined || cat.includes(event.cat));
  };
}

function eventOf(line: string): Event | undefined {
  const [value] = line.startsWith('{') ? jsonLines(line) : [];
  return isRecord(value) && typeof value.msg === 'string' ? (value as unknown as Event) : undefined;
}

function tell(context: Context, lines: readonly string[]): void {
  for (const line of lines) {
    const event = eventOf(line);
    if (context.json) sayJson(context, event ?? { lost: line });
    else say(context, [event === undefined ? line : eventText(event)]);
  }
}

/** `2026-11-21T16:42:41.123Z info  session  …`; the widths hold the longest level and most categories. */
function eventText({ ts_ms: at, level, cat, task, msg }: Event): string {
  const head = `${new Date(at).toISOString()} ${level.padEnd(5)} ${cat.padEnd(9)}`;
  return `${head} ${task === undefined ? '' : `[${task}] `}${msg}`;
}

/** `coh trace set`: which events the hive tells from now on. JSON: `{level, cats}`; `cats` is null for all. */
export function setTrace(context: Context, level: string, cats: readonly string[]): Promise<number> {
  return withHive(context, async (client) => {
    const set = cats.length === 0 ? { level } : { level, cats };
    const control = { path: '/trace/ctl', line: JSON.stringify({ set }) };
    const written = await submit(context, client, control, undefined);
    if (!written.ok)
      return failLine(context, client, { what: 'cannot set the trace', refusal: written.refusal, control });
    answer(context, { level, cats: cats.length === 0 ? null : cats }, [
      `the hive tells level=${level} cats=${cats.length === 0 ? 'all' : cats.join(',')}`,
    ]);
    return DONE;
  });
}
