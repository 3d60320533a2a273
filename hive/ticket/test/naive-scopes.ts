// The scope rules again, written as they are stated and as slowly as they read, to compare the trie with.

import type { Scope, Verbs } from '../src/index.ts';
import { scopeComponents } from '../src/scope-path.ts';

const has = (scope: Scope, verb: 'read' | 'write'): boolean => scope.verbs === 'both' || scope.verbs === verb;

function isPrefix(prefix: readonly string[], names: readonly string[]): boolean {
  return prefix.length <= names.length && prefix.every((name, index) => name === names[index]);
}

function componentsOf(scope: Scope): readonly string[] {
  return scopeComponents(scope.path) ?? ['never'];
}

/** Whether one list of scopes allows a verb at a path. */
function naiveListAllows(scopes: readonly Scope[], names: readonly string[], verb: 'read' | 'write'): boolean {
  return scopes.some((scope) => has(scope, verb) && isPrefix(componentsOf(scope), names));
}

/** Whether every list allows a verb (both: both) at a path. */
export function naiveAllows(lists: readonly (readonly Scope[])[], names: readonly string[], verb: Verbs): boolean {
  if (verb === 'both') return naiveAllows(lists, names, 'read') && naiveAllows(lists, names, 'write');
  return lists.every((scopes) => naiveListAllows(scopes, names, verb));
}

/** Whether something is allowed at a path or at any of `places` below it. */
export function naiveVisible(
  lists: readonly (readonly Scope[])[],
  names: readonly string[],
  places: readonly (readonly string[])[],
): boolean {
  return [names, ...places].some(
    (place) => isPrefix(names, place) && (naiveAllows(lists, place, 'read') || naiveAllows(lists, place, 'write')),
  );
}

/** `list:scope` of the rates to charge: in each list, all longest matching scopes with the verb that have one. */
export function naiveRates(
  lists: readonly (readonly Scope[])[],
  names: readonly string[],
  verb: 'read' | 'write',
): readonly string[] {
  if (!naiveAllows(lists, names, verb)) return [];
  return lists.flatMap((scopes, list) => {
    const matching = scopes.filter((scope) => has(scope, verb) && isPrefix(componentsOf(scope), names));
    const longest = Math.max(...matching.map((scope) => componentsOf(scope).length));
    return matching
      .filter((scope) => componentsOf(scope).length === longest && scope.ratePerS > 0)
      .map((scope) => `${list - 1}:${scopes.indexOf(scope)}`);
  });
}
