// Snapshots of a hive: state, tree and streams of the audit after some record, written while the hive runs. Which record:
// the one before each that carries the hash of the state (a mark), so that the journal itself vouches for the snapshot.

import { type Authority, type State, stateFromText } from '@cohesix/authority';
import {
  type Disk,
  type Journal,
  type JournalPosition,
  type Snapshot,
  type TreeState,
  writeSnapshot,
} from '@cohesix/journal';
import type { NoteSigner } from '@cohesix/tlog';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { Audit, AuditStreams } from './audit.ts';
import type { StateMark } from './ledger.ts';
import { VERSION } from './version.ts';

/** What a snapshot says, taken apart. */
export interface Remembered {
  /** After the last record it is made of. */
  readonly position: JournalPosition;
  readonly tree: TreeState;
  readonly streams: AuditStreams;
  readonly stateText: string;
  readonly state: State;
  /** Number of the last line, and its time in ms. */
  readonly seq: number;
  readonly at: number;
}

/** The JSON of a snapshot. */
interface Facts {
  /** A program of another version may make another state of the same records: it reads them itself. */
  readonly program: string;
  readonly segment: number;
  readonly offset: number;
  readonly chain: string;
  readonly seq: number;
  readonly at: number;
  readonly journal_start: number;
  readonly decisions_start: number;
}

const TILE_PART = 'tile/';

/** What a snapshotter works with. */
export interface SnapshotterOptions {
  readonly disk: Disk;
  /** Where snapshots are. */
  readonly directory: string;
  readonly signer: NoteSigner;
  readonly audit: Audit;
  readonly journal: Journal;
  /** Record of the snapshot that the hive started from; 0 for none. */
  readonly last: number;
  /** Records after the last snapshot that a new one is worth its cost for. */
  readonly recordsMin: number;
  readonly onFailed: (reason: string) => void;
  /** Told when a snapshot of so many records is on disk. */
  readonly onWritten: (records: number) => void;
}

export class Snapshotter {
  readonly #options: SnapshotterOptions;
  #marked: { readonly mark: StateMark; readonly position: JournalPosition } | undefined;
  #writing: Promise<void> | undefined;
  #last: number;

  constructor(options: SnapshotterOptions) {
    this.#options = options;
    this.#last = options.last;
  }

  /** The next record will vouch for this state. */
  marked(mark: StateMark): void {
    this.#marked = { mark, position: this.#options.journal.end };
  }

  /** The record that vouches for the marked state is durable, and nobody was told yet: the audit ends just before it. */
  vouched(): void {
    const { audit, journal, recordsMin } = this.#options;
    const marked = this.#marked;
    this.#marked = undefined;
    // One at a time. A mark whose record was refused is of another place.
    if (marked === undefined || this.#writing !== undefined || marked.position.seq !== audit.log.size) return;
    if (marked.position.seq - this.#last < recordsMin || journal.sealed !== undefined) return;
    this.#last = marked.position.seq;
    const snapshot = snapshotOf(marked.mark, marked.position, { tree: audit.log.state(), streams: audit.streams() });
    this.#writing = this.#write(snapshot).finally(() => {
      this.#writing = undefined;
    });
  }

  /** Resolves when no snapshot is being written. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  /** The tree first: a start trusts the snapshot for the tiles of all records before. */
  async #write(snapshot: Snapshot): Promise<void> {
    const { disk, directory, signer, audit, onFailed, onWritten } = this.#options;
    const held = await audit.log.hold();
    const written = held.ok ? await writeSnapshot(disk, directory, { snapshot, signer }) : held;
    if (written.ok) onWritten(snapshot.record);
    else onFailed(written.refusal.detail);
  }
}

interface Proofs {
  readonly tree: TreeState;
  readonly streams: AuditStreams;
}

function snapshotOf(mark: StateMark, position: JournalPosition, { tree, streams }: Proofs): Snapshot {
  const facts: Facts = {
    program: VERSION,
    segment: position.segment,
    offset: position.offset,
    chain: Buffer.from(position.chain).toString('hex'),
    seq: mark.seq,
    at: mark.at,
    journal_start: streams.journal.start,
    decisions_start: streams.decisions.start,
  };
  const tiles = [...tree.partial].map(([level, hashes]): [string, Uint8Array] => [`${TILE_PART}${level}`, hashes]);
  const parts = new Map<string, Uint8Array>([
    ...tiles,
    ['journal', streams.journal.bytes],
    ['decisions', streams.decisions.bytes],
    ['state', Buffer.from(mark.text)],
  ]);
  return { record: position.seq, facts: { ...facts }, parts };
}

/** Takes a snapshot apart. `stale` when another version of this program made it. */
export function rememberedIn({ record, facts, parts }: Snapshot, authority: Authority): Result<Remembered> {
  const { program, segment, offset, chain, seq, at, journal_start, decisions_start } = facts as unknown as Facts;
  if (program !== VERSION) return refuse('stale', `made by version ${program}`);
  const part = (name: string): Uint8Array => parts.get(name) ?? new Uint8Array(0);
  const stateText = Buffer.from(part('state')).toString();
  const state = stateFromText(stateText);
  const expected = [...authority.initialState().keys()];
  if (state.size !== expected.length || !expected.every((name) => state.has(name)))
    return refuse('stale', 'the hive has other capabilities now');
  const partial = new Map<number, Uint8Array>();
  for (const [name, bytes] of parts)
    if (name.startsWith(TILE_PART)) partial.set(Number(name.slice(TILE_PART.length)), bytes);
  return ok({
    position: { seq: record, segment, offset, chain: Buffer.from(chain, 'hex') },
    tree: { size: record, partial },
    streams: {
      journal: { start: journal_start, bytes: part('journal') },
      decisions: { start: decisions_start, bytes: part('decisions') },
    },
    stateText,
    state,
    seq,
    at,
  });
}
