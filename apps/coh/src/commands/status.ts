// `coh status`: the hive on one screen. Each line is made of a few small views; one that this ticket does not show, or this
// hive does not have, is left out.

import type { HiveClient } from '@cohesix/client';
import { ok, type Result } from '@cohesix/wire';
import { answer, type Context } from '../context.ts';
import { interruptible, pause } from '../interrupt.ts';
import { visible } from '../io.ts';
import { cellText, type Row, rowOf, rowsIn } from '../rows.ts';
import { DONE, failAt, withHive } from '../session.ts';

/** What `coh status` is asked for. */
export interface StatusOptions {
  /** Seconds between two looks; without it there is one. */
  readonly watch?: number;
}

interface Section {
  readonly paths: readonly string[];
  /** Fields out of the text of a view; default: all `key=value` words in it. */
  readonly read?: (text: string) => Row;
  /** The line for people, from the fields of all its views. */
  readonly tell: (fields: (name: string) => string) => string;
}

/** Sections by their names, in the order of the screen. */
const SECTIONS: Readonly<Record<string, Section>> = {
  lifecycle: {
    paths: ['state', 'reason', 'since'].map((name) => `/proc/lifecycle/${name}`),
    tell: (of) => `${of('state')} since ${of('since_ms')} (${of('reason')})`,
  },
  root: {
    paths: ['reachable', 'cut_reason', 'last_seen_ms'].map((name) => `/proc/root/${name}`),
    tell: (of) => (of('reachable') === 'yes' ? 'reachable' : `cut off: ${of('cut_reason')}`),
  },
  journal: { paths: ['/proc/journal'], tell: (of) => `${of('state')}, ${of('seq')} lines` },
  epoch: { paths: ['/proc/epoch'], tell: (of) => of('epoch') },
  sessions: { paths: ['/proc/9p/sessions'], tell: (of) => `${of('total')}, ${of('worker')} of them workers` },
  workers: { paths: ['/proc/workers'], tell: (of) => `${of('total')} of ${of('max')}, ${of('running')} running` },
  approvals: {
    paths: ['/actions/pending'],
    read: (text) => ({ pending: rowsIn(text).rows.length }),
    tell: (of) => `${of('pending')} open requests`,
  },
  leases: {
    paths: ['/proc/lease/summary'],
    tell: (of) =>
      `${of('active')} of ${of('max_active')} held, ${of('waiting')} waiting, ${of('preemptions')} taken away`,
  },
  jobs: {
    paths: ['/proc/schedule/summary'],
    tell: (of) =>
      [
        `${of('queue')} of ${of('max_entries')} waiting, ${of('running')} running`,
        `; ${of('succeeded')} succeeded, ${of('failed')} failed, ${of('expired')} expired, ${of('cancelled')} cancelled`,
      ].join(''),
  },
  host_tickets: {
    paths: ['/proc/host-tickets/summary'],
    tell: (of) =>
      [
        `${of('queued')} queued, ${of('claimed')} claimed, ${of('running')} running`,
        `; ${of('succeeded')} succeeded, ${of('failed')} failed, ${of('expired')} expired`,
      ].join(''),
  },
  windows: { paths: ['/proc/export/summary'], tell: (of) => `${of('open')} open` },
  pressure: {
    paths: ['busy', 'quota', 'cut', 'policy'].map((name) => `/proc/pressure/${name}`),
    tell: (of) => `refused: ${of('busy')} busy, ${of('quota')} quota, ${of('cut')} cut, ${of('policy')} policy`,
  },
};

/** What is known, by the name of the section; null: not to be seen. */
type Status = Readonly<Record<string, Row | null>>;

/** Shows the status. JSON: an object with the fields of each section, or null; with `--watch` one for each look. */
export function status(context: Context, { watch }: StatusOptions): Promise<number> {
  return withHive(context, (client) =>
    interruptible(context, async (signal) => {
      do {
        const found = await look(client);
        if (!found.ok) return failAt(context, client, { what: 'cannot read the status', refusal: found.refusal });
        draw(context, found.value, watch !== undefined);
        if (watch !== undefined) await pause(watch * 1000, signal);
      } while (watch !== undefined && !signal.aborted);
      return DONE;
    }),
  );
}

/** Looks only at what is there: a read of what is not would be counted as a refusal, on this very screen. */
async function look(client: HiveClient): Promise<Result<Status>> {
  const top = await client.list('/');
  const inProc = await client.list('/proc');
  if (!inProc.ok) return inProc;
  const isThere = (path: string): boolean => {
    const [, folder = '', name = ''] = path.split('/');
    return folder === 'proc' ? inProc.value.includes(name) : top.ok && top.value.includes(folder);
  };
  const found: Record<string, Row | null> = {};
  for (const [name, section] of Object.entries(SECTIONS)) {
    const fields = await fieldsOf(client, { ...section, paths: section.paths.filter(isThere) });
    if (!fields.ok) return fields;
    found[name] = fields.value;
  }
  return ok(found);
}

/** Refusals that are about one file; any other is about the session, and ends the look. */
const ABOUT_THE_FILE: ReadonlySet<string> = new Set(['invalid-path', 'denied']);

/** The fields of a section; null when none of its views is to be seen. */
async function fieldsOf(client: HiveClient, { paths, read = wordsIn }: Section): Promise<Result<Row | null>> {
  const rows: Row[] = [];
  for (const path of paths) {
    const text = await client.read(path);
    if (text.ok) rows.push(read(new TextDecoder().decode(text.value)));
    else if (!ABOUT_THE_FILE.has(text.refusal.code)) return text;
  }
  return ok(rows.length === 0 ? null : Object.assign({}, ...rows));
}

function wordsIn(text: string): Row {
  return rowOf(text.replaceAll('\n', ' '));
}

/** Cursor to the upper left corner, then everything below it gone (ECMA-48: CUP, ED). */
const CLEAR = '\u001b[H\u001b[J';

function draw(context: Context, found: Status, isAgain: boolean): void {
  const { stdout } = context.io;
  if (isAgain && !context.json && stdout.isTTY === true) stdout.write(CLEAR);
  answer(context, found, lines(found));
  if (isAgain && !context.json && stdout.isTTY !== true) stdout.write('\n');
}

function lines(found: Status): readonly string[] {
  const width = Math.max(...Object.keys(SECTIONS).map((name) => name.length));
  return Object.entries(SECTIONS).flatMap(([name, { tell }]) => {
    const row = found[name] ?? null;
    return row === null
      ? []
      : [visible(`${name.replaceAll('_', ' ').padEnd(width)}  ${tell((key) => cellText(key, row[key] ?? null))}`)];
  });
}
