// Arbitrary messages of every type, made from the table of layout.ts, and small helpers of the codec's tests.

import { ByteWriter } from '@cohesix/bytes';
import fc from 'fast-check';
import {
  type DecodeFault,
  decodeR,
  decodeT,
  encodeR,
  encodeT,
  type RMessage,
  type TMessage,
  type WireLimits,
} from '../src/index.ts';
import { type FieldKind, layoutOf, messageTypes } from '../src/layout.ts';

/** Wide enough for everything an arbitrary message holds. */
export const WIDE: WireLimits = { msize: 1 << 20, walkNamesMax: 16, nameBytesMax: 255 };

const u32 = fc.oneof(fc.nat(0xffff_ffff), fc.constantFrom(0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff));
const u64 = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(0n, 2n ** 31n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n),
);
const text = fc
  .string({ unit: 'binary', maxLength: 30 })
  .filter((value) => value.isWellFormed() && !value.includes('\0'));
const name = text.filter((value) => value !== '' && value !== '.' && value !== '..' && !value.includes('/'));
const qid = fc.record({ type: fc.nat(255), version: u32, path: u64 }, { noNullPrototype: true });
const data = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc.string().map((value) => new TextEncoder().encode(value)),
);

function arbitraryOf(kind: FieldKind): fc.Arbitrary<unknown> {
  switch (kind) {
    case 'u8':
      return fc.nat(255);
    case 'u16':
      return fc.nat(0xffff);
    case 'u32':
    case 'fid':
    case 'uid':
    case 'octal':
    case 'mask':
      return u32;
    case 'u64':
    case 'mask64':
      return u64;
    case 'string':
      return text;
    case 'name':
      return name;
    case 'names':
      return fc.array(name, { maxLength: 16 });
    case 'qid':
      return qid;
    case 'qids':
      return fc.array(qid, { maxLength: 16 });
    case 'data':
      return data;
  }
}

/** Messages of one type, the tag never NOTAG. */
export function messageOfType(type: number): fc.Arbitrary<TMessage | RMessage> {
  const fields = (layoutOf(type) ?? []).map(([field, kind]): [string, fc.Arbitrary<unknown>] => [
    field,
    arbitraryOf(kind),
  ]);
  const model = { type: fc.constant(type), tag: fc.nat(0xfffe), ...Object.fromEntries(fields) };
  return fc.record(model, { noNullPrototype: true }) as unknown as fc.Arbitrary<TMessage | RMessage>;
}

/** Messages of every type. */
export const anyMessage: fc.Arbitrary<TMessage | RMessage> = fc.oneof(...messageTypes().map(messageOfType));

/** The frame of a message. */
export function frameOf(message: TMessage | RMessage): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter();
  const written = isRequest(message) ? encodeT(writer, message) : encodeR(writer, message);
  if (!written) throw new RangeError('the message does not fit');
  return writer.copy();
}

/** Decodes a whole array in the direction of its type byte. */
export function decodeFrame(bytes: Uint8Array, limits: WireLimits = WIDE): TMessage | RMessage | DecodeFault {
  return (bytes[4] ?? 0) % 2 === 0 ? decodeT(bytes, 0, bytes.length, limits) : decodeR(bytes, 0, bytes.length, limits);
}

function isRequest(message: TMessage | RMessage): message is TMessage {
  return message.type % 2 === 0;
}
