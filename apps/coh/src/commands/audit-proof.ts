// audit prove and audit check: one record of the history, handed on with the proof that it is in it, and checked by whoever
// has nothing but that text and the key of the log.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  checkProof,
  nodeDisk,
  type ProofReport,
  proveFromDirectory,
  proveFromPack,
  type RecordProof,
} from '@cohesix/journal';
import { EXIT, type Result, refuse } from '@cohesix/wire';
import { openLog } from '../audit/open-log.ts';
import { witnessLine } from '../audit/seen-witness.ts';
import { type TrustOptions, trustOf } from '../audit/trust.ts';
import { answer, type Context, note, shown } from '../context.ts';
import { fail, failureOf } from '../failure.ts';
import { COMMAND } from '../io.ts';
import { errorText } from '../token.ts';

/** What `coh audit prove` is told. */
export interface ProveOptions {
  /** Path or URL of a log. */
  readonly from?: string;
  /** New file; default: stdout. */
  readonly output?: string;
}

/** Proves a line of the journal. JSON: `{seq, record, size, cosignatures, path}`, or `proof` instead of `path`. */
export async function auditProve(context: Context, seq: number, { from, output }: ProveOptions): Promise<number> {
  const proof = await proofOf(context, seq, from);
  if (!proof.ok) return fail(context, { ...failureOf(`cannot prove line ${seq}`, proof.refusal), advice: [] });
  const { bytes, record, size, cosignatures, leftOut } = proof.value;
  if (leftOut > 0) note(context, `${leftOut} cosignatures were left out: a proof has at most 2 KiB beside its record.`);
  const told = { seq, record, size, cosignatures };
  const text = Buffer.from(bytes).toString();
  if (output === undefined) {
    answer(context, { ...told, proof: text }, [text.replace(/\n$/, '')]);
    return EXIT.ok;
  }
  const path = resolve(context.io.cwd, output);
  try {
    writeFileSync(path, bytes, { flag: 'wx' });
  } catch (error) {
    const code = existsSync(path) ? 'exists' : 'failed';
    return fail(context, { what: `cannot write ${path}`, code, sentence: `${errorText(error)}.`, advice: [] });
  }
  answer(context, { ...told, path }, [
    `record ${record} of ${size}, ${bytes.length} bytes: ${path}`,
    `To check it: ${COMMAND} audit check ${path} --key KEY`,
    `or, with other code: python3 sdk/python/cohesix/verify.py --proof ${path} --key KEY`,
  ]);
  return EXIT.ok;
}

async function proofOf(context: Context, seq: number, from: string | undefined): Promise<Result<RecordProof>> {
  const log = await openLog(context, from);
  if (!log.ok) return log;
  const { source, directory, close } = log.value;
  try {
    return await (directory === undefined ? proveFromPack(source, seq) : proveFromDirectory(nodeDisk, directory, seq));
  } finally {
    await close();
  }
}

/** Checks a proof: exit status 0 when it holds, 1 with findings. JSON: the report, the record as text. */
export function auditCheck(context: Context, file: string, options: TrustOptions): number {
  const path = resolve(context.io.cwd, file);
  const report = reportOf(context, path, options);
  if (!report.ok) {
    const { refusal } = report;
    const code = refusal.code === 'not-found' ? 'usage' : refusal.code;
    const advice = [`The key of the local hive: ${COMMAND} cat /audit/key`];
    return fail(context, { what: `cannot check ${path}`, code, sentence: refusal.detail, advice });
  }
  const { body, ...rest } = report.value;
  const text = body === undefined ? null : Buffer.from(body).toString();
  answer(context, { ...rest, record: rest.record ?? null, body: text }, reportLines(context, path, report.value));
  return report.value.ok ? EXIT.ok : EXIT.generic;
}

function reportOf(context: Context, path: string, options: TrustOptions): Result<ProofReport> {
  const trust = trustOf(context, options);
  if (!trust.ok) return trust;
  const { key, ...others } = trust.value;
  if (key === undefined) return refuse('not-found', 'A proof needs the key of its log, from a place you trust: --key.');
  try {
    return checkProof(readFileSync(path), { ...others, key });
  } catch (error) {
    return refuse('not-found', `${errorText(error)}.`);
  }
}

function reportLines(context: Context, path: string, report: ProofReport): readonly string[] {
  const { origin, record, size, root, key, body, witnesses, findings } = report;
  // Of a proof that does not hold nothing is shown that could be taken for a record.
  const text = report.ok && body !== undefined ? [shown(context, Buffer.from(body).toString())] : [];
  return [
    `${report.ok ? 'good' : 'TAMPERED'}  ${path}`,
    ...(report.ok ? [`  record   ${record} of ${size}`, `  root     ${root}`] : []),
    `  signed   by ${origin}, key ${key}${report.ok ? '' : ': not shown'}`,
    ...witnesses.map(witnessLine),
    ...findings.map(({ what, where }) => `  ${where}: ${what}`),
    ...text,
  ];
}
