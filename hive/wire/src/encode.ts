// Messages to frames, by the table of layout.ts. For a server's frequent answers see reply.ts.
//
// Both functions append one whole frame, or nothing: false means that it does not fit the writer, or that the message
// holds what the wire cannot (text over 65,535 bytes, lists over 65,535 elements, lone surrogates).

import { type ByteWriter, putU16, putU32, utf8Length } from '@cohesix/bytes';
import { assert } from '@cohesix/check';
import { HEADER_BYTES } from './constants.ts';
import { type FieldKind, layoutOf } from './layout.ts';
import type { Qid, RMessage, TMessage } from './message.ts';

const U16_MAX = 0xffff;

/** Appends a request. */
export function encodeT(writer: ByteWriter, message: TMessage): boolean {
  return encodeByLayout(writer, message);
}

/** Appends an answer. */
export function encodeR(writer: ByteWriter, message: RMessage): boolean {
  return encodeByLayout(writer, message);
}

function encodeByLayout(writer: ByteWriter, message: TMessage | RMessage): boolean {
  const layout = layoutOf(message.type);
  assert(layout !== undefined, 'a message type with a layout');
  const values = message as unknown as Readonly<Record<string, unknown>>;
  const start = writer.length;
  const fits =
    writer.reserve(HEADER_BYTES) >= 0 && layout.every(([name, kind]) => writeField(writer, kind, values[name]));
  if (!fits || writer.failed) {
    writer.rewind(start);
    return false;
  }
  putU32(writer.bytes, start, writer.length - start);
  writer.bytes[start + 4] = message.type;
  putU16(writer.bytes, start + 5, message.tag);
  return true;
}

/** The table guarantees that `value` has the type of `kind`. */
function writeField(writer: ByteWriter, kind: FieldKind, value: unknown): boolean {
  switch (kind) {
    case 'u8':
      writer.u8(value as number);
      return true;
    case 'u16':
      writer.u16(value as number);
      return true;
    case 'u32':
    case 'fid':
    case 'uid':
    case 'octal':
    case 'mask':
      writer.u32(value as number);
      return true;
    case 'u64':
    case 'mask64':
      writer.u64(value as bigint);
      return true;
    case 'string':
    case 'name':
      return writeString(writer, value as string);
    case 'names':
      return writeList(writer, value as readonly string[], writeString);
    case 'qid':
      return writeQid(writer, value as Qid);
    case 'qids':
      return writeList(writer, value as readonly Qid[], writeQid);
    case 'data':
      writer.u32((value as Uint8Array).length);
      writer.append(value as Uint8Array);
      return true;
  }
}

/** Appends `name[s]`; false, with nothing appended, when it is too long for that or not well-formed. */
function writeString(writer: ByteWriter, text: string): boolean {
  const length = utf8Length(text);
  if (length > U16_MAX || !text.isWellFormed()) return false;
  writer.u16(length);
  return writer.utf8(text) >= 0;
}

function writeQid(writer: ByteWriter, qid: Qid): boolean {
  writer.u8(qid.type);
  writer.u32(qid.version);
  writer.u64(qid.path);
  return true;
}

type WriteElement<Element> = (writer: ByteWriter, element: Element) => boolean;

function writeList<Element>(writer: ByteWriter, list: readonly Element[], write: WriteElement<Element>): boolean {
  if (list.length > U16_MAX) return false;
  writer.u16(list.length);
  return list.every((element) => write(writer, element));
}
