// The part of a manifest that may change while the hive runs. It travels as one journaled line of /queen/manifest/ctl,
// {"set": {…Settings}}, so a change of settings is decided, durable and replayed like every other change.

import { type FieldNode, nodeOf, type Table, table } from './field.ts';
import type { Manifest } from './schema.ts';
import { type Leases, leases, type Schedule, schedule } from './sharing.ts';
import { type AttachFailures, type Policy, policy, tickets } from './trust.ts';
import { type Budget, type Workers, workers } from './work.ts';

/** What can be changed without a restart; of each section always all of it. */
export interface Settings {
  readonly policy: Policy;
  readonly workers: Pick<Workers, 'max' | 'default_budget'>;
  readonly tickets: { readonly attach_failures: AttachFailures };
  readonly leases: Leases;
  readonly schedule: Schedule;
}

/** Sections that a line may leave out: they stay as they are. Both came later, and their lists are long. */
export type LeftOut = 'leases' | 'schedule';

/** What the line of a reload has of the settings. */
export type SettingsLine = Omit<Settings, LeftOut> & Partial<Pick<Settings, LeftOut>>;

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
  leases,
  schedule,
});

/** The settings of a manifest. */
export function settingsOf(manifest: Manifest): Settings {
  return {
    policy: manifest.policy,
    workers: { max: manifest.workers.max, default_budget: manifest.workers.default_budget },
    tickets: { attach_failures: manifest.tickets.attach_failures },
    leases: manifest.leases,
    schedule: manifest.schedule,
  };
}

/** The line of `/queen/manifest/ctl` that leads from one manifest to the settings of another. */
export function settingsLine(before: Manifest, after: Manifest): { readonly set: SettingsLine } {
  const { leases: nextLeases, schedule: nextSchedule, ...always } = settingsOf(after);
  const isSame = (name: LeftOut): boolean => JSON.stringify(before[name]) === JSON.stringify(after[name]);
  return {
    set: {
      ...always,
      ...(isSame('leases') ? {} : { leases: nextLeases }),
      ...(isSame('schedule') ? {} : { schedule: nextSchedule }),
    },
  };
}

/** A manifest with other settings: what holds after a reload. Check it with `redLineProblems`. */
export function withSettings(manifest: Manifest, settings: Settings): Manifest {
  return {
    ...manifest,
    policy: settings.policy,
    workers: { ...manifest.workers, ...settings.workers },
    tickets: { ...manifest.tickets, ...settings.tickets },
    leases: settings.leases,
    schedule: settings.schedule,
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
