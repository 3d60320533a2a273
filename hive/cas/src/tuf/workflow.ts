// The client workflow as a pure function: what is trusted, what was fetched and the time go in; what is trusted then, what to keep on
// disk and what to fetch next come out. Source: The Update Framework specification 1.0, section 5; step numbers are of that text.
//
// Where it leaves room: a timestamp of the version we have ends nothing but itself, so that an update that broke off after the timestamp
// is completed (5.4.3.1 would stop). Keys that were rotated make timestamp and snapshot be forgotten with the root that does it (5.3.11),
// not at the end: an update that breaks off between would forget that they were. Top-level targets only: no delegation is visited (5.6.7).

import { assert } from '@cohesix/check';
import type { VerifyCrypto } from '../crypto-port.ts';
import {
  type Envelope,
  type FileMeta,
  type MetadataOf,
  parseMetadata,
  type RoleKeys,
  type RootMetadata,
  type SnapshotMetadata,
  type TargetsMetadata,
  type TimestampMetadata,
  type TufRole,
} from './metadata.ts';
import { type TufProblem, tufProblem } from './problem.ts';
import { fileProblem, freezeProblem, thresholdProblem, versionProblem } from './verify.ts';

/** Bounds of what a repository may make a client fetch. */
export interface TufLimits {
  /** Versions of root in one update (Y of 5.3.3). */
  readonly rootsMax: number;
  /** Bytes of a root file (W), of the timestamp (X), and of the others when nobody said their length. */
  readonly rootBytesMax: number;
  readonly timestampBytesMax: number;
  readonly snapshotBytesMax: number;
  readonly targetsBytesMax: number;
}

/** The specification's examples are tens of kilobytes; targets list every file. */
export const DEFAULT_TUF_LIMITS: TufLimits = {
  rootsMax: 1024,
  rootBytesMax: 64 * 1024,
  timestampBytesMax: 16 * 1024,
  snapshotBytesMax: 64 * 1024,
  targetsBytesMax: 4 * 1024 * 1024,
};

/** What stays the same during an update. */
export interface TufContext {
  readonly crypto: VerifyCrypto;
  readonly limits: TufLimits;
  /** When the update began (5.1); milliseconds since 1970. */
  readonly nowMs: number;
}

/** The files a client keeps, by role. `root` is there from the beginning: somebody trusted brought it. */
export type TrustedFiles = Readonly<Partial<Record<TufRole, Uint8Array>>>;

/** A file to fetch: at most `sizeMax` bytes of it. */
export interface Wanted {
  readonly name: string;
  readonly sizeMax: number;
}

/** What to do to the kept files, in order, before the next step. */
export type FileChange =
  | { readonly kind: 'keep'; readonly role: TufRole; readonly bytes: Uint8Array }
  | { readonly kind: 'forget'; readonly role: TufRole };

/** An update between two steps; plain values, opaque to the caller but for `root`. */
export interface TufUpdate {
  readonly phase: TufRole | 'done';
  readonly root: RootMetadata;
  readonly timestamp: TimestampMetadata | undefined;
  /** What the last finished update trusted; for rollback checks, and used again when it is still the right one. */
  readonly snapshot: SnapshotMetadata | undefined;
  readonly targets: TargetsMetadata | undefined;
  readonly files: TrustedFiles;
  /** Root files fetched so far. */
  readonly roots: number;
}

/** What a step came to. A refusal ends the update; what was kept before it stays, and the next update begins there. */
export interface Step {
  readonly update: TufUpdate;
  readonly changes: readonly FileChange[];
  readonly problem: TufProblem | undefined;
}

/** Begins with the kept files (5.1, 5.2). A problem when there is no root, or one that does not vouch for itself. */
export function beginUpdate(context: TufContext, files: TrustedFiles): TufUpdate | TufProblem {
  if (files.root === undefined) return tufProblem('missing', 'There is no trusted root.json; bring one.');
  const root = verified(context, 'root', files.root);
  if ('reason' in root) return root;
  const none = { timestamp: undefined, snapshot: undefined, targets: undefined };
  return { phase: 'root', root, ...none, files, roots: 0 };
}

/** What to fetch next; undefined when the update is done. */
export function wantedBy({ limits }: TufContext, update: TufUpdate): Wanted | undefined {
  switch (update.phase) {
    case 'root':
      return { name: `${update.root.version + 1}.root.json`, sizeMax: limits.rootBytesMax };
    case 'timestamp':
      return { name: 'timestamp.json', sizeMax: limits.timestampBytesMax };
    case 'snapshot':
    case 'targets': {
      const { role, meta, sizeMax } = expected(update, update.phase, limits);
      const prefix = update.root.isConsistentSnapshot ? `${meta.version}.` : '';
      return { name: `${prefix}${role}.json`, sizeMax: meta.length ?? sizeMax };
    }
    case 'done':
      return undefined;
  }
}

