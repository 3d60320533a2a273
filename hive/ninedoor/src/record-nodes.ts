// Files made from a record: the text, and beside it, at `<path>.cbor`, the twin with the same fields.

import { recordText, type ViewRecord } from '@cohesix/authority';
import { boundedText } from './bounded-text.ts';
import type { NodeDefinition, Params } from './node.ts';
import { recordCbor } from './record-cbor.ts';

/** Longest twin of a file whose text is no longer than that; contracts-1 4.3. */
const TWIN_BYTES = 8192;

/** A file made from a record. */
export interface RecordFile {
  readonly pattern: string;
  /** Of the text. */
  readonly boundBytes: number;
  /** The content now. */
  readonly record: (params: Params) => ViewRecord;
  /** Whether `[ui_providers]` shows the twin. */
  readonly hasTwin: boolean;
}

/** The text, and the twin if it is shown; `onTwin` is called each time the twin is rendered. */
export function recordNodes(file: RecordFile, onTwin: () => void): readonly NodeDefinition[] {
  const { pattern, boundBytes, record } = file;
  const text: NodeDefinition = {
    pattern,
    file: {
      kind: 'view',
      boundBytes,
      version: undefined,
      render: (params) => boundedText(recordText(record(params)), boundBytes),
    },
  };
  return file.hasTwin ? [text, twinNode(file, onTwin)] : [text];
}

/** The twin of a file: never cached, so that each rendering is counted. */
export function twinNode(
  { pattern, boundBytes, record }: Omit<RecordFile, 'hasTwin'>,
  onTwin: () => void,
): NodeDefinition {
  const bound = Math.max(boundBytes, TWIN_BYTES);
  return {
    pattern: `${pattern}.cbor`,
    file: {
      kind: 'view',
      boundBytes: bound,
      version: undefined,
      render: (params) => {
        onTwin();
        return recordCbor(record(params), bound);
      },
    },
  };
}
