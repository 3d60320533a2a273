// Frames to messages. A fault is a value, with the errno to answer it.
//
// `decodeT` and `decodeR` take one complete frame, `size[4] type[1] tag[2] body`. The requests a server sees most
// are decoded by hand below and only when they are exactly right; all else goes through the table of layout.ts,
// which also finds the words for what is wrong. Every object of one type is built with its properties in one order.

import { ByteReader, getU16, getU32, getU64 } from '@cohesix/bytes';
import { assert } from '@cohesix/check';
import { HEADER_BYTES, NOTAG, TWRITE_HEADER_BYTES } from './constants.ts';
import { type FieldKind, layoutOf } from './layout.ts';
import type { Qid, RMessage, TMessage, Twalk } from './message.ts';
import * as type from './message-type.ts';
import { decodeName, NAME_BYTES_MAX } from './name.ts';
import type { RefusalCode } from './refusal.ts';

/** Bounds of what is accepted. */
export interface WireLimits {
  /** Most bytes of a frame: the negotiated msize. */
  readonly msize: number;
  /** Most names of one Twalk. */
  readonly walkNamesMax: number;
  /** Most bytes of one file name. */
  readonly nameBytesMax: number;
}

/** The limits of Secure9P before a manifest says otherwise. */
export const WIRE_LIMITS: WireLimits = { msize: 8192, walkNamesMax: 8, nameBytesMax: NAME_BYTES_MAX };

/** `type` of a `DecodeFault`; no message has it. */
export const FAULT = 0;

/** A frame that is no message. A server answers `Rlerror tag errnoOf(code)`. */
export interface DecodeFault {
  readonly type: typeof FAULT;
  /** Tag of the frame; NOTAG when it has none that can be read. */
  readonly tag: number;
  /** Type byte of the frame; 0 when it has none. */
  readonly messageType: number;
  /**
   * `unsupported`: no such message here. `invalid-path`: a file name breaks a rule of name.ts. `too-big`: over a
   * limit. `invalid-frame`: anything else.
   */
  readonly code: RefusalCode;
  readonly detail: string;
}

/** Decodes the request in `bytes[start..end)`. Byte fields of the result are borrowed from `bytes`. */
export function decodeT(bytes: Uint8Array, start: number, end: number, limits: WireLimits): TMessage | DecodeFault {
  const size = end - start;
  assert(start >= 0 && end <= bytes.length, 'a frame lies inside its bytes');
  if (size < HEADER_BYTES || size > limits.msize || getU32(bytes, start) !== size) {
    return sizeFault(bytes, start, end, limits);
  }
  const messageType = bytes[start + 4] as number;
  const tag = getU16(bytes, start + 5);
  if (tag === NOTAG && messageType !== type.TVERSION) {
    return fault(tag, messageType, 'invalid-frame', 'only Tversion has the tag NOTAG');
  }
  switch (messageType) {
    case type.TREAD:
      if (size !== 23) break;
      return {
        type: type.TREAD,
        tag,
        fid: getU32(bytes, start + 7),
        offset: getU64(bytes, start + 11),
        count: getU32(bytes, start + 19),
      };
    case type.TWRITE:
      if (size < TWRITE_HEADER_BYTES || getU32(bytes, start + 19) !== size - TWRITE_HEADER_BYTES) break;
      return {
        type: type.TWRITE,
        tag,
        fid: getU32(bytes, start + 7),
        offset: getU64(bytes, start + 11),
        data: viewOf(bytes, start + TWRITE_HEADER_BYTES, end),
      };
    case type.TWALK: {
      const message = decodeTwalk(bytes, start, end, limits);
      if (message === undefined) break;
      return message;
    }
    case type.TGETATTR:
      if (size !== 19) break;
      return { type: type.TGETATTR, tag, fid: getU32(bytes, start + 7), requestMask: getU64(bytes, start + 11) };
    case type.TCLUNK:
      if (size !== 11) break;
      return { type: type.TCLUNK, tag, fid: getU32(bytes, start + 7) };
    case type.TLOPEN:
      if (size !== 15) break;
      return { type: type.TLOPEN, tag, fid: getU32(bytes, start + 7), flags: getU32(bytes, start + 11) };
    default:
      if (messageType % 2 === 0 && layoutOf(messageType) !== undefined) break;
      return typeFault(tag, messageType);
  }
  return decodeByLayout(bytes, start, end, limits) as TMessage | DecodeFault;
}

/**
 * Decodes the answer in `bytes[start..end)`. Byte fields of the result are borrowed from `bytes`. Rerror, the
 * refusal of older dialects, is a fault whose detail holds its text.
 */
export function decodeR(bytes: Uint8Array, start: number, end: number, limits: WireLimits): RMessage | DecodeFault {
  const size = end - start;
  assert(start >= 0 && end <= bytes.length, 'a frame lies inside its bytes');
  if (size < HEADER_BYTES || size > limits.msize || getU32(bytes, start) !== size) {
    return sizeFault(bytes, start, end, limits);
  }
  const messageType = bytes[start + 4] as number;
  if (messageType === type.RERROR) return rerrorFault(bytes, start, end);
  if (messageType % 2 === 1 && layoutOf(messageType) !== undefined) {
    return decodeByLayout(bytes, start, end, limits) as RMessage | DecodeFault;
  }
  return typeFault(getU16(bytes, start + 5), messageType);
}

/**
 * Decodes a frame by the table alone. The header must have been checked, and the type must have a layout, else a
 * TypeError. The result is a message of that type.
 */
