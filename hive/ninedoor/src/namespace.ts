// The namespace: a tree of places (one per pattern component) and, on top of it, entries (one per path that was
// walked). A place is definition; an entry is the place with its parameters bound and its qid computed once, so that
// a walk costs one Map lookup per component.
//
// qid.path is the first 8 bytes of SHA-256 of the path, little endian (`architecture.md`, "Files").

import { hash } from 'node:crypto';
import { assert } from '@cohesix/check';
import type { Result } from '@cohesix/wire';
import type { FileNode, NameSource, NodeDefinition, Params, TreeSource } from './node.ts';

/** Entries of parameter components kept per directory; above it the cache starts again. */
const CACHED_CHILDREN_MAX = 16_384;

const FREE_PATH = '/proc/self';

interface Place {
  readonly literals: Map<string, Place>;
  parameter: { readonly name: string; readonly place: Place; source: NameSource | undefined } | undefined;
  file: FileNode | undefined;
  tree: TreeSource | undefined;
}

/** Where an entry stands in a tree. */
interface Branch {
  readonly tree: TreeSource;
  readonly names: readonly string[];
}

/** A path of the namespace: its definition, parameters and qid. Directories have no `file`. */
export class Entry {
  readonly path: string;
  /** The last component; `/` for the root. */
  readonly name: string;
  /** Components below the root, or below where a tree begins to look like it. */
  readonly depth: number;
  readonly params: Params;
  readonly file: FileNode | undefined;
  readonly qidPath: bigint;
  /** Never metered: what a session may know of itself, so that it can find out why it is refused. */
  readonly isFree: boolean;
  /** Where a tree begins to look like the whole namespace; see `TreeSource.rootDepth`. */
  readonly isRootOfTree: boolean;
  /** Whether `ready` may have to be asked. */
  readonly isLazy: boolean;
  /** Content as it was last rendered, for as long as the node's version stays; kept by whoever opens. */
  rendered: { readonly version: number; readonly bytes: Uint8Array } | undefined;
  readonly #place: Place;
  readonly #branch: Branch | undefined;
  readonly #literals = new Map<string, Entry>();
  readonly #bound = new Map<string, Entry>();

  constructor(place: Place, parent: Entry | undefined, name: string, params: Params, branch?: Branch) {
    this.path = parent === undefined ? '/' : parent.path === '/' ? `/${name}` : `${parent.path}/${name}`;
    this.name = name;
    this.params = params;
    this.file = place.file;
    this.qidPath = qidPathOf(this.path);
    this.isFree = this.path === FREE_PATH || this.path.startsWith(`${FREE_PATH}/`);
    this.#place = place;
    this.#branch = branch ?? (place.tree === undefined ? undefined : { tree: place.tree, names: [] });
    this.isRootOfTree = this.#branch !== undefined && this.#branch.tree.rootDepth === this.#branch.names.length;
    this.isLazy = this.#branch?.tree.ready !== undefined;
    this.depth = parent === undefined || this.isRootOfTree ? 0 : parent.depth + 1;
  }

  /** What has to be made before this, or the child of that name, can be looked at; undefined: nothing. */
  ready(name?: string): Promise<Result<void>> | undefined {
    if (this.#branch === undefined) return undefined;
    const { tree, names } = this.#branch;
    return tree.ready?.(name === undefined ? names : [...names, name]);
  }

  /** The child of that name, or undefined when it does not exist (now). */
  child(name: string): Entry | undefined {
    if (this.#branch !== undefined) return this.#treeChild(this.#branch, name);
    const known = this.#literals.get(name);
    if (known !== undefined) return known;
    const literal = this.#place.literals.get(name);
    if (literal !== undefined) return this.#keep(this.#literals, name, new Entry(literal, this, name, this.params));
    return this.#boundChild(name);
  }

  /** Made anew at each walk: what it leads to may have changed, and trees are large. */
  #treeChild({ tree, names }: Branch, name: string): Entry | undefined {
    if (this.file !== undefined) return undefined;
    const below = [...names, name];
    const found = tree.at(below);
    if (found === undefined) return undefined;
    const place = { ...emptyPlace(), file: found === 'directory' ? undefined : found };
    return new Entry(place, this, name, this.params, { tree, names: below });
  }

  #boundChild(name: string): Entry | undefined {
    const parameter = this.#place.parameter;
    if (parameter?.source === undefined || !parameter.source.has(name, this.params)) {
      this.#bound.delete(name);
      return undefined;
    }
    const known = this.#bound.get(name);
    if (known !== undefined) return known;
    if (this.#bound.size >= CACHED_CHILDREN_MAX) this.#bound.clear();
    const params = { ...this.params, [parameter.name]: name };
    return this.#keep(this.#bound, name, new Entry(parameter.place, this, name, params));
  }

  #keep(cache: Map<string, Entry>, name: string, entry: Entry): Entry {
    cache.set(name, entry);
    return entry;
  }

