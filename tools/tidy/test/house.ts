// Houses of a few files in memory, for the tests of the rules.

import type { TextFile } from '../src/house.ts';
import { type Floor, textOf, tidy } from '../src/tidy.ts';

const NO_FLOOR: Floor = { packages: 0, modules: 0, crossings: 0 };

/** A header that satisfies its rule. */
export const HEADER = '// What this file is, in enough words to be one.\n';

/** The files of a package whose shape is right: package.json, README.md, src/index.ts. */
export function packageFiles(folder: string, exports: readonly string[] = ['.']): TextFile[] {
  const name = `@cohesix/${folder.split('/').at(-1)}`;
  const entries = Object.fromEntries(exports.map((entry) => [entry, './src/index.ts']));
  return [
    { path: `${folder}/package.json`, text: JSON.stringify({ name, exports: entries }) },
    { path: `${folder}/README.md`, text: `# ${name}\n` },
    { path: `${folder}/src/index.ts`, text: "export { one } from './one.ts';\n" },
  ];
}

/** A source with a header and this code. The header is line 1. */
export function source(path: string, code: string): TextFile {
  return { path, text: HEADER + code };
}

/** `path:line rule` of every finding. */
export function verdicts(files: readonly TextFile[], floor: Floor = NO_FLOOR): string[] {
  return tidy(files, floor).findings.map(({ path, line, rule }) => `${path}:${line} ${rule}`);
}

/** Findings as a person reads them. */
export function messages(files: readonly TextFile[]): string[] {
  return tidy(files, NO_FLOOR).findings.map(textOf);
}
