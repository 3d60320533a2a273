// Opening an evidence pack that somebody chose. Nothing is sent anywhere.

import type { Result } from '@cohesix/wire';
import { verifyByWebCrypto } from '../journal/web-crypto.ts';
import { showPack } from './evidence.ts';
import { type PackReport, packClient, verifyPack } from './pack.ts';
import { type PackedFile, readPack } from './pack-files.ts';

/** Reads a pack, checks it, and shows it instead of a hive. */
export async function openPack(name: string, chosen: readonly PackedFile[]): Promise<Result<PackReport>> {
  const read = await readPack(chosen);
  if (!read.ok) return read;
  const report = await verifyPack(read.value, verifyByWebCrypto);
  if (report.ok) showPack({ name, ...report.value }, packClient(read.value));
  return report;
}
