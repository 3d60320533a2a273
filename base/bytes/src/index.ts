export { ByteReader } from './byte-reader.ts';
export { ByteWriter, type ByteWriterOptions } from './byte-writer.ts';
export { CborWalk, DEPTH_MAX as CBOR_DEPTH_MAX } from './cbor-check.ts';
export { type CborMap, type CborValue, encodeCbor } from './cbor-encode.ts';
export { writeCborHead } from './cbor-head.ts';
export { type CborLines, cborLines } from './cbor-lines.ts';
export { cborValue } from './cbor-value.ts';
export {
  getU16,
  getU16be,
  getU32,
  getU32be,
  getU64,
  getU64be,
  putU16,
  putU16be,
  putU32,
  putU32be,
  putU64,
  putU64be,
} from './endian.ts';
export { fromBase64, fromBase64url, fromHex, toBase64, toBase64url, toHex } from './text-encodings.ts';
export { asciiEnd, decodeUtf8, decodeUtf8Name, encodeUtf8, encodeUtf8Into, isUtf8, utf8Length } from './utf8.ts';
