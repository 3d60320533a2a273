// replay and at: the past of a hive, out of its journal. Both read files only, so they work beside a running hive; `at` also
// asks the hive behind a door that is named.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { defaultManifest, parseManifest, type Settings, settingsOf } from '@cohesix/manifest';
import { type Decided, decidedUnder, type History, namespaceOf, placeIn, readHistory } from '@cohesix/node';
import { EXIT, ok, type Result, refuse } from '@cohesix/wire';
import { answer, type Context } from '../context.ts';
import { fail, failureOf } from '../failure.ts';
import { READ_BYTES_MAX } from '../follow.ts';
import { COMMAND } from '../io.ts';
import { journalDirectory } from '../places.ts';
import { DONE, namedDoor, withHive } from '../session.ts';
import { errorText } from '../token.ts';
import { failPath } from './files.ts';

/** What `coh replay` is told. */
export interface ReplayOptions {
  /** First line that is compared under other settings; the replay itself begins at the first. */
  readonly from?: number;
  readonly to?: number;
  /** A manifest whose `[policy]` is tried. */
  readonly policy?: string;
  /** A manifest whose run-time settings are tried. */
  readonly manifest?: string;
}

/** A line that would have been decided otherwise under other settings. */
interface Otherwise {
  readonly seq: number;
  readonly path: string;
  readonly line: string;
  /** `ok`, or the code of the refusal. */
  readonly now: string;
  readonly detail: string;
}

/** Lines that are told one by one; there may be more. */
const OTHERWISE_SHOWN_MAX = 100;

/**
 * `coh replay`: decides every line again. Exit status 1 when one is decided otherwise than it was. With other settings
 * each line is decided a second time under those, in the state as it really was; what would follow is not followed.
 */
export async function replay(context: Context, path: string | undefined, options: ReplayOptions): Promise<number> {
  const to = lastLine(context, options);
  if (to === undefined) {
    const sentence = '--to is the number of a line here, 1 or more.';
    return fail(context, { what: 'cannot replay', code: 'usage', sentence, advice: [`${COMMAND} replay --to 12`] });
  }
  const tried = triedSettings(context, options);
  if (!tried.ok) return fail(context, failureOf('cannot read the settings to try', tried.refusal));
  const otherwise: Otherwise[] = [];
  const onDecided = (decided: Decided): void => {
    const found = tried.value === undefined ? undefined : underOthers(decided, tried.value);
    if (found !== undefined && found.seq >= (options.from ?? 1)) otherwise.push(found);
  };
  const history = await historyOf(context, path, {
    ...to,
    onDecided,
  });
  if (!history.ok) return fail(context, failureOf('cannot replay', history.refusal));
  const { seq, records, stateHash, divergence } = history.value;
  const value = {
    ok: divergence === undefined,
    lines: seq,
    records,
    state_sha256: stateHash,
    divergence: divergence ?? null,
    ...(tried.value === undefined ? {} : { otherwise }),
  };
  const tail = tried.value === undefined ? [] : otherwiseLines(otherwise);
  answer(context, value, [...replayLines(history.value), ...tail]);
  return divergence === undefined ? EXIT.ok : EXIT.generic;
}

/** `--to` is an option of every command, a door, and is parsed as that; a replay needs no door. Undefined: no number. */
function lastLine({ globals }: Context, options: ReplayOptions): { readonly to?: number } | undefined {
  const text = options.to ?? globals.to;
  if (text === undefined) return {};
  const to = Number(text);
  return Number.isSafeInteger(to) && to > 0 ? { to } : undefined;
}

function replayLines({ seq, records, stateHash, divergence }: History): readonly string[] {
  if (divergence === undefined) {
    return [`same  ${seq} lines in ${records} records are decided as they were`, `  state  ${stateHash}`];
  }
  const { path, line, recorded, now } = divergence;
  return [
    `DIFFERS  at line ${divergence.seq}, ${path}`,
    `  line      ${line}`,
    `  recorded  ${recorded}`,
    `  now       ${now}`,
  ];
}

function otherwiseLines(otherwise: readonly Otherwise[]): readonly string[] {
  if (otherwise.length === 0) return ['no line would have been decided otherwise'];
  const shown = otherwise.slice(0, OTHERWISE_SHOWN_MAX);
  const more = otherwise.length - shown.length;
  return [
    `${otherwise.length} would have been decided otherwise:`,
    ...shown.map(({ seq, path, line, now }) => `  ${seq}  ${now}  ${path} ${line}`),
    ...(more > 0 ? [`  and ${more} more; all of them with --json`] : []),
  ];
}

