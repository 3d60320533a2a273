// The TLS directory: start of the template[W] its end[W] index[W] callbacks[W] zeros[4] characteristics[4]; addresses, not RVAs.

import { isPlace } from '../elf/reader.ts';
import { LIMITS } from '../limits.ts';
import { type Address, address } from '../units.ts';
import { DIRECTORY } from './constants.ts';
import { directoryOf, type PeFile } from './file.ts';

/** Thread-local memory, and functions that the loader calls before the entry. */
export interface PeTls {
  readonly address: Address;
  readonly fileSize: number;
  readonly memorySize: number;
  readonly callbacks: readonly Address[];
}

/** Undefined when the file has none. */
export function readTls(file: PeFile): PeTls | undefined {
  const { reader, warnings } = file;
  const directory = directoryOf(file, DIRECTORY.tls, 'TLS');
  const word = reader.wordSize;
  if (directory === undefined || directory.size < 4 * word + 8) return undefined;
  const { offset: at } = directory;
  const [start, end] = [reader.address(at), reader.address(at + word)];
  const isSane = isPlace(start) && end >= start && isPlace(end);
  if (!isSane) warnings.add('the TLS directory has a template that ends before it begins');
  const fileSize = isSane ? end - start : 0;
  return {
    ...{ address: address(isSane ? start : 0), fileSize, memorySize: fileSize + reader.u32(at + 4 * word) },
    callbacks: reader.word(at + 3 * word) === 0 ? [] : readCallbacks(file, reader.address(at + 3 * word)),
  };
}

/** Addresses up to a zero. */
function readCallbacks({ reader, map, warnings }: PeFile, start: number): readonly Address[] {
  const callbacks: Address[] = [];
  const word = reader.wordSize;
  let at = map.offsetOf(start, word);
  const end = at + map.bytesFrom(start);
  for (; at >= 0 && at + word <= end && callbacks.length < LIMITS.tableRows; at += word) {
    if (reader.word(at) === 0) return callbacks;
    const callback = reader.address(at);
    if (isPlace(callback)) callbacks.push(address(callback));
  }
  warnings.add('the table of TLS callbacks has no end inside the file');
  return callbacks;
}
