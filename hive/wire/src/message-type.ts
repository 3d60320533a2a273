// Message types of 9P2000.L: the `type[1]` byte of a frame, its name, and the direction it may travel.
//
// `T…` goes from client to server and is even, its `R…` answer is one more. Source: diod protocol.md; Linux
// include/net/9p/9p.h (enum p9_msg_t). Tlerror 6, Terror 106 and Rerror 107 exist as numbers only: 6 and 106 are
// never sent, and 107 is how servers of the older dialects refuse.

export const RLERROR = 7;
export const TSTATFS = 8;
export const RSTATFS = 9;
export const TLOPEN = 12;
export const RLOPEN = 13;
export const TLCREATE = 14;
export const RLCREATE = 15;
export const TSYMLINK = 16;
export const RSYMLINK = 17;
export const TMKNOD = 18;
export const RMKNOD = 19;
export const TRENAME = 20;
export const RRENAME = 21;
export const TREADLINK = 22;
export const RREADLINK = 23;
export const TGETATTR = 24;
export const RGETATTR = 25;
export const TSETATTR = 26;
export const RSETATTR = 27;
export const TXATTRWALK = 30;
export const RXATTRWALK = 31;
export const TXATTRCREATE = 32;
export const RXATTRCREATE = 33;
export const TREADDIR = 40;
export const RREADDIR = 41;
export const TFSYNC = 50;
export const RFSYNC = 51;
export const TLOCK = 52;
export const RLOCK = 53;
export const TGETLOCK = 54;
export const RGETLOCK = 55;
export const TLINK = 70;
export const RLINK = 71;
export const TMKDIR = 72;
export const RMKDIR = 73;
export const TRENAMEAT = 74;
export const RRENAMEAT = 75;
export const TUNLINKAT = 76;
export const RUNLINKAT = 77;
export const TVERSION = 100;
export const RVERSION = 101;
export const TAUTH = 102;
export const RAUTH = 103;
export const TATTACH = 104;
export const RATTACH = 105;
export const TFLUSH = 108;
export const RFLUSH = 109;
export const TWALK = 110;
export const RWALK = 111;
export const TREAD = 116;
export const RREAD = 117;
export const TWRITE = 118;
export const RWRITE = 119;
export const TCLUNK = 120;
export const RCLUNK = 121;
export const TREMOVE = 122;
export const RREMOVE = 123;
/** A refusal in the older dialects; never valid in 9P2000.L. */
export const RERROR = 107;

/** 9P2000 messages that 9P2000.L replaced. Known by name so that a refusal can say so. */
export const TOPEN = 112;
export const TCREATE = 114;
export const TSTAT = 124;
export const TWSTAT = 126;

/** Name of a type byte (`Twalk`), for every type of this dialect and of 9P2000; `type 200` for others. */
export function messageTypeName(type: number): string {
  return NAMES.get(type) ?? `type ${type}`;
}

/** Type byte of a name (`Twalk`), or undefined. The inverse of `messageTypeName`. */
export function messageTypeOfName(name: string): number | undefined {
  return TYPES.get(name);
}

/** Whether `type` is a 9P2000 request that 9P2000.L replaced: Topen, Tcreate, Tstat, Twstat. */
export function isLegacyRequest(type: number): boolean {
  return type === TOPEN || type === TCREATE || type === TSTAT || type === TWSTAT;
}

const PAIRS: readonly (readonly [string, number])[] = [
  ['lerror', 6],
  ['statfs', TSTATFS],
  ['lopen', TLOPEN],
  ['lcreate', TLCREATE],
  ['symlink', TSYMLINK],
  ['mknod', TMKNOD],
  ['rename', TRENAME],
  ['readlink', TREADLINK],
  ['getattr', TGETATTR],
  ['setattr', TSETATTR],
  ['xattrwalk', TXATTRWALK],
  ['xattrcreate', TXATTRCREATE],
  ['readdir', TREADDIR],
  ['fsync', TFSYNC],
  ['lock', TLOCK],
  ['getlock', TGETLOCK],
  ['link', TLINK],
  ['mkdir', TMKDIR],
  ['renameat', TRENAMEAT],
  ['unlinkat', TUNLINKAT],
  ['version', TVERSION],
  ['auth', TAUTH],
  ['attach', TATTACH],
  ['error', 106],
  ['flush', TFLUSH],
  ['walk', TWALK],
  ['open', TOPEN],
  ['create', TCREATE],
  ['read', TREAD],
  ['write', TWRITE],
  ['clunk', TCLUNK],
  ['remove', TREMOVE],
  ['stat', TSTAT],
  ['wstat', TWSTAT],
];

const TYPES: ReadonlyMap<string, number> = new Map(
  PAIRS.flatMap(([name, type]): [string, number][] => [
    [`T${name}`, type],
    [`R${name}`, type + 1],
  ]),
);

const NAMES: ReadonlyMap<number, string> = new Map([...TYPES].map(([name, type]) => [type, name]));
