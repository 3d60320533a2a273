// Files of adapters and jobs for tests.

import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A safetensors file with this header and these data. */
export function safetensors(header: object, data: Uint8Array): Uint8Array {
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([size, text, data]);
}

/** An adapter with these numbers. */
export function adapterOf(...numbers: readonly number[]): Uint8Array {
  const data = Buffer.alloc(numbers.length * 4);
  for (const [index, number] of numbers.entries()) data.writeFloatLE(number, index * 4);
  return safetensors({ 'lora.A': { dtype: 'F32', shape: [numbers.length], data_offsets: [0, data.length] } }, data);
}

/** SHA-256, hex. */
export function shaOf(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Writes files into a folder that is made. */
export function writeAll(folder: string, files: Readonly<Record<string, Uint8Array | string>>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
}