/** Takes what was fetched, undefined for a file that is not there, and goes one step on. */
export function advance(context: TufContext, update: TufUpdate, fetched: Uint8Array | undefined): Step {
  const wanted = wantedBy(context, update);
  assert(wanted !== undefined && update.phase !== 'done', 'an update that is done takes nothing more');
  if (fetched === undefined) {
    if (update.phase === 'root') return endRoots(context, update, []);
    return refused(update, tufProblem('missing', `The repository has no ${wanted.name}.`));
  }
  if (fetched.length > wanted.sizeMax)
    return refused(update, tufProblem('endless-data', `${wanted.name} has more than ${wanted.sizeMax} bytes.`));
  switch (update.phase) {
    case 'root':
      return takeRoot(context, update, fetched);
    case 'timestamp':
      return takeTimestamp(context, update, fetched);
    case 'snapshot':
      return takeSnapshot(context, update, fetched);
    case 'targets':
      return takeTargets(context, update, fetched);
  }
}

function refused(update: TufUpdate, problem: TufProblem): Step {
  return { update, changes: [], problem };
}

// 5.3.3 to 5.3.9
function takeRoot(context: TufContext, update: TufUpdate, bytes: Uint8Array): Step {
  const parsed = parseMetadata(bytes, 'root', context.crypto);
  if (!parsed.ok) return refused(update, bad('root', parsed.problem));
  const { envelope } = parsed;
  const next = envelope.metadata;
  const { root } = update;
  const unsigned =
    thresholdProblem(context.crypto, { root, role: 'root' }, envelope) ??
    thresholdProblem(context.crypto, { root: next, role: 'root' }, envelope);
  if (unsigned !== undefined) return refused(update, unsigned);
  // The one we have, under the next one's name: nothing newer is there (5.3.5).
  if (next.version === root.version) return endRoots(context, update, []);
  if (next.version !== root.version + 1)
    return refused(
      update,
      tufProblem('rollback', `root.json after version ${root.version} is of version ${next.version}.`),
    );
  const isRotated = (['timestamp', 'snapshot'] as const).some((role) => !isSame(root.roles[role], next.roles[role]));
  const changes: FileChange[] = [{ kind: 'keep', role: 'root', bytes }];
  const files = { ...update.files, root: bytes };
  if (isRotated) {
    changes.push({ kind: 'forget', role: 'timestamp' }, { kind: 'forget', role: 'snapshot' });
    delete (files as Partial<Record<TufRole, Uint8Array>>).timestamp;
    delete (files as Partial<Record<TufRole, Uint8Array>>).snapshot;
  }
  const taken: TufUpdate = { ...update, root: next, files, roots: update.roots + 1 };
  if (taken.roots >= context.limits.rootsMax) return endRoots(context, taken, changes);
  return { update: taken, changes, problem: undefined };
}

function isSame(left: RoleKeys, right: RoleKeys): boolean {
  const keyids = new Set(left.keyids);
  if (left.threshold !== right.threshold || keyids.size !== right.keyids.length) return false;
  return right.keyids.every((keyid) => keyids.has(keyid));
}

// 5.3.10 to 5.3.12. The kept files count from here on as far as the root that we have now vouches for them.
function endRoots(context: TufContext, update: TufUpdate, changes: readonly FileChange[]): Step {
  const frozen = freezeProblem('root', update.root, context.nowMs);
  if (frozen !== undefined) return { update, changes, problem: frozen };
  const { files, root } = update;
  const kept = <Role extends TufRole>(role: Role): MetadataOf[Role] | undefined => {
    const bytes = files[role];
    if (bytes === undefined) return undefined;
    const metadata = verified(context, role, bytes, root);
    return 'reason' in metadata ? undefined : metadata;
  };
  const trusted = { timestamp: kept('timestamp'), snapshot: kept('snapshot'), targets: kept('targets') };
  return { update: { ...update, ...trusted, phase: 'timestamp' }, changes, problem: undefined };
}

// 5.4
function takeTimestamp(context: TufContext, update: TufUpdate, bytes: Uint8Array): Step {
  const next = verified(context, 'timestamp', bytes, update.root);
  if ('reason' in next) return refused(update, next);
  const trusted = update.timestamp;
  const rolledBack = trusted === undefined ? undefined : timestampRollback(trusted, next);
  if (rolledBack !== undefined) return refused(update, rolledBack);
  const isKnown = trusted?.version === next.version;
  const timestamp = isKnown ? trusted : next;
  const frozen = freezeProblem('timestamp', timestamp, context.nowMs);
  if (frozen !== undefined) return refused(update, frozen);
  if (isKnown) return reuse(context, { ...update, phase: 'snapshot' }, []);
  const files = { ...update.files, timestamp: bytes };
  return reuse(context, { ...update, timestamp, files, phase: 'snapshot' }, [
    { kind: 'keep', role: 'timestamp', bytes },
  ]);
}

