// Numbers that 9P2000.L shares with Linux: ids that mean "none", header sizes, and the bits of qids, open flags,
// attribute masks and directory entries.
//
// Source: diod protocol.md; Linux include/net/9p/9p.h, asm-generic/fcntl.h, uapi/linux/stat.h, fs_types.h.

/** The only protocol version served. */
export const VERSION_9P2000L = '9P2000.L';
/** Version string of a server that speaks none of the client's. */
export const VERSION_UNKNOWN = 'unknown';

/** Tag of Tversion; no other request may use it. */
export const NOTAG = 0xffff;
/** The fid that is none, for example `afid` without authentication. */
export const NOFID = 0xffff_ffff;
/** The `n_uname` that is none. */
export const NONUNAME = 0xffff_ffff;

/** Bytes of `size[4] type[1] tag[2]`: the smallest frame. */
export const HEADER_BYTES = 7;
/** Bytes a client keeps free of its msize for the header of Twrite and Rread (P9_IOHDRSZ). */
export const IO_HEADER_BYTES = 24;
/** Bytes before the data of Rread and Rreaddir: header and `count[4]`. */
export const RREAD_HEADER_BYTES = 11;
/** Bytes before the data of Twrite. */
export const TWRITE_HEADER_BYTES = 23;
/** Bytes of a directory entry without its name: `qid[13] offset[8] type[1] name[s]`. */
export const DIRENT_HEADER_BYTES = 24;
/** Bytes of a qid. */
export const QID_BYTES = 13;
/** The offset a client of an append-only file may give to mean its end. */
export const OFFSET_END = 0xffff_ffff_ffff_ffffn;

/** qid.type bits. */
export const QTDIR = 0x80;
export const QTAPPEND = 0x40;
export const QTEXCL = 0x20;
export const QTAUTH = 0x08;
export const QTTMP = 0x04;
export const QTSYMLINK = 0x02;
export const QTFILE = 0x00;

/** Tlopen flags that a server looks at; all others are ignored. */
export const O_ACCMODE = 0o3;
export const O_RDONLY = 0o0;
export const O_WRONLY = 0o1;
export const O_RDWR = 0o2;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_TRUNC = 0o1000;
export const O_APPEND = 0o2000;
export const O_DIRECTORY = 0o200000;
/** Ours: reads at the end of a stream wait for more. No Linux open flag has this bit. */
export const O_FOLLOW_STREAM = 0x8000_0000;

/** Bits of `mode` in Rgetattr. */
export const S_IFMT = 0o170000;
export const S_IFDIR = 0o040000;
export const S_IFREG = 0o100000;

/** `type` of a directory entry. */
export const DT_UNKNOWN = 0;
export const DT_DIR = 4;
export const DT_REG = 8;

/** Masks of Tgetattr and Rgetattr: all fields up to blocks; those and btime, gen, data_version. */
export const GETATTR_BASIC = 0x7ffn;
export const GETATTR_ALL = 0x3fffn;

/** Bits of `valid` in Tsetattr. */
export const SETATTR_MODE = 0x001;
export const SETATTR_UID = 0x002;
export const SETATTR_GID = 0x004;
export const SETATTR_SIZE = 0x008;
export const SETATTR_ATIME = 0x010;
export const SETATTR_MTIME = 0x020;
export const SETATTR_CTIME = 0x040;
export const SETATTR_ATIME_SET = 0x080;
export const SETATTR_MTIME_SET = 0x100;

/** `status` of Rlock, and lock `type`s. */
export const LOCK_SUCCESS = 0;
export const LOCK_BLOCKED = 1;
export const LOCK_ERROR = 2;
export const LOCK_RDLCK = 0;
export const LOCK_WRLCK = 1;
export const LOCK_UNLCK = 2;
