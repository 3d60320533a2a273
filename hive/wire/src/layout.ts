// The bodies of all messages as one table: what the codec, the text form, the tests and the fuzzer walk.
//
// A row lists the fields in wire order; the compiler checks that each exists in the message's interface with a kind
// of its type, the round-trip test that none is missing. The hot messages have code of their own (decode.ts,
// reply.ts), held equal to this table by tests. Source: diod protocol.md, section by section.

import type { Qid, RMessage, TMessage } from './message.ts';
import * as type from './message-type.ts';

/** Integers by size; several kinds of one size differ only in how the text form prints them. */
type NumberKind = 'u8' | 'u16' | 'u32' | 'fid' | 'uid' | 'octal' | 'mask';
type BigintKind = 'u64' | 'mask64';

/**
 * How a field is written. `name[s]`: `string` any text, `name` a file name (see name.ts). `names` and `qids` are u16
 * counted, `data` is u32 counted. `fid`, `uid`, `octal` and `mask` are u32, `mask64` is u64.
 */
export type FieldKind = NumberKind | BigintKind | 'string' | 'name' | 'names' | 'qid' | 'qids' | 'data';

type KindFor<Value> = Value extends number
  ? NumberKind
  : Value extends bigint
    ? BigintKind
    : Value extends string
      ? 'string' | 'name'
      : Value extends Uint8Array
        ? 'data'
        : Value extends readonly string[]
          ? 'names'
          : Value extends readonly Qid[]
            ? 'qids'
            : Value extends Qid
              ? 'qid'
              : never;

type FieldsOf<M> = {
  [Key in Exclude<keyof M, 'type' | 'tag'>]: readonly [Key, KindFor<M[Key]>];
}[Exclude<keyof M, 'type' | 'tag'>];

type Layouts = {
  readonly [Type in (TMessage | RMessage)['type']]: readonly FieldsOf<Extract<TMessage | RMessage, { type: Type }>>[];
};

/** A field of a body: its property name and its kind. */
export type Field = readonly [name: string, kind: FieldKind];

