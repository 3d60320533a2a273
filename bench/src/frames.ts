// 9P2000.L request frames as bytes, for the load client and for nothing else.
//
// Written from the message layouts of 9P2000.L (`size[4] type[1] tag[2] ...`, little endian) on purpose without
// @cohesix/wire: a peer benchmark must not share code, and so mistakes, with the server it measures.

/** Message numbers used here; an R-message is its T-message plus one. */
export const TYPE = {
  Rlerror: 7,
  Tlopen: 12,
  Tgetattr: 24,
  Tversion: 100,
  Tattach: 104,
  Twalk: 110,
  Tread: 116,
  Twrite: 118,
  Tclunk: 120,
} as const;

/** Tag of Tversion, and "no fid". */
export const NOTAG = 0xffff;
const NOFID = 0xffffffff;

/** Linux open flags, as the kernel client sends them. */
export const O_RDONLY = 0;
export const O_WRONLY = 1;
export const O_APPEND = 0o2000;

/** The mask the kernel's client sends most: everything `stat` needs. */
const GETATTR_BASIC = 0x7ffn;
const HEADER_SIZE = 7;
const text = new TextEncoder();

type Field = { readonly size: 1 | 2 | 4 | 8; readonly value: number | bigint } | { readonly bytes: Uint8Array };

/** `size[4] Tversion tag[2] msize[4] version[s]` */
export function tversion(msize: number): Uint8Array {
  return frame(TYPE.Tversion, NOTAG, [u32(msize), ...string('9P2000.L')]);
}

/** `size[4] Tattach tag[2] fid[4] afid[4] uname[s] aname[s] n_uname[4]` with afid NOFID and n_uname 0. */
export function tattach(tag: number, fid: number, who: { readonly uname: string; readonly aname: string }): Uint8Array {
  return frame(TYPE.Tattach, tag, [u32(fid), u32(NOFID), ...string(who.uname), ...string(who.aname), u32(0)]);
}

/** `size[4] Twalk tag[2] fid[4] newfid[4] nwname[2] nwname*(wname[s])` */
export function twalk(tag: number, fid: number, to: { readonly newfid: number; readonly path: string }): Uint8Array {
  const names = namesOf(to.path);
  return frame(TYPE.Twalk, tag, [u32(fid), u32(to.newfid), u16(names.length), ...names.flatMap(string)]);
}

/** `size[4] Tlopen tag[2] fid[4] flags[4]` */
export function tlopen(tag: number, fid: number, flags: number): Uint8Array {
  return frame(TYPE.Tlopen, tag, [u32(fid), u32(flags)]);
}

/** `size[4] Tgetattr tag[2] fid[4] request_mask[8]` */
export function tgetattr(tag: number, fid: number): Uint8Array {
  return frame(TYPE.Tgetattr, tag, [u32(fid), u64(GETATTR_BASIC)]);
}

/** `size[4] Tread tag[2] fid[4] offset[8] count[4]` at offset 0. */
export function tread(tag: number, fid: number, count: number): Uint8Array {
  return frame(TYPE.Tread, tag, [u32(fid), u64(0n), u32(count)]);
}

/** The same at an offset. */
export function treadAt(
  tag: number,
  fid: number,
  part: { readonly offset: number; readonly count: number },
): Uint8Array {
  return frame(TYPE.Tread, tag, [u32(fid), u64(BigInt(part.offset)), u32(part.count)]);
}

/** `size[4] Twrite tag[2] fid[4] offset[8] count[4] data[count]` at offset 0. */
export function twrite(tag: number, fid: number, data: Uint8Array): Uint8Array {
  return frame(TYPE.Twrite, tag, [u32(fid), u64(0n), u32(data.length), { bytes: data }]);
}

/** `size[4] Tclunk tag[2] fid[4]` */
export function tclunk(tag: number, fid: number): Uint8Array {
  return frame(TYPE.Tclunk, tag, [u32(fid)]);
}

/** The names of a slash-separated path; empty names are dropped, so `/` is no name. */
function namesOf(path: string): readonly string[] {
  return path.split('/').filter((name) => name !== '');
}

function frame(type: number, tag: number, fields: readonly Field[]): Uint8Array {
  const all: readonly Field[] = [{ size: 1, value: type }, u16(tag), ...fields];
  const size = all.reduce((sum, field) => sum + sizeOf(field), 4);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, size, true);
  all.reduce((offset, field) => put(view, offset, field), 4);
  return bytes;
}

function put(view: DataView, offset: number, field: Field): number {
  if ('bytes' in field) {
    new Uint8Array(view.buffer).set(field.bytes, offset);
    return offset + field.bytes.length;
  }
  if (field.size === 8) view.setBigUint64(offset, BigInt(field.value), true);
  else if (field.size === 4) view.setUint32(offset, Number(field.value), true);
  else if (field.size === 2) view.setUint16(offset, Number(field.value), true);
  else view.setUint8(offset, Number(field.value));
  return offset + field.size;
}

function sizeOf(field: Field): number {
  return 'bytes' in field ? field.bytes.length : field.size;
}

function u16(value: number): Field {
  return { size: 2, value };
}

function u32(value: number): Field {
  return { size: 4, value };
}

function u64(value: bigint): Field {
  return { size: 8, value };
}

function string(value: string): readonly Field[] {
  const bytes = text.encode(value);
  return [u16(bytes.length), { bytes }];
}

/** Bytes an Rread of `count` bytes adds to its data. */
export const RREAD_HEADER_SIZE: number = HEADER_SIZE + 4;
