// What a tab holds in memory, looked at again and again, and whether that grows. Before each look its garbage is collected, so that
// what is counted is what something still refers to.

import { readFileSync } from 'node:fs';
import type { Tab } from './tab.ts';

/** One look. */
export interface Sample {
  /** Since the first look was begun, s. */
  readonly atS: number;
  readonly rounds: number;
  /** Bytes of objects of the page's scripts. */
  readonly heap: number;
  /** Nodes, in the document or kept by a script. */
  readonly nodes: number;
  readonly listeners: number;
  /** Bytes in memory of all processes of the browser: also textures and what the canvas draws with. */
  readonly resident: number;
}

/** What is looked at of a sample. */
export type Measure = 'heap' | 'nodes' | 'listeners' | 'resident';

/** More than `share` of what was there, and `least` beyond it, is growth. */
export interface Bar {
  readonly share: number;
  readonly least: number;
}

const MIB = 2 ** 20;
const PAGE_BYTES = 4096;
/** A node that is kept by another only goes with the collection after that one's. */
const COLLECTIONS = 2;

/** Looks at a tab. */
export async function sampleOf(tab: Tab, atS: number, rounds: number): Promise<Sample> {
  const devtools = await tab.context.newCDPSession(tab.page);
  for (let count = 0; count < COLLECTIONS; count += 1) await devtools.send('HeapProfiler.collectGarbage');
  const { usedSize } = await devtools.send('Runtime.getHeapUsage');
  const { nodes, jsEventListeners } = await devtools.send('Memory.getDOMCounters');
  await devtools.detach();
  return { atS, rounds, heap: usedSize, nodes, listeners: jsEventListeners, resident: await residentOf(tab) };
}

async function residentOf({ context }: Tab): Promise<number> {
  const devtools = await context.browser()?.newBrowserCDPSession();
  const told = await devtools?.send('SystemInfo.getProcessInfo');
  await devtools?.detach();
  return (told?.processInfo ?? []).reduce((sum, { id }) => sum + residentBytes(id), 0);
}

/** Second field of `/proc/PID/statm` (proc(5)); 0 for a process that is gone. */
function residentBytes(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
  } catch {
    return 0;
  }
}

/**
 * What grew, in words; none: nothing. The first quarter of the samples is warming up (modules are loaded, bounded lists fill). Of the rest the
 * median of the last quarter is held against that of the second one: one high sample is no growth, a steady one is found.
 */
export function growthOf(samples: readonly Sample[], bars: Readonly<Partial<Record<Measure, Bar>>>): readonly string[] {
  const quarter = Math.floor(samples.length / 4);
  if (quarter === 0) throw new RangeError(`growth is seen in four samples or more; there are ${samples.length}`);
  return Object.entries(bars).flatMap(([name, { share, least }]) => {
    const of = (from: number): number => median(samples.slice(from, from + quarter).map((one) => one[name as Measure]));
    const [before, after] = [of(quarter), of(samples.length - quarter)];
    const allowed = before * share + least;
    return after - before > allowed
      ? [`${name}: ${before} became ${after}, more than ${Math.round(allowed)} on top`]
      : [];
  });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Head of `rowOf`. */
export const HEAD = '  min:s  rounds  heap MiB   nodes  listeners  browser MiB';

/** A sample as a row of a table. */
export function rowOf({ atS, rounds, heap, nodes, listeners, resident }: Sample): string {
  const clock = `${Math.floor(atS / 60)}:${String(Math.floor(atS % 60)).padStart(2, '0')}`;
  const mib = (bytes: number, digits: number): string => (bytes / MIB).toFixed(digits);
  const cells: readonly (readonly [text: string | number, width: number])[] = [
    [clock, 7],
    [rounds, 8],
    [mib(heap, 1), 10],
    [nodes, 8],
    [listeners, 11],
    [mib(resident, 0), 13],
  ];
  return cells.map(([text, width]) => String(text).padStart(width)).join('');
}
