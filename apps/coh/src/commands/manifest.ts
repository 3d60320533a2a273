// manifest check, show, docs, reload: hive.toml, and what of it a running hive takes without a restart.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { HiveClient } from '@cohesix/client';
import {
  fingerprintOf,
  type Manifest,
  type ManifestOutcome,
  manifestReference,
  manifestToml,
  parseManifest,
  reloadDiff,
  type Settings,
  settingsLine,
  withSettings,
} from '@cohesix/manifest';
import { EXIT, ok, type Result } from '@cohesix/wire';
import { answer, type Context, sayJson } from '../context.ts';
import { failLine, submit } from '../control-line.ts';
import { fail, failureOf } from '../failure.ts';
import { DONE, failAt, withHive } from '../session.ts';
import { errorText } from '../token.ts';

const MANIFEST_CTL = '/queen/manifest/ctl';

type Read =
  | { readonly kind: 'good'; readonly file: string; readonly manifest: Manifest }
  | { readonly kind: 'bad'; readonly file: string; readonly problems: readonly Problem[] }
  | { readonly kind: 'failed'; readonly exit: number };

type Problem = Extract<ManifestOutcome, { ok: false }>['problems'][number];

/** Reads and checks a manifest; tells why it cannot be read. */
function readManifest(context: Context, named: string | undefined): Read {
  if (named === undefined && !context.places.ok) {
    return { kind: 'failed', exit: fail(context, failureOf('cannot find the data directory', context.places.refusal)) };
  }
  const file =
    named === undefined && context.places.ok ? context.places.value.manifest : resolve(context.io.cwd, named ?? '');
  try {
    const outcome = parseManifest(readFileSync(file));
    return outcome.ok
      ? { kind: 'good', file, manifest: outcome.manifest }
      : { kind: 'bad', file, problems: outcome.problems };
  } catch (error) {
    const sentence = `${file}: ${errorText(error)}.`;
    return {
      kind: 'failed',
      exit: fail(context, { what: 'cannot read the manifest', code: 'failed', sentence, advice: [] }),
    };
  }
}

/** Tells every problem; exit status `usage`. */
function failProblems(context: Context, file: string, problems: readonly Problem[]): number {
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

/** A good manifest, or the exit status of what was told about it. */
function goodManifest(
  context: Context,
  named: string | undefined,
): Extract<Read, { readonly kind: 'good' | 'failed' }> {
  const read = readManifest(context, named);
  return read.kind === 'bad' ? { kind: 'failed', exit: failProblems(context, read.file, read.problems) } : read;
}

/** `coh manifest check`: JSON `{ok, file, fingerprint}` or `{ok, file, problems: [{path, message, hint}]}`. */
export function check(context: Context, named: string | undefined): number {
  const read = readManifest(context, named);
  if (read.kind === 'failed') return read.exit;
  const { file } = read;
  if (read.kind === 'bad') {
    if (!context.json) return failProblems(context, file, read.problems);
    sayJson(context, { ok: false, file, problems: read.problems });
    return EXIT.usage;
  }
  const fingerprint = fingerprint256(read.manifest);
  answer(context, { ok: true, file, fingerprint }, [`${file} is good`, `fingerprint ${fingerprint}`]);
  return DONE;
}

/** `coh manifest show`: everything a hive would start with, defaults filled in. JSON: the manifest. */
export function show(context: Context, named: string | undefined): number {
  const read = goodManifest(context, named);
  if (read.kind === 'failed') return read.exit;
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
 * `coh manifest reload`: gives the running hive the settings of the file. JSON: `{file, applied, restart}`: the settings
 * that changed, and the changed fields that only a restart takes.
 */
export function reload(
  context: Context,
  named: string | undefined,
  options: { readonly wait?: number },
): Promise<number> {
  const read = goodManifest(context, named);
  if (read.kind === 'failed') return Promise.resolve(read.exit);
  return withHive(context, async (client) => {
    const running = await runningManifest(client);
    if (!running.ok)
      return failAt(context, client, { what: 'cannot read the manifest of the hive', refusal: running.refusal });
    const { reloadable: applied, needsRestart: restart } = reloadDiff(running.value, read.manifest);
    if (applied.length > 0) {
      const control = { path: MANIFEST_CTL, line: JSON.stringify(settingsLine(running.value, read.manifest)) };
      const sent = await submit(context, client, control, options.wait);
      if (!sent.ok)
        return failLine(context, client, { what: 'cannot change the settings', refusal: sent.refusal, control });
    }
    answer(context, { file: read.file, applied, restart }, reloadText(applied, restart));
    return DONE;
  });
}

function reloadText(applied: readonly string[], restart: readonly string[]): readonly string[] {
  const changed = applied.length === 0 ? ['no setting changed'] : applied.map((path) => `applied  ${path}`);
  return [...changed, ...restart.map((path) => `restart  ${path}`)];
}

/** The manifest the hive booted with, and the settings that hold since. */
async function runningManifest(client: HiveClient): Promise<Result<Manifest>> {
  const booted = await client.read('/proc/manifest');
  if (!booted.ok) return booted;
  const now = await client.read('/proc/settings');
  if (!now.ok) return now;
  const { settings } = JSON.parse(decode(now.value)) as { readonly settings: Settings };
  return ok(withSettings(JSON.parse(decode(booted.value)) as Manifest, settings));
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function fingerprint256(manifest: Manifest): string {
  return fingerprintOf(manifest, (bytes) => createHash('sha256').update(bytes).digest('hex'));
}
