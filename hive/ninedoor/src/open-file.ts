// What a fid or a path-level call holds after open: a directory's names, bytes that do not change any more, or a
// reader on a ring. Opening is where permission is decided; reading only copies.

import { type Ring, RingReader } from '@cohesix/telemetry';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { Entry } from './namespace.ts';
import type { ControlNode, FileNode, ViewNode } from './node.ts';
import { listNames, mayBegin, type Session, type Spot } from './session.ts';
import { OpenStored } from './stored.ts';

/** Verb bits of a scope mask. */
export const READ = 1;
export const WRITE = 2;

/** What an open asks for. */
export interface OpenIntent {
  readonly read: boolean;
  readonly write: boolean;
  /** Reads at the end of a stream wait. */
  readonly follow: boolean;
}

export type OpenFile =
  | { readonly kind: 'directory'; readonly names: readonly string[] }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly canRead: boolean; readonly canWrite: boolean }
  | {
      readonly kind: 'stream';
      readonly ring: Ring;
      readonly reader: RingReader;
      readonly follow: boolean;
      readonly canRead: boolean;
      readonly canWrite: boolean;
    }
  | { readonly kind: 'stored'; readonly file: OpenStored; readonly canRead: boolean; readonly canWrite: boolean };

/** What a file is to those who look at it; a directory has none. */
export function kindOf(file: FileNode | undefined): 'directory' | 'view' | 'control' | 'stream' | 'blob' {
  if (file === undefined) return 'directory';
  return file.kind === 'stored' ? 'blob' : file.kind;
}

/** Verb bits a session has on a file: its ticket's, cut down to what the node can do. */
function maskOf(session: Session, spot: Spot): number {
  const { file } = spot.entry;
  if (file === undefined) return spot.scope.visible ? READ : 0;
  return spot.scope.mask & nodeMask(spot.entry, file, session);
}

function nodeMask(entry: Entry, file: FileNode, session: Session): number {
  switch (file.kind) {
    case 'view':
    case 'blob':
      return READ;
    case 'control':
      return file.writers.includes(session.principal.role) ? READ | WRITE : READ;
    case 'stream':
      return (file.mayRead?.(session) === false ? 0 : READ) | (file.append === undefined ? 0 : WRITE);
    case 'stored':
      return file.verbs(entry.params, session);
  }
}

const NO_BYTES = new Uint8Array(0);

/** Ends what an opening holds; a store may refuse to keep what it was given. */
export function closeFile(open: OpenFile | undefined): Promise<Result<void>> | undefined {
  return open?.kind === 'stored' ? open.file.close() : undefined;
}

/** Opens a spot. `is-directory`, `denied`, `invalid-path` (gone since the walk) or `closed` (it drains) when it cannot be. */
export function openSpot(session: Session, spot: Spot, intent: OpenIntent): Result<OpenFile> {
  const begins = mayBegin(session);
  if (!begins.ok) return begins;
  const { file } = spot.entry;
  if (file === undefined) {
    if (intent.write) return refuse('is-directory', `${spot.visible} is a directory; append to a file in it.`);
    return ok({ kind: 'directory', names: listNames(session, spot) });
  }
  const mask = maskOf(session, spot);
  if (intent.follow && file.kind !== 'stream') return refuse('unsupported', `${spot.visible} is no stream to follow.`);
  if (intent.read && (mask & READ) === 0) return refuse('denied', `Your ticket may not read ${spot.visible}.`);
  if (intent.write && (mask & WRITE) === 0)
    return refuse('denied', `${spot.visible} cannot be written with this ticket.`);
  return openNode(session, spot.entry, file, intent);
}

function openNode(session: Session, entry: Entry, file: FileNode, intent: OpenIntent): Result<OpenFile> {
  const { read: canRead, write: canWrite } = intent;
  switch (file.kind) {
    case 'view':
      return ok({ kind: 'bytes', bytes: renderView(entry, file, session), canRead, canWrite });
    case 'control':
      return ok({ kind: 'bytes', bytes: canRead ? controlLog(entry, file) : NO_BYTES, canRead, canWrite });
    case 'blob': {
      const bytes = file.bytes(entry.params);
      return bytes === undefined ? refuse('invalid-path') : ok({ kind: 'bytes', bytes, canRead, canWrite });
    }
    case 'stream': {
      const ring = file.ring(entry.params);
      if (ring === undefined) return refuse('invalid-path');
      return ok({
        kind: 'stream',
        ring,
        reader: new RingReader(ring),
        follow: intent.follow,
        canRead,
        canWrite,
      });
    }
    case 'stored': {
      const opened = file.open(entry.params, session, intent);
      return opened.ok ? ok({ kind: 'stored', file: new OpenStored(opened.value), canRead, canWrite }) : opened;
    }
  }
}

/** Content of a view now; rendered once per version where the node has one. Shared, not to be written to. */
function renderView(entry: Entry, view: ViewNode, session: Session): Uint8Array {
  const version = view.version?.(entry.params);
  if (version === undefined) return view.render(entry.params, session);
  return rendered(entry, version, () => view.render(entry.params, session));
}

/** The retained log of a control file; one copy per version, however many fids have it open. */
function controlLog(entry: Entry, control: ControlNode): Uint8Array {
  return rendered(entry, control.version(entry.params), () => control.log(entry.params));
}

function rendered(entry: Entry, version: number, render: () => Uint8Array): Uint8Array {
  if (entry.rendered?.version !== version) entry.rendered = { version, bytes: render() };
  return entry.rendered.bytes;
}

/** Size in bytes that `stat` reports: rendered length, or a stream's absolute end. */
export function sizeOf(session: Session, spot: Spot): number {
  const { entry } = spot;
  const { file } = entry;
  if (file === undefined) return 0;
  switch (file.kind) {
    case 'view':
      return renderView(entry, file, session).length;
    case 'control':
      return controlLog(entry, file).length;
    case 'blob':
      return file.bytes(entry.params)?.length ?? 0;
    case 'stream':
      return file.ring(entry.params)?.end ?? 0;
    case 'stored':
      return file.size(entry.params);
  }
}

/** qid.version: counts content changes. */
export function versionOf(entry: Entry): number {
  const { file } = entry;
  if (file === undefined) return 0;
  switch (file.kind) {
    case 'view':
    case 'control':
      return (file.version?.(entry.params) ?? 0) >>> 0;
    case 'blob':
      return 0;
    case 'stored':
      return file.version(entry.params) >>> 0;
    case 'stream':
      // The end cursor goes on over a restart, as the content does; the ring's own counter starts again.
      return (file.ring(entry.params)?.end ?? 0) % 2 ** 32;
  }
}

/** Permission bits for `stat`: what this session may do, the same for user, group and others. */
export function modeOf(session: Session, spot: Spot): number {
  if (spot.entry.file === undefined) return 0o555;
  const mask = maskOf(session, spot);
  return ((mask & READ) !== 0 ? 0o444 : 0) | ((mask & WRITE) !== 0 ? 0o222 : 0);
}
