// The four kinds of node of the namespace, as data that says how to read and append; who may do so is decided by the
// session. A node definition hangs at a pattern (`/worker/:worker/telemetry`); the parameters of the path that was
// walked are given to every function.

import type { Ring } from '@cohesix/telemetry';
import type { Result } from '@cohesix/wire';
import type { Session } from './session.ts';

/** Values of the `:name` components of the walked path. */
export type Params = Readonly<Record<string, string>>;

/** Text rendered at open, stable for that fid. */
export interface ViewNode {
  readonly kind: 'view';
  /** Renders the content for one session: at most `boundBytes`, which is the renderer's to keep. */
  readonly render: (params: Params, session: Session) => Uint8Array;
  readonly boundBytes: number;
  /** Counts content changes; two equal versions mean equal content for every session. Undefined: never cached. */
  readonly version: ((params: Params) => number) | undefined;
}

/** Lines appended become commands; reading gives the retained log. */
export interface ControlNode {
  readonly kind: 'control';
  readonly log: (params: Params) => Uint8Array;
  readonly version: (params: Params) => number;
  /** Roles that may write, whatever their ticket says. */
  readonly writers: readonly string[];
}

/** An append-only ring with absolute cursors. */
export interface StreamNode {
  readonly kind: 'stream';
  readonly ring: (params: Params) => Ring | undefined;
  /** Whether this session may read it where its ticket lets it; default: yes. */
  readonly mayRead?: (session: Session) => boolean;
  /**
   * Appends whole lines for a session that may write; undefined when only the hive itself appends. A promise: answered when it
   * is settled; the bytes are lent until the call returns.
   */
  readonly append:
    | ((params: Params, bytes: Uint8Array, session: Session) => Result<void> | Promise<Result<void>>)
    | undefined;
}

/** Immutable content that is in memory. */
export interface BlobNode {
  readonly kind: 'blob';
  readonly bytes: (params: Params) => Uint8Array | undefined;
}

/** Content in a store outside memory, read at offsets and, where it takes bytes, appended where it ends. */
export interface StoredNode {
  readonly kind: 'stored';
  /** What this session may do with it, whatever its ticket says: bits of READ (1) and WRITE (2). */
  readonly verbs: (params: Params, session: Session) => number;
  /** Bytes that `stat` tells, known without waiting; 0 when the end is not known. */
  readonly size: (params: Params) => number;
  /** Counts content changes. */
  readonly version: (params: Params) => number;
  /** Opens it for one fid, after permission was decided. Refuses as the store does (`not-found`: not whole yet). */
  readonly open: (params: Params, session: Session, intent: StoredIntent) => Result<StoredFile>;
}

/** What a stored file is opened for. */
export interface StoredIntent {
  readonly read: boolean;
  readonly write: boolean;
}

/** A piece on its way into a stored file. */
export interface StoredPiece {
  /** Where the piece begins; undefined: where the content ends, and the bytes are a line of text with its LF (`echo`). */
  readonly offset: number | undefined;
  /** Lent until the promise is settled. */
  readonly bytes: Uint8Array;
}

/** A stored file while one fid has it open. Calls may overlap; the store keeps appends in the order of the calls. */
export interface StoredFile {
  /** At most `count` bytes from `offset` on; none: the end. */
  readonly read: (offset: number, count: number) => Promise<Result<Uint8Array>>;
  /** Appends a piece; settled when it is as durable as the store promises. Absent: it takes none. */
  readonly append?: (piece: StoredPiece) => Promise<Result<void>>;
  /** Called once, when nobody has the fid any more. What it refuses is told to whoever clunks. */
  readonly close: () => Promise<Result<void>>;
}

/** Any file of the namespace. A `stored` file is a blob to those who look at it. */
export type FileNode = ViewNode | ControlNode | StreamNode | BlobNode | StoredNode;

/** Which names exist for a `:name` component. */
export interface NameSource {
  readonly list: (params: Params) => Iterable<string>;
  readonly has: (name: string, params: Params) => boolean;
}

/** A part of the namespace with a shape of its own: any depth, files beside directories. */
export interface TreeSource {
  /** What the names below the pattern lead to; none: the directory at the pattern itself. */
  readonly at: (names: readonly string[]) => FileNode | 'directory' | undefined;
  /** Names in the directory that the names lead to. */
  readonly list: (names: readonly string[]) => Iterable<string>;
  /**
   * What has to be made before the names can be looked at, in the turn in which the promise is settled; a refusal is told to
   * whoever asked. Undefined, or absent: nothing.
   */
  readonly ready?: (names: readonly string[]) => Promise<Result<void>> | undefined;
  /**
   * How many names below the pattern the tree begins to look like the whole namespace. From there on a session sees what its
   * ticket lets it see below `/`, provided that it may read the directory there. Absent: it never does.
   */
  readonly rootDepth?: number;
}

/** A definition: a file at a pattern, the names of a parameter component (pattern ends in `:name`), or a tree below it. */
export type NodeDefinition =
  | { readonly pattern: string; readonly file: FileNode }
  | { readonly pattern: string; readonly names: NameSource }
  | { readonly pattern: string; readonly tree: TreeSource };
