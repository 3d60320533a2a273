// The imports of a source: static, dynamic, re-exports and type imports, with what they name and where.

import { lineOf, type Scan } from './scan.ts';

/** One import: of values or of types, static or dynamic; all are dependencies. */
export interface ImportRef {
  readonly specifier: string;
  /** Line of the specifier, from 1. */
  readonly line: number;
}

// In scanned code the inside of a string is blank, so a quote, blanks and the same quote is any string.
const STATIC = /\b(?:import|export)\b(?:[\w\s{},*$]+?\bfrom\b)?\s*(?<quote>['"]) *\k<quote>/g;
const DYNAMIC = /\bimport\s*\(\s*(?<quote>['"`]) *\k<quote>/g;

/** All imports of a source in the order of the text. `text` is what `scan` was made of. */
export function importsOf(text: string, { code }: Scan): readonly ImportRef[] {
  const matches = [...code.matchAll(STATIC), ...code.matchAll(DYNAMIC)];
  return matches.map((match) => refOf(text, match)).sort((a, b) => a.line - b.line);
}

function refOf(text: string, match: RegExpExecArray): ImportRef {
  const end = match.index + match[0].length - 1;
  const start = match.index + match[0].lastIndexOf(match.groups?.quote ?? "'", match[0].length - 2) + 1;
  return { specifier: text.slice(start, end), line: lineOf(text, start) };
}
