// The files of updates and models as a fid has them open: what is whole is read at offsets, what is not takes pieces in order.
//
// Pieces at offsets are the content as it is. A piece without an offset came through a door that has only text: a line, or `b64:`
// and base64 (contracts-1, 5.8). A chunk or weights whose size nobody has told is whole when its bytes hash to its name; that is
// looked at with each line, and when a fid that wrote at offsets is closed.

import { type Appended, type Cas, type ModelPart, payloadOf } from '@cohesix/cas';
import type { Session, StoredFile, StoredIntent, StoredPiece } from '@cohesix/ninedoor';
import { ok, type Result, refuse } from '@cohesix/wire';
import { LazyReader, PayloadTurns } from './readers.ts';

/** What the files work with. */
export interface CasFiles {
  readonly cas: Cas;
  /** Answers when all that the store told so far is durable in the journal, or refused. */
  readonly told: () => Promise<Result<void>>;
}

const DONE: Result<void> = ok(undefined);
const NO_BYTES = new Uint8Array(0);

/** The bytes of a piece, and where they go. */
function contentOf({
  offset,
  bytes,
}: StoredPiece): Result<{ readonly offset: number | undefined; readonly bytes: Uint8Array }> {
  if (offset !== undefined) return ok({ offset, bytes });
  const content = payloadOf(bytes);
  return content.ok ? ok({ offset, bytes: content.value }) : content;
}

/** `/updates/<epoch>/manifest.cbor`. */
export function openManifest({ cas, told }: CasFiles, epoch: string, intent: StoredIntent): Result<StoredFile> {
  const { updates } = cas;
  const bytes = intent.read ? updates.manifestBytes(epoch) : undefined;
  if (!intent.write && bytes === undefined) return refuse('not-found', `Update ${epoch} has no manifest yet.`);
  return ok({
    read: async (offset, count) => ok(bytes?.subarray(offset, offset + count) ?? NO_BYTES),
    append: async (piece) => {
      const content = contentOf(piece);
      if (!content.ok) return content;
      const taken = await updates.appendManifest(epoch, content.value.bytes, content.value.offset);
      const known = await told();
      return taken.ok ? known : taken;
    },
    close: async () => DONE,
  });
}

/** `/updates/<epoch>/chunks/<sha256>`. */
export function openChunk(
  files: CasFiles,
  { epoch, name }: { readonly epoch: string; readonly name: string },
  intent: StoredIntent,
): Result<StoredFile> {
  const { blobs, updates } = files.cas;
  const isHere = blobs.sizeOf(name) !== undefined && updates.chunkBytes(epoch, name) !== undefined;
  if (intent.read && !isHere && !intent.write)
    return refuse('not-found', `Chunk ${name} of update ${epoch} is not whole.`);
  return ok(
    blobFile(files, name, {
      append: (piece) => updates.appendChunk(epoch, name, piece),
      end: () => updates.endChunk(epoch, name),
      isSizeKnown: () => updates.takenManifest(epoch) !== undefined,
      isRead: isHere,
    }),
  );
}

/** `/models/<sha256>/weights`. */
export function openWeights(files: CasFiles, name: string, intent: StoredIntent): Result<StoredFile> {
  const { models } = files.cas;
  const isRead = models.sealed(name) !== undefined;
  if (intent.read && !isRead && !intent.write) return refuse('not-found', `Model ${name} is not whole.`);
  return ok(
    blobFile(files, name, {
      append: (piece) => models.appendWeights(name, piece),
      end: () => models.endWeights(name),
      isSizeKnown: () => false,
      isRead,
    }),
  );
}

interface Writing {
  readonly append: (piece: StoredPiece) => Promise<Result<Appended>>;
  readonly end: () => Promise<Result<Appended>>;
  /** Whether somebody told how long it is: then it is whole by itself, and a close says nothing. */
  readonly isSizeKnown: () => boolean;
  readonly isRead: boolean;
}

