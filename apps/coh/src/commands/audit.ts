// audit verify and audit export: the history of a hive, checked and handed on without the hive. They read files, so they
// work beside a running hive, after it, and on a copy somewhere else; verifying also works from a web host or a hive's door.

import { resolve } from 'node:path';
import { type LogReport, type LogTrust, nodeDisk, verifyLog, verifyPack, writePack } from '@cohesix/journal';
import { EXIT, type Result } from '@cohesix/wire';
import { type OpenLog, openLog } from '../audit/open-log.ts';
import { progressOf } from '../audit/progress.ts';
import { witnessLine } from '../audit/seen-witness.ts';
import { type TrustOptions, trustOf } from '../audit/trust.ts';
import { answer, type Context } from '../context.ts';
import { fail, failureOf } from '../failure.ts';
import { COMMAND } from '../io.ts';
import { journalDirectory } from '../places.ts';

/** Verifies a log: exit status 0 when all is as it must be, 1 with findings. JSON: the report. */
export async function auditVerify(context: Context, where: string | undefined, options: TrustOptions): Promise<number> {
  const trust = trustOf(context, options);
  if (!trust.ok) return fail(context, failureOf('cannot read what to believe', trust.refusal));
  const log = await openLog(context, where);
  if (!log.ok) return fail(context, failureOf('cannot find the log', log.refusal));
  try {
    const { name } = log.value.source;
    const verified = await verifyOpen(context, log.value, trust.value);
    if (!verified.ok) {
      const { refusal } = verified;
      const code = refusal.code === 'not-found' ? 'usage' : refusal.code;
      return fail(context, { what: `cannot verify ${name}`, code, sentence: refusal.detail, advice: [] });
    }
    const report = verified.value;
    answer(context, report, reportLines(name, report));
    return report.ok ? EXIT.ok : EXIT.generic;
  } finally {
    await log.value.close();
  }
}

async function verifyOpen(context: Context, log: OpenLog, trust: LogTrust): Promise<Result<LogReport>> {
  const progress = progressOf(context, 'verifying');
  try {
    if (log.directory === undefined) return await verifyPack(log.source, trust, progress.report);
    return await verifyLog(nodeDisk, log.directory, trust, progress.report);
  } finally {
    progress.end();
  }
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

function reportLines(name: string, report: LogReport): readonly string[] {
  const { size, unsigned, root, origin, key, keyFrom, witnesses, findings } = report;
  const later = unsigned === 0 ? '' : `, and ${unsigned} not signed yet`;
  const from =
    keyFrom === 'option' ? '' : ', a key that came with the log: it proves that nothing changed, not whose it is';
  return [
    `${report.ok ? 'good' : 'TAMPERED'}  ${name}`,
    `  records  ${size} signed${later}`,
    `  root     ${root}`,
    `  signed   by ${origin}, key ${key}${from}`,
    ...witnesses.map(witnessLine),
    ...findings.map(({ what, where }) => `  ${where}: ${what}`),
  ];
}
