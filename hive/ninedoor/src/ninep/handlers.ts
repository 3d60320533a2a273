// What each request does. The dispatch table reads best whole: one case a message, everything 9P2000.L knows and we
// refuse named with its errno.

import * as wire from '@cohesix/wire';
import {
  errnoOf,
  O_ACCMODE,
  O_DIRECTORY,
  O_FOLLOW_STREAM,
  O_RDONLY,
  O_WRONLY,
  QTAPPEND,
  QTDIR,
  QTFILE,
  type Refusal,
  refusal,
  SETATTR_SIZE,
  type Tattach,
  type Tflush,
  type Tlopen,
  type TMessage,
  type Treaddir,
  type Tsetattr,
  type Tversion,
  type Twalk,
  VERSION_9P2000L,
  VERSION_UNKNOWN,
} from '@cohesix/wire';
import { NO_BANDWIDTH } from '../meter.ts';
import { closeFile, kindOf, modeOf, openSpot, READ, sizeOf, versionOf } from '../open-file.ts';
import { meterAt, readyBelow, type Spot, step } from '../session.ts';
import type { NinepConnection } from './connection.ts';
import type { Fid } from './fid.ts';
import { onceReady } from './once-ready.ts';
import { clunkStored } from './stored-transfer.ts';
import { handleRead, handleWrite } from './transfer.ts';

/** Smallest msize worth speaking: an Rgetattr, and a name of 255 bytes in a directory entry, must fit. */
const MSIZE_MIN = 512;
const NOBODY = 0;
/** Attaches one connection may hold: a kernel mount with access=user has one a user. */
const SESSIONS_PER_CONNECTION_MAX = 64;
/** Bit of `valid` that says `gen` is filled in. */
const GETATTR_GEN = 0x1000n;
/** 9P2000.L has no field for the kind of node; we say it in `gen`, which Linux ignores. */
const GEN_OF_KIND = { directory: 1n, view: 2n, control: 3n, stream: 4n, blob: 5n } as const;

/** Answers one request, at once or later (through `connection.pending`). */
export function handle(connection: NinepConnection, message: TMessage): void {
  if (!connection.isNegotiated && message.type !== wire.TVERSION) {
    return connection.refuse(message.tag, refusal('invalid-frame', 'Tversion comes first.'));
  }
  switch (message.type) {
    case wire.TVERSION:
      return version(connection, message);
    case wire.TATTACH:
      return attach(connection, message);
    case wire.TFLUSH:
      return flush(connection, message);
    case wire.TWALK:
      return walk(connection, message);
    case wire.TLOPEN:
      return withFid(connection, message, 'open', (fid) =>
        onceReady(connection, message.tag, { fid, op: 'open' }, () => open(connection, message, fid)),
      );
    case wire.TREAD:
      return withFid(connection, message, 'read', (fid) => handleRead(connection, message, fid));
    case wire.TWRITE:
      return withFid(connection, message, 'write', (fid) => handleWrite(connection, message, fid));
    case wire.TREADDIR:
      return withFid(connection, message, 'readdir', (fid) =>
        onceReady(connection, message.tag, { fid, op: 'readdir' }, () => readdir(connection, message, fid)),
      );
    case wire.TGETATTR:
      return withFid(connection, message, 'getattr', (fid) =>
        onceReady(connection, message.tag, { fid, op: 'getattr' }, () => getattr(connection, message.tag, fid)),
      );
    case wire.TCLUNK:
      return clunk(connection, message.tag, message.fid);
    case wire.TSETATTR:
      return withMeteredFid(connection, message, 'setattr', (fid) => setattr(connection, message, fid));
    case wire.TSTATFS:
      return withMeteredFid(
        connection,
        message,
        'statfs',
        () => void wire.encodeR(connection.out, statfsOf(message.tag)),
      );
    case wire.TFSYNC:
      // Every answered write is on disk already (control) or never goes there (stream): nothing is left to do.
      return withMeteredFid(
        connection,
        message,
        'fsync',
        () => void wire.encodeR(connection.out, { type: wire.RFSYNC, tag: message.tag }),
      );
    case wire.TREMOVE:
      return remove(connection, message.tag, message.fid);
    case wire.TLCREATE:
    case wire.TSYMLINK:
    case wire.TMKNOD:
    case wire.TLINK:
    case wire.TMKDIR:
    case wire.TUNLINKAT:
    case wire.TRENAME:
      return connection.refuse(message.tag, refusal('denied', 'Names here are made by the hive, not by clients.'));
    case wire.TREADLINK:
      return connection.refuse(message.tag, refusal('invalid-payload', 'There are no symbolic links here.'));
    case wire.TAUTH:
      // ENOENT is how 9P2000.L servers say that no authentication file is needed; npfs clients go on to Tattach then.
      wire.writeRlerror(connection.out, message.tag, errnoOf('invalid-path'));
      return;
    case wire.TRENAMEAT:
    case wire.TXATTRWALK:
    case wire.TXATTRCREATE:
    case wire.TLOCK:
    case wire.TGETLOCK:
      return connection.refuse(message.tag, refusal('unsupported', 'This hive has no such operation.'));
  }
}

