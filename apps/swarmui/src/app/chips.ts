// What the header says of the hive, out of the files that say it. Each chip names its file; what cannot be read is said, not guessed.

import type { Content } from '../files/content.ts';

/** How grave. */
export type Tone = 'ok' | 'warn' | 'error' | 'plain';

/** A few words of the header. */
export interface Chip {
  readonly name: string;
  readonly text: string;
  readonly tone: Tone;
  /** The file that says it. */
  readonly path: string;
  /** What it means, for whoever does not know. */
  readonly about: string;
}

/** The files that the header reads. */
export const HEADER_FILES = [
  '/proc/root/reachable',
  '/proc/root/cut_reason',
  '/proc/lifecycle/state',
  '/proc/9p/session/active',
  '/proc/ingest/backpressure',
  '/proc/ingest/queued',
  '/proc/ingest/dropped',
  '/proc/pressure/busy',
  '/proc/pressure/quota',
  '/proc/pressure/cut',
  '/proc/pressure/policy',
] as const;

/** One of them. */
export type HeaderFile = (typeof HEADER_FILES)[number];

/** Contents by path. */
export type HeaderTexts = ReadonlyMap<string, Content<string>>;

/** What stands behind the first `=`, or behind `NAME=` when a line has several fields; undefined when it was not read. */
function fieldOf(texts: HeaderTexts, path: HeaderFile, name?: string): string | undefined {
  const content = texts.get(path);
  if (content?.kind !== 'here') return undefined;
  const fields = [...content.value.matchAll(/([a-z0-9_]+)=(\S+)/g)];
  return fields.find(([, one]) => name === undefined || one === name)?.[2];
}

/** How much a counter grew within the last minute; 0 when it did not, or nobody knows. */
export type Growth = (path: HeaderFile, value: number) => number;

/** The chips, the most important one first. */
export function chipsOf(texts: HeaderTexts, growth: Growth): readonly Chip[] {
  return [rootChip(texts), ...lifecycleChips(texts), ...sessionChips(texts), ...ingestChips(texts, growth)].concat(
    COUNTERS.flatMap((counter) => counterChips(texts, growth, counter)),
  );
}

function rootChip(texts: HeaderTexts): Chip {
  const path = '/proc/root/reachable';
  const reachable = fieldOf(texts, path);
  const chip = {
    name: 'root',
    path,
    about: 'Whether a queen holds this hive. While not, workers cannot act.',
  } as const;
  if (reachable === 'yes') return { ...chip, text: 'ROOT OK', tone: 'ok' };
  if (reachable !== 'no')
    return { ...chip, text: 'ROOT ?', tone: 'warn', about: `${path} cannot be read with this ticket, or was not yet.` };
  return { ...chip, text: `CUT ${fieldOf(texts, '/proc/root/cut_reason') ?? '?'}`, tone: 'error' };
}

function lifecycleChips(texts: HeaderTexts): readonly Chip[] {
  const path = '/proc/lifecycle/state';
  const state = fieldOf(texts, path);
  if (state === undefined) return [];
  const tone = state === 'ONLINE' ? 'ok' : state === 'OFFLINE' || state === 'DEGRADED' ? 'error' : 'warn';
  const about = 'State of the lifecycle. ONLINE takes work; the reason of another one is in /proc/lifecycle/reason.';
  return [{ name: 'lifecycle', text: `state ${state}`, tone, path, about }];
}

function sessionChips(texts: HeaderTexts): readonly Chip[] {
  const path = '/proc/9p/session/active';
  const [active, draining] = [fieldOf(texts, path, 'active'), fieldOf(texts, path, 'draining')];
  if (active === undefined) return [];
  const isDraining = draining !== undefined && draining !== '0';
  const text = `sessions ${active}${isDraining ? `, ${draining} draining` : ''}`;
  return [
    { name: 'sessions', text, tone: isDraining ? 'warn' : 'plain', path, about: 'Sessions of clients and workers.' },
  ];
}

/** Telemetry on its way in: what waits, what writers were told to wait for, what was thrown away. */
function ingestChips(texts: HeaderTexts, growth: Growth): readonly Chip[] {
  const queued = Number(fieldOf(texts, '/proc/ingest/queued'));
  const chips: Chip[] = [];
  if (Number.isFinite(queued)) {
    const tone = queued > 0 ? 'warn' : 'plain';
    const about = 'Telemetry that waits to be taken in.';
    chips.push({ name: 'backlog', text: `backlog ${queued}`, tone, path: '/proc/ingest/queued', about });
  }
  return chips.concat(INGEST_COUNTERS.flatMap((counter) => counterChips(texts, growth, counter)));
}

interface Counter {
  readonly path: HeaderFile;
  readonly about: string;
  /** It grows in a hive that is well: each full ring loses its oldest line to a new one. */
  readonly isUsual?: boolean;
}

const INGEST_COUNTERS: readonly Counter[] = [
  {
    path: '/proc/ingest/backpressure',
    about: 'Times that a writer of telemetry was told to wait, since the hive began.',
  },
  {
    path: '/proc/ingest/dropped',
    about: 'Telemetry lines that newer ones drove out of a worker’s ring, or that found no room, since the hive began.',
    isUsual: true,
  },
];

const COUNTERS: readonly Counter[] = [
  { path: '/proc/pressure/busy', about: 'Refusals because something was in use or full, since the hive began.' },
  { path: '/proc/pressure/quota', about: 'Refusals because an allowance was used up or something was too large.' },
  { path: '/proc/pressure/cut', about: 'Refusals because something could not be reached, or was closed or revoked.' },
  { path: '/proc/pressure/policy', about: 'Refusals by tickets, rules and schemas: what was not allowed.' },
];

/** The total, and how much of it is new. Only what is new is a warning. */
function counterChips(texts: HeaderTexts, growth: Growth, { path, about, isUsual }: Counter): readonly Chip[] {
  const value = Number(fieldOf(texts, path));
  if (!Number.isFinite(value)) return [];
  const name = path.slice(path.lastIndexOf('/') + 1);
  const more = isUsual === true ? 0 : growth(path, value);
  return [
    { name, text: `${name} ${value}${more > 0 ? ` (+${more})` : ''}`, tone: more > 0 ? 'warn' : 'plain', path, about },
  ];
}

const GRAVITY: readonly Tone[] = ['plain', 'ok', 'warn', 'error'];

/** The gravest tone of some chips. */
export function gravest(chips: readonly Chip[]): Tone {
  return chips.reduce<Tone>((most, { tone }) => (GRAVITY.indexOf(tone) > GRAVITY.indexOf(most) ? tone : most), 'plain');
}
