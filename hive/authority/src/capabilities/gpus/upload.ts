// A snapshot in pieces: `begin`, `b64:…`, `end` (contracts-1 5.6). Every session has an upload of its own, so that two
// publishers cannot mix; a new `begin` starts over. What is refused changes nothing.

import { decodeUtf8, fromBase64 } from '@cohesix/bytes';
import { accept, reject } from '../../kernel/decision.ts';
import { compileLine } from '../../kernel/schema.ts';
import { sha256Hex } from '../../kernel/sha256.ts';
import type { Decision, ParsedCommand, State } from '../../types.ts';
import { publishModels } from '../models/queries.ts';
import { gpusChange } from './changes.ts';
import { infoField } from './fields.ts';
import { DEFAULT_HOST, nameProblem } from './names.ts';
import { decideInventory } from './publish.ts';
import type { GpuInfo, GpusSlice, Upload } from './record.ts';
import { parseSnapshot, type Snapshot } from './snapshot-text.ts';

/** Longest snapshot, bytes (the source's bound). */
export const SNAPSHOT_BYTES_MAX = 131_072;

/** Uploads under way at one time, and how long one may take. */
const UPLOADS_MAX = 8;
export const UPLOAD_MS_MAX = 120_000;

/** `begin` as a line gives it. */
export interface BeginLine {
  readonly bytes: number;
  readonly sha256: string;
  readonly host?: string;
  readonly ttl_s?: number;
}

/** `begin`: a new upload of this session. */
export function decideBegin(slice: Readonly<GpusSlice>, command: ParsedCommand, line: BeginLine): Decision {
  const { bytes, sha256, host = DEFAULT_HOST, ttl_s: ttlS = null } = line;
  if (bytes > SNAPSHOT_BYTES_MAX)
    return reject('too-big', `too large: ${bytes} bytes; a snapshot has at most ${SNAPSHOT_BYTES_MAX}.`);
  const unfit = nameProblem(host);
  if (unfit !== undefined) return reject('invalid-payload', `$.host: ${unfit}.`);
  const { session } = command.who;
  if (!slice.uploads.has(session) && slice.uploads.size >= UPLOADS_MAX)
    return reject('busy', `${UPLOADS_MAX} snapshots are being uploaded; try again soon.`);
  const upload: Upload = {
    host,
    bytes,
    sha256,
    ttlS,
    startedAt: command.at,
    entry: command.seq,
    got: 0,
    pieces: [],
  };
  return accept({ changes: [gpusChange({ kind: 'begin', session, upload })] });
}

/** `b64:`: the next piece. */
export function decidePiece(slice: Readonly<GpusSlice>, { who }: ParsedCommand, piece: string): Decision {
  const upload = slice.uploads.get(who.session);
  if (upload === undefined) return reject('invalid-transition', 'b64 without begin: this session uploads nothing.');
  const bytes = fromBase64(piece);
  if (bytes === undefined) return reject('invalid-payload', 'base64 decode failed: each piece is base64 by itself.');
  if (upload.got + bytes.length > upload.bytes)
    return reject('invalid-payload', `payload size mismatch: more than the ${upload.bytes} bytes of begin.`);
  return accept({ changes: [gpusChange({ kind: 'piece', session: who.session, piece, bytes: bytes.length })] });
}

/** `end`: the whole is checked, and published. */
export function decideEnd(slice: Readonly<GpusSlice>, command: ParsedCommand, state: Readonly<State>): Decision {
  const { session } = command.who;
  const upload = slice.uploads.get(session);
  if (upload === undefined) return reject('invalid-transition', 'end without begin: this session uploads nothing.');
  const read = wholeOf(upload);
  if (typeof read === 'string') return reject('invalid-payload', read);
  const { host, ttlS, bytes, sha256 } = upload;
  const inventory = { host, gpus: read.infos as readonly GpuInfo[], ttlS: ttlS ?? undefined };
  const parts = decideInventory(slice, command, { inventory, state });
  if ('kind' in parts) return parts;
  const models = publishModels(state, { host, models: read.models, active: read.active }, command);
  if (models.kind === 'refuse') return models;
  const changes = [
    ...parts.changes,
    ...models.changes,
    gpusChange({ kind: 'drop-upload', session }),
    gpusChange({ kind: 'uploaded', uploaded: { bytes, sha256, entry: command.seq } }),
  ];
  if (JSON.stringify(changes).length > NEWS_CHARACTERS_MAX)
    return reject(
      'too-big',
      `too large: its models are new and longer than ${NEWS_CHARACTERS_MAX}; publish fewer at a time.`,
    );
  return accept({
    ...parts,
    changes,
    log: [...parts.log, ...(models.log ?? [])],
    reply: { host, gpus: inventory.gpus.length, models: read.models.length },
  });
}

/** Longest changes of one snapshot: with the line they must fit into a journal record. */
const NEWS_CHARACTERS_MAX = 48_000;

/** The snapshot of an upload; a string says why it is none (the source's words). */
export function wholeOf({ got, bytes, sha256, pieces }: Upload): Snapshot | string {
  if (got !== bytes) return `payload size mismatch: ${got} of ${bytes} bytes came.`;
  const content = new Uint8Array(got);
  let at = 0;
  for (const piece of pieces) {
    const part = fromBase64(piece) ?? new Uint8Array();
    content.set(part, at);
    at += part.length;
  }
  if (sha256Hex(content) !== sha256) return 'sha256 mismatch: the pieces are not those that begin announced.';
  const text = decodeUtf8(content);
  if (text === undefined) return 'snapshot parse: not UTF-8.';
  const snapshot = parseSnapshot(text);
  if (typeof snapshot === 'string') return `snapshot parse: ${snapshot}.`;
  const unfit = snapshot.infos.map((info) => checkInfo(info)).find((problem) => problem !== undefined);
  return unfit === undefined ? snapshot : `snapshot parse: info: ${unfit}.`;
}

const checkInfo = compileLine(infoField);
