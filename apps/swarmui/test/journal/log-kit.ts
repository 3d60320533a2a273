// A log in memory, of the form that a hive serves below `/audit`: records in bundles, tiles, a checkpoint signed with a fresh key.

import { generateKeyPairSync, hash, sign } from 'node:crypto';
import {
  encodeBundle,
  formatCheckpoint,
  formatNote,
  formatNoteKey,
  formatTilePath,
  noteKey,
  signNote,
  TILE_WIDTH,
  TileBuilder,
  TreeHasher,
  unsignedNote,
} from '@cohesix/tlog';
import { ok, refuse } from '@cohesix/wire';
import type { Reader } from '../../src/journal/log-files.ts';

const sha256 = (data: Uint8Array): Uint8Array => hash('sha256', data, 'buffer');
const must = <T>(
  outcome: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string },
): T => {
  if (!outcome.ok) throw new Error(outcome.problem);
  return outcome.value;
};

/** The files of a log, by their paths; change them to damage it. */
export interface TestLog extends Reader {
  readonly files: Map<string, Uint8Array>;
  /** Records as text, in order. */
  readonly records: readonly string[];
}

/** A log of records that hold so many lines each. */
export function makeLog(linesOf: readonly number[]): TestLog {
  const records = recordsOf(linesOf);
  const files = new Map<string, Uint8Array>();
  const bodies = records.map((text) => new TextEncoder().encode(text));
  addTiles(files, bodies);
  for (let index = 0; index * TILE_WIDTH < bodies.length; index += 1) {
    const entries = bodies.slice(index * TILE_WIDTH, (index + 1) * TILE_WIDTH);
    const path = formatTilePath({ kind: 'entries', index, width: entries.length });
    files.set(`/audit/${path}`, must(encodeBundle(entries)));
  }
  const read: Reader['read'] = async (path) => {
    const bytes = files.get(path);
    return bytes === undefined ? refuse('invalid-path', `No ${path}.`) : ok(bytes);
  };
  return { files, records, read };
}

function recordsOf(linesOf: readonly number[]): readonly string[] {
  let seq = 1;
  return linesOf.map((count) => {
    const lines = Array.from({ length: count }, (_, at) => `{"line":${seq + at}}`);
    const who = { subject: 'queen', role: 'queen', ticket: 'aa', ticketIds: ['bb'], session: '1' };
    const text = JSON.stringify({ seq, at: 1000 + seq, who, path: '/queen/ctl', lines, outcomes: [], decisions: [] });
    seq += count;
    return text;
  });
}

function addTiles(files: Map<string, Uint8Array>, bodies: readonly Uint8Array[]): void {
  const hasher = new TreeHasher(sha256);
  const tiles = new Map<string, number[]>();
  const widths = new Map<string, { readonly level: number; readonly index: number }>();
  const builder = new TileBuilder(hasher, ({ level, index, hashes }) => {
    const key = `${level} ${index}`;
    tiles.set(key, [...(tiles.get(key) ?? []), ...hashes]);
    widths.set(key, { level, index });
  });
  for (const body of bodies) builder.append(hasher.leaf(body));
  builder.flush();
  for (const [key, bytes] of tiles) {
    const { level, index } = widths.get(key) ?? { level: 0, index: 0 };
    const path = formatTilePath({ kind: 'tile', level, index, width: bytes.length / 32 });
    files.set(`/audit/${path}`, Uint8Array.from(bytes));
  }
  addHead(files, bodies.length, builder.root());
}

function addHead(files: Map<string, Uint8Array>, size: number, root: Uint8Array): void {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const key = must(noteKey(sha256, { kind: 'ed25519', name: 'test', publicKey: raw }));
  const note = must(unsignedNote(must(formatCheckpoint({ origin: 'test', size, root, extensions: [] }))));
  const signed = must(signNote(note, { key, sign: (message) => sign(undefined, message, privateKey) }));
  files.set('/audit/checkpoint', new TextEncoder().encode(formatNote(signed)));
  files.set('/audit/key', new TextEncoder().encode(`${formatNoteKey(key)}\n`));
}
