// Export windows: `/queen/export/ctl` (contracts-1, 5.2). A window is the leave of the queen that what belongs to its id may go
// out of the hive until a time. Who exports asks `isWindowOpen` with the time of the act; the clock line only tidies up, so a
// late tick leaves no window open.

import { unreachable } from '@cohesix/check';
import Type, { type Static } from 'typebox';
import { accept, reject } from '../../kernel/decision.ts';
import { compareText } from '../../kernel/plain.ts';
import { logField } from '../../kernel/text.ts';
import { partyOf } from '../../principal.ts';
import type { Acceptance, Capability, Control, Decision, ParsedCommand, State, View } from '../../types.ts';
import { manifestIn } from '../settings/queries.ts';
import { type ExportChange, type ExportSlice, exportChange, type Window } from './queries.ts';

const closed = { additionalProperties: false } as const;
const id = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Name of the window.' });

const openLine = Type.Object(
  {
    op: Type.Literal('open'),
    id,
    ttl_s: Type.Integer({ minimum: 1, maximum: 4_294_967_295, description: 'Seconds until it shuts by itself.' }),
  },
  { ...closed, description: 'Opens a window; one that is open gets a new end.' },
);

const closeLine = Type.Object(
  {
    op: Type.Literal('close'),
    id,
    reason: Type.String({ pattern: '^(?!\\.{1,2}$)[A-Za-z0-9_.:-]{1,24}$', description: 'Why, for the log.' }),
  },
  { ...closed, description: 'Shuts a window.' },
);

const exportLine = Type.Union([openLine, closeLine]);

const control: Control<ExportSlice, Static<typeof exportLine>> = {
  pattern: '/queen/export/ctl',
  summary: 'Opens and closes export windows; nothing leaves the hive outside one.',
  schema: exportLine,
  writers: ['queen', 'system'],
  examples: ['{"op":"open","id":"nightly","ttl_s":3600}', '{"op":"close","id":"nightly","reason":"done"}'],
  decide: (slice, command, state) =>
    command.value.op === 'open'
      ? decideOpen(slice, { ...command, value: command.value }, state)
      : decideClose(slice, { ...command, value: command.value }),
};

function decideOpen(
  slice: Readonly<ExportSlice>,
  { value, at, seq, who }: ParsedCommand<Static<typeof openLine>>,
  state: Readonly<State>,
): Decision {
  const over = overAt(slice, at);
  const others = [...slice.windows.keys()].filter((other) => other !== value.id && !over.includes(other)).length;
  const { windows_max: max } = manifestIn(state).export;
  if (others >= max) return reject('buffer-full', `export.windows_max is ${max} and as many are open; close one.`);
  const window: Window = {
    id: value.id,
    ttlS: value.ttl_s,
    openedAt: at,
    expiresAt: at + value.ttl_s * 1000,
    entry: seq,
    by: partyOf(who),
  };
  return accept({
    changes: [
      ...over.map((gone) => exportChange({ kind: 'expire', id: gone })),
      exportChange({ kind: 'open', window }),
    ],
    log: [...over.map(expiredLine), `export opened id=${value.id} ttl=${value.ttl_s} by=${logField(who.subject)}`],
    reply: { id: value.id, expires_ms: window.expiresAt },
  });
}

function decideClose(
  { windows }: Readonly<ExportSlice>,
  { value, at, who }: ParsedCommand<Static<typeof closeLine>>,
): Decision {
  const window = windows.get(value.id);
  if (window === undefined || window.expiresAt <= at)
    return reject('not-found', `No open window ${value.id}; see /proc/export/windows.`);
  return accept({
    changes: [exportChange({ kind: 'close', id: value.id })],
    log: [`export closed id=${value.id} reason=${value.reason} by=${logField(who.subject)}`],
    reply: { id: value.id },
  });
}

/** Windows shut by one line: its outcome must fit into a journal record. */
const EXPIRED_PER_LINE_MAX = 64;

