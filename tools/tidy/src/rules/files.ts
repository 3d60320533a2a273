// Rules over single files: header comment, length, machine paths, default exports, and notes without an issue.

import type { Finding, House, Module, TextFile } from '../house.ts';
import { lineOf } from '../scan.ts';

const LINES_WARN = 600;
const LINES_MAX = 1000;
const HEADER_CHARS_MIN = 30;

/** Every source says at its top what it is. An index that only lists exports needs no words. */
export function headerRule(house: House): readonly Finding[] {
  return house.modules
    .filter(({ area, owner }) => area === 'src' && owner !== undefined)
    .filter((module) => !isListOfExports(module) && headerOf(module).length < HEADER_CHARS_MIN)
    .map(({ path }) => ({
      path,
      line: 1,
      rule: 'header',
      message: 'no header comment; start with `// What this is: representation, invariants, source.`, 1 to 8 lines',
      wholeFile: true,
    }));
}

function isListOfExports({ path, scan }: Module): boolean {
  return path.endsWith('/index.ts') && /^(?:\s*export\b[\w\s{},*$]+\bfrom\s*'[^\n]*';)*\s*$/.test(scan.code);
}

/** The comments above the first code, as words. */
function headerOf({ text, scan }: Module): string {
  const firstCode = scan.code.replace(/^#![^\n]*/, '').search(/\S/);
  const end = firstCode === -1 ? Number.POSITIVE_INFINITY : lineOf(text, firstCode);
  const above = scan.comments.filter(({ line }) => line < end);
  return above.map(({ text: comment }) => comment.replace(/^[\s/*]+/, '')).join(' ');
}

/** Files stay short enough to read whole. */
export function lengthRule(house: House): readonly Finding[] {
  return house.modules.flatMap(({ path, text }) => {
    const count = text.split('\n').length - 1;
    if (count <= LINES_WARN) return [];
    const message = `${count} lines; split by concept (100 to 250 lines read well, ${LINES_MAX} is the end)`;
    const finding: Finding = { path, line: 1, rule: 'length', message, wholeFile: true };
    return [count > LINES_MAX ? finding : { ...finding, warning: true }];
  });
}

const MACHINE_PATH = /(?<![\w.~}*-])\/(?:(?:work|root)\/|home\/[a-z_][\w-]*\/)/g;
const REGISTRY_URL = /"resolved": "https?:/g;

/** Nothing in the repository names a folder or a registry of the machine it was written on. */
export function machinePathRule(house: House): readonly Finding[] {
  return house.files.flatMap((file) => [
    ...hits(
      file,
      MACHINE_PATH,
      'a path of one machine; write it relative to the repository, or use a temporary folder',
    ),
    ...(file.path === 'package-lock.json'
      ? hits(
          file,
          REGISTRY_URL,
          'a registry address; .npmrc has omit-lockfile-registry-resolved, run npm install again',
        )
      : []),
  ]);
}

function hits({ path, text }: TextFile, pattern: RegExp, why: string): Finding[] {
  return [...text.matchAll(pattern)].map((match) => ({
    path,
    line: lineOf(text, match.index),
    rule: 'machine-path',
    message: `${match[0]}… is ${why}`,
  }));
}

/** Names are exported by name. Tools that demand a default export get it in a `*.config.ts`. */
export function defaultExportRule(house: House): readonly Finding[] {
  return house.modules
    .filter(({ path }) => !path.endsWith('.config.ts'))
    .flatMap(({ path, text, scan }) =>
      [...scan.code.matchAll(/\bexport\s+default\b|\bas\s+default\b/g)].map((match) => ({
        path,
        line: lineOf(text, match.index),
        rule: 'default-export',
        message: 'a default export has no name to search for; write `export function name…`',
      })),
    );
}

const NOTE = new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].join('|')})\\b(?!\\(#\\d+\\))`);

/** A note about work to be done names its issue. */
export function noteRule(house: House): readonly Finding[] {
  return house.modules.flatMap(({ path, scan }) =>
    scan.comments
      .filter(({ text }) => NOTE.test(text))
      .map(({ line, text }) => ({
        path,
        line,
        rule: 'note',
        message: `"${text.slice(0, 60).trim()}": do it, or write the issue's number: ${'TO' + 'DO'}(#12)`,
      })),
  );
}
