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
  /** Appends whole lines for a session that may write; undefined when only the hive itself appends. */
  readonly append: ((params: Params, bytes: Uint8Array, session: Session) => Result<void>) | undefined;
}

/** Immutable content. */
export interface BlobNode {
  readonly kind: 'blob';
  readonly bytes: (params: Params) => Uint8Array | undefined;
}

/** Any file of the namespace. */
export type FileNode = ViewNode | ControlNode | StreamNode | BlobNode;

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
}

/** A definition: a file at a pattern, the names of a parameter component (pattern ends in `:name`), or a tree below it. */
export type NodeDefinition =
  | { readonly pattern: string; readonly file: FileNode }
  | { readonly pattern: string; readonly names: NameSource }
  | { readonly pattern: string; readonly tree: TreeSource };