export function decodeByLayout(bytes: Uint8Array, start: number, end: number, limits: WireLimits): object {
  const messageType = bytes[start + 4] as number;
  const layout = layoutOf(messageType);
  assert(layout !== undefined, 'a message type with a layout');
  const tag = getU16(bytes, start + 5);
  const reader = new ByteReader(bytes, start + HEADER_BYTES, end);
  const message: Record<string, unknown> = { type: messageType, tag };
  for (const [name, kind] of layout) {
    message[name] = readField(reader, kind, limits);
    if (reader.failed) return fieldFault(reader, tag, messageType, name);
  }
  reader.expectEnd();
  return reader.failed ? fieldFault(reader, tag, messageType, undefined) : message;
}

function decodeTwalk(bytes: Uint8Array, start: number, end: number, limits: WireLimits): Twalk | undefined {
  if (end - start < 17) return undefined;
  const count = getU16(bytes, start + 15);
  if (count > limits.walkNamesMax) return undefined;
  const wnames: string[] = [];
  let at = start + 17;
  for (let index = 0; index < count; index += 1) {
    if (at + 2 > end) return undefined;
    const nameEnd = at + 2 + getU16(bytes, at);
    if (nameEnd > end) return undefined;
    const name = decodeName(bytes, at + 2, nameEnd, limits.nameBytesMax);
    if (name === undefined) return undefined;
    wnames.push(name);
    at = nameEnd;
  }
  if (at !== end) return undefined;
  return {
    type: type.TWALK,
    tag: getU16(bytes, start + 5),
    fid: getU32(bytes, start + 7),
    newfid: getU32(bytes, start + 11),
    wnames,
  };
}

const BAD_NAME = 'not a file name: 1 to 255 bytes of UTF-8, no slash, no NUL, not . or ..';
const TOO_MANY = 'more elements than the limit';
const HAS_NUL = 'text has no NUL';

function readField(reader: ByteReader, kind: FieldKind, limits: WireLimits): unknown {
  switch (kind) {
    case 'u8':
      return reader.u8();
    case 'u16':
      return reader.u16();
    case 'u32':
    case 'fid':
    case 'uid':
    case 'octal':
    case 'mask':
      return reader.u32();
    case 'u64':
    case 'mask64':
      return reader.u64();
    case 'string':
      return readString(reader);
    case 'name':
      return readName(reader, limits);
    case 'names':
      return readList(reader, limits, readName);
    case 'qid':
      return readQid(reader);
    case 'qids':
      return readList(reader, limits, readQid);
    case 'data':
      return reader.view(reader.u32());
  }
}

function readString(reader: ByteReader): string {
  const text = reader.utf8(reader.u16());
  if (text.includes('\0')) reader.fail(HAS_NUL);
  return text;
}

function readName(reader: ByteReader, limits: WireLimits): string {
  const length = reader.u16();
  const at = reader.take(length);
  if (at < 0) return '';
  const name = decodeName(reader.bytes, at, at + length, limits.nameBytesMax);
  if (name === undefined) reader.fail(BAD_NAME);
  return name ?? '';
}

/** Reads a qid, `type[1] version[4] path[8]`. */
export function readQid(reader: ByteReader): Qid {
  return { type: reader.u8(), version: reader.u32(), path: reader.u64() };
}

type ReadElement<Element> = (reader: ByteReader, limits: WireLimits) => Element;

function readList<Element>(reader: ByteReader, limits: WireLimits, read: ReadElement<Element>): Element[] {
  const count = reader.u16();
  const list: Element[] = [];
  if (count > limits.walkNamesMax) reader.fail(TOO_MANY);
  while (list.length < count && !reader.failed) list.push(read(reader, limits));
  return list;
}

function viewOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
}

function fieldFault(reader: ByteReader, tag: number, messageType: number, name: string | undefined): DecodeFault {
  const where = type.messageTypeName(messageType) + (name === undefined ? '' : ` ${name}`);
  const code = reader.failure === BAD_NAME ? 'invalid-path' : reader.failure === TOO_MANY ? 'too-big' : 'invalid-frame';
  return fault(tag, messageType, code, `${where}: ${reader.failure}`);
}

function sizeFault(bytes: Uint8Array, start: number, end: number, limits: WireLimits): DecodeFault {
  const size = end - start;
  const messageType = size > 4 ? (bytes[start + 4] as number) : 0;
  const tag = size >= HEADER_BYTES ? getU16(bytes, start + 5) : NOTAG;
  if (size > limits.msize) return fault(tag, messageType, 'too-big', `frame of ${size} bytes, msize ${limits.msize}`);
  return fault(tag, messageType, 'invalid-frame', `frame of ${size} bytes does not say so`);
}

function typeFault(tag: number, messageType: number): DecodeFault {
  const name = type.messageTypeName(messageType);
  if (layoutOf(messageType) !== undefined) {
    return fault(tag, messageType, 'invalid-frame', `${name} travels the other way`);
  }
  const why = type.isLegacyRequest(messageType) ? 'is 9P2000, not 9P2000.L' : 'is not in 9P2000.L';
  return fault(tag, messageType, 'unsupported', `${name} ${why}`);
}

function rerrorFault(bytes: Uint8Array, start: number, end: number): DecodeFault {
  const reader = new ByteReader(bytes, start + HEADER_BYTES, end);
  const text = readString(reader);
  const detail = `the peer answered in another dialect: Rerror ${JSON.stringify(text)}`;
  return fault(getU16(bytes, start + 5), type.RERROR, 'unsupported', detail);
}

function fault(tag: number, messageType: number, code: RefusalCode, detail: string): DecodeFault {
  return { type: FAULT, tag, messageType, code, detail };
}
