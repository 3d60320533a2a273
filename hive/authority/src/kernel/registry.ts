// The registry: every capability of the hive, in the order in which clock commands reach them, with its controls
// compiled once. To add a capability: a folder under `src/capabilities/` and one line here.

import { assert } from '@cohesix/check';
import type { Manifest } from '@cohesix/manifest';
import { auditCapability } from '../capabilities/audit/index.ts';
import { busesCapability } from '../capabilities/buses/index.ts';
import { epochsCapability } from '../capabilities/epochs/index.ts';
import { exportCapability } from '../capabilities/export/index.ts';
import { gpusCapability } from '../capabilities/gpus/index.ts';
import { hostTicketsCapability } from '../capabilities/host-tickets/index.ts';
import { hostsCapability } from '../capabilities/hosts/index.ts';
import { intentsCapability } from '../capabilities/intents/index.ts';
import { journalCapability } from '../capabilities/journal/index.ts';
import { leasesCapability } from '../capabilities/leases/index.ts';
import { lifecycleCapability } from '../capabilities/lifecycle/index.ts';
import { loraJobsCapability } from '../capabilities/lora-jobs/index.ts';
import { modelsCapability } from '../capabilities/models/index.ts';
import { policyCapability } from '../capabilities/policy/index.ts';
import { replayCapability } from '../capabilities/replay/index.ts';
import { rootCapability } from '../capabilities/root/index.ts';
import { scheduleCapability } from '../capabilities/schedule/index.ts';
import { segmentsCapability } from '../capabilities/segments/index.ts';
import { sessionsCapability } from '../capabilities/sessions/index.ts';
import { settingsCapability } from '../capabilities/settings/index.ts';
import { storedSettingsCapability } from '../capabilities/stored-settings/index.ts';
import { traceCapability } from '../capabilities/trace/index.ts';
import { updatesCapability } from '../capabilities/updates/index.ts';
import { workersCapability } from '../capabilities/workers/index.ts';
import type { Acceptance, Capability, Change, Command, Control, Names, State, View } from '../types.ts';
import { type AnyCapability, kernelCapability } from './kernel-capability.ts';
import { compilePatterns, type Match } from './pattern.ts';
import { readLineOf } from './read-line.ts';
import { compileLine, type LineCheck } from './schema.ts';
import { sliceOf } from './slice.ts';

/** A control file and the capability that owns it. */
export interface RegisteredControl {
  readonly pattern: string;
  readonly capability: string;
  readonly control: Control<never, never>;
  /** Checks a parsed line; undefined when it fits. */
  readonly check: LineCheck;
}

/** A view and the capability that owns it. */
export interface RegisteredView {
  readonly pattern: string;
  readonly capability: string;
  readonly view: View<never>;
}

/** The names of a parameter component and the capability that owns them. */
export interface RegisteredNames {
  readonly pattern: string;
  readonly capability: string;
  readonly names: Names<never>;
}

/** All capabilities of one hive. */
export interface Registry {
  readonly capabilities: ReadonlyMap<string, AnyCapability>;
  readonly controls: readonly RegisteredControl[];
  readonly views: readonly RegisteredView[];
  readonly names: readonly RegisteredNames[];
  readonly controlFor: (path: string) => Match<RegisteredControl> | undefined;
  readonly viewFor: (path: string) => Match<RegisteredView> | undefined;
  readonly initialState: () => State;
}

/** Builds the registry for a manifest. */
export function createRegistry(manifest: Manifest): Registry {
  const own: readonly AnyCapability[] = [
    erase(settingsCapability(manifest)),
    erase(sessionsCapability),
    erase(policyCapability((path, line) => readLineOf(controlFor(path)?.found, line))),
    erase(workersCapability),
    erase(lifecycleCapability),
    erase(rootCapability),
    erase(leasesCapability),
    erase(scheduleCapability),
    erase(gpusCapability),
    erase(epochsCapability),
    erase(exportCapability),
    erase(hostTicketsCapability),
    erase(busesCapability),
    erase(hostsCapability),
    erase(modelsCapability),
    erase(loraJobsCapability),
    erase(intentsCapability),
    erase(segmentsCapability),
    erase(storedSettingsCapability),
    erase(journalCapability),
    erase(replayCapability),
    erase(auditCapability),
    erase(traceCapability),
    erase(updatesCapability),
  ];
  const all = [...own, erase(kernelCapability((state, clock) => tickAll(own, state, clock)))];
  const controls = all.flatMap((capability) =>
    capability.controls.map((control) => registered(capability.name, control)),
  );
  const views = all.flatMap(({ name, views }) =>
    views.map((view) => ({ pattern: view.pattern, capability: name, view })),
  );
  const names = all.flatMap((capability) =>
    capability.names.map((item) => ({ pattern: item.pattern, capability: capability.name, names: item })),
  );
  const controlFor = compilePatterns(controls);
  const patterns = [...controls, ...views].map(({ pattern }) => pattern);
  assert(new Set(patterns).size === patterns.length, 'two files of the authority have one pattern');
  return {
    capabilities: new Map(all.map((capability) => [capability.name, capability])),
    controls,
    views,
    names,
    controlFor,
    viewFor: compilePatterns(views),
    initialState: () => new Map(all.map(({ name, initial }) => [name, initial(manifest)])),
  };
}

/** Forgets the type of the slice: from here on only the capability's own functions know it. */
function erase<Slice>(capability: Capability<Slice>): AnyCapability {
  return capability as unknown as AnyCapability;
}

function registered(capability: string, control: Control<never, never>): RegisteredControl {
  return { pattern: control.pattern, capability, control, check: compileLine(control.schema) };
}

/**
 * Characters of changes, effects and lines after which a clock command asks no further capability: with the largest part
 * of one more (32 KiB) its outcome fits into a journal record. What was not asked stays due.
 */
const TICK_CHARACTERS_MAX = 24_000;

/** What a clock command makes of all capabilities together, in their order. */
function tickAll(
  capabilities: readonly AnyCapability[],
  state: Readonly<State>,
  clock: Pick<Command, 'at' | 'seq'>,
): Acceptance {
  const parts: Acceptance[] = [];
  let size = 0;
  for (const { name, tick } of capabilities) {
    if (tick === undefined || size > TICK_CHARACTERS_MAX) continue;
    const part = tick(sliceOf<never>(state, name), clock, state);
    parts.push(part);
    size += JSON.stringify(part).length;
  }
  const changes: Change[] = parts.flatMap((part) => part.changes);
  return {
    kind: 'accept',
    changes,
    effects: parts.flatMap((part) => part.effects ?? []),
    log: parts.flatMap((part) => part.log ?? []),
  };
}
