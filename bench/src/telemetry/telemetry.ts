// `telemetry`: what workers tell, at the rate of a fleet. Parts:
//
// rings      lines into 1,000 rings over one connection, in batches of 1, 16 and 100, beside JetStream in memory and plain files
// flat       the same for long at the hive alone: what it takes of memory, from second to second
// frames     the same with CBOR frames, each looked at, in place of lines
// followers  1,000 followers of one stream, and a reader that was away
// content    1 GiB pushed by reference and pulled, 1 GiB of an update packed, pushed and pulled, with the commands that do it

import type { Verdict } from '../bars.ts';
import { findPlace } from '../journal/place.ts';
import { type Machine, machine, median } from '../report.ts';
import { judgeTelemetry } from './bars.ts';
import { type ContentRow, measureContent } from './content.ts';
import { type FollowersRow, measureFollowers } from './followers.ts';
import { fillRings, type RingStretch } from './rings.ts';
import type { RingTarget, RingTargetKind } from './target.ts';
import { files } from './target-files.ts';
import { hive, hiveOfFrames, openHive } from './target-hive.ts';
import { jetstream } from './target-jetstream.ts';

/** How large, and how long each stretch. */
export interface TelemetryOptions {
  readonly rings: number;
  readonly followers: number;
  /** Seconds of a stretch. */
  readonly seconds: number;
  /** Rounds in which the targets take turns; a figure is the median. */
  readonly rounds: number;
  /** Stretches of `flat`. */
  readonly slices: number;
  /** Bytes of `content`: whole MiB. */
  readonly contentBytes: number;
  /** Folder for the hive and its peers; a temporary one on a disk when absent. */
  readonly directory?: string;
  /** Runs only the parts whose name has this in it. */
  readonly only?: string;
  /** Ends the run early; `telemetry` then throws, after ending what it started. */
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

/** Everything a run found; parts that did not run are absent. */
export interface TelemetryReport {
  readonly benchmark: 'telemetry';
  readonly machine: Machine;
  readonly fileSystem: string;
  readonly ringCount: number;
  readonly followerCount: number;
  /** Medians over the rounds. */
  readonly rings?: readonly RingStretch[];
  readonly frames?: readonly RingStretch[];
  /** Resident memory of the hive after each slice, bytes. */
  readonly flat?: readonly number[];
  readonly followers?: FollowersRow;
  readonly contentBytes: number;
  readonly content?: readonly ContentRow[];
  /** Why a peer did not run. */
  readonly missing: readonly string[];
  readonly verdicts: readonly Verdict[];
}

/** Lines of a batch. 100 lines of 64 bytes fit a message of 8 KiB, and of frames, which are twice as long, 50. */
const BATCHES: readonly number[] = [1, 16, 100];
const FRAME_BATCHES: readonly number[] = [1, 16, 50];
const FLAT_BATCH = 16;
const TARGETS: readonly RingTargetKind[] = [hive, jetstream, files];

type Parts = {
  -readonly [Part in 'rings' | 'frames' | 'flat' | 'followers' | 'content' | 'missing']?: NonNullable<
    TelemetryReport[Part]
  >;
};

/** Runs the benchmark. @throws Error when a target does not come up, refuses a line, or has not all that was sent. */
export async function telemetry(options: TelemetryOptions): Promise<TelemetryReport> {
  const { directory, fileSystem } = findPlace(options.directory);
  const parts: Parts = {};
  if (isWanted(options, 'rings'))
    Object.assign(parts, await measureRings(options, { kinds: TARGETS, batches: BATCHES, directory }));
  if (isWanted(options, 'flat')) parts.flat = await measureFlat(options, directory);
  if (isWanted(options, 'frames')) {
    const wish = { kinds: [hiveOfFrames], batches: FRAME_BATCHES, directory };
    parts.frames = (await measureRings(options, wish)).rings;
  }
  if (isWanted(options, 'followers')) parts.followers = await measureAudience(options, directory);
  if (isWanted(options, 'content'))
    parts.content = await measureContent({ ...options, bytes: options.contentBytes, directory });
  const found = {
    benchmark: 'telemetry' as const,
    machine: machine(),
    fileSystem,
    ringCount: options.rings,
    followerCount: options.followers,
    contentBytes: options.contentBytes,
    missing: [],
    ...parts,
  };
  return { ...found, verdicts: judgeTelemetry(found) };
}

function isWanted({ only }: TelemetryOptions, part: string): boolean {
  return only === undefined || part.includes(only);
}

interface RingWish {
  readonly kinds: readonly RingTargetKind[];
  readonly batches: readonly number[];
  readonly directory: string;
}

async function measureRings(
  options: TelemetryOptions,
  { kinds, batches, directory }: RingWish,
): Promise<{ rings: readonly RingStretch[]; missing: readonly string[] }> {
  const missing = kinds.flatMap((kind) => kind.missing() ?? []);
  const targets: RingTarget[] = [];
  const sent = new Map<RingTarget, number>();
  const stretches: RingStretch[] = [];
  try {
    for (const kind of kinds)
      if (kind.missing() === undefined) targets.push(await kind.open({ rings: options.rings, directory }));
    for (const batch of batches)
      for (let round = 0; round < options.rounds; round++)
        for (const target of targets) {
          const found = await fillRings(target, { ...options, batch });
          sent.set(target, (sent.get(target) ?? 0) + found.lines);
          stretches.push(found);
          options.onProgress(`${target.name} x${batch}: ${Math.round(found.linesPerSecond)} lines/s`);
        }
    for (const [target, lines] of sent) await expectAll(target, lines);
  } finally {
    for (const target of targets) await target.close();
  }
  return { rings: medians(stretches), missing };
}

async function expectAll(target: RingTarget, lines: number): Promise<void> {
  const taken = await target.taken();
  if (taken !== lines) throw new Error(`${target.name} has taken ${taken} lines of ${lines}`);
}

/** Of each target and batch the round in the middle. */
function medians(stretches: readonly RingStretch[]): readonly RingStretch[] {
  const groups = new Map<string, RingStretch[]>();
  for (const found of stretches) {
    const key = `${found.batch} ${found.target}`;
    groups.set(key, [...(groups.get(key) ?? []), found]);
  }
  return [...groups.values()].map((group) => {
    const middle = median(group.map(({ linesPerSecond }) => linesPerSecond));
    return group.find(({ linesPerSecond }) => linesPerSecond === middle) as RingStretch;
  });
}

async function measureFlat(options: TelemetryOptions, directory: string): Promise<readonly number[]> {
  const target = await openHive({ rings: options.rings, directory });
  const memory: number[] = [];
  try {
    for (let slice = 0; slice < options.slices; slice++) {
      await fillRings(target, { ...options, batch: FLAT_BATCH });
      memory.push(target.memory());
      options.onProgress(`memory after slice ${slice + 1}: ${Math.round(target.memory() / 2 ** 20)} MiB`);
    }
  } finally {
    await target.close();
  }
  return memory;
}

async function measureAudience(options: TelemetryOptions, directory: string): Promise<FollowersRow> {
  const target = await openHive({ rings: 1, directory });
  try {
    const found = await measureFollowers(target, options);
    for (const { pace, deliveredPerSecond } of found.stretches)
      options.onProgress(`followers, ${pace}: ${Math.round(deliveredPerSecond)} lines/s delivered`);
    return found;
  } finally {
    await target.close();
  }
}
