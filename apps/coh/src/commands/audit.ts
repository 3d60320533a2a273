// audit verify and audit export: the history of a hive, checked and handed on without the hive. They read files only, so
// they work beside a running hive, after it, and on a copy somewhere else.

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type LogReport, type LogTrust, nodeDisk, verifyLog, writePack } from '@cohesix/journal';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import { EXIT, ok, type Result, refuse } from '@cohesix/wire';
import { answer, type Context } from '../context.ts';
import { fail, failureOf } from '../failure.ts';
import { COMMAND } from '../io.ts';
import { journalDirectory } from '../places.ts';
import { errorText } from '../token.ts';

/** What `coh audit verify` is told. */
export interface VerifyOptions {
  /** Verifier key text, or a file with it. */
  readonly key?: string;
  /** File with an older checkpoint. */
  readonly checkpoint?: string;
  /** Verifier key texts of witnesses, or files with them. */
  readonly witness?: readonly string[];
}

/** Verifies a log: exit status 0 when all is as it must be, 1 with findings. JSON: the report. */
export async function auditVerify(context: Context, path: string | undefined, options: VerifyOptions): Promise<number> {
  const directory = journalDirectory(context, path);
  if (!directory.ok) return fail(context, failureOf('cannot find the log', directory.refusal));
  const trust = trustOf(context, options);
  if (!trust.ok) return fail(context, failureOf('cannot read what to believe', trust.refusal));
  const verified = await verifyLog(nodeDisk, directory.value, trust.value);
  if (!verified.ok) {
    const { refusal } = verified;
    const code = refusal.code === 'not-found' ? 'usage' : refusal.code;
    return fail(context, { what: `cannot verify ${directory.value}`, code, sentence: refusal.detail, advice: [] });
  }
  const report = verified.value;
  answer(context, report, reportLines(directory.value, report));
  return report.ok ? EXIT.ok : EXIT.generic;
}

/** Writes a pack for other verifiers. JSON: `{path, records, files}`. */
export async function auditExport(context: Context, target: string, from: string | undefined): Promise<number> {
  const directory = journalDirectory(context, from);
  if (!directory.ok) return fail(context, failureOf('cannot find the log', directory.refusal));
  const path = resolve(context.io.cwd, target);
  const written = await writePack(nodeDisk, directory.value, path);
  if (!written.ok) return fail(context, failureOf(`cannot export to ${path}`, written.refusal));
  const { records, files } = written.value;
  answer(context, { path, records, files }, [
    `${records} records in ${files} files: ${path}`,
    `To check it: ${COMMAND} audit verify ${path}`,
    `or, with other code: python3 sdk/python/cohesix/verify.py ${path}`,
  ]);
  return EXIT.ok;
}

function trustOf({ io }: Context, { key, checkpoint, witness }: VerifyOptions): Result<LogTrust> {
  const textOf = (given: string): string => {
    const file = resolve(io.cwd, given);
    return existsSync(file) ? readFileSync(file, 'utf8') : given;
  };
  try {
    return ok({
      verify: nodeTicketCrypto.ed25519Verify,
      ...(key === undefined ? {} : { key: textOf(key) }),
      ...(checkpoint === undefined ? {} : { older: readFileSync(resolve(io.cwd, checkpoint)) }),
      ...(witness === undefined ? {} : { witnesses: witness.map(textOf) }),
    });
  } catch (error) {
    return refuse('not-found', `${errorText(error)}.`);
  }
}

function reportLines(directory: string, report: LogReport): readonly string[] {
  const { size, unsigned, root, origin, key, keyFrom, findings } = report;
  const later = unsigned === 0 ? '' : `, and ${unsigned} not signed yet`;
  const from =
    keyFrom === 'option' ? '' : ', a key that came with the log: it proves that nothing changed, not whose it is';
  return [
    `${report.ok ? 'good' : 'TAMPERED'}  ${directory}`,
    `  records  ${size} signed${later}`,
    `  root     ${root}`,
    `  signed   by ${origin}, key ${key}${from}`,
    ...findings.map(({ what, where }) => `  ${where}: ${what}`),
  ];
}