/** How a line that was accepted would have been refused. */
function underOthers(decided: Decided, tried: Partial<Settings>): Otherwise | undefined {
  const now = decidedUnder(decided, tried);
  if (!decided.outcome.ok || now.ok) return undefined;
  const { seq, path, line } = decided.command;
  return { seq, path, line, now: now.code, detail: now.detail };
}

function triedSettings({ io }: Context, { policy, manifest }: ReplayOptions): Result<Partial<Settings> | undefined> {
  const file = policy ?? manifest;
  if (file === undefined) return ok(undefined);
  try {
    const parsed = parseManifest(readFileSync(resolve(io.cwd, file)));
    if (!parsed.ok) return refuse('invalid-payload', `${file} has problems; run: ${COMMAND} manifest check ${file}`);
    const settings = settingsOf(parsed.manifest);
    return ok(manifest === undefined ? { policy: settings.policy } : settings);
  } catch (error) {
    return refuse('not-found', `${file}: ${errorText(error)}.`);
  }
}

/** `coh at SEQ ls|cat PATH`: the namespace as it was after a line. JSON: `{seq, at_ms, path, names|text}`. */
export async function at(context: Context, seq: number, verb: 'ls' | 'cat', path: string): Promise<number> {
  const door = namedDoor(context);
  if (!door.ok || door.value !== undefined) return atDoor(context, seq, verb, path);
  const history = await historyOf(context, undefined, { to: seq });
  if (!history.ok) return fail(context, failureOf('cannot replay', history.refusal));
  const { divergence, seq: last, at: atMs } = history.value;
  if (divergence !== undefined || last < seq) {
    const sentence =
      divergence === undefined ? `The journal ends at line ${last}.` : `Replay differs at ${divergence.seq}.`;
    return fail(context, { what: `cannot go to line ${seq}`, code: 'not-found', sentence, advice: [] });
  }
  const found = lookUp(history.value, path);
  const file = found?.file;
  if (found === undefined || (verb === 'ls') === (file !== undefined)) {
    const sentence =
      found === undefined
        ? 'It was not there, or is no file of the authority.'
        : `Try: ${verb === 'ls' ? 'cat' : 'ls'}.`;
    return fail(context, { what: `cannot ${verb} ${path} at line ${seq}`, code: 'not-found', sentence, advice: [] });
  }
  const head = { seq: last, at_ms: atMs, path };
  if (file === undefined) {
    answer(context, { ...head, names: found.list() }, found.list());
    return EXIT.ok;
  }
  const text = textOf(file, found.params);
  answer(context, { ...head, text }, lines(text));
  return EXIT.ok;
}

/** The same through a door, out of `/replay/at`; when the line was is not told there. JSON: `{seq, path, names|text}`. */
function atDoor(context: Context, seq: number, verb: 'ls' | 'cat', path: string): Promise<number> {
  const there = `/replay/at/${seq}${path === '/' ? '' : path}`;
  return withHive(context, async (client) => {
    if (verb === 'ls') {
      const names = await client.list(there);
      if (!names.ok) return failPath(context, client, { verb: 'list', path: there, refusal: names.refusal });
      answer(context, { seq, path, names: names.value }, names.value);
      return DONE;
    }
    const read = await client.read(there, { maxBytes: READ_BYTES_MAX });
    if (!read.ok) return failPath(context, client, { verb: 'read', path: there, refusal: read.refusal });
    const text = new TextDecoder().decode(read.value);
    answer(context, { seq, path, text }, lines(text));
    return DONE;
  });
}

type Place = ReturnType<typeof namespaceOf>;

function lookUp(history: History, path: string): Place | undefined {
  return placeIn(
    namespaceOf(history),
    path.split('/').filter((name) => name !== ''),
  );
}

/** The lines of a text; none of an empty one. */
function lines(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** What `namespaceOf` gives does not depend on who reads. */
function textOf(file: NonNullable<Place['file']>, params: Place['params']): string {
  if (file.kind === 'control') return new TextDecoder().decode(file.log(params));
  return file.kind === 'view' ? new TextDecoder().decode(file.render(params, NOBODY)) : '';
}

const NOBODY = undefined as never;

async function historyOf(
  context: Context,
  path: string | undefined,
  question: { readonly to?: number; readonly onDecided?: (decided: Decided) => void },
): Promise<Result<History>> {
  const directory = journalDirectory(context, path);
  if (!directory.ok) return directory;
  const history = await readHistory({ directory: directory.value, manifest: defaultManifest(), ...question });
  // Every journal begins with a boot; a folder without one is something else.
  const isNone = history.ok && history.value.records === 0 && history.value.divergence === undefined;
  return isNone ? refuse('not-found', `${directory.value} holds no journal.`) : history;
}
