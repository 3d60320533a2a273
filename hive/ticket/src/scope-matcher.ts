// Scopes compiled to a trie of path components, built once at attach and then walked beside the namespace.
//
// The rules it stands for, with L a list of lists of scopes (the role's ceiling, then every block of the ticket):
//
//   a scope matches a path when its components are a prefix of the path's components
//   a block allows (path, verb) when some scope of it matches and has the verb            union within a block
//   L allows (path, verb) when every block does                                           intersection over blocks
//   rates charged for (path, verb): in each block, those of its longest matching scopes with the verb
//
// Going down, a block's union only grows, so the mask of a node never shrinks on the way down, and every path that is
// in no list has the mask of its deepest ancestor that is. So the trie needs one node per component of a scope and one
// `rest` node beside its children for all other names; everything is precomputed and `child` allocates nothing.

import { assert } from '@cohesix/check';
import type { Scope, Verbs } from './claims.ts';
import { scopeComponents } from './scope-path.ts';

/** Bit of `ScopeNode.mask`: may be read. */
export const READ = 1;

/** Bit of `ScopeNode.mask`: may be written. */
export const WRITE = 2;

/** What is allowed at one place of the namespace. Nodes are immutable and shared; hold one beside each fid. */
export interface ScopeNode {
  /** Verbs allowed here: `READ | WRITE`. */
  readonly mask: number;
  /** Verbs allowed here or somewhere further down; with `mask` 0 the place is a directory that leads to a scope. */
  readonly below: number;
  /** Whether the place exists for this session: `below` is not 0. */
  readonly visible: boolean;
  /** Indexes into `ScopeMatcher.rates` to charge for a read here. */
  readonly readRates: readonly number[];
  /** Indexes into `ScopeMatcher.rates` to charge for a write here. */
  readonly writeRates: readonly number[];
  /** The node of a name directly below. Never fails: a name in no scope has what its directory has. */
  child(name: string): ScopeNode;
}

/** A rate that some scope sets. */
export interface ScopeRate {
  /** Position of the block in the ticket, root 0; -1 for the role's ceiling. */
  readonly block: number;
  /** Position of the scope in its block. */
  readonly scope: number;
  readonly ratePerS: number;
}

/** A compiled list of lists of scopes. */
export interface ScopeMatcher {
  /** Every rate of every scope that has one. */
  readonly rates: readonly ScopeRate[];
  /** The node of `/`. */
  root(): ScopeNode;
  /** Whether a verb (`both`: both) is allowed at an absolute path. False for what is not a plain path. */
  matches(path: string, verb: Verbs): boolean;
}

/** The mask of a scope's verbs. */
function maskOf(verbs: Verbs): number {
  return verbs === 'read' ? READ : verbs === 'write' ? WRITE : READ | WRITE;
}

/**
 * Compiles the role's ceiling and the blocks of a ticket (`ticket.blocks.map((block) => block.scopes)`). An empty list
 * allows nothing. Every path must be a scope path, as it is in a verified ticket; others are a TypeError.
 */
export function compileScopes(ceiling: readonly Scope[], blocks: readonly (readonly Scope[])[]): ScopeMatcher {
  const lists = [ceiling, ...blocks];
  const rates = collectRates(lists);
  const draft = sortIntoTrie(lists, rates);
  const root = freeze(
    draft,
    lists.map(() => NOT_YET),
  );
  return { rates, root: () => root, matches: (path, verb) => matches(root, path, verb) };
}

/** A scope at its place in the trie. `rate` is its index in `rates`, or -1. */
interface Placed {
  readonly list: number;
  readonly mask: number;
  readonly rate: number;
}

interface Draft {
  readonly children: Map<string, Draft>;
  readonly placed: Placed[];
}

/** What one list allows at a node, and the rates of its longest matching scopes for each verb. */
interface Grant {
  readonly mask: number;
  readonly readRates: readonly number[];
  readonly writeRates: readonly number[];
}

