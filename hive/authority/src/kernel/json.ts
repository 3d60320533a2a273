// JSON as control lines have it: the strict reader of `hive/wire`, one line, strings without control characters.

import { type JsonResult, parseStrictJson } from '@cohesix/wire';
import { textProblem } from './text.ts';

export { pathText } from '@cohesix/wire';

/** Deepest nesting of objects and arrays in a line. */
const JSON_DEPTH_MAX = 8;

const LINE_RULES = { depthMax: JSON_DEPTH_MAX, allowsLineEnds: false, textProblem } as const;

/** Parses one JSON text. Never throws; objects have no surprises: own, enumerable, plain. */
export function parseJson(text: string): JsonResult {
  return parseStrictJson(text, LINE_RULES);
}