type FidMessage = TMessage & { readonly fid: number };

function withFid(connection: NinepConnection, message: FidMessage, op: string, act: (fid: Fid) => void): void {
  const fid = connection.fids.get(message.fid);
  if (!fid.ok) return connection.refuse(message.tag, fid.refusal, undefined, op);
  act(fid.value);
}

/** For the small operations: charges one operation first. */
function withMeteredFid(connection: NinepConnection, message: FidMessage, op: string, act: (fid: Fid) => void): void {
  withFid(connection, message, op, (fid) => {
    const charged = meterAt(fid.session, fid.spot)?.operation(fid.spot.scope, 0);
    if (charged === undefined || charged.ok) return act(fid);
    connection.refuse(message.tag, charged.refusal, fid.session, op, fid.spot.visible);
  });
}

function version(connection: NinepConnection, message: Tversion): void {
  const offered = connection.door.manifest.secure9p.msize;
  const msize = Math.min(message.msize, offered);
  if (message.version !== VERSION_9P2000L || msize < MSIZE_MIN) {
    const answer =
      message.version === VERSION_9P2000L ? refusal('too-big', `msize is at least ${MSIZE_MIN}.`) : undefined;
    if (answer !== undefined) return connection.refuse(message.tag, answer);
    connection.restart(offered);
    connection.isNegotiated = false;
    wire.encodeR(connection.out, { type: wire.RVERSION, tag: message.tag, msize: offered, version: VERSION_UNKNOWN });
    return;
  }
  connection.restart(msize);
  connection.isNegotiated = true;
  wire.encodeR(connection.out, { type: wire.RVERSION, tag: message.tag, msize, version: VERSION_9P2000L });
}

function attach(connection: NinepConnection, message: Tattach): void {
  if (message.afid !== wire.NOFID)
    return connection.refuse(message.tag, refusal('bad-fid', 'There is no afid: Tauth is not used.'));
  const free = connection.fids.free(message.fid);
  if (!free.ok || message.fid === wire.NOFID) {
    return connection.refuse(message.tag, free.ok ? refusal('bad-fid', 'NOFID is no fid.') : free.refusal);
  }
  if (connection.sessions.size >= SESSIONS_PER_CONNECTION_MAX) {
    return connection.refuse(
      message.tag,
      refusal('limit', `At most ${SESSIONS_PER_CONNECTION_MAX} attaches a connection.`),
    );
  }
  const attached = connection.door.attach({
    ...unameOf(message.uname),
    token: message.aname,
    door: connection.kind,
    peer: connection.peer,
  });
  if (!attached.ok) {
    wire.writeRlerror(connection.out, message.tag, errnoOf(attached.refusal.code));
    return;
  }
  const session = attached.value;
  connection.sessions.add(session);
  session.onClose.add(() => connection.sessionClosed(session));
  session.rootFid = message.fid;
  connection.fids.add(message.fid, session, session.root);
  wire.encodeR(connection.out, { type: wire.RATTACH, tag: message.tag, qid: qidOf(session.root) });
}