function timestampRollback(trusted: TimestampMetadata, next: TimestampMetadata): TufProblem | undefined {
  if (next.version < trusted.version)
    return tufProblem('rollback', `timestamp.json went back from version ${trusted.version} to ${next.version}.`);
  // Of the version we have nothing is taken, so it cannot take anything back.
  if (next.version === trusted.version || next.snapshot.version >= trusted.snapshot.version) return undefined;
  const versions = `from version ${trusted.snapshot.version} to ${next.snapshot.version}`;
  return tufProblem('rollback', `timestamp.json takes snapshot.json back ${versions}.`);
}

// 5.5
function takeSnapshot(context: TufContext, update: TufUpdate, bytes: Uint8Array): Step {
  const { meta } = expected(update, 'snapshot', context.limits);
  const other = fileProblem(context.crypto, { name: 'snapshot.json', meta }, bytes);
  if (other !== undefined) return refused(update, other);
  const next = verified(context, 'snapshot', bytes, update.root);
  if ('reason' in next) return refused(update, next);
  const problem =
    versionProblem('snapshot.json', next, meta) ??
    snapshotRollback(update.snapshot, next) ??
    freezeProblem('snapshot', next, context.nowMs);
  if (problem !== undefined) return refused(update, problem);
  const files = { ...update.files, snapshot: bytes };
  return reuse(context, { ...update, snapshot: next, files, phase: 'targets' }, [
    { kind: 'keep', role: 'snapshot', bytes },
  ]);
}

function snapshotRollback(trusted: SnapshotMetadata | undefined, next: SnapshotMetadata): TufProblem | undefined {
  for (const [name, { version }] of trusted?.meta ?? []) {
    const now = next.meta.get(name);
    if (now === undefined) return tufProblem('rollback', `snapshot.json does not list ${name} any more.`);
    if (now.version < version)
      return tufProblem('rollback', `snapshot.json takes ${name} back from version ${version} to ${now.version}.`);
  }
  return undefined;
}

// 5.6
function takeTargets(context: TufContext, update: TufUpdate, bytes: Uint8Array): Step {
  const { meta } = expected(update, 'targets', context.limits);
  const other = fileProblem(context.crypto, { name: 'targets.json', meta }, bytes);
  if (other !== undefined) return refused(update, other);
  const next = verified(context, 'targets', bytes, update.root);
  if ('reason' in next) return refused(update, next);
  const problem = versionProblem('targets.json', next, meta) ?? freezeProblem('targets', next, context.nowMs);
  if (problem !== undefined) return refused(update, problem);
  const files = { ...update.files, targets: bytes };
  const changes: readonly FileChange[] = [{ kind: 'keep', role: 'targets', bytes }];
  return { update: { ...update, targets: next, files, phase: 'done' }, changes, problem: undefined };
}

/** Skips what need not be fetched: the kept file is the very one that is asked for, and has not expired. */
function reuse(context: TufContext, update: TufUpdate, changes: readonly FileChange[]): Step {
  let now = update;
  while ((now.phase === 'snapshot' || now.phase === 'targets') && isCurrent(context, now, now.phase))
    now = { ...now, phase: now.phase === 'snapshot' ? 'targets' : 'done' };
  return { update: now, changes, problem: undefined };
}

function isCurrent(context: TufContext, update: TufUpdate, role: 'snapshot' | 'targets'): boolean {
  const metadata = update[role];
  const bytes = update.files[role];
  if (metadata === undefined || bytes === undefined) return false;
  const { meta } = expected(update, role, context.limits);
  const isRight = metadata.version === meta.version && metadata.expiresMs > context.nowMs;
  return isRight && fileProblem(context.crypto, { name: role, meta }, bytes) === undefined;
}

interface Expected {
  readonly role: 'snapshot' | 'targets';
  readonly meta: FileMeta;
  readonly sizeMax: number;
}

function expected(update: TufUpdate, role: 'snapshot' | 'targets', limits: TufLimits): Expected {
  const meta = role === 'snapshot' ? update.timestamp?.snapshot : update.snapshot?.meta.get('targets.json');
  assert(meta !== undefined, 'the phase before has found it');
  return { role, meta, sizeMax: role === 'snapshot' ? limits.snapshotBytesMax : limits.targetsBytesMax };
}

/** Reads a file and checks its signatures by `root`, or by itself when it is one. */
function verified<Role extends TufRole>(
  { crypto }: TufContext,
  role: Role,
  bytes: Uint8Array,
  root?: RootMetadata,
): MetadataOf[Role] | TufProblem {
  const parsed = parseMetadata(bytes, role, crypto);
  if (!parsed.ok) return bad(role, parsed.problem);
  const envelope: Envelope = parsed.envelope;
  const by = root ?? (envelope.metadata.role === 'root' ? envelope.metadata : undefined);
  assert(by !== undefined, 'only a root vouches for itself');
  return thresholdProblem(crypto, { root: by, role }, envelope) ?? parsed.envelope.metadata;
}

function bad(role: TufRole, problem: string): TufProblem {
  return tufProblem('bad-metadata', `${role}.json cannot be used: ${problem}.`);
}
