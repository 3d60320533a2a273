// The hive's side of the spool: `/proc/spool/{status,identity,append,read,ack}`. Records are bytes and never go through the journal; what is
// durable is in the spool itself (@cohesix/journal). A spool that cannot be used, of another hive say, keeps no hive from
// starting: `status` says why, and so does every append.

import { recordText, type ViewRecord } from '@cohesix/authority';
import { openSpool, SPOOL_KIND, type Spool } from '@cohesix/journal';
import type { NodeDefinition, Session, StoredFile, StoredNode } from '@cohesix/ninedoor';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { DataHive, DataOptions, DataPart, OpenedStore } from '../data.ts';
import { manifestFingerprint } from '../identity.ts';
import { SpoolFeed } from './feed.ts';
import { spoolOptions } from './options.ts';

const READ = 1;
const WRITE = 2;
const STATUS_BYTES_MAX = 2048;
/** Longest line of `ack`: a number, an LF, and some white space. */
const ACK_BYTES_MAX = 32;

/** Opens the spool, if the manifest has one. */
export async function openSpoolPart(options: DataOptions): Promise<Result<OpenedStore>> {
  if (!options.manifest.spool.enable) return ok(() => ({ nodes: [view('/proc/spool/status', offRecord)] }));
  const spool = await openSpool(spoolOptions(options));
  return ok((hive) => spoolPart(hive, usable(spool)));
}

function offRecord(): ViewRecord {
  return { word: 'spool', fields: { state: 'off' } };
}

/** What a spool that could not be opened answers is no fault of the line that asks. */
function usable(spool: Result<Spool>): Result<Spool> {
  if (spool.ok) return spool;
  const { code, detail } = spool.refusal;
  return refuse(code === 'invalid-payload' ? 'internal' : code, detail);
}

function spoolPart(hive: DataHive, spool: Result<Spool>): DataPart {
  const feed = spool.ok && hive.manifest.spool.telemetry ? feedOf(hive, spool.value) : undefined;
  return {
    nodes: [
      view('/proc/spool/status', () => statusRecord(spool, feed)),
      view('/proc/spool/identity', () => identityRecord(hive, spool)),
      { pattern: '/proc/spool/append', file: taking(spool, (opened, bytes) => appended(hive, opened, bytes)) },
      { pattern: '/proc/spool/ack', file: taking(spool, acknowledged) },
      { pattern: '/proc/spool/read', file: reading(spool) },
    ],
    begin: () => tellOpening(hive, spool),
    end: async () => {
      if (spool.ok) await spool.value.close();
    },
  };
}

function feedOf({ streams, host, audit }: DataHive, spool: Spool): SpoolFeed {
  const feed = new SpoolFeed(spool, { now: host.now, audit });
  streams.onTelemetry = (worker, bytes) => feed.offer(worker, bytes);
  return feed;
}

function tellOpening(hive: DataHive, spool: Result<Spool>): void {
  if (!spool.ok) return hive.audit(`spool unusable: ${spool.refusal.detail}`);
  const { records, next, acked, lost, isTorn } = spool.value.status;
  const torn = isTorn ? ' torn=yes: what was being written when the power went is left out' : '';
  hive.audit(`spool opened records=${records} next_seq=${next} ack_cursor=${acked} dropped=${lost}${torn}`);
}

async function appended({ host }: DataHive, spool: Spool, bytes: Uint8Array): Promise<Result<unknown>> {
  return spool.append(SPOOL_KIND.record, bytes, host.now());
}

async function acknowledged(spool: Spool, bytes: Uint8Array): Promise<Result<unknown>> {
  const text = bytes.length <= ACK_BYTES_MAX ? Buffer.from(bytes).toString('latin1').trim() : '';
  const seq = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(seq) || seq < 1)
    return refuse('invalid-payload', 'An acknowledgement is the number of a record: 7.');
  return spool.ack(seq);
}

/** A file that only takes pieces, each for itself. */
function taking(spool: Result<Spool>, take: (spool: Spool, bytes: Uint8Array) => Promise<Result<unknown>>): StoredNode {
  return {
    kind: 'stored',
    verbs: (_params, session) => (isQueen(session) ? WRITE : 0),
    size: () => 0,
    version: () => (spool.ok ? spool.value.status.next : 0),
    open: () => (spool.ok ? ok(takingFile(spool.value, take)) : spool),
  };
}

function takingFile(spool: Spool, take: (spool: Spool, bytes: Uint8Array) => Promise<Result<unknown>>): StoredFile {
  return {
    read: async () => refuse('denied', 'This file is only written.'),
    append: async ({ bytes }) => {
      const taken = await take(spool, bytes);
      return taken.ok ? ok(undefined) : taken;
    },
    close: async () => ok(undefined),
  };
}

function reading(spool: Result<Spool>): StoredNode {
  return {
    kind: 'stored',
    verbs: (_params, session) => (isQueen(session) ? READ : 0),
    size: () => 0,
    version: () => (spool.ok ? spool.value.status.next + spool.value.status.acked : 0),
    open: () => (spool.ok ? ok({ ...spool.value.text(), close: async () => ok(undefined) }) : spool),
  };
}

/** Roles that are not the queen's have no scope here; a queen's ticket may be narrowed to one of the files. */
function isQueen({ principal }: Session): boolean {
  return principal.role === 'queen';
}

function statusRecord(spool: Result<Spool>, feed: SpoolFeed | undefined): ViewRecord {
  if (!spool.ok) return { word: 'spool', fields: { state: 'unusable', reason: spool.refusal.detail } };
  const { status } = spool.value;
  const { mode, usedBytes, meta, records, next, acked, refused, lost, isTorn, sealed } = status;
  return {
    word: 'spool',
    fields: {
      state: sealed === undefined ? 'ready' : 'sealed',
      mode,
      used_bytes: usedBytes,
      max_bytes: meta.ring,
      pressure: Math.ceil((100 * usedBytes) / meta.ring),
      records,
      next_seq: next,
      ack_cursor: acked,
      refused,
      dropped: lost,
      torn: isTorn ? 'yes' : 'no',
      sector_bytes: meta.sector,
      record_bytes_max: status.recordBytesMax,
      ...(feed === undefined ? {} : { telemetry_dropped: feed.dropped }),
      ...(sealed === undefined ? {} : { reason: sealed }),
    },
  };
}

function identityRecord({ identity, manifest }: DataHive, spool: Result<Spool>): ViewRecord {
  const opening = spool.ok ? spool.value.status.meta.opening : 0;
  const fingerprint = manifestFingerprint(manifest);
  return { word: 'spool', fields: { hive: identity, fingerprint, opening } };
}

function view(pattern: string, record: () => ViewRecord): NodeDefinition {
  const render = (): Uint8Array => Buffer.from(recordText(record()));
  return { pattern, file: { kind: 'view', boundBytes: STATUS_BYTES_MAX, version: undefined, render } };
}
