// Weights in a file: the safetensors format (version 0.x, the README of its repository), checked before anything believes it. It is
// a header of JSON and numbers, so that loading one runs no code; what looks like a pickle is refused by name.
//
//   size[8] little-endian   header[size] JSON   data
//   header: {"<tensor>": {"dtype", "shape", "data_offsets": [begin, end]}, "__metadata__"?: {text: text}}
//
// The tensors fill the data without holes and without overlapping.

import { ok, type Result, refuse } from '@cohesix/wire';

/** Longest header that is read, bytes; adapters have a few hundred tensors of a hundred bytes each. */
const HEADER_BYTES_MAX = 4 << 20;

/** Bytes of an element. */
const SIZES: Readonly<Record<string, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  I64: 8,
  U64: 8,
  F64: 8,
};

/** What a file of weights has in it. */
export interface Weights {
  readonly tensors: number;
  /** Numbers in all of them. */
  readonly parameters: number;
}

interface Tensor {
  readonly name: string;
  readonly dtype: string;
  readonly begin: number;
  readonly end: number;
}

/** Checks a whole file. `invalid-payload`: what is wrong, and with which tensor. */
export function checkSafetensors(bytes: Uint8Array): Result<Weights> {
  const pickle = pickleSign(bytes);
  if (pickle !== undefined) return wrong(`it is ${pickle}, and loading that runs code; convert it to safetensors`);
  if (bytes.length < 8) return wrong('it is shorter than the size of its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = view.getBigUint64(0, true);
  if (size > BigInt(HEADER_BYTES_MAX) || Number(size) > bytes.length - 8)
    return wrong(`its header would have ${size} bytes`);
  const data = bytes.subarray(8 + Number(size));
  const tensors = tensorsIn(bytes.subarray(8, 8 + Number(size)), data.length);
  if (!tensors.ok) return tensors;
  for (const tensor of tensors.value) {
    const place = notFinite(tensor, data);
    if (place !== undefined) return wrong(`${named(tensor.name)} has NaN or an infinity at number ${place}`);
  }
  const parameters = tensors.value.reduce((sum, { dtype, begin, end }) => sum + (end - begin) / sizeOf(dtype), 0);
  return ok({ tensors: tensors.value.length, parameters });
}

function wrong(what: string): Result<never> {
  return refuse('invalid-payload', `The adapter is no good: ${what}.`);
}

/** A pickle begins with its protocol, as torch writes it alone or in a zip; anything else is for the header to say. */
function pickleSign(bytes: Uint8Array): string | undefined {
  const [first, second, third, fourth] = bytes;
  if (first === 0x50 && second === 0x4b && third === 0x03 && fourth === 0x04) return 'a zip, as torch.save writes it';
  // Protocol 2 to 5; a header of as many bytes would be followed by six zeroes and a brace.
  const isProtocol = first === 0x80 && second !== undefined && second >= 2 && second <= 5;
  return isProtocol && bytes[8] !== 0x7b ? 'a pickle' : undefined;
}

function sizeOf(dtype: string): number {
  return SIZES[dtype] ?? 1;
}

/** The tensors in the order of their places. */
function tensorsIn(header: Uint8Array, dataBytes: number): Result<readonly Tensor[]> {
  const value = jsonOf(header);
  if (value === undefined) return wrong('its header is no JSON object');
  const tensors: Tensor[] = [];
  for (const [name, described] of Object.entries(value)) {
    if (name === '__metadata__') continue;
    const tensor = tensorOf(name, described);
    if (typeof tensor === 'string') return wrong(tensor);
    tensors.push(tensor);
  }
  if (tensors.length === 0) return wrong('it has no tensor');
  tensors.sort((left, right) => left.begin - right.begin || left.end - right.end);
  let at = 0;
  for (const { name, begin, end } of tensors) {
    if (begin !== at) return wrong(`${named(name)} begins at ${begin}, and the one before it ends at ${at}`);
    at = end;
  }
  return at === dataBytes ? ok(tensors) : wrong(`its tensors have ${at} bytes, and the file ${dataBytes}`);
}

function jsonOf(header: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(header));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

function tensorOf(name: string, described: unknown): Tensor | string {
  const { dtype, shape, data_offsets: offsets } = (described ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof dtype !== 'string' || !Object.hasOwn(SIZES, dtype)) return `${named(name)} has no known dtype`;
  if (!Array.isArray(shape) || !shape.every(isCount)) return `${named(name)} has no shape`;
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) return `${named(name)} has no place`;
  const [begin, end] = offsets as [number, number];
  const bytes = shape.reduce((product: number, one: number) => product * one, sizeOf(dtype));
  if (end - begin !== bytes) return `${named(name)} has ${end - begin} bytes, and its shape wants ${bytes}`;
  return { name, dtype, begin, end };
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function named(name: string): string {
  return `tensor ${JSON.stringify(name.slice(0, 80))}`;
}

/** Where a tensor has the first number that is none; undefined: nowhere, or it has whole numbers. */
function notFinite({ dtype, begin, end }: Tensor, data: Uint8Array): number | undefined {
  const view = new DataView(data.buffer, data.byteOffset + begin, end - begin);
  const isBad = BAD[dtype];
  const size = sizeOf(dtype);
  if (isBad === undefined) return undefined;
  for (let at = 0; at < view.byteLength; at += size) if (isBad(view, at)) return at / size;
  return undefined;
}

/** Whether a number is NaN or infinite: its exponent is all ones (IEEE 754; E4M3 has one NaN of each sign and no infinity). */
const BAD: Readonly<Record<string, (view: DataView, at: number) => boolean>> = {
  F16: (view, at) => (view.getUint16(at, true) & 0x7c00) === 0x7c00,
  BF16: (view, at) => (view.getUint16(at, true) & 0x7f80) === 0x7f80,
  F32: (view, at) => (view.getUint32(at, true) & 0x7f800000) === 0x7f800000,
  F64: (view, at) => (view.getUint32(at + 4, true) & 0x7ff00000) === 0x7ff00000,
  F8_E5M2: (view, at) => (view.getUint8(at) & 0x7c) === 0x7c,
  F8_E4M3: (view, at) => (view.getUint8(at) & 0x7f) === 0x7f,
};
