// `coh spool init`, `adopt` and `inspect`: what is done to a spool without a hive.

import { inspectSpool, nodeDisk } from '@cohesix/journal';
import { answer, type Context } from '../context.ts';
import { fail, failureOf } from '../failure.ts';
import { COMMAND, visible } from '../io.ts';
import { DONE } from '../session.ts';
import { sayRecord } from './records.ts';

/** `coh spool init` and `coh spool adopt`: the hive must not run. JSON: `{path, bytes}` or `{path, from}`. */
export async function spoolOffline(context: Context, what: 'init' | 'adopt', isForced: boolean): Promise<number> {
  const { places } = context;
  const failed = what === 'init' ? 'cannot make a spool' : 'cannot take the spool over';
  if (!places.ok) return fail(context, failureOf(failed, places.refusal));
  const { adoptHiveSpool, initHiveSpool } = await import('@cohesix/node');
  const { root } = places.value;
  const done = await (what === 'init' ? initHiveSpool(root, isForced) : adoptHiveSpool(root));
  if (!done.ok) return fail(context, { ...failureOf(failed, done.refusal), advice: adviceOf(done.refusal.code) });
  const { path, bytes = 0, from = '' } = done.value;
  const told =
    what === 'init' ? `made a spool of ${bytes} bytes in ${path}` : `took over ${path} from the hive ${from}`;
  answer(context, done.value, [visible(told)]);
  return DONE;
}

function adviceOf(code: string): readonly string[] {
  if (code === 'busy') return ['Stop the hive first: Ctrl-C where `coh up` runs.'];
  return code === 'exists' ? [`What is there: ${COMMAND} spool inspect FILE`] : [];
}

/** `coh spool inspect`: what a file or a device holds. JSON: the same fields. */
export async function spoolInspect(context: Context, path: string): Promise<number> {
  const report = await inspectSpool({ disk: nodeDisk, path });
  if (!report.ok) return fail(context, failureOf(`cannot inspect ${visible(path)}`, report.refusal));
  const { meta, scan } = report.value;
  const { hive, fingerprint, sector, ring, opening, acked } = meta;
  sayRecord(context, {
    hive,
    fingerprint,
    sector_bytes: sector,
    ring_bytes: ring,
    openings: opening,
    records: scan.table.records,
    next_seq: scan.next,
    ack_cursor: acked,
    dropped: scan.lost,
    torn: scan.isTorn ? 'yes' : 'no',
  });
  return DONE;
}
