// What the palette can go to, made of what the files say: places, workers, files below the typed path, lines of the journal, control
// files as acts.

import { PLACES } from '../app/places.ts';
import { hrefOf, hrefOfPath } from '../app/router.ts';
import type { JournalRecord } from '../journal/record.ts';
import type { ControlDoc } from '../places/files/control-doc.ts';
import type { FleetWorker } from '../places/hive/model.ts';
import type { Choice } from './rank.ts';

/** The places. */
export function placeChoices(): readonly Choice[] {
  return PLACES.map(({ id, title, key }) => ({
    id: `place ${id}`,
    title,
    hint: `Alt-${key}`,
    group: 'place',
    href: hrefOf(id),
  }));
}

/** Workers of the fleet. */
export function workerChoices(workers: readonly FleetWorker[]): readonly Choice[] {
  return workers.map(({ id, kind, state }) => ({
    id: `worker ${id}`,
    title: id,
    hint: `${kind}, ${state}`,
    group: 'worker',
    href: hrefOf('hive', id),
  }));
}

/** What can be done: control files that have one path, whose form is in Files. */
export function actChoices(docs: readonly ControlDoc[]): readonly Choice[] {
  return docs
    .filter(({ pattern }) => !pattern.includes(':'))
    .map(({ pattern, summary }) => ({
      id: `act ${pattern}`,
      title: summary === '' ? pattern : summary,
      hint: pattern,
      group: 'act',
      href: hrefOfPath(pattern),
    }));
}

/** Where a typed path is looked up, and what is typed of the last name: `/proc/bo` is `/proc` and `bo`. */
export function pathTyped(query: string): { readonly directory: string; readonly start: string } | undefined {
  if (!query.startsWith('/')) return undefined;
  const slash = query.lastIndexOf('/');
  return { directory: slash === 0 ? '/' : query.slice(0, slash), start: query.slice(slash + 1) };
}

/** Names of a directory, as files. */
export function fileChoices(directory: string, names: readonly string[]): readonly Choice[] {
  return names.map((name) => {
    const path = `${directory === '/' ? '' : directory}/${name}`;
    return { id: `file ${path}`, title: path, hint: 'file', group: 'file', href: hrefOfPath(path) };
  });
}

/** Lines of records, newest first, and the line whose number was typed even if it is older. */
export function entryChoices(query: string, records: readonly JournalRecord[]): readonly Choice[] {
  const number = /^#?(\d{1,15})$/.exec(query.trim())?.[1];
  const typed = number === undefined ? [] : [entryChoice(Number(number), 'line of the journal', '')];
  const lines = records.flatMap(({ seq, path, who, lines: texts }) =>
    texts.map((text, index) => entryChoice(seq + index, `${path} by ${who.subject || who.role}`, text)),
  );
  return [...typed, ...lines.reverse().filter(({ id }) => id !== typed[0]?.id)];
}

function entryChoice(seq: number, hint: string, text: string): Choice {
  const title = text === '' ? `#${seq}` : `#${seq} ${text.slice(0, 120)}`;
  return { id: `entry ${seq}`, title, hint, group: 'entry', href: hrefOf('audit', String(seq)) };
}