function blobFile({ cas: { blobs }, told }: CasFiles, name: string, writing: Writing): StoredFile {
  const { append, end, isSizeKnown, isRead } = writing;
  const reader = isRead ? new LazyReader(blobs, name) : undefined;
  let isOpenEnded = false;
  return {
    read: (offset, count) =>
      reader?.read(offset, count) ?? Promise.resolve(refuse('not-found', `${name} is not whole.`)),
    append: async (piece) => {
      const content = contentOf(piece);
      if (!content.ok) return content;
      const appended = await append(content.value);
      if (!appended.ok || appended.value.isCommitted) return after(appended, told);
      if (piece.offset === undefined) return after(await end(), told);
      isOpenEnded = true;
      return DONE;
    },
    close: async () => {
      await reader?.close();
      if (!isOpenEnded || isSizeKnown() || blobs.sizeOf(name) !== undefined) return DONE;
      const ended = await end();
      if (!ended.ok || ended.value.isCommitted) return after(ended, told);
      // Not an error of the store's: whoever was cut off goes on here, and who thinks it was all should know.
      return refuse('invalid-payload', `The ${ended.value.next} bytes so far do not hash to ${name}; send the rest.`);
    },
  };
}

async function after(appended: Result<unknown>, told: () => Promise<Result<void>>): Promise<Result<void>> {
  const known = await told();
  return appended.ok ? known : appended;
}

/** `/models/<sha256>/{schema,signature}`: written whole, by one line or between open and close. */
export function openPart(
  { cas: { models }, told }: CasFiles,
  {
    name,
    part,
    session,
  }: { readonly name: string; readonly part: ModelPart; readonly session: Pick<Session, 'state'> },
  intent: StoredIntent,
): Result<StoredFile> {
  const bytes = models.sealed(name)?.[part];
  if (intent.read && bytes === undefined && !intent.write) return refuse('not-found', `Model ${name} is not whole.`);
  if (intent.write && models.hasPart(name, part)) return refuse('exists', `Model ${name} has its ${part} already.`);
  const pieces = new PartPieces(models.partBytesMax);
  const set = async (whole: Uint8Array): Promise<Result<void>> => after(await models.setPart(name, part, whole), told);
  return ok({
    read: async (offset, count) => ok(bytes?.subarray(offset, offset + count) ?? NO_BYTES),
    append: async (piece) => {
      const content = contentOf(piece);
      if (!content.ok) return content;
      return piece.offset === undefined ? set(content.value.bytes) : pieces.add(piece.offset, content.value.bytes);
    },
    // A session that ended may have been cut off in the middle of it.
    close: () => (pieces.isEmpty || session.state === 'CLOSED' ? Promise.resolve(DONE) : set(pieces.whole())),
  });
}

/** Pieces of a small file until it is closed. */
class PartPieces {
  readonly #bytesMax: number;
  readonly #pieces: Uint8Array[] = [];
  #size = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  add(offset: number, bytes: Uint8Array): Result<void> {
    if (offset !== this.#size) return refuse('stale', `The next byte is ${this.#size}, not ${offset}.`);
    if (offset + bytes.length > this.#bytesMax) return refuse('too-big', `It has at most ${this.#bytesMax} bytes.`);
    this.#pieces.push(bytes.slice());
    this.#size += bytes.length;
    return DONE;
  }

  whole(): Uint8Array {
    return Buffer.concat(this.#pieces);
  }
}

/** `/updates/<epoch>/payload`: the whole, the base's bytes first for a delta. */
export function openPayload({ cas: { updates } }: CasFiles, epoch: string): Result<StoredFile> {
  const opened = updates.openPayload(epoch);
  if (!opened.ok) return opened;
  const reader = new PayloadTurns(opened.value);
  return ok({ read: (offset, count) => reader.read(offset, count), close: () => reader.close() });
}
