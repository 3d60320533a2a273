// The past of a hive, out of its journal: every line decided again by an authority of its own, up to a moment, beside a
// hive that runs or without one. It takes no lock and writes nothing.

import { createHash } from 'node:crypto';
import {
  type Authority,
  type Command,
  createAuthority,
  manifestIn,
  type Outcome,
  type State,
  stateText,
  underSettings,
} from '@cohesix/authority';
import { type Disk, nodeDisk, scanJournal } from '@cohesix/journal';
import type { Manifest, Settings } from '@cohesix/manifest';
import { createNamespace, type Entry } from '@cohesix/ninedoor';
import { ok, type Result } from '@cohesix/wire';
import type { IsSeen } from './fleet.ts';
import { authorityNodes } from './hive-nodes.ts';
import { type Divergence, Replay } from './replay.ts';

/** A line as it was decided, with the state it was decided in; the state is borrowed. */
export interface Decided {
  readonly authority: Authority;
  readonly state: Readonly<State>;
  readonly command: Command;
  readonly outcome: Outcome;
}

/** What is asked of a journal. */
export interface HistoryQuestion {
  /** The directory of the journal. */
  readonly directory: string;
  /** Held before the first boot record; any manifest will do for a whole journal. */
  readonly manifest: Manifest;
  /** Last line that is replayed, with those of its record; all of them without it. */
  readonly to?: number;
  readonly onDecided?: (decided: Decided) => void;
  readonly disk?: Disk;
}

/** What a journal came to. */
export interface History {
  readonly authority: Authority;
  readonly state: State;
  /** Number of the last line that was replayed; 0 for none. */
  readonly seq: number;
  /** Time of that line, ms since the epoch. */
  readonly at: number;
  readonly records: number;
  /** SHA-256 of the canonical text of the state, hex. */
  readonly stateHash: string;
  /** The first line that is decided otherwise now, where the replay ended; undefined when all is as recorded. */
  readonly divergence: Divergence | undefined;
}

/** Replays a journal. Refuses as `scanJournal` does; a divergence is part of the answer, not a refusal. */
export async function readHistory(question: HistoryQuestion): Promise<Result<History>> {
  const { directory, manifest, to = Number.POSITIVE_INFINITY, onDecided, disk = nodeDisk } = question;
  const authority = createAuthority(manifest);
  const tell = (state: Readonly<State>, command: Command, outcome: Outcome): void =>
    onDecided?.({ authority, state, command, outcome });
  const replay = new Replay(authority, () => undefined, { onDecided: tell });
  let records = 0;
  const scanned = await scanJournal(disk, directory, (_, body) => {
    if (replay.result.nextSeq > to) return undefined;
    const taken = replay.record(body);
    if (!taken.ok) return taken.refusal;
    records += 1;
    return undefined;
  });
  const { divergence } = replay;
  if (!scanned.ok && divergence === undefined) return scanned;
  const { state, nextSeq, lastAt: at } = replay.result;
  const stateHash = createHash('sha256').update(stateText(state)).digest('hex');
  return ok({ authority, state, seq: nextSeq - 1, at, records, stateHash, divergence });
}

/** How a line would have been decided in the state as it really was, but under other settings. */
export function decidedUnder({ authority, state, command }: Decided, settings: Partial<Settings>): Outcome {
  return authority.decide(underSettings(state, settings), command);
}

/**
 * The files of the authority as they were: control files and views. Streams are no state and are not among them. Of the fleet
 * a session is shown what `isSeen` says; default: all of it, and nobody need say who reads.
 */
export function namespaceOf(
  { authority, state }: Pick<History, 'authority' | 'state'>,
  isSeen: IsSeen = () => true,
): Entry {
  return createNamespace(
    authorityNodes({
      manifest: manifestIn(state),
      authority,
      shown: () => state,
      isSealed: () => false,
      isQueenHere: () => false,
      isSeen,
    }),
  );
}

/** What names lead to in a namespace as it was; undefined when it was not there. */
export function placeIn(root: Entry, names: readonly string[]): Entry | undefined {
  let place: Entry | undefined = root;
  for (const name of names) place = place?.child(name);
  return place;
}
