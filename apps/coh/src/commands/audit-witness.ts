// audit witness: looks at a log from outside, again and again, and cosigns it as long as it only grows. What it keeps is out
// of the hive's reach, so a hive (or whoever has its keys) that rewrites history cannot get its old witnesses back.

import { resolve } from 'node:path';
import { realTimers } from '@cohesix/client';
import { COSIGN_PATH, cosigned, cosignLine, type Examined, examine, type WitnessedHead } from '@cohesix/journal';
import { formatNote, formatNoteKey } from '@cohesix/tlog';
import { EXIT, ok, type Refusal, type Result } from '@cohesix/wire';
import { isHttpUrl } from '../audit/http-source.ts';
import { type OpenLog, openDoor, openLog } from '../audit/open-log.ts';
import { textOrFile } from '../audit/trust.ts';
import { keep, keepCosigned, keepEvidence, type LocalWitness, openWitness } from '../audit/witness-state.ts';
import { answer, type Context, note } from '../context.ts';
import { fail, failureOf } from '../failure.ts';
import { COMMAND } from '../io.ts';

/** What `coh audit witness` is told. */
export interface WitnessOptions {
  /** Directory of the witness. */
  readonly state: string;
  /** Name of its key; used when the key is made. */
  readonly name: string;
  /** Verifier key of the log, or a file with it; used at the first look. */
  readonly key?: string;
  /** Seconds between two looks; without it there is one. */
  readonly every?: number;
  readonly printKey?: boolean;
}

/**
 * Looks at a log and cosigns it when it has grown. Exit status 1 when it contradicts what was cosigned before. JSON: one
 * object a look, `{did: "cosigned" | "nothing", size, from, root}`; with `--print-key` `{key}`.
 */
export async function auditWitness(
  context: Context,
  where: string | undefined,
  options: WitnessOptions,
): Promise<number> {
  const directory = resolve(context.io.cwd, options.state);
  const opened = await openWitness(directory, options.name, Date.now());
  if (!opened.ok) return fail(context, failureOf(`cannot be the witness of ${directory}`, opened.refusal));
  const witness = opened.value;
  try {
    if (options.printKey === true) {
      const key = formatNoteKey(witness.key);
      answer(context, { key }, [key]);
      return EXIT.ok;
    }
    const key = options.key === undefined ? {} : { key: textOrFile(context, options.key) };
    const once = (): Promise<number> => look(context, witness, { where, ...key });
    return await (options.every === undefined ? once() : again(context, options.every, once));
  } finally {
    await witness.close();
  }
}

/** Looks until a signal comes or the log contradicts itself. A hive that is away for a while is waited for. */
async function again(context: Context, everyS: number, once: () => Promise<number>): Promise<number> {
  let wake: () => void = () => {};
  let isStopped = false;
  const stop = (): void => {
    isStopped = true;
    wake();
  };
  const offs = (['SIGINT', 'SIGTERM'] as const).map((name) => context.io.onSignal(name, stop));
  try {
    for (;;) {
      const status = await once();
      if (status === EXIT.generic) return status;
      if (isStopped) return EXIT.ok;
      await new Promise<void>((resume) => {
        const cancel = realTimers.after(everyS * 1000, resume);
        wake = () => {
          cancel();
          resume();
        };
      });
      if (isStopped) return EXIT.ok;
    }
  } finally {
    for (const off of offs) off();
  }
}

interface Look {
  readonly where: string | undefined;
  readonly key?: string;
}

async function look(context: Context, witness: LocalWitness, { where, key }: Look): Promise<number> {
  const isFile = where !== undefined && isHttpUrl(where);
  const log = await (isFile ? openLog(context, where) : openDoor(context, where));
  if (!log.ok) return fail(context, failureOf('cannot look at the log', log.refusal));
  try {
    const { source } = log.value;
    const given = key === undefined ? {} : { key };
    const seen = await examine(witness, { source, kept: witness.kept, ...given });
    if (!seen.ok) return fail(context, failureOf(`cannot look at ${source.name}`, seen.refusal));
    return await act(context, witness, { log: log.value, seen: seen.value });
  } finally {
    await log.value.close();
  }
}

interface Seen {
  readonly log: OpenLog;
  readonly seen: Examined;
}

async function act(context: Context, witness: LocalWitness, { log, seen }: Seen): Promise<number> {
  if (seen.kind === 'refused') return refused(context, witness, { log, seen });
  const { head } = seen;
  const told = { size: head.size, root: Buffer.from(head.root).toString('base64') };
  // What was cosigned and did not get through is sent again.
  if (seen.kind === 'same' && (seen.isShown || log.client === undefined)) {
    answer(context, { did: 'nothing', from: head.size, ...told }, [`nothing new: ${head.size} records`]);
    return EXIT.ok;
  }
  const sent = await cosignAndSend(witness, log, head);
  if (!sent.ok) return fail(context, { ...failureOf('cannot cosign', sent.refusal), advice: adviceFor(sent.refusal) });
  const from = seen.kind === 'grown' ? seen.from : head.size;
  const place = log.client === undefined ? `, kept in ${witness.directory}/cosigned` : '';
  answer(context, { did: 'cosigned', from, ...told }, [
    `cosigned ${head.size} records, which begin with the ${from} cosigned before${place}`,
    `  root     ${told.root}`,
  ]);
  return EXIT.ok;
}

async function cosignAndSend(witness: LocalWitness, log: OpenLog, head: WitnessedHead): Promise<Result<void>> {
  const kept = await keep(witness, head);
  if (!kept.ok) return kept;
  const signed = cosigned(head, { key: witness.key, sign: witness.sign }, BigInt(Math.floor(Date.now() / 1000)));
  const stored = await keepCosigned(witness, formatNote(signed));
  if (!stored.ok || log.client === undefined) return stored;
  const sent = await log.client.append(COSIGN_PATH, cosignLine(head, signed));
  if (sent.ok || sent.refusal.code === 'exists') return ok(undefined);
  return { ok: false, refusal: { ...sent.refusal, detail: (await log.client.explain()) ?? sent.refusal.detail } };
}

/** What to do when a hive does not take a cosignature. */
function adviceFor({ code }: Refusal): readonly string[] {
  if (code !== 'denied') return [];
  return [
    `The key for audit.witnesses of its manifest: ${COMMAND} audit witness --print-key --state DIR`,
    `A ticket that suffices: ${COMMAND} ticket mint --role queen --subject witness --scope /audit:r --scope ${COSIGN_PATH}:rw`,
  ];
}

async function refused(
  context: Context,
  witness: LocalWitness,
  { log, seen }: { readonly log: OpenLog; readonly seen: Extract<Examined, { readonly kind: 'refused' }> },
): Promise<number> {
  const evidence = await keepEvidence(witness, seen.evidence);
  if (!evidence.ok) note(context, `the evidence could not be kept: ${evidence.refusal.detail}`);
  return fail(context, {
    what: `not cosigned: ${log.source.name} contradicts itself`,
    code: 'failed',
    sentence: seen.reason,
    advice: evidence.ok ? [`The evidence: ${evidence.value.join(' ')}`] : [],
  });
}
