// manifest check, show, docs, reload: hive.toml, and what of it a running hive takes without a restart.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { HiveClient } from '@cohesix/client';
import {
  boundsText,
  fingerprintOf,
  isReloadable,
  type Manifest,
  type ManifestOutcome,
  manifestReference,
  manifestToml,
  parseManifest,
  type Settings,
  settingsOf,
  withSettings,
} from '@cohesix/manifest';
import { EXIT } from '@cohesix/wire';
import { answer, type Context, sayJson } from '../context.ts';
import { failLine, isRecord, submit } from '../control-line.ts';
import { fail, failureOf } from '../failure.ts';
import { DONE, failAt, withHive } from '../session.ts';
import { errorText } from '../token.ts';

const MANIFEST_CTL = '/queen/manifest/ctl';

type Read =
  | { readonly ok: true; readonly file: string; readonly manifest: Manifest; readonly canonical: string }
  | { readonly ok: false; readonly exit: number };

/** Reads and checks a manifest; tells every problem, exit status `usage`. */
function readManifest(context: Context, named: string | undefined): Read {
  if (named === undefined && !context.places.ok) {
    return { ok: false, exit: fail(context, failureOf('cannot find the data directory', context.places.refusal)) };
  }
  const file =
    named === undefined && context.places.ok ? context.places.value.manifest : resolve(context.io.cwd, named ?? '');
  try {
    const outcome = parseManifest(readFileSync(file));
    return outcome.ok ? { ...outcome, file } : { ok: false, exit: failProblems(context, file, outcome) };
  } catch (error) {
    const sentence = `${file}: ${errorText(error)}.`;
    return {
      ok: false,
      exit: fail(context, { what: 'cannot read the manifest', code: 'failed', sentence, advice: [] }),
    };
  }
}

function failProblems(context: Context, file: string, outcome: Extract<ManifestOutcome, { ok: false }>): number {
  const { problems } = outcome;
  if (context.json) {
    sayJson(context, { ok: false, file, problems });
    return EXIT.usage;
  }
  const lines = problems.map(
    ({ path, message, hint }) => `${path === '' ? '' : `${path} `}${message}${hint === '' ? '' : ` (${hint})`}`,
  );
  const count = `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`;
  return fail(context, {
    what: `${file} has ${count}`,
    code: 'invalid-payload',
    sentence: lines.join('\n'),
    advice: [],
  });
}

/** `coh manifest check`: JSON `{ok, file, fingerprint}` or `{ok, file, problems: [{path, message, hint}]}`. */
export function check(context: Context, named: string | undefined): number {
  const read = readManifest(context, named);
  if (!read.ok) return read.exit;
  const fingerprint = fingerprint256(read.manifest);
  answer(context, { ok: true, file: read.file, fingerprint }, [`${read.file} is good`, `fingerprint ${fingerprint}`]);
  return DONE;
}

/** `coh manifest show`: everything a hive would start with, defaults filled in. JSON: the manifest. */
export function show(context: Context, named: string | undefined): number {
  const read = readManifest(context, named);
  if (!read.ok) return read.exit;
  if (context.json) sayJson(context, read.manifest);
  else context.io.stdout.write(manifestToml(read.manifest));
  return DONE;
}

/** `coh manifest docs`: the reference page of all fields. JSON: `{markdown}`. */
export function docs(context: Context): number {
  const markdown = manifestReference();
  if (context.json) sayJson(context, { markdown });
  else context.io.stdout.write(markdown);
  return DONE;
}

/**
 * `coh manifest reload`: gives the running hive the settings of the file. JSON: `{file, applied, needsRestart, restart}`.
 * `applied` are the settings that changed; `needsRestart` (yes, no, unknown) says whether other fields did, and `restart`
 * names those that `/proc/bounds` shows.
 */
