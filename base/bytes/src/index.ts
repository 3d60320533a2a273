export { ByteReader } from './byte-reader.ts';
export { ByteWriter, type ByteWriterOptions } from './byte-writer.ts';
export { writeCborHead } from './cbor-head.ts';
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