const NOT_YET: Grant = { mask: 0, readRates: [], writeRates: [] };

class TrieNode implements ScopeNode {
  readonly mask: number;
  readonly below: number;
  readonly visible: boolean;
  readonly readRates: readonly number[];
  readonly writeRates: readonly number[];
  private readonly children: ReadonlyMap<string, TrieNode> | undefined;
  private readonly rest: TrieNode;

  constructor(grant: Grant, children: ReadonlyMap<string, TrieNode>) {
    let below = grant.mask;
    for (const node of children.values()) below |= node.below;
    this.mask = grant.mask;
    this.below = below;
    this.visible = this.below !== 0;
    this.readRates = grant.readRates;
    this.writeRates = grant.writeRates;
    this.children = children.size === 0 ? undefined : children;
    this.rest = children.size === 0 ? this : new TrieNode(grant, new Map());
  }

  child(name: string): ScopeNode {
    return this.children?.get(name) ?? this.rest;
  }
}

function collectRates(lists: readonly (readonly Scope[])[]): readonly ScopeRate[] {
  return lists.flatMap((scopes, list) =>
    scopes.flatMap(({ ratePerS }, scope) => (ratePerS === 0 ? [] : [{ block: list - 1, scope, ratePerS }])),
  );
}

function sortIntoTrie(lists: readonly (readonly Scope[])[], rates: readonly ScopeRate[]): Draft {
  const root: Draft = { children: new Map(), placed: [] };
  for (const [list, scopes] of lists.entries()) {
    for (const [index, scope] of scopes.entries()) {
      const rate = rates.findIndex((entry) => entry.block === list - 1 && entry.scope === index);
      draftAt(root, scope.path).placed.push({ list, mask: maskOf(scope.verbs), rate });
    }
  }
  return root;
}

function draftAt(root: Draft, path: string): Draft {
  const names = scopeComponents(path);
  assert(names !== undefined, 'scopes are checked before they are compiled');
  let node = root;
  for (const name of names) {
    let next = node.children.get(name);
    if (next === undefined) {
      next = { children: new Map(), placed: [] };
      node.children.set(name, next);
    }
    node = next;
  }
  return node;
}

function freeze(draft: Draft, inherited: readonly Grant[]): TrieNode {
  const grants = inherited.map((grant, list) =>
    extend(
      grant,
      draft.placed.filter((placed) => placed.list === list),
    ),
  );
  const children = new Map<string, TrieNode>();
  for (const [name, child] of draft.children) children.set(name, freeze(child, grants));
  return new TrieNode(intersection(grants), children);
}

/** A list's grant at a node, from that of the node above and the list's scopes at exactly this node. */
function extend(above: Grant, here: readonly Placed[]): Grant {
  const mask = here.reduce((union, placed) => union | placed.mask, 0);
  return {
    mask: above.mask | mask,
    readRates: mask & READ ? ratesOf(here, READ) : above.readRates,
    writeRates: mask & WRITE ? ratesOf(here, WRITE) : above.writeRates,
  };
}

function ratesOf(here: readonly Placed[], verb: number): readonly number[] {
  return here.filter((placed) => placed.mask & verb && placed.rate >= 0).map((placed) => placed.rate);
}

function intersection(grants: readonly Grant[]): Grant {
  const mask = grants.reduce((common, grant) => common & grant.mask, READ | WRITE);
  return {
    mask,
    readRates: mask & READ ? grants.flatMap((grant) => grant.readRates) : [],
    writeRates: mask & WRITE ? grants.flatMap((grant) => grant.writeRates) : [],
  };
}

function matches(root: ScopeNode, path: string, verb: Verbs): boolean {
  const names = scopeComponents(path);
  if (names === undefined) return false;
  let node = root;
  for (const name of names) node = node.child(name);
  const wanted = maskOf(verb);
  return (node.mask & wanted) === wanted;
}
