// Content over the bound of one answer: of a stream its events from the cursor to the end it has now, of a blob its pieces.
// A gateway holds neither in memory. Views have no such size.

import { ok, type Result } from '@cohesix/wire';
import { concatBytes } from '../concat-bytes.ts';
import type { FileStat } from '../hive-client.ts';
import type { LocalFollow } from '../local-door.ts';
import { contentTooBig } from '../request.ts';
import { openContent } from './rest-content.ts';
import { RestFollow } from './rest-follow.ts';
import type { RestLink } from './rest-link.ts';

/** Which content, and how much of it. */
export interface LargeRead {
  readonly path: string;
  readonly stat: FileStat;
  readonly from: bigint;
  readonly maxBytes: number;
}

/** Reads it; `too-big` beyond `maxBytes` and for what cannot be read in pieces. */
export async function readLarge(
  link: RestLink,
  { path, stat, from, maxBytes }: LargeRead,
): Promise<Result<Uint8Array>> {
  if (stat.kind === 'blob') {
    const content = await openContent(link, path, Number(from));
    return content.ok ? collect(content.value, { path, maxBytes, isWhole: () => false }) : content;
  }
  if (stat.kind !== 'stream') return contentTooBig(path, maxBytes);
  const follow = await RestFollow.open(link, path, from);
  if (!follow.ok) return follow;
  return collect(follow.value, { path, maxBytes, isWhole: () => follow.value.cursor >= stat.size });
}

interface Collecting {
  readonly path: string;
  readonly maxBytes: number;
  /** Whether nothing more is wanted of what goes on. */
  readonly isWhole: () => boolean;
}

async function collect(source: LocalFollow, { path, maxBytes, isWhole }: Collecting): Promise<Result<Uint8Array>> {
  const pieces: Uint8Array[] = [];
  let total = 0;
  try {
    while (!isWhole()) {
      const piece = await source.next();
      if (!piece.ok) return piece;
      if (piece.value === undefined) break;
      pieces.push(piece.value);
      total += piece.value.length;
      if (total > maxBytes) return contentTooBig(path, maxBytes);
    }
    return ok(concatBytes(pieces, total));
  } finally {
    source.stop();
  }
}
