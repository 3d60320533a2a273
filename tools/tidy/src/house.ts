// What the rules look at: the text files of the repository, those of them that are modules, and the packages. Plain
// data, so that a test builds a house of three files in memory.

import { type ImportRef, importsOf } from './imports.ts';
import { type Scan, scan } from './scan.ts';

/** A text file; `path` is relative to the root, with `/`. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** A package: a folder with a package.json whose name is `@cohesix/…`. */
export interface Package {
  readonly folder: string;
  readonly name: string;
  /** Keys of its `exports`: `.` and declared subpaths. */
  readonly entries: readonly string[];
}

/** A TypeScript source, split and with its imports. */
export interface Module extends TextFile {
  /** The package whose folder holds it; undefined for files of the root. */
  readonly owner: Package | undefined;
  /** Its first folder inside the package: `src`, `test`, … */
  readonly area: string;
  readonly scan: Scan;
  readonly imports: readonly ImportRef[];
}

/** Everything the rules see. */
export interface House {
  readonly files: readonly TextFile[];
  readonly packages: readonly Package[];
  readonly modules: readonly Module[];
}

/** A broken rule. `message` says what is wrong and what to write instead. */
export interface Finding {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly rule: string;
  readonly message: string;
  /** About the file as a whole: a waiver anywhere in it counts. */
  readonly wholeFile?: true;
  /** Told, but does not fail the run. */
  readonly warning?: true;
}

/** Builds the house from the text files of a repository. */
export function houseOf(files: readonly TextFile[]): House {
  const packages = files.filter(({ path }) => path.endsWith('/package.json')).flatMap(packageOf);
  const sources = files.filter(({ path }) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'));
  return { files, packages, modules: sources.map((file) => moduleOf(file, packages)) };
}

function packageOf({ path, text }: TextFile): Package[] {
  const json = JSON.parse(text) as { name?: string; exports?: Record<string, unknown> };
  if (json.name === undefined) return [];
  return [
    { folder: path.slice(0, -'/package.json'.length), name: json.name, entries: Object.keys(json.exports ?? {}) },
  ];
}

function moduleOf(file: TextFile, packages: readonly Package[]): Module {
  const owner = packages.find(({ folder }) => file.path.startsWith(`${folder}/`));
  const inside = owner === undefined ? file.path : file.path.slice(owner.folder.length + 1);
  const parts = scan(file.text);
  return { ...file, owner, area: inside.split('/')[0] ?? '', scan: parts, imports: importsOf(file.text, parts) };
}
