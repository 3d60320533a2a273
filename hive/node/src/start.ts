// How a hive comes back to where it was: from the newest snapshot that the journal vouches for and the records after it, or,
// when there is none, from all records. Whatever is wrong with a snapshot, the worst it can do is cost time.

import type { Authority } from '@cohesix/authority';
import {
  attempt,
  bodyAfter,
  type Journal,
  listSnapshots,
  openJournal,
  type RecoveryReport,
  readSnapshot,
} from '@cohesix/journal';
import type { Manifest } from '@cohesix/manifest';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import { ENTRY_SIZE_MAX, type NoteSigner } from '@cohesix/tlog';
import { ok, type Result, refuse } from '@cohesix/wire';
import { Audit } from './audit.ts';
import type { Host, LockOptions } from './host.ts';
import { type LedgerRecord, parseRecord } from './record.ts';
import { Replay, type ReplayResult } from './replay.ts';
import { sha256Hex } from './sha256-hex.ts';
import { type Remembered, rememberedIn } from './snapshots.ts';

/** What a start needs. */
export interface StartOptions {
  readonly host: Host;
  readonly manifest: Manifest;
  readonly authority: Authority;
  readonly signer: NoteSigner;
  /** Where the journal and where the snapshots are. */
  readonly journal: string;
  readonly snapshots: string;
  readonly lock: LockOptions;
  /** Lines for `/log/queen.log`: of records that are replayed. */
  readonly onLog: (line: string) => void;
  /** Lines about the start itself. */
  readonly audit: (line: string) => void;
  readonly onSealed: (reason: string, errno: string) => void;
  readonly onRolled: () => void;
}

/** Where a hive goes on. */
export interface Started {
  readonly journal: Journal;
  readonly report: RecoveryReport;
  readonly audit: Audit;
  readonly start: ReplayResult;
  /** Record of the snapshot that was used; 0 without one. */
  readonly snapshot: number;
}

/** Opens the journal. Refuses as `openJournal`, a replay and the checkpoint do; then nothing is open. */
export async function startFromDisk(options: StartOptions): Promise<Result<Started>> {
  const { host, snapshots, audit } = options;
  const records = await attempt('cannot list snapshots', () => listSnapshots(host.disk, snapshots));
  if (!records.ok) audit(`audit snapshot ignored reason=${JSON.stringify(records.refusal.detail)}`);
  for (const record of records.ok ? records.value : []) {
    const found = await rememberedAt(options, record);
    const started = found.ok ? await startFrom(options, found.value) : found;
    if (started.ok) return started;
    audit(`audit snapshot ignored record=${record} reason=${JSON.stringify(started.refusal.detail)}`);
    if (started.refusal.code === 'busy') return started;
  }
  return startFrom(options, undefined);
}

/** Where snapshots are, and what they must fit. */
export type SnapshotPlace = Pick<StartOptions, 'host' | 'authority' | 'signer' | 'journal' | 'snapshots'>;

/** A snapshot with the proof that this journal came to it: the record after it carries the hash of its state. */
export async function rememberedAt(options: SnapshotPlace, record: number): Promise<Result<Remembered>> {
  const { host, signer, snapshots: directory, journal } = options;
  const trust = { key: signer.key, verify: nodeTicketCrypto.ed25519Verify };
  const snapshot = await readSnapshot(host.disk, { directory, record }, trust);
  if (!snapshot.ok) return snapshot;
  const remembered = rememberedIn(snapshot.value, options.authority);
  if (!remembered.ok) return remembered;
  const body = await attempt('cannot read the journal', () => bodyAfter(host.disk, journal, remembered.value.position));
  if (!body.ok) return body;
  const next = body.value === undefined ? undefined : parseRecord(body.value);
  return next?.state === sha256Hex(remembered.value.stateText) ? remembered : unvouched();
}

function unvouched(): Result<never> {
  return refuse('stale', 'the journal does not vouch for it');
}

async function startFrom(options: StartOptions, from: Remembered | undefined): Promise<Result<Started>> {
  const { host, authority, manifest, signer } = options;
  const audited = await Audit.open(
    {
      disk: host.disk,
      timers: host.timers,
      directory: options.journal,
      signer,
      onFailed: (reason) => options.audit(`audit checkpoint failed reason=${JSON.stringify(reason)}`),
    },
    from,
  );
  if (!audited.ok) return audited;
  const audit = audited.value;
  const start = from === undefined ? undefined : { state: from.state, nextSeq: from.seq + 1, lastAt: from.at };
  const onRecord = (record: LedgerRecord, body: Uint8Array) => audit.add(body, record);
  const replay = new Replay(authority, options.onLog, { onRecord }, start);
  const opened = await openJournal(options.journal, {
    ...options.lock,
    at: host.now(),
    disk: host.disk,
    nextTurn: host.nextTurn,
    ...(from === undefined ? {} : { from: from.position }),
    segmentBytesMax: manifest.journal.segment_bytes,
    recordBytesMax: ENTRY_SIZE_MAX,
    batchRecordsMax: manifest.journal.batch_max_records,
    onRecord: (_, body) => {
      const result = replay.record(body);
      return result.ok ? undefined : result.refusal;
    },
    onSealed: options.onSealed,
    onRolled: options.onRolled,
  });
  if (!opened.ok) return opened;
  const complete = audit.log.complete();
  const snapshot = from?.position.seq ?? 0;
  if (complete.ok) return ok({ ...opened.value, audit, start: replay.result, snapshot });
  await opened.value.journal.close();
  return complete;
}
