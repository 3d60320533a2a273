// The fleet as the canvas and its text show it, read from `/proc/fleet` (hive/node, fleet.ts): a line of `name=value` words for each
// live worker. A line that cannot be read is left out and counted, so that one bad line does not hide a fleet.

/** A worker of the fleet. */
export interface FleetWorker {
  readonly id: string;
  /** The number at the end of the id; orders workers and labels them. */
  readonly number: number;
  readonly kind: string;
  readonly state: string;
  /** Every word of its line, by name, `id` too. */
  readonly fields: ReadonlyMap<string, string>;
}

/** What a text of `/proc/fleet` says. */
export interface Fleet {
  /** In the order of their numbers. */
  readonly workers: readonly FleetWorker[];
  /** Lines that are not of the form. */
  readonly unread: number;
}

/** No workers. */
export const NO_FLEET: Fleet = { workers: [], unread: 0 };

/** Most workers that are kept; `workers.max` of a manifest is at most as large. */
const WORKERS_MAX = 131_072;
/** Kinds that are told apart; the hive has six. Workers of further ones are shown as `unknown`. */
const KINDS_MAX = 24;
/** Longest id that is drawn or compared; the hive's are far shorter. */
const ID_LENGTH_MAX = 64;
/** A word: a name, and a value that is plain or a JSON string (hive/authority, `logField`). */
const WORD = /([a-z_]+)=("(?:[^"\\]|\\.)*"|[^\s"]\S*)/g;

/** Reads `/proc/fleet`. */
export function parseFleet(text: string): Fleet {
  const workers: FleetWorker[] = [];
  const kinds = new Set<string>();
  let unread = 0;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const worker = workers.length < WORKERS_MAX ? parseLine(line, kinds) : undefined;
    if (worker === undefined) unread += 1;
    else workers.push(worker);
  }
  return { workers: workers.sort((one, other) => one.number - other.number || compare(one.id, other.id)), unread };
}

function parseLine(line: string, kinds: Set<string>): FleetWorker | undefined {
  const fields = new Map<string, string>();
  for (const [, name = '', value = ''] of line.matchAll(WORD)) fields.set(name, value);
  const id = fields.get('id');
  if (id === undefined || id.length > ID_LENGTH_MAX) return undefined;
  const kind = fields.get('kind') ?? 'unknown';
  if (kinds.size < KINDS_MAX) kinds.add(kind);
  return {
    id,
    number: numberOf(id),
    kind: kinds.has(kind) ? kind : 'unknown',
    state: fields.get('state') ?? 'unknown',
    fields,
  };
}

/** The number at the end of an id: 7 of `worker-7`; 0 when there is none. */
function numberOf(id: string): number {
  const digits = /\d{1,15}$/.exec(id)?.[0];
  return digits === undefined ? 0 : Number(digits);
}

/** How many workers there are of each kind, or in each state; by falling count, then by name. */
export function countsBy(fleet: Fleet, field: 'kind' | 'state'): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const worker of fleet.workers) counts.set(worker[field], (counts.get(worker[field]) ?? 0) + 1);
  return [...counts].sort(([one, ones], [other, others]) => others - ones || compare(one, other));
}

/** Where the telemetry of a worker is: by its shard, where only that leads to it. */
export function telemetryPath({ id, fields }: FleetWorker): string {
  const shard = fields.get('shard');
  return shard === undefined ? `/worker/${id}/telemetry` : `/shard/${shard}/worker/${id}/telemetry`;
}

/** The path of the file that an operator would read for all that the hive knows of a worker. */
export function infoPath({ id }: Pick<FleetWorker, 'id'>): string {
  return `/worker/${id}/info`;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