/** `<role>` or `<role>:<subject>`, and a subject may have colons; any other name (a Unix user of a kernel mount) claims nothing. */
function unameOf(uname: string): { role: string | undefined; subject: string | undefined } {
  const colon = uname.indexOf(':');
  const [role, subject] = colon < 0 ? [uname] : [uname.slice(0, colon), uname.slice(colon + 1)];
  const isClaim = role === 'queen' || role.startsWith('worker-');
  return { role: isClaim ? role : undefined, subject: isClaim ? subject : undefined };
}

function flush(connection: NinepConnection, message: Tflush): void {
  const pending = connection.pending.get(message.oldtag);
  if (pending !== undefined && pending.cancel === undefined) {
    if (!connection.pending.takesFlush(pending)) {
      return connection.refuse(message.tag, refusal('limit', 'Too many Tflush wait for one request.'));
    }
    pending.flushTags.push(message.tag);
    return;
  }
  if (pending !== undefined) {
    connection.pending.take(pending);
    pending.cancel?.();
  }
  wire.writeRflush(connection.out, message.tag);
}

/** Walks; `isReady`: what had to be made first was made, as far as it could be. */
function walk(connection: NinepConnection, message: Twalk, isReady: boolean = false): void {
  const found = connection.fids.get(message.fid);
  if (!found.ok) return connection.refuse(message.tag, found.refusal, undefined, 'walk');
  const fid = found.value;
  const { session } = fid;
  const problem = walkProblem(connection, message, fid);
  if (problem !== undefined) return connection.refuse(message.tag, problem, session, 'walk', fid.spot.visible);
  const spots: Spot[] = [];
  let spot = fid.spot;
  for (const name of message.wnames) {
    const ready = isReady ? undefined : readyBelow(session, spot, name);
    if (ready !== undefined) {
      return onceReady(connection, message.tag, { fid, op: 'walk', ready }, () => walk(connection, message, true));
    }
    const next = step(session, spot, name);
    if (next === undefined) break;
    spot = next;
    spots.push(next);
  }
  const isComplete = spots.length === message.wnames.length;
  // walk(5): an error only when the first name fails; otherwise the qids that were reached, and no newfid.
  if (!isComplete) {
    const path = `${fid.spot.visible === '/' ? '' : fid.spot.visible}/${message.wnames.join('/')}`;
    if (spots.length === 0) return connection.refuse(message.tag, refusal('invalid-path'), session, 'walk', path);
    connection.door.refused(session, refusal('invalid-path'), 'walk', path);
  }
  const charged = meterAt(session, spot)?.operation(spot.scope, 0);
  if (charged !== undefined && !charged.ok) {
    return connection.refuse(message.tag, charged.refusal, session, 'walk', spot.visible);
  }
  if (isComplete) place(connection, message, fid, spot);
  wire.writeRwalk(connection.out, message.tag, spots.map(qidOf));
}

function place(connection: NinepConnection, message: Twalk, fid: Fid, spot: Spot): void {
  if (message.newfid === message.fid) fid.spot = spot;
  else connection.fids.add(message.newfid, fid.session, spot);
}

function walkProblem(connection: NinepConnection, message: Twalk, fid: Fid): Refusal | undefined {
  const depthMax = connection.door.manifest.secure9p.walk_depth;
  // walk(5) forbids it, Linux servers and the npfs tools do it: a new fid may start at an open directory.
  if (fid.open !== undefined && (fid.open.kind !== 'directory' || message.newfid === message.fid)) {
    return refusal('bad-fid', 'An open fid cannot be walked.');
  }
  if (message.wnames.length > depthMax) return refusal('invalid-path', `At most ${depthMax} names in a walk.`);
  if (depthOf(fid.spot) + message.wnames.length > depthMax) {
    return refusal('invalid-path', `At most ${depthMax} components in a path.`);
  }
  if (message.newfid === wire.NOFID) return refusal('bad-fid', 'NOFID is no fid.');
  if (message.newfid !== message.fid) {
    const free = connection.fids.free(message.newfid);
    if (!free.ok) return free.refusal;
  }
  return undefined;
}

