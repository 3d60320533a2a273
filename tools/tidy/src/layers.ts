// Which package may import which: the table of the architecture as data. `base/*` is allowed everywhere, and tests
// and benchmarks may import anything; a row lists the rest. Beyond that table every engine may import `hive/wire`,
// because that is where a refusal, the shape of an expected failure, is defined.

/** A row: packages whose folder matches `folder` may import those whose folder matches an entry of `may`. */
export interface Layer {
  /** `hive/wire`, or `base/*` for every package of a folder. */
  readonly folder: string;
  /** Folders, `folder/*`, or `*` for anything. */
  readonly may: readonly string[];
  /** Exceptions to `may`. */
  readonly mayNot?: readonly string[];
}

const UNDER_NINEDOOR = [
  'hive/wire',
  'hive/ticket',
  'hive/manifest',
  'hive/authority',
  'hive/journal',
  'hive/telemetry',
  'hive/cas',
];

/** Lower layers first. The first row that matches a folder is its row. */
export const LAYERS: readonly Layer[] = [
  { folder: 'base/*', may: [] },
  { folder: 'hive/wire', may: [] },
  { folder: 'hive/ticket', may: ['hive/wire'] },
  { folder: 'hive/manifest', may: ['hive/wire'] },
  { folder: 'hive/authority', may: ['hive/wire', 'hive/manifest'] },
  { folder: 'hive/journal', may: ['hive/wire'] },
  { folder: 'hive/telemetry', may: ['hive/wire'] },
  { folder: 'hive/cas', may: ['hive/wire'] },
  { folder: 'hive/ninedoor', may: UNDER_NINEDOOR },
  { folder: 'hive/client', may: ['hive/wire', 'hive/ticket'] },
  { folder: 'hive/node', may: [...UNDER_NINEDOOR, 'hive/ninedoor', 'hive/client'] },
  { folder: 'hive/gateway', may: ['hive/wire', 'hive/client'] },
  { folder: 'hive/bridges', may: ['hive/client'] },
  { folder: 'agents/*', may: ['hive/client'] },
  { folder: 'workbench/image', may: [] },
  { folder: 'workbench/isa', may: [] },
  { folder: 'workbench/flow', may: ['workbench/image', 'workbench/isa'] },
  { folder: 'workbench/patch', may: ['workbench/image', 'workbench/isa', 'workbench/flow'] },
  { folder: 'workbench/*', may: ['workbench/*', 'hive/client'] },
  { folder: 'apps/coh', may: ['*'], mayNot: ['apps/*'] },
  { folder: 'apps/swarmui', may: ['hive/wire', 'hive/client'] },
  { folder: 'tools/*', may: [] },
  { folder: 'bench', may: ['*'] },
  { folder: 'tests', may: ['*'] },
];

/** Packages without I/O, clock or randomness; `tsconfig.pure.json` compiles the same ones. */
export const PURE: readonly string[] = [
  'base/*',
  'hive/wire',
  'hive/ticket',
  'hive/manifest',
  'hive/authority',
  'hive/telemetry',
  'hive/cas',
  'workbench/image',
];

/** Files of pure packages that are their own subpath export and may use the platform. */
export const IMPURE_FILES: readonly string[] = ['hive/ticket/src/node-crypto.ts'];

/** Whether a folder is one that a pattern of the table names. */
export function matches(pattern: string, folder: string): boolean {
  if (pattern === '*') return true;
  if (!pattern.endsWith('/*')) return pattern === folder;
  return folder.startsWith(pattern.slice(0, -1));
}

/** The row of a package's folder. */
export function layerOf(folder: string): Layer | undefined {
  return LAYERS.find((layer) => matches(layer.folder, folder));
}

/** Whether `layer` allows an import of the package in `folder`. */
export function allows(layer: Layer, folder: string): boolean {
  const fits = (pattern: string): boolean => matches(pattern, folder);
  if (layer.mayNot?.some(fits)) return false;
  return fits('base/*') || layer.may.some(fits);
}
