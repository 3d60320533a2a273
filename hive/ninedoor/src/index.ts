// @cohesix/ninedoor: the namespace and its 9P and console servers. See README.md.

export { boundedText } from './bounded-text.ts';
export { ConsoleServer } from './console/server.ts';
export {
  type AttachRequest,
  type Bind,
  type CommandPort,
  type DoorPorts,
  NineDoor,
  type Submitted,
  type TurnedAway,
} from './door.ts';
export type { AcceptedLine, LinesKnown } from './line-results.ts';
export type { ListenAddress } from './listen.ts';
export { createNamespace, type Entry } from './namespace.ts';
export { type ByteSink, NinepConnection } from './ninep/connection.ts';
export { type ByteLink, type LinkHandlers, NinepLinks } from './ninep/link.ts';
export { NinepServer } from './ninep/server.ts';
export { WriterPool } from './ninep/writer-pool.ts';
export type {
  BlobNode,
  ControlNode,
  FileNode,
  NameSource,
  NodeDefinition,
  Params,
  StoredFile,
  StoredIntent,
  StoredNode,
  StoredPiece,
  StreamNode,
  TreeSource,
  ViewNode,
} from './node.ts';
export type { PathFollow, PathStat } from './path-session.ts';
export { PathSession } from './path-session.ts';
export { peerOf } from './peer.ts';
export type { Ending, QueenEvent } from './queens.ts';
export { recordNodes, twinNode } from './record-nodes.ts';
export { type DoorKind, mayRead, type Session } from './session.ts';
export { workerOf } from './session-index.ts';
export type { TlsServer } from './tls.ts';
