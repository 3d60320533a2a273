// Every message of 9P2000.L as a plain object. The doc comment of each is its body on the wire, after
// `size[4] type[1] tag[2]`, in the notation of the manual: `name[n]` an integer of n bytes, `name[s]` a string.
//
// `type` is the number on the wire, so a server switches on it. u64 fields are bigints, since their whole range is
// legal. Byte fields of decoded messages are views of the frame. Source: diod protocol.md.

import type * as type from './message-type.ts';

/** The identity of a file: `type[1] version[4] path[8]`. */
export interface Qid {
  /** `QTDIR`, `QTAPPEND`, ... */
  readonly type: number;
  /** Changes when the content does. */
  readonly version: number;
  /** Unique among the files of a server. */
  readonly path: bigint;
}

/** What Rgetattr tells of a file. Fields whose bit is not in `valid` mean nothing. */
export interface Attributes {
  readonly valid: bigint;
  readonly qid: Qid;
  /** File type and permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly nlink: bigint;
  readonly rdev: bigint;
  readonly size: bigint;
  readonly blksize: bigint;
  /** In units of 512 bytes. */
  readonly blocks: bigint;
  readonly atimeSec: bigint;
  readonly atimeNsec: bigint;
  readonly mtimeSec: bigint;
  readonly mtimeNsec: bigint;
  readonly ctimeSec: bigint;
  readonly ctimeNsec: bigint;
  readonly btimeSec: bigint;
  readonly btimeNsec: bigint;
  readonly gen: bigint;
  readonly dataVersion: bigint;
}

interface Message<Type extends number> {
  readonly type: Type;
  readonly tag: number;
}

