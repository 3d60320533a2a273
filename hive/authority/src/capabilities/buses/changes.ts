// What the room keeps of buses and radios, what can change, and how that is applied. An adapter has a record from its first line on;
// until then it is offline and has sent nothing. Records of adapters that the manifest no longer has go with the next line.

import { unreachable } from '@cohesix/check';
import { sliceOf } from '../../kernel/slice.ts';
import type { Change, State } from '../../types.ts';
import type { DutySlot } from './duty.ts';

/** Whether the sidecar has its bus. */
export type Link = 'offline' | 'online';

/** A bus. */
export interface BusRecord {
  link: Link;
  /** When that was said last, ms; 0 before. */
  linkAt: number;
  /** Replays of its spool, and what they brought. */
  replays: number;
  entries: number;
  bytes: number;
  /** Number of the last frame that was replayed; numbers of an adapter only grow. */
  through: number;
}

/** Why a radio did not send. */
export type TamperReason = 'payload-oversize' | 'duty-cycle';

/** An attempt that was refused. */
export interface TamperEntry {
  readonly ts_ms: number;
  readonly reason: TamperReason;
  readonly bytes: number;
}

/** A radio. */
export interface RadioRecord {
  slots: readonly DutySlot[];
  sent: number;
  sentBytes: number;
  /** Refused attempts so far, also those that are no longer listed. */
  tampered: number;
  /** The last of them, oldest first. */
  tamper: readonly TamperEntry[];
}

/** Every bus and radio that had a line, by mount. */
export interface BusesSlice {
  readonly buses: Map<string, BusRecord>;
  readonly radios: Map<string, RadioRecord>;
}

/** A change of a bus or a radio. */
export type BusesChange =
  | { readonly kind: 'link'; readonly mount: string; readonly link: Link; readonly at: number }
  | ({ readonly kind: 'replayed'; readonly mount: string } & Replayed)
  | { readonly kind: 'sent'; readonly mount: string; readonly bytes: number; readonly slots: readonly DutySlot[] }
  | ({ readonly kind: 'tamper'; readonly mount: string } & Tampered)
  | { readonly kind: 'forget'; readonly tree: 'buses' | 'radios'; readonly mount: string };

/** What a replay brought. */
export interface Replayed {
  readonly entries: number;
  readonly bytes: number;
  readonly through: number;
}

/** Attempts that were refused. */
export interface Tampered {
  readonly entries: readonly TamperEntry[];
  /** Entries that the radio keeps. */
  readonly max: number;
}

/** Wraps a change with its owner. */
export function busesChange(change: BusesChange): Change {
  return { capability: 'buses', change };
}

/** The slice of the room. */
export function busesSlice(state: Readonly<State>): BusesSlice {
  return sliceOf<BusesSlice>(state, 'buses');
}

/** A bus as it is, also before its first line. */
export function busRecord({ buses }: Readonly<BusesSlice>, mount: string): Readonly<BusRecord> {
  return buses.get(mount) ?? { link: 'offline', linkAt: 0, replays: 0, entries: 0, bytes: 0, through: 0 };
}

/** A radio as it is, likewise. */
export function radioRecord({ radios }: Readonly<BusesSlice>, mount: string): Readonly<RadioRecord> {
  return radios.get(mount) ?? { slots: [], sent: 0, sentBytes: 0, tampered: 0, tamper: [] };
}

/** Applies a change in place. */
export function evolveBuses(slice: BusesSlice, change: BusesChange): void {
  switch (change.kind) {
    case 'link':
      return void slice.buses.set(change.mount, {
        ...busRecord(slice, change.mount),
        link: change.link,
        linkAt: change.at,
      });
    case 'replayed':
      return replayed(slice, change);
    case 'sent':
      return sent(slice, change);
    case 'tamper':
      return tampered(slice, change);
    case 'forget':
      return void slice[change.tree].delete(change.mount);
    default:
      unreachable(change);
  }
}

function replayed(slice: BusesSlice, { mount, entries, bytes, through }: Replayed & { readonly mount: string }): void {
  const before = busRecord(slice, mount);
  slice.buses.set(mount, {
    ...before,
    replays: before.replays + 1,
    entries: before.entries + entries,
    bytes: before.bytes + bytes,
    through,
  });
}

function sent(slice: BusesSlice, { mount, bytes, slots }: Extract<BusesChange, { kind: 'sent' }>): void {
  const before = radioRecord(slice, mount);
  slice.radios.set(mount, { ...before, slots, sent: before.sent + 1, sentBytes: before.sentBytes + bytes });
}

function tampered(slice: BusesSlice, { mount, entries, max }: Tampered & { readonly mount: string }): void {
  const before = radioRecord(slice, mount);
  slice.radios.set(mount, {
    ...before,
    tampered: before.tampered + entries.length,
    tamper: [...before.tamper, ...entries].slice(-max),
  });
}