  /** Names in this directory in byte order; empty for a file. */
  list(): string[] {
    if (this.#branch !== undefined) return sortBytes([...this.#branch.tree.list(this.#branch.names)]);
    const { literals, parameter } = this.#place;
    const names = [...literals.keys()];
    // A literal hides a parameter's value of the same name, here as in `child`.
    for (const name of parameter?.source?.list(this.params) ?? []) if (!literals.has(name)) names.push(name);
    return sortBytes(names);
  }
}

/** Builds the tree. Two files at one pattern, or a file that is also a directory, are programmer errors. */
export function createNamespace(definitions: readonly NodeDefinition[]): Entry {
  const root = emptyPlace();
  for (const definition of definitions) define(root, definition);
  return new Entry(root, undefined, '/', {});
}

function emptyPlace(): Place {
  return { literals: new Map(), parameter: undefined, file: undefined, tree: undefined };
}

function define(root: Place, definition: NodeDefinition): void {
  const { pattern } = definition;
  assert(pattern.startsWith('/') && pattern.length > 1, `pattern is absolute and not the root: ${pattern}`);
  const components = pattern.slice(1).split('/');
  let place = root;
  for (const component of components) {
    assert(place.file === undefined && place.tree === undefined, `${pattern} lies below a file or a tree`);
    place = component.startsWith(':')
      ? parameterPlace(place, component.slice(1), pattern)
      : literalPlace(place, component);
  }
  if ('file' in definition) {
    assert(place.file === undefined && place.literals.size === 0, `${pattern} is defined twice`);
    place.file = definition.file;
    return;
  }
  if ('tree' in definition) {
    assert(place.tree === undefined && place.literals.size === 0, `${pattern} is defined twice`);
    place.tree = definition.tree;
    return;
  }
  const last = components.at(-1) ?? '';
  assert(last.startsWith(':'), `names need a parameter as the last component: ${pattern}`);
  const parent = placeAt(root, components.slice(0, -1));
  assert(parent.parameter !== undefined && parent.parameter.source === undefined, `${pattern} has two name sources`);
  parent.parameter.source = definition.names;
}

function placeAt(root: Place, components: readonly string[]): Place {
  let place = root;
  for (const component of components) {
    const next = component.startsWith(':') ? place.parameter?.place : place.literals.get(component);
    assert(next !== undefined, 'the place was made on the way down');
    place = next;
  }
  return place;
}

function parameterPlace(place: Place, name: string, pattern: string): Place {
  place.parameter ??= { name, place: emptyPlace(), source: undefined };
  assert(place.parameter.name === name, `${pattern}: the parameter here is :${place.parameter.name}`);
  return place.parameter.place;
}

function literalPlace(place: Place, name: string): Place {
  let next = place.literals.get(name);
  if (next === undefined) {
    next = emptyPlace();
    place.literals.set(name, next);
  }
  return next;
}

function qidPathOf(path: string): bigint {
  return hash('sha256', path, 'buffer').readBigUInt64LE(0);
}

/** Sorts in UTF-8 byte order, which for strings of valid code points is code point order. */
function sortBytes(names: string[]): string[] {
  return names.sort((a, b) =>
    isAscii(a) && isAscii(b) ? (a < b ? -1 : a > b ? 1 : 0) : Buffer.compare(Buffer.from(a), Buffer.from(b)),
  );
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}