/** Windows whose time is up, in the order of their end. */
function overAt({ windows }: Readonly<ExportSlice>, at: number): string[] {
  return [...windows.values()]
    .filter(({ expiresAt }) => expiresAt <= at)
    .sort((left, right) => left.expiresAt - right.expiresAt || compareText(left.id, right.id))
    .slice(0, EXPIRED_PER_LINE_MAX)
    .map((window) => window.id);
}

function expiredLine(gone: string): string {
  return `export expired id=${gone}`;
}

function tick(slice: Readonly<ExportSlice>, { at }: { readonly at: number }): Acceptance {
  const over = overAt(slice, at);
  return accept({
    changes: over.map((gone) => exportChange({ kind: 'expire', id: gone })),
    log: over.map(expiredLine),
  });
}

function evolve(slice: ExportSlice, change: ExportChange): void {
  switch (change.kind) {
    case 'open':
      slice.windows.set(change.window.id, change.window);
      slice.opened += 1;
      return;
    case 'close':
      slice.windows.delete(change.id);
      slice.closed += 1;
      return;
    case 'expire':
      slice.windows.delete(change.id);
      slice.expired += 1;
      return;
    case 'void':
      for (const window of [...slice.windows.values()]) {
        if (window.by.ticketIds.includes(change.ticketId)) evolve(slice, { kind: 'close', id: window.id });
      }
      return;
    default:
      unreachable(change);
  }
}

const views: readonly View<ExportSlice>[] = [
  {
    pattern: '/proc/export/summary',
    summary:
      '`export open=<u64> opened=<u64> closed=<u64> expired=<u64> max=<u64>`: open now, and what happened so far.',
    boundBytes: 160,
    render: ({ windows, opened, closed, expired }, _params, state) =>
      `export open=${windows.size} opened=${opened} closed=${closed} expired=${expired} max=${manifestIn(state).export.windows_max}\n`,
  },
  {
    pattern: '/proc/export/windows',
    summary: 'One line per open window, the one that ends first first: `id= ttl_s= opened_ms= expires_ms= entry= by=`.',
    boundBytes: 65_536,
    render: ({ windows }) =>
      [...windows.values()]
        .sort((left, right) => left.expiresAt - right.expiresAt || compareText(left.id, right.id))
        .map(windowText)
        .join(''),
  },
];

function windowText({ id: name, ttlS, openedAt, expiresAt, entry, by }: Window): string {
  return `id=${name} ttl_s=${ttlS} opened_ms=${openedAt} expires_ms=${expiresAt} entry=${entry} by=${logField(by.subject)}\n`;
}

/** Most windows any manifest allows; a boot with a lower maximum closes none. */
const WINDOWS_EVER_MAX = 256;

function invariants({ windows, opened, closed: shut, expired }: Readonly<ExportSlice>): string[] {
  const broken = windows.size <= WINDOWS_EVER_MAX ? [] : [`export: ${windows.size} windows are kept`];
  if (windows.size > opened - shut - expired)
    broken.push(`export: ${windows.size} are open of ${opened} opened, ${shut} closed, ${expired} expired`);
  for (const [key, window] of windows) {
    if (key !== window.id) broken.push(`export: window ${window.id} is kept as ${key}`);
    if (window.expiresAt !== window.openedAt + window.ttlS * 1000)
      broken.push(`export: window ${key} ends at another time than it was given`);
  }
  return broken;
}

/** Export windows: `/queen/export/ctl`, `/proc/export/{summary,windows}`. */
export const exportCapability: Capability<ExportSlice> = {
  name: 'export',
  controls: [control],
  views,
  names: [],
  initial: () => ({ windows: new Map(), opened: 0, closed: 0, expired: 0 }),
  evolve,
  invariants,
  deadline({ windows }) {
    let earliest: number | undefined;
    for (const { expiresAt } of windows.values()) {
      if (earliest === undefined || expiresAt < earliest) earliest = expiresAt;
    }
    return earliest;
  },
  tick,
};