/** Components of the path as the session sees it. */
function depthOf(spot: Spot): number {
  return spot.visible === spot.entry.path ? spot.entry.depth : spot.visible.split('/').length - 1;
}

function open(connection: NinepConnection, message: Tlopen, fid: Fid): void {
  const { session, spot } = fid;
  const access = message.flags & O_ACCMODE;
  const intent = {
    read: access !== O_WRONLY,
    write: access !== O_RDONLY,
    follow: (message.flags & O_FOLLOW_STREAM) !== 0,
  };
  const refuse = (reason: Refusal): void => connection.refuse(message.tag, reason, session, 'open', spot.visible);
  if (fid.open !== undefined) return refuse(refusal('bad-fid', 'The fid is open already.'));
  if ((message.flags & O_DIRECTORY) !== 0 && spot.entry.file !== undefined) return refuse(refusal('not-directory'));
  const charged = meterAt(session, spot)?.operation(spot.scope, intent.write ? 2 : 1);
  if (charged !== undefined && !charged.ok) return refuse(charged.refusal);
  const opened = openSpot(session, spot, intent);
  if (!opened.ok) return refuse(opened.refusal);
  fid.open = opened.value;
  session.hold();
  wire.writeRlopen(connection.out, message.tag, qidOf(spot), 0);
}

/** Forgets the fid; its waiting reads end with `cancelled`. The answer is Rclunk whatever the session's state. */
function clunk(connection: NinepConnection, tag: number, number: number): void {
  const fid = connection.dropFid(number);
  if (fid === undefined) return connection.refuse(tag, refusal('bad-fid', `Fid ${number} is unknown.`));
  const { open } = fid;
  // What was written is whole only now for some stores, so the answer waits for them.
  if (open?.kind === 'stored') return clunkStored(connection, tag, fid, open.file);
  wire.writeRclunk(connection.out, tag);
}

/** remove(5) clunks the fid even though nothing is removed. */
function remove(connection: NinepConnection, tag: number, number: number): void {
  const fid = connection.dropFid(number);
  void closeFile(fid?.open);
  connection.refuse(
    tag,
    fid !== undefined ? refusal('denied', 'Nothing here is removed by clients.') : refusal('bad-fid'),
  );
}

function getattr(connection: NinepConnection, tag: number, fid: Fid): void {
  const { session, spot } = fid;
  const charged = meterAt(session, spot)?.operation(spot.scope, READ);
  if (charged !== undefined && !charged.ok)
    return connection.refuse(tag, charged.refusal, session, 'getattr', spot.visible);
  const isDirectory = spot.entry.file === undefined;
  const size = sizeOf(session, spot);
  wire.writeRgetattr(connection.out, tag, {
    valid: wire.GETATTR_BASIC | GETATTR_GEN,
    qid: qidOf(spot),
    mode: (isDirectory ? wire.S_IFDIR : wire.S_IFREG) | modeOf(session, spot),
    uid: NOBODY,
    gid: NOBODY,
    nlink: isDirectory ? 2n : 1n,
    rdev: 0n,
    size: BigInt(size),
    blksize: 4096n,
    blocks: BigInt(Math.ceil(size / 512)),
    atimeSec: connection.door.bootSec,
    atimeNsec: 0n,
    mtimeSec: connection.door.bootSec,
    mtimeNsec: 0n,
    ctimeSec: connection.door.bootSec,
    ctimeNsec: 0n,
    btimeSec: 0n,
    btimeNsec: 0n,
    gen: GEN_OF_KIND[kindOf(spot.entry.file)],
    dataVersion: 0n,
  });
}

