// `coh telemetry push`: a file as a segment of a device, inline or by reference. What the hive has of it already is not sent again,
// so it can be repeated, and goes on by itself when a connection breaks.

import { basename, resolve } from 'node:path';
import { describeError, isDiskError } from '@cohesix/journal';
import { EXIT, ok, type Refusal, type Result, refuse } from '@cohesix/wire';
import { type Progress, progressOf } from '../audit/progress.ts';
import { answer, type Context, note } from '../context.ts';
import { fail, failureOf } from '../failure.ts';
import { interruptible, pause } from '../interrupt.ts';
import { COMMAND, visible } from '../io.ts';
import { failAt, failSession, openSession } from '../session.ts';
import { artefactKey, keepArtefact } from '../telemetry/artefact-store.ts';
import { contentOf } from '../telemetry/assemble.ts';
import { type IngestBounds, ingestBounds } from '../telemetry/device-status.ts';
import { type Prepared, type PushWish, prepare, statOf } from '../telemetry/prepare-push.ts';
import { type FilePush, type Pushed, pushFile } from '../telemetry/push-file.ts';

/** Times a broken connection is opened again, and how long that waits, ms. */
const ATTEMPTS = 8;
const BACKOFF_MS = 500;

/** Refusals after which the same thing may work over a new connection. */
const BROKEN: ReadonlySet<string> = new Set(['closed', 'unreachable', 'timeout', 'stale', 'audit-unavailable']);

/** Pushes a file. JSON: `{device, segment, kind, records, before, bytes, store}`. */
export async function pushTelemetry(context: Context, file: string, wish: PushWish): Promise<number> {
  const path = resolve(context.io.cwd, file);
  const what = visible(`cannot push ${file}`);
  const found = await statOf(path);
  if (!found.ok) return fail(context, { ...failureOf(what, found.refusal), advice: [] });
  const bounds = await boundsOf(context, what);
  if (typeof bounds === 'number') return bounds;
  const progress = progressOf(context, `pushing ${basename(path)}`);
  const prepared = await prepare(context, { path, size: found.value.size, wish, bounds, progress });
  if (!prepared.ok) return fail(context, { ...failureOf(what, prepared.refusal), advice: advice(wish) });
  return send(context, { path, mtimeMs: found.value.mtimeMs, what, wish, progress }, prepared.value);
}

/** The bounds of the hive; the exit status when they cannot be had. */
async function boundsOf(context: Context, what: string): Promise<IngestBounds | number> {
  const session = await openSession(context);
  if (!session.ok) return failSession(context, session.refusal);
  const bounds = await ingestBounds(session.value);
  const told = bounds.ok ? bounds.value : await failAt(context, session.value, { what, refusal: bounds.refusal });
  await session.value.close();
  return told;
}

interface Sending {
  readonly path: string;
  readonly mtimeMs: number;
  readonly what: string;
  readonly wish: PushWish;
  readonly progress: Progress;
}

async function send(context: Context, sending: Sending, prepared: Prepared): Promise<number> {
  const { what, progress } = sending;
  try {
    const pushed = await attempts(context, prepared.push, what);
    return typeof pushed === 'number' ? pushed : await finish(context, sending, prepared, pushed);
  } catch (error) {
    // The file or the folder of artefacts, not the hive.
    if (!isDiskError(error)) throw error;
    return fail(context, { what, code: 'failed', sentence: describeError(error), advice: [] });
  } finally {
    progress.end();
    await prepared.push.source.close();
  }
}

/** Tries until it is there, over as many connections as it takes; the exit status when it cannot be. */
function attempts(context: Context, push: FilePush, what: string): Promise<Pushed | number> {
  return interruptible(context, async (signal) => {
    for (let attempt = 1; ; attempt++) {
      const session = await openSession(context);
      const pushed = session.ok ? await pushFile(session.value, push) : session;
      const isLast = attempt === ATTEMPTS || signal.aborted || pushed.ok || !BROKEN.has(pushed.refusal.code);
      if (pushed.ok && session.ok) {
        await session.value.close();
        return pushed.value;
      }
      const { refusal } = pushed as { readonly refusal: Refusal };
      if (isLast) return failPush(context, session, { what, refusal });
      if (session.ok) await session.value.close();
      note(context, `the push was interrupted (${refusal.code}); going on with what the hive has`);
      await pause(BACKOFF_MS * attempt, signal);
    }
  });
}

async function failPush(
  context: Context,
  session: Awaited<ReturnType<typeof openSession>>,
  failed: { readonly what: string; readonly refusal: Refusal },
): Promise<number> {
  if (!session.ok) return failSession(context, session.refusal);
  const exit = await failAt(context, session.value, failed);
  await session.value.close();
  return exit;
}

/** Keeps the artefact, and tells; a file that changed meanwhile was no one artefact. */
async function finish(context: Context, sending: Sending, { push, store }: Prepared, pushed: Pushed): Promise<number> {
  const { path, mtimeMs, what } = sending;
  const text = await push.source.text();
  const now = await statOf(path);
  const isSame = push.kind === 'records' || (now.ok && now.value.mtimeMs === mtimeMs && now.value.size === push.size);
  if (!isSame) return fail(context, { what, ...CHANGED });
  const kept = store === undefined ? ok(undefined) : await keep(sending, store, text);
  if (!kept.ok) return fail(context, { ...failureOf(what, kept.refusal), advice: [] });
  const { device, kind, size, source } = push;
  const { segment, before } = pushed;
  const bytes = kind === 'references' ? size : Buffer.byteLength(text);
  const value = { device, segment, kind, records: source.made.length, before, bytes };
  const where = kept.value === undefined ? [] : [visible(`kept as ${kept.value}`)];
  answer(context, { ...value, store: kept.value ?? null }, [visible(toldOf(value)), ...where]);
  return EXIT.ok;
}

const CHANGED = {
  code: 'stale',
  sentence: 'The file changed while it was read.',
  advice: ['Push it again.'],
} as const;

async function keep({ path, wish, progress }: Sending, directory: string, records: string): Promise<Result<string>> {
  const content = contentOf(records);
  if (!content.ok) return content;
  if (content.value.kind !== 'references') return refuse('internal', 'What was pushed has no references.');
  const { references, size } = content.value;
  const key = artefactKey(records);
  const isCopied = wish.copy === true;
  return keepArtefact({ directory, key, references, size, path, isCopied, onProgress: progress.report });
}

interface Told {
  readonly device: string;
  readonly segment: string;
  readonly kind: string;
  readonly records: number;
  readonly before: number;
  readonly bytes: number;
}

function toldOf({ device, segment, kind, records, before, bytes }: Told): string {
  const place = `${device}/${segment}`;
  if (before === records) return `${place} has all of it already: ${records} ${kind}`;
  const resumed = before === 0 ? '' : `, ${before} of them were there`;
  return `pushed to ${place}: ${records} ${kind} for ${bytes} bytes${resumed}`;
}

function advice({ device }: PushWish): readonly string[] {
  return [`What fits, and what is left: ${COMMAND} telemetry explain --device ${visible(device)}`];
}
