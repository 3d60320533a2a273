// Plain data: what a state is made of (objects, arrays, Maps with string keys, strings, numbers, booleans, null).
// Here it is copied, printed canonically and read back. A Map prints as `{"$map":[[key,value],…]}` in key order;
// nothing in the authority depends on the insertion order of a Map, so a state that was read back decides the same.

import { assert } from '@cohesix/check';
import type { State } from '../types.ts';

/** A deep copy; shares nothing with the original. */
export function clone<T>(value: T): T {
  return copy(value) as T;
}

function copy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copy);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, copy(item)]));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copy(item)]));
}

/** A deep copy whose objects have their names in order: equal data become equal JSON, wherever they came from. */
export function canonical<T>(value: T): T {
  return ordered(value) as T;
}

function ordered(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(ordered);
  return Object.fromEntries(sortedEntries(Object.entries(value)).map(([name, item]) => [name, ordered(item)]));
}

/** The canonical text of a state: one line per slice, names sorted. Equal states have equal text, and only they. */
export function stateText(state: Readonly<State>): string {
  const slices = sortedEntries(state).map(([name, slice]) => `${JSON.stringify(name)}:${plainText(slice)}`);
  return `{\n${slices.join(',\n')}\n}\n`;
}

/** Canonical JSON of plain data: object names and Map keys in code unit order; `undefined` fields left out. */
function plainText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(plainText).join(',')}]`;
  if (value instanceof Map) {
    const entries = sortedEntries(value as Map<string, unknown>);
    return `{"$map":[${entries.map(([key, item]) => `[${JSON.stringify(key)},${plainText(item)}]`).join(',')}]}`;
  }
  if (typeof value === 'object' && value !== null) return objectText(value);
  assert(value === null || ['string', 'number', 'boolean'].includes(typeof value), `no plain data: ${typeof value}`);
  return JSON.stringify(value);
}

function objectText(value: object): string {
  const fields = sortedEntries(Object.entries(value)).filter(([, item]) => item !== undefined);
  return `{${fields.map(([name, item]) => `${JSON.stringify(name)}:${plainText(item)}`).join(',')}}`;
}

function sortedEntries(entries: Iterable<[string, unknown]>): [string, unknown][] {
  return [...entries].sort(([left], [right]) => compareText(left, right));
}

/** Order by code units: the same on every machine, whatever its locale. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Reads `stateText` back. Throws SyntaxError when the text is no state; the caller has checked its hash. */
export function stateFromText(text: string): State {
  const slices: unknown = revive(JSON.parse(text));
  if (typeof slices !== 'object' || slices === null) throw new SyntaxError('expected the text of a state');
  return new Map(Object.entries(slices));
}

function revive(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(revive);
  const map = (value as { readonly $map?: unknown }).$map;
  if (Array.isArray(map)) return new Map(map.map(([key, item]: [string, unknown]) => [key, revive(item)]));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, revive(item)]));
}
