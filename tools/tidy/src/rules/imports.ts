// Rules over imports between packages: direction (`layer`), public entries (`entry`) and no cycles (`cycle`).

import type { Finding, House, Module, Package } from '../house.ts';
import type { ImportRef } from '../imports.ts';
import { allows, layerOf } from '../layers.ts';

/** An import from one package into another. */
export interface Edge {
  readonly from: Module;
  readonly owner: Package;
  readonly to: Package;
  readonly ref: ImportRef;
  /** What follows the package's name: `.` or `./sub`. */
  readonly entry: string;
}

/** Every import of one package of the house by another. */
export function edgesOf(house: House): readonly Edge[] {
  const byName = new Map(house.packages.map((each) => [each.name, each]));
  return house.modules.flatMap((from) => from.imports.flatMap((ref) => edgeOf(from, ref, byName)));
}

function edgeOf(from: Module, ref: ImportRef, byName: ReadonlyMap<string, Package>): Edge[] {
  const [scope, name, ...rest] = ref.specifier.split('/');
  const to = byName.get(`${scope}/${name}`);
  if (to === undefined || from.owner === undefined || to === from.owner) return [];
  return [{ from, owner: from.owner, to, ref, entry: ['.', ...rest].join('/') }];
}

/** Imports go down the table of layers, never up and never sideways. */
export function layerRule(house: House): readonly Finding[] {
  const rowless = house.packages
    .filter(({ folder }) => layerOf(folder) === undefined)
    .map(({ folder }) =>
      at(
        `${folder}/package.json`,
        1,
        'layer',
        `${folder} has no row in tools/tidy/src/layers.ts; add it to the table of the architecture first, then there`,
      ),
    );
  return [...rowless, ...edgesOf(house).flatMap(checkEdge)];
}

function checkEdge({ from, owner, to, ref }: Edge): Finding[] {
  const layer = layerOf(owner.folder);
  if (layer === undefined || allows(layer, to.folder)) return [];
  const instead = `it may import ${listOf(layer.may)}; take what you need as an argument, or move the shared part down`;
  return [at(from.path, ref.line, 'layer', `${owner.folder} may not import ${to.folder}: ${instead}`)];
}

function listOf(may: readonly string[]): string {
  return ['base/*', ...may].join(', ');
}

/** Another package is imported by its name and only through what its package.json exports. */
export function entryRule(house: House): readonly Finding[] {
  const undeclared = edgesOf(house)
    .filter(({ to, entry }) => !to.entries.includes(entry))
    .map(({ from, ref, to, entry }) =>
      at(
        from.path,
        ref.line,
        'entry',
        `${to.name} does not export "${entry}"; import "${to.name}", or declare the subpath in ${to.folder}/package.json`,
      ),
    );
  return [...undeclared, ...house.modules.flatMap((from) => reachesIntoPackage(from, house.packages))];
}

function reachesIntoPackage(from: Module, packages: readonly Package[]): Finding[] {
  return from.imports
    .filter(({ specifier }) => specifier.startsWith('.'))
    .flatMap((ref) => {
      const target = resolvePath(from.path, ref.specifier);
      const to = packages.find(({ folder }) => target.startsWith(`${folder}/`));
      if (to === undefined || to === from.owner) return [];
      return [at(from.path, ref.line, 'entry', `${ref.specifier} reaches into ${to.folder}; import "${to.name}"`)];
    });
}

/** `relative` against the folder of `from`, both with `/`. */
function resolvePath(from: string, relative: string): string {
  const parts = from.split('/').slice(0, -1);
  for (const part of relative.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** Packages form no cycle through the imports of their `src`. */
export function cycleRule(house: House): readonly Finding[] {
  const edges = edgesOf(house).filter(({ from }) => from.area === 'src');
  const cycle = findCycle(edges);
  if (cycle === undefined) return [];
  const [first] = cycle;
  if (first === undefined) return [];
  const path = [...cycle.map(({ owner }) => owner.folder), first.owner.folder].join(' → ');
  return [at(first.from.path, first.ref.line, 'cycle', `${path}; move what both need into a package below them`)];
}

function findCycle(edges: readonly Edge[]): readonly Edge[] | undefined {
  const out = Map.groupBy(edges, ({ owner }) => owner.folder);
  const done = new Set<string>();
  const walk = (folder: string, trail: readonly Edge[]): readonly Edge[] | undefined => {
    const seen = trail.findIndex(({ owner }) => owner.folder === folder);
    if (seen !== -1) return trail.slice(seen);
    if (done.has(folder)) return undefined;
    for (const edge of out.get(folder) ?? []) {
      const cycle = walk(edge.to.folder, [...trail, edge]);
      if (cycle !== undefined) return cycle;
    }
    done.add(folder);
    return undefined;
  };
  for (const folder of out.keys()) {
    const cycle = walk(folder, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

function at(path: string, line: number, rule: string, message: string): Finding {
  return { path, line, rule, message };
}