export function reload(
  context: Context,
  named: string | undefined,
  options: { readonly wait?: number },
): Promise<number> {
  const read = readManifest(context, named);
  if (!read.ok) return Promise.resolve(read.exit);
  return withHive(context, async (client) => {
    const running = await runningState(client);
    if (!running.ok)
      return failAt(context, client, { what: 'cannot read the settings of the hive', refusal: running.refusal });
    const wanted = settingsOf(read.manifest);
    const applied = changedPaths(running.settings, wanted);
    const restart = changedBounds(running.bounds, read.manifest);
    const needsRestart = restart.length > 0 ? 'yes' : elsewhere(running, read.manifest);
    if (applied.length > 0) {
      const control = { path: MANIFEST_CTL, line: JSON.stringify({ set: wanted }) };
      const sent = await submit(context, client, control, options.wait);
      if (!sent.ok)
        return failLine(context, client, { what: 'cannot change the settings', refusal: sent.refusal, control });
    }
    answer(context, { file: read.file, applied, needsRestart, restart }, reloadText(applied, restart, needsRestart));
    return DONE;
  });
}

function reloadText(applied: readonly string[], restart: readonly string[], needsRestart: string): readonly string[] {
  const changed = applied.length === 0 ? ['no setting changed'] : applied.map((path) => `applied  ${path}`);
  const rest = restart.map((path) => `restart  ${path}`);
  return [...changed, ...rest, ...(needsRestart === 'unknown' ? [UNKNOWN] : [])];
}

const UNKNOWN =
  'restart  unknown: the hive was reloaded or started with options since; other changed fields take a restart';

type Running =
  | { readonly ok: true; readonly settings: unknown; readonly bounds: string; readonly boot: string }
  | Extract<Awaited<ReturnType<HiveClient['read']>>, { ok: false }>;

async function runningState(client: HiveClient): Promise<Running> {
  const [settings, bounds, boot] = await Promise.all(
    ['/proc/settings', '/proc/bounds', '/proc/boot'].map((path) => client.read(path)),
  );
  for (const one of [settings, bounds, boot]) if (one?.ok === false) return one;
  const parsed: unknown = JSON.parse(decode(settings));
  return { ok: true, settings: isRecord(parsed) ? parsed.settings : {}, bounds: decode(bounds), boot: decode(boot) };
}

function decode(result: Awaited<ReturnType<HiveClient['read']>> | undefined): string {
  return result?.ok === true ? new TextDecoder().decode(result.value) : '{}';
}

/** Fields in which two values differ, by path; a list is one field. */
function changedPaths(before: unknown, after: unknown, prefix = ''): readonly string[] {
  if (!isRecord(after)) return JSON.stringify(before) === JSON.stringify(after) ? [] : [prefix];
  return Object.entries(after).flatMap(([key, next]) =>
    changedPaths(isRecord(before) ? before[key] : undefined, next, prefix === '' ? key : `${prefix}.${key}`),
  );
}

/** Numbers of `/proc/bounds` that the file changes and that only a restart takes. */
function changedBounds(running: string, manifest: Manifest): readonly string[] {
  const now = new Set(running.split('\n'));
  return boundsText(manifest)
    .split('\n')
    .filter((line) => line !== '' && !now.has(line))
    .map((line) => line.slice(0, line.indexOf('=')))
    .filter((path) => !isReloadable(path));
}

/** Whether fields that no bound shows differ: certain only while the hive has the settings it booted with. */
function elsewhere({ boot, settings }: Extract<Running, { ok: true }>, manifest: Manifest): 'no' | 'unknown' {
  const booted = /^manifest fingerprint=(\S+)$/m.exec(boot)?.[1];
  const asRunning = withSettings(manifest, settings as Settings);
  return booted === fingerprint256(asRunning) ? 'no' : 'unknown';
}

function fingerprint256(manifest: Manifest): string {
  return fingerprintOf(manifest, (bytes) => createHash('sha256').update(bytes).digest('hex'));
}