/** Truncation of a control or stream file is accepted and does nothing, so that `echo … > file` works on a mount. */
function setattr(connection: NinepConnection, message: Tsetattr, fid: Fid): void {
  const kind = fid.spot.entry.file?.kind;
  const truncates = (message.valid & SETATTR_SIZE) !== 0 && message.size === 0n;
  const { session, spot } = fid;
  const mayWrite = (modeOf(session, spot) & 0o222) !== 0;
  if (truncates && mayWrite && (kind === 'control' || kind === 'stream') && (message.valid & 7) === 0) {
    wire.encodeR(connection.out, { type: wire.RSETATTR, tag: message.tag });
    return;
  }
  connection.refuse(message.tag, refusal('denied', 'Attributes are the hive’s.'), session, 'setattr', spot.visible);
}

function readdir(connection: NinepConnection, message: Treaddir, fid: Fid): void {
  const { session, spot } = fid;
  const refuse = (reason: Refusal): void => connection.refuse(message.tag, reason, session, 'readdir', spot.visible);
  if (fid.open === undefined) return refuse(refusal('bad-fid', 'Open the fid before reading it.'));
  if (fid.open.kind !== 'directory') return refuse(refusal('not-directory'));
  const meter = meterAt(session, spot);
  const charged = meter?.operation(spot.scope, READ);
  if (charged !== undefined && !charged.ok) return refuse(charged.refusal);
  const allowed = meter?.bytesAllowed() ?? Number.POSITIVE_INFINITY;
  const count = Math.min(message.count, connection.msize - wire.RREAD_HEADER_BYTES);
  const countMax = Math.min(count, allowed);
  const dataAt = wire.beginRreaddir(connection.out, message.tag, countMax);
  const written = writeEntries(connection, fid, fid.open.names, message.offset, dataAt + countMax);
  meter?.bytes(connection.out.length - dataAt);
  if (written > 0 || BigInt(fid.open.names.length) <= message.offset) return wire.endRreaddir(connection.out, dataAt);
  if (written === ALL_GONE) return wire.endRreaddir(connection.out, dataAt);
  connection.out.rewind(dataAt - wire.RREAD_HEADER_BYTES);
  if (allowed < count) return refuse(NO_BANDWIDTH);
  refuse(refusal('invalid-payload', 'The count does not hold one directory entry.'));
}

/** No entry written because none of those left exists any more: the end, not a count that is too small. */
const ALL_GONE = -1;

/** Writes entries from a cookie (position in the snapshot taken at open) on; returns how many fitted. */
function writeEntries(
  connection: NinepConnection,
  fid: Fid,
  names: readonly string[],
  offset: bigint,
  limit: number,
): number {
  const start = offset > BigInt(names.length) ? names.length : Number(offset);
  let written = 0;
  for (let index = start; index < names.length; index++) {
    const name = names[index] ?? '';
    const child = step(fid.session, fid.spot, name);
    if (child === undefined) continue;
    const type = child.entry.file === undefined ? wire.DT_DIR : wire.DT_REG;
    if (!wire.writeDirent(connection.out, limit, { qid: qidOf(child), offset: BigInt(index + 1), type, name }))
      return written;
    written += 1;
  }
  return written === 0 ? ALL_GONE : written;
}

function statfsOf(tag: number): wire.Rstatfs {
  return {
    type: wire.RSTATFS,
    tag,
    fstype: V9FS_MAGIC,
    bsize: 4096,
    blocks: 0n,
    bfree: 0n,
    bavail: 0n,
    files: 0n,
    ffree: 0n,
    fsid: 0n,
    namelen: 255,
  };
}

/** Linux magic.h, V9FS_MAGIC. */
const V9FS_MAGIC = 0x01021997;

/** The qid of a spot now. */
function qidOf(spot: Spot): wire.Qid {
  return { type: qidTypeOf(spot), version: versionOf(spot.entry), path: spot.entry.qidPath };
}

function qidTypeOf(spot: Spot): number {
  const { file } = spot.entry;
  if (file === undefined) return QTDIR;
  return file.kind === 'control' || file.kind === 'stream' ? QTAPPEND : QTFILE;
}
