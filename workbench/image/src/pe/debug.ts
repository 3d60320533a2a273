// The debug directory: rows of characteristics[4] time[4] version[4] type[4] size[4] RVA[4] offset[4]. Of CodeView (type 2) the name
// of the file with the symbols and its id are read: RSDS guid[16] age[4] path.

import { toHex } from '@cohesix/bytes';
import { LIMITS } from '../limits.ts';
import { textAt } from '../text.ts';
import { DIRECTORY } from './constants.ts';
import { directoryOf, type PeFile } from './file.ts';

/** Which symbol file belongs to the image. Untrusted. */
export interface CodeView {
  /** Hexadecimal, in the order that symbol servers use. */
  readonly id: string;
  readonly age: number;
  readonly path: string;
}

const [CODE_VIEW, EXTENDED, SHADOW_STACK] = [2, 20, 1] as const;

/** The id, and whether the image says it keeps to the shadow stack (CET). */
export interface PeDebug {
  readonly codeView?: CodeView;
  readonly hasShadowStack: boolean;
}

/** Reads the directory; rows whose data is not in the file are passed over. */
export function readDebug(file: PeFile): PeDebug {
  const directory = directoryOf(file, DIRECTORY.debug, 'debug');
  const { reader } = file;
  let codeView: CodeView | undefined;
  let hasShadowStack = false;
  const count = Math.min(LIMITS.tableRows, Math.floor((directory?.size ?? 0) / 28));
  for (let row = 0; row < count; row += 1) {
    const at = (directory?.offset ?? 0) + row * 28;
    const [type, size, offset] = [reader.u32(at + 12), reader.u32(at + 16), reader.u32(at + 24)];
    if (offset === 0 || !reader.has(offset, size)) continue;
    if (type === CODE_VIEW) codeView ??= codeViewAt(file, offset, size);
    if (type === EXTENDED && size >= 4) hasShadowStack ||= (reader.u32(offset) & SHADOW_STACK) !== 0;
  }
  return { ...(codeView === undefined ? {} : { codeView }), hasShadowStack };
}

const RSDS = 0x5344_5352;

function codeViewAt({ reader }: PeFile, at: number, size: number): CodeView | undefined {
  const { bytes } = reader;
  if (size < 24 || reader.u32(at) !== RSDS) return undefined;
  // The first three fields of a GUID are integers, the rest bytes.
  const order = [7, 6, 5, 4, 9, 8, 11, 10, 12, 13, 14, 15, 16, 17, 18, 19];
  const id = toHex(Uint8Array.from(order, (place) => bytes[at + place] as number));
  return { id, age: reader.u32(at + 20), path: textAt(bytes, at + 24, at + size) };
}