/** `msize[4] version[s]` */
export interface Tversion extends Message<typeof type.TVERSION> {
  readonly msize: number;
  readonly version: string;
}
/** `msize[4] version[s]` */
export interface Rversion extends Message<typeof type.RVERSION> {
  readonly msize: number;
  readonly version: string;
}
/** `afid[4] uname[s] aname[s] n_uname[4]` */
export interface Tauth extends Message<typeof type.TAUTH> {
  readonly afid: number;
  readonly uname: string;
  readonly aname: string;
  readonly nUname: number;
}
/** `aqid[13]` */
export interface Rauth extends Message<typeof type.RAUTH> {
  readonly aqid: Qid;
}
/** `fid[4] afid[4] uname[s] aname[s] n_uname[4]` */
export interface Tattach extends Message<typeof type.TATTACH> {
  readonly fid: number;
  readonly afid: number;
  readonly uname: string;
  readonly aname: string;
  readonly nUname: number;
}
/** `qid[13]` */
export interface Rattach extends Message<typeof type.RATTACH> {
  readonly qid: Qid;
}
/** `ecode[4]`: a Linux errno. */
export interface Rlerror extends Message<typeof type.RLERROR> {
  readonly ecode: number;
}
/** `oldtag[2]` */
export interface Tflush extends Message<typeof type.TFLUSH> {
  readonly oldtag: number;
}
/** Empty. */
export interface Rflush extends Message<typeof type.RFLUSH> {}
/** `fid[4] newfid[4] nwname[2] nwname*(wname[s])` */
export interface Twalk extends Message<typeof type.TWALK> {
  readonly fid: number;
  readonly newfid: number;
  readonly wnames: readonly string[];
}
/** `nwqid[2] nwqid*(wqid[13])` */
export interface Rwalk extends Message<typeof type.RWALK> {
  readonly wqids: readonly Qid[];
}
/** `fid[4] flags[4]` */
export interface Tlopen extends Message<typeof type.TLOPEN> {
  readonly fid: number;
  readonly flags: number;
}
/** `qid[13] iounit[4]` */
export interface Rlopen extends Message<typeof type.RLOPEN> {
  readonly qid: Qid;
  readonly iounit: number;
}
/** `fid[4] name[s] flags[4] mode[4] gid[4]` */
export interface Tlcreate extends Message<typeof type.TLCREATE> {
  readonly fid: number;
  readonly name: string;
  readonly flags: number;
  readonly mode: number;
  readonly gid: number;
}
/** `qid[13] iounit[4]` */
export interface Rlcreate extends Message<typeof type.RLCREATE> {
  readonly qid: Qid;
  readonly iounit: number;
}
/** `fid[4] offset[8] count[4]` */
export interface Tread extends Message<typeof type.TREAD> {
  readonly fid: number;
  readonly offset: bigint;
  readonly count: number;
}
/** `count[4] data[count]` */
export interface Rread extends Message<typeof type.RREAD> {
  readonly data: Uint8Array;
}
/** `fid[4] offset[8] count[4] data[count]` */
export interface Twrite extends Message<typeof type.TWRITE> {
  readonly fid: number;
  readonly offset: bigint;
  readonly data: Uint8Array;
}
/** `count[4]` */
export interface Rwrite extends Message<typeof type.RWRITE> {
  readonly count: number;
}
/** `fid[4]` */
export interface Tclunk extends Message<typeof type.TCLUNK> {
  readonly fid: number;
}
/** Empty. */
export interface Rclunk extends Message<typeof type.RCLUNK> {}
/** `fid[4]` */
export interface Tremove extends Message<typeof type.TREMOVE> {
  readonly fid: number;
}
/** Empty. */
export interface Rremove extends Message<typeof type.RREMOVE> {}
/** `fid[4]` */
export interface Tstatfs extends Message<typeof type.TSTATFS> {
  readonly fid: number;
}
/** `type[4] bsize[4] blocks[8] bfree[8] bavail[8] files[8] ffree[8] fsid[8] namelen[4]`; the first is `fstype` here. */
export interface Rstatfs extends Message<typeof type.RSTATFS> {
  readonly fstype: number;
  readonly bsize: number;
  readonly blocks: bigint;
  readonly bfree: bigint;
  readonly bavail: bigint;
  readonly files: bigint;
  readonly ffree: bigint;
  readonly fsid: bigint;
  readonly namelen: number;
}
/** `fid[4] name[s] symtgt[s] gid[4]` */
export interface Tsymlink extends Message<typeof type.TSYMLINK> {
  readonly fid: number;
  readonly name: string;
  readonly symtgt: string;
  readonly gid: number;
}
/** `qid[13]` */
export interface Rsymlink extends Message<typeof type.RSYMLINK> {
  readonly qid: Qid;
}
/** `dfid[4] name[s] mode[4] major[4] minor[4] gid[4]` */
export interface Tmknod extends Message<typeof type.TMKNOD> {
  readonly dfid: number;
  readonly name: string;
  readonly mode: number;
  readonly major: number;
  readonly minor: number;
  readonly gid: number;
}
/** `qid[13]` */
export interface Rmknod extends Message<typeof type.RMKNOD> {
  readonly qid: Qid;
}
/** `fid[4] dfid[4] name[s]` */
export interface Trename extends Message<typeof type.TRENAME> {
  readonly fid: number;
  readonly dfid: number;
  readonly name: string;
}
/** Empty. */
export interface Rrename extends Message<typeof type.RRENAME> {}
/** `fid[4]` */
export interface Treadlink extends Message<typeof type.TREADLINK> {
  readonly fid: number;
}
/** `target[s]` */
export interface Rreadlink extends Message<typeof type.RREADLINK> {
  readonly target: string;
}
/** `fid[4] request_mask[8]` */
export interface Tgetattr extends Message<typeof type.TGETATTR> {
  readonly fid: number;
  readonly requestMask: bigint;
}
/** `valid[8] qid[13] mode[4] uid[4] gid[4] nlink[8] rdev[8] size[8] blksize[8] blocks[8]` and the times, as below. */
export interface Rgetattr extends Message<typeof type.RGETATTR>, Attributes {}
/** `fid[4] valid[4] mode[4] uid[4] gid[4] size[8] atime_sec[8] atime_nsec[8] mtime_sec[8] mtime_nsec[8]` */
export interface Tsetattr extends Message<typeof type.TSETATTR> {
  readonly fid: number;
  readonly valid: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: bigint;
  readonly atimeSec: bigint;
  readonly atimeNsec: bigint;
  readonly mtimeSec: bigint;
  readonly mtimeNsec: bigint;
}
/** Empty. */
export interface Rsetattr extends Message<typeof type.RSETATTR> {}
/** `fid[4] newfid[4] name[s]`; an empty name asks for the list of attributes. */
export interface Txattrwalk extends Message<typeof type.TXATTRWALK> {
  readonly fid: number;
  readonly newfid: number;
  readonly name: string;
}
/** `size[8]` */
export interface Rxattrwalk extends Message<typeof type.RXATTRWALK> {
  readonly size: bigint;
}
/** `fid[4] name[s] attr_size[8] flags[4]` */
export interface Txattrcreate extends Message<typeof type.TXATTRCREATE> {
  readonly fid: number;
  readonly name: string;
  readonly attrSize: bigint;
  readonly flags: number;
}
/** Empty. */
export interface Rxattrcreate extends Message<typeof type.RXATTRCREATE> {}
/** `fid[4] offset[8] count[4]` */
export interface Treaddir extends Message<typeof type.TREADDIR> {
  readonly fid: number;
  readonly offset: bigint;
  readonly count: number;
}
/** `count[4] data[count]`; data is `qid[13] offset[8] type[1] name[s]` per entry, see `readDirents`. */
export interface Rreaddir extends Message<typeof type.RREADDIR> {
  readonly data: Uint8Array;
}
/** `fid[4] datasync[4]` */
export interface Tfsync extends Message<typeof type.TFSYNC> {
  readonly fid: number;
  readonly datasync: number;
}
/** Empty. */
export interface Rfsync extends Message<typeof type.RFSYNC> {}
/** `fid[4] type[1] flags[4] start[8] length[8] proc_id[4] client_id[s]`; the second is `lockType` here. */
export interface Tlock extends Message<typeof type.TLOCK> {
  readonly fid: number;
  readonly lockType: number;
  readonly flags: number;
  readonly start: bigint;
  readonly length: bigint;
  readonly procId: number;
  readonly clientId: string;
}
/** `status[1]` */
export interface Rlock extends Message<typeof type.RLOCK> {
  readonly status: number;
}
/** `fid[4] type[1] start[8] length[8] proc_id[4] client_id[s]`; the second is `lockType` here. */
export interface Tgetlock extends Message<typeof type.TGETLOCK> {
  readonly fid: number;
  readonly lockType: number;
  readonly start: bigint;
  readonly length: bigint;
  readonly procId: number;
  readonly clientId: string;
}
/** `type[1] start[8] length[8] proc_id[4] client_id[s]`; the first is `lockType` here. */
export interface Rgetlock extends Message<typeof type.RGETLOCK> {
  readonly lockType: number;
  readonly start: bigint;
  readonly length: bigint;
  readonly procId: number;
  readonly clientId: string;
}
/** `dfid[4] fid[4] name[s]` */
export interface Tlink extends Message<typeof type.TLINK> {
  readonly dfid: number;
  readonly fid: number;
  readonly name: string;
}
/** Empty. */
export interface Rlink extends Message<typeof type.RLINK> {}
/** `dfid[4] name[s] mode[4] gid[4]` */
export interface Tmkdir extends Message<typeof type.TMKDIR> {
  readonly dfid: number;
  readonly name: string;
  readonly mode: number;
  readonly gid: number;
}
/** `qid[13]` */
export interface Rmkdir extends Message<typeof type.RMKDIR> {
  readonly qid: Qid;
}
/** `olddirfid[4] oldname[s] newdirfid[4] newname[s]` */
export interface Trenameat extends Message<typeof type.TRENAMEAT> {
  readonly olddirfid: number;
  readonly oldname: string;
  readonly newdirfid: number;
  readonly newname: string;
}
/** Empty. */
export interface Rrenameat extends Message<typeof type.RRENAMEAT> {}
/** `dirfd[4] name[s] flags[4]` */
export interface Tunlinkat extends Message<typeof type.TUNLINKAT> {
  readonly dirfd: number;
  readonly name: string;
  readonly flags: number;
}
/** Empty. */
export interface Runlinkat extends Message<typeof type.RUNLINKAT> {}

/** What a client sends. */
export type TMessage =
  | Tversion
  | Tauth
  | Tattach
  | Tflush
  | Twalk
  | Tlopen
  | Tlcreate
  | Tread
  | Twrite
  | Tclunk
  | Tremove
  | Tstatfs
  | Tsymlink
  | Tmknod
  | Trename
  | Treadlink
  | Tgetattr
  | Tsetattr
  | Txattrwalk
  | Txattrcreate
  | Treaddir
  | Tfsync
  | Tlock
  | Tgetlock
  | Tlink
  | Tmkdir
  | Trenameat
  | Tunlinkat;

/** What a server answers. */
export type RMessage =
  | Rversion
  | Rauth
  | Rattach
  | Rlerror
  | Rflush
  | Rwalk
  | Rlopen
  | Rlcreate
  | Rread
  | Rwrite
  | Rclunk
  | Rremove
  | Rstatfs
  | Rsymlink
  | Rmknod
  | Rrename
  | Rreadlink
  | Rgetattr
  | Rsetattr
  | Rxattrwalk
  | Rxattrcreate
  | Rreaddir
  | Rfsync
  | Rlock
  | Rgetlock
  | Rlink
  | Rmkdir
  | Rrenameat
  | Runlinkat;
