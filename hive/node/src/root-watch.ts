// Tells the authority what NineDoor sees of the queens: whether one holds this hive or it is cut off (`/sys/root/ctl`). What
// was seen and what is recorded are compared, and the difference becomes lines, at most once a second: a queen that comes
// and goes without end costs a record a second, and a hive that cannot write tries again until it can.

import { type Cut, ROOT_PATH, type RootSlice, rootOf, type State } from '@cohesix/authority';
import type { QueenEvent } from '@cohesix/ninedoor';
import type { Cancel, Timers } from '@cohesix/time';
import type { Result } from '@cohesix/wire';

/** Shortest time between two records about the root. */
export const ROOT_RECORD_MS = 1000;

/** What the watch needs of the hive. */
export interface RootPorts {
  readonly timers: Timers;
  /** Durable state. */
  readonly shown: () => State;
  /** Writes lines of the system's own, all in one record. */
  readonly submit: (path: string, lines: readonly string[], done: (result: Result<void>) => void) => void;
}

export class RootWatch {
  readonly #ports: RootPorts;
  /** What was seen since the boot; begins like a boot leaves the recorded. */
  #seen: RootSlice = { isRooted: false, isRevoked: false, isRefused: false };
  /** How the last session was cut off, while it is. */
  #how: Cut = 'closed';
  #isWriting = false;
  /** Set from one record until the next may be written. */
  #pause: Cancel | undefined;
  #isStopped = false;

  constructor(ports: RootPorts) {
    this.#ports = ports;
  }

  /** Takes a turn of events. */
  heard(event: QueenEvent): void {
    if (this.#isStopped) return;
    const { isRooted } = this.#seen;
    if (event.kind === 'attached') this.#seen = { isRooted: true, isRevoked: false, isRefused: false };
    else if (event.kind === 'refused') this.#seen.isRefused ||= !isRooted;
    else if (event.how !== 'quit') {
      this.#how = event.how;
      this.#seen = { isRooted: false, isRevoked: event.how === 'revoked', isRefused: false };
    }
    this.#write();
  }

  /** Writes no more: that sessions end with the hive is no cut. */
  stop(): void {
    this.#isStopped = true;
    this.#pause?.();
  }

  #write(): void {
    if (this.#isStopped || this.#isWriting || this.#pause !== undefined) return;
    const lines = linesFor(rootOf(this.#ports.shown()), this.#seen, this.#how);
    if (lines.length === 0) return;
    this.#pause = this.#ports.timers.after(ROOT_RECORD_MS, () => {
      this.#pause = undefined;
      this.#write();
    });
    this.#isWriting = true;
    this.#ports.submit(
      ROOT_PATH,
      lines.map((line) => JSON.stringify(line)),
      () => {
        this.#isWriting = false;
        this.#write();
      },
    );
  }
}

/** The lines that lead from what is recorded to what was seen. */
function linesFor(recorded: Readonly<RootSlice>, seen: Readonly<RootSlice>, how: Cut): object[] {
  if (seen.isRooted) return recorded.isRooted ? [] : [ACTIVE];
  if (recorded.isRooted) return [{ ended: { how } }, ...(seen.isRefused ? [REFUSED] : [])];
  // A queen came and went since the last record when that says something graver than what was seen after her.
  const hadOne = recorded.isRevoked !== seen.isRevoked || (recorded.isRefused && !seen.isRefused);
  if (hadOne) return [ACTIVE, ...linesFor({ ...recorded, isRooted: true }, seen, how)];
  return seen.isRefused && !recorded.isRefused ? [REFUSED] : [];
}

const ACTIVE = { active: {} };
const REFUSED = { refused: {} };
