// Frames as lines of JSON, for people and for tools that read lines. What comes over a wire is checked before it is shown.

import { type CborLines, type CborMap, CborWalk, cborLines, cborValue } from '@cohesix/bytes';
import { FRAME_BYTES_MAX } from './frame.ts';
import { LOSS_SCHEMA, type Loss } from './marker.ts';

/** The maps at the start of `bytes` (frames and loss frames), each as a line without LF. Byte strings are shown as base64. */
export function frameLines(bytes: Uint8Array): CborLines {
  return cborLines(bytes, FRAME_BYTES_MAX);
}

/** What a stream of frames says at its start that is gone; undefined when it begins with a frame of its writer. */
export function lossIn(bytes: Uint8Array): Loss | undefined {
  const walk = new CborWalk(bytes);
  walk.map();
  if (walk.failure !== '') return undefined;
  const { schema, bytes: lost, next, unknown = 0 } = cborValue(bytes) as CborMap;
  if (schema !== LOSS_SCHEMA || ![lost, next, unknown].every(Number.isSafeInteger)) return undefined;
  return { bytes: Number(lost), next: Number(next), unknown: Number(unknown) };
}
