// The part of a manifest that may change while the hive runs. It travels as one journaled line of /queen/manifest/ctl,
// {"set": {…Settings}}, so a change of settings is decided, durable and replayed like every other change.

import { type FieldNode, nodeOf, type Table, table } from './field.ts';
import type { Manifest } from './schema.ts';
import { type AttachFailures, type Policy, policy, tickets } from './trust.ts';
import { type Budget, type Workers, workers } from './work.ts';

/** What can be changed without a restart; always whole, never a part of it. */
export interface Settings {
  readonly policy: Policy;
  readonly workers: Pick<Workers, 'max' | 'default_budget'>;
  readonly tickets: { readonly attach_failures: AttachFailures };
}

/** Schema of `Settings`. What it contains is what is reloadable; nothing else says so. */
export const SettingsSchema: Table<Settings> = table<Settings>('The settings that can be changed at run time.', {
  policy,
  workers: table<{ max: number; default_budget: Budget }>('Limits of workers.', {
    max: workers.properties.max,
    default_budget: workers.properties.default_budget,
  }),
  tickets: table<{ attach_failures: AttachFailures }>('Limits of attaches.', {
    attach_failures: tickets.properties.attach_failures,
  }),
});

/** The settings of a manifest. */
export function settingsOf(manifest: Manifest): Settings {
  return {
    policy: manifest.policy,
    workers: { max: manifest.workers.max, default_budget: manifest.workers.default_budget },
    tickets: { attach_failures: manifest.tickets.attach_failures },
  };
}

/** A manifest with other settings: what holds after a reload. Check it with `redLineProblems`. */
export function withSettings(manifest: Manifest, settings: Settings): Manifest {
  return {
    ...manifest,
    policy: settings.policy,
    workers: { ...manifest.workers, ...settings.workers },
    tickets: { ...manifest.tickets, ...settings.tickets },
  };
}

/** Paths of the fields two manifests differ in, in the order of the file. A list is one field. */
export interface ReloadDiff {
  readonly reloadable: readonly string[];
  readonly needsRestart: readonly string[];
}

/** What changed from `before` to `after`, and whether it takes a restart. */
export function reloadDiff(before: Manifest, after: Manifest): ReloadDiff {
  const changed = changedPaths(before, after, '');
  return {
    reloadable: changed.filter(isReloadable),
    needsRestart: changed.filter((path) => !isReloadable(path)),
  };
}

/** Whether the field at `path` (`workers.max`) can be changed at run time. */
export function isReloadable(path: string): boolean {
  let node: FieldNode | undefined = nodeOf(SettingsSchema);
  for (const name of path.split('.')) {
    const fields: Readonly<Record<string, FieldNode>> = node?.properties ?? {};
    node = Object.hasOwn(fields, name) ? fields[name] : undefined;
  }
  return node !== undefined && node.type !== 'object';
}

function changedPaths(before: object, after: object, prefix: string): readonly string[] {
  return Object.entries(after).flatMap(([key, next]) => {
    const previous = (before as Readonly<Record<string, unknown>>)[key];
    if (isTable(previous) && isTable(next)) return changedPaths(previous, next, `${prefix}${key}.`);
    return JSON.stringify(previous) === JSON.stringify(next) ? [] : [`${prefix}${key}`];
  });
}

function isTable(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
