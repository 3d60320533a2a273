export type { Outcome, Refused, Verdict } from '@cohesix/check';
export { type Checkpoint, formatCheckpoint, parseCheckpoint } from './checkpoint.ts';
export { type Cosignature, cosignatureMessage, decodeCosignature, encodeCosignature } from './cosignature.ts';
export { BUNDLE_SIZE_MAX, decodeBundle, encodeBundle } from './entry-bundle.ts';
export { Frontier, type NodeSink } from './frontier.ts';
export { formatNoteKey, type NoteKey, type NoteKeyKind, noteKey, parseNoteKey } from './note-key.ts';
export { type CheckpointTrust, type OpenCheckpoint, openCheckpoint } from './open-checkpoint.ts';
export {
  type Ed25519Verify,
  type NoteChallenge,
  noteChallenges,
  type OpenNote,
  openNote,
  settleNote,
  type VerifiedSignature,
} from './open-note.ts';
export {
  type ConsistencyRange,
  consistencyNodes,
  type InclusionRange,
  inclusionNodes,
  type NodeId,
  type ProofNodes,
  rootNodes,
} from './proof-nodes.ts';
export { type HashSource, proveConsistency, proveInclusion, rootAt } from './prove.ts';
export { cosignNote, type NoteSigner, signNote } from './sign-note.ts';
export {
  formatNote,
  formatSignatureLine,
  NOTE_SIGNATURES_MAX,
  NOTE_SIZE_MAX,
  type NoteSignature,
  parseNote,
  parseSignatureLine,
  type SignedNote,
  unsignedNote,
} from './signed-note.ts';
export {
  type Bundle,
  type NodePlace,
  placeOfNode,
  TILE_HEIGHT,
  TILE_WIDTH,
  type Tile,
  type TileLevel,
  tileLevels,
  tilesBetween,
  tilesOf,
  tileWidth,
} from './tile.ts';
export { TileBuilder, type TileBuilderState, type TileRun, type TileRunSink } from './tile-builder.ts';
export { formatTilePath, parseTilePath } from './tile-path.ts';
export { hashSourceOfTiles, type TileSource } from './tile-source.ts';
export { formatTlogProof, parseTlogProof, TLOG_PROOF_SIZE_MAX, type TlogProof } from './tlog-proof.ts';
export {
  ENTRY_SIZE_MAX,
  equalHashes,
  HASH_SIZE,
  type Sha256,
  TREE_SIZE_MAX,
  TreeHasher,
  type TreeHead,
} from './tree-hasher.ts';
export { type ConsistencyClaim, type InclusionClaim, verifyConsistency, verifyInclusion } from './verify.ts';