const LAYOUTS: Layouts = {
  [type.TVERSION]: [
    ['msize', 'u32'],
    ['version', 'string'],
  ],
  [type.RVERSION]: [
    ['msize', 'u32'],
    ['version', 'string'],
  ],
  [type.TAUTH]: [
    ['afid', 'fid'],
    ['uname', 'string'],
    ['aname', 'string'],
    ['nUname', 'uid'],
  ],
  [type.RAUTH]: [['aqid', 'qid']],
  [type.TATTACH]: [
    ['fid', 'fid'],
    ['afid', 'fid'],
    ['uname', 'string'],
    ['aname', 'string'],
    ['nUname', 'uid'],
  ],
  [type.RATTACH]: [['qid', 'qid']],
  [type.RLERROR]: [['ecode', 'u32']],
  [type.TFLUSH]: [['oldtag', 'u16']],
  [type.RFLUSH]: [],
  [type.TWALK]: [
    ['fid', 'fid'],
    ['newfid', 'fid'],
    ['wnames', 'names'],
  ],
  [type.RWALK]: [['wqids', 'qids']],
  [type.TLOPEN]: [
    ['fid', 'fid'],
    ['flags', 'octal'],
  ],
  [type.RLOPEN]: [
    ['qid', 'qid'],
    ['iounit', 'u32'],
  ],
  [type.TLCREATE]: [
    ['fid', 'fid'],
    ['name', 'name'],
    ['flags', 'octal'],
    ['mode', 'octal'],
    ['gid', 'uid'],
  ],
  [type.RLCREATE]: [
    ['qid', 'qid'],
    ['iounit', 'u32'],
  ],
  [type.TREAD]: [
    ['fid', 'fid'],
    ['offset', 'u64'],
    ['count', 'u32'],
  ],
  [type.RREAD]: [['data', 'data']],
  [type.TWRITE]: [
    ['fid', 'fid'],
    ['offset', 'u64'],
    ['data', 'data'],
  ],
  [type.RWRITE]: [['count', 'u32']],
  [type.TCLUNK]: [['fid', 'fid']],
  [type.RCLUNK]: [],
  [type.TREMOVE]: [['fid', 'fid']],
  [type.RREMOVE]: [],
  [type.TSTATFS]: [['fid', 'fid']],
  [type.RSTATFS]: [
    ['fstype', 'mask'],
    ['bsize', 'u32'],
    ['blocks', 'u64'],
    ['bfree', 'u64'],
    ['bavail', 'u64'],
    ['files', 'u64'],
    ['ffree', 'u64'],
    ['fsid', 'u64'],
    ['namelen', 'u32'],
  ],
  [type.TSYMLINK]: [
    ['fid', 'fid'],
    ['name', 'name'],
    ['symtgt', 'string'],
    ['gid', 'uid'],
  ],
  [type.RSYMLINK]: [['qid', 'qid']],
  [type.TMKNOD]: [
    ['dfid', 'fid'],
    ['name', 'name'],
    ['mode', 'octal'],
    ['major', 'u32'],
    ['minor', 'u32'],
    ['gid', 'uid'],
  ],
  [type.RMKNOD]: [['qid', 'qid']],
  [type.TRENAME]: [
    ['fid', 'fid'],
    ['dfid', 'fid'],
    ['name', 'name'],
  ],
  [type.RRENAME]: [],
  [type.TREADLINK]: [['fid', 'fid']],
  [type.RREADLINK]: [['target', 'string']],
  [type.TGETATTR]: [
    ['fid', 'fid'],
    ['requestMask', 'mask64'],
  ],
  [type.RGETATTR]: [
    ['valid', 'mask64'],
    ['qid', 'qid'],
    ['mode', 'octal'],
    ['uid', 'uid'],
    ['gid', 'uid'],
    ['nlink', 'u64'],
    ['rdev', 'u64'],
    ['size', 'u64'],
    ['blksize', 'u64'],
    ['blocks', 'u64'],
    ['atimeSec', 'u64'],
    ['atimeNsec', 'u64'],
    ['mtimeSec', 'u64'],
    ['mtimeNsec', 'u64'],
    ['ctimeSec', 'u64'],
    ['ctimeNsec', 'u64'],
    ['btimeSec', 'u64'],
    ['btimeNsec', 'u64'],
    ['gen', 'u64'],
    ['dataVersion', 'u64'],
  ],
  [type.TSETATTR]: [
    ['fid', 'fid'],
    ['valid', 'mask'],
    ['mode', 'octal'],
    ['uid', 'uid'],
    ['gid', 'uid'],
    ['size', 'u64'],
    ['atimeSec', 'u64'],
    ['atimeNsec', 'u64'],
    ['mtimeSec', 'u64'],
    ['mtimeNsec', 'u64'],
  ],
  [type.RSETATTR]: [],
  [type.TXATTRWALK]: [
    ['fid', 'fid'],
    ['newfid', 'fid'],
    ['name', 'string'],
  ],
  [type.RXATTRWALK]: [['size', 'u64']],
  [type.TXATTRCREATE]: [
    ['fid', 'fid'],
    ['name', 'string'],
    ['attrSize', 'u64'],
    ['flags', 'mask'],
  ],
  [type.RXATTRCREATE]: [],
  [type.TREADDIR]: [
    ['fid', 'fid'],
    ['offset', 'u64'],
    ['count', 'u32'],
  ],
  [type.RREADDIR]: [['data', 'data']],
  [type.TFSYNC]: [
    ['fid', 'fid'],
    ['datasync', 'u32'],
  ],
  [type.RFSYNC]: [],
  [type.TLOCK]: [
    ['fid', 'fid'],
    ['lockType', 'u8'],
    ['flags', 'mask'],
    ['start', 'u64'],
    ['length', 'u64'],
    ['procId', 'u32'],
    ['clientId', 'string'],
  ],
  [type.RLOCK]: [['status', 'u8']],
  [type.TGETLOCK]: [
    ['fid', 'fid'],
    ['lockType', 'u8'],
    ['start', 'u64'],
    ['length', 'u64'],
    ['procId', 'u32'],
    ['clientId', 'string'],
  ],
  [type.RGETLOCK]: [
    ['lockType', 'u8'],
    ['start', 'u64'],
    ['length', 'u64'],
    ['procId', 'u32'],
    ['clientId', 'string'],
  ],
  [type.TLINK]: [
    ['dfid', 'fid'],
    ['fid', 'fid'],
    ['name', 'name'],
  ],
  [type.RLINK]: [],
  [type.TMKDIR]: [
    ['dfid', 'fid'],
    ['name', 'name'],
    ['mode', 'octal'],
    ['gid', 'uid'],
  ],
  [type.RMKDIR]: [['qid', 'qid']],
  [type.TRENAMEAT]: [
    ['olddirfid', 'fid'],
    ['oldname', 'name'],
    ['newdirfid', 'fid'],
    ['newname', 'name'],
  ],
  [type.RRENAMEAT]: [],
  [type.TUNLINKAT]: [
    ['dirfd', 'fid'],
    ['name', 'name'],
    ['flags', 'mask'],
  ],
  [type.RUNLINKAT]: [],
};

/** Fields of a message type in wire order, or undefined when 9P2000.L has no such message. */
export function layoutOf(messageType: number): readonly Field[] | undefined {
  return BY_TYPE.get(messageType);
}

/** Every type of this dialect, ascending; requests are even. */
export function messageTypes(): readonly number[] {
  return [...BY_TYPE.keys()].sort((a, b) => a - b);
}

const BY_TYPE: ReadonlyMap<number, readonly Field[]> = new Map(
  Object.entries(LAYOUTS).map(([messageType, fields]) => [Number(messageType), fields]),
);
