// What must hold of a journal as it lies on a disk, whatever happened before: it replays to one state, it says exactly what
// its clients were told, approvals were used as they were meant, numbers only grew, and its history is the one that was
// signed.

import { createAuthority, stateText } from '@cohesix/authority';
import { type Disk, scanJournal, sha256, verifyLog } from '@cohesix/journal';
import type { Manifest } from '@cohesix/manifest';
import { type LedgerRecord, Replay } from '@cohesix/node';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import { ApprovalCheck } from './approval-check.ts';
import type { Identity } from './identity.ts';
import { NumberCheck } from './number-check.ts';

/** What readers saw of a life of the hive before it ended. */
export interface Seen {
  /** Last line that was shown, and the hash of the state then. */
  readonly seq: number;
  readonly stateHash: string;
}

/** What a journal is compared with. */
export interface Expected {
  readonly manifest: Manifest;
  readonly identities: readonly Identity[];
  readonly seen: Seen | undefined;
  /** The newest checkpoint that somebody read. */
  readonly checkpoint: Uint8Array | undefined;
}

/** What a journal came to. */
export interface Examined {
  /** What does not hold; empty when all is well. */
  readonly broken: readonly string[];
  readonly records: number;
  /** Number of the last line. */
  readonly seq: number;
  readonly stateHash: string;
  /** All bodies, each with a LF: what `/audit/journal` shows. */
  readonly stream: Uint8Array;
}

/** Reads a journal that nobody writes to. */
export async function examine(disk: Disk, directory: string, expected: Expected): Promise<Examined> {
  const reader = new Reader(expected);
  // A hive that was killed before it had made its directory has told nobody anything.
  const isThere = (await disk.lstat(directory)) !== undefined;
  const scanned = await scanJournal(disk, directory, (_, body) => reader.take(body));
  if (!scanned.ok && isThere) reader.broken.push(`the journal cannot be read: ${scanned.refusal.detail}`);
  reader.end();
  reader.broken.push(...(await logProblems(disk, directory, expected.checkpoint)));
  return reader;
}

/** Whether the history is the one that was signed; nothing can be said before the first checkpoint. */
async function logProblems(disk: Disk, directory: string, older: Uint8Array | undefined): Promise<readonly string[]> {
  if (older === undefined) return [];
  const report = await verifyLog(disk, directory, { older, verify: nodeTicketCrypto.ed25519Verify });
  if (!report.ok) return [`the log cannot be verified: ${report.refusal.detail}`];
  return report.value.findings.map(({ what, where }) => `the log: ${what} (${where})`);
}

class Reader implements Examined {
  readonly broken: string[] = [];
  records = 0;
  stateHash = '';
  stream: Uint8Array = new Uint8Array(0);
  readonly #expected: Expected;
  readonly #replay: Replay;
  readonly #approvals = new ApprovalCheck();
  readonly #bodies: Uint8Array[] = [];
  /** Appends in the order of the journal, by the fingerprint of the ticket. */
  readonly #written = new Map<string, string[]>();
  readonly #numbers = new NumberCheck();
  #isSeenChecked = false;

  constructor(expected: Expected) {
    this.#expected = expected;
    this.#replay = new Replay(createAuthority(expected.manifest), () => undefined);
  }

  get seq(): number {
    return this.#replay.result.nextSeq - 1;
  }

  take(body: Uint8Array): undefined {
    const replayed = this.#replay.record(body);
    if (!replayed.ok) this.broken.push(`record ${this.records + 1} does not replay: ${replayed.refusal.detail}`);
    this.records += 1;
    this.#bodies.push(body.slice(), LF);
    const record = JSON.parse(Buffer.from(body).toString()) as LedgerRecord;
    const written = this.#written.get(record.who.ticket) ?? [];
    this.#written.set(record.who.ticket, written);
    written.push(keyOf(record.path, record.lines.join('\n')));
    this.#numbers.record(record);
    this.#approvals.record(record);
    if (this.#expected.seen?.seq === this.seq) this.#compareSeen(this.#expected.seen);
  }

  end(): void {
    this.stream = Buffer.concat(this.#bodies);
    this.stateHash = this.#hash();
    const { seen, identities } = this.#expected;
    if (seen !== undefined && !this.#isSeenChecked && seen.seq > 0)
      this.broken.push(`line ${seen.seq} was shown, and the journal has ${this.seq} lines`);
    this.broken.push(...this.#approvals.broken, ...this.#numbers.broken);
    for (const who of identities) this.broken.push(...problemsOf(who, this.#written.get(who.fingerprint) ?? []));
    const known = new Set(identities.map(({ fingerprint }) => fingerprint));
    for (const ticket of this.#written.keys())
      if (ticket !== 'none' && !known.has(ticket)) this.broken.push(`a record is of the unknown ticket ${ticket}`);
  }

  #hash(): string {
    return hex(sha256(Buffer.from(stateText(this.#replay.result.state))));
  }

  #compareSeen(seen: Seen): void {
    this.#isSeenChecked = true;
    if (this.#hash() !== seen.stateHash) this.broken.push(`the state after line ${seen.seq} is not what was shown`);
  }
}

const LF = Uint8Array.of(0x0a);

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function keyOf(path: string, text: string): string {
  return `${path}\n${text}`;
}

/**
 * What was acknowledged is there, as often as it was acknowledged and in that order; what was refused is not; what nobody
 * knows about may be there, once.
 */
function problemsOf({ name, sent }: Identity, written: readonly string[]): readonly string[] {
  const broken: string[] = [];
  const places = new Map<string, number[]>();
  for (const [index, key] of written.entries()) places.set(key, [...(places.get(key) ?? []), index]);
  const counts = new Map<string, { acknowledged: number; unknown: number }>();
  for (const { path, text, fate } of sent) {
    const lines = linesIn(text);
    // An append of nothing but blanks has no line: it is taken, and there is nothing to record.
    if (lines === '') continue;
    const key = keyOf(path, lines);
    const count = counts.get(key) ?? { acknowledged: 0, unknown: 0 };
    counts.set(key, count);
    if (fate !== 'refused') count[fate] += 1;
  }
  for (const [key, places_] of places)
    if (!counts.has(key)) broken.push(`${name} never wrote what stands ${places_.length} times: ${key}`);
  for (const [key, { acknowledged, unknown }] of counts) {
    const found = places.get(key)?.length ?? 0;
    if (found < acknowledged || found > acknowledged + unknown)
      broken.push(`${name}: ${acknowledged} acknowledged, ${unknown} unknown, ${found} in the journal: ${key}`);
  }
  return [...broken, ...orderProblems(name, sent, { places, counts })];
}

interface Found {
  readonly places: ReadonlyMap<string, readonly number[]>;
  readonly counts: ReadonlyMap<string, { readonly acknowledged: number; readonly unknown: number }>;
}

/** Of appends that were acknowledged one after the other the first is before the second; told of texts sent once. */
function orderProblems(name: string, sent: Identity['sent'], { places, counts }: Found): readonly string[] {
  const broken: string[] = [];
  let [before, batchBefore, last] = [-1, -1, -1];
  for (const { path, text, batch, fate } of sent) {
    const key = keyOf(path, linesIn(text));
    const count = counts.get(key);
    const place = places.get(key)?.[0];
    if (fate !== 'acknowledged' || place === undefined || count?.acknowledged !== 1 || count.unknown > 0) continue;
    if (batch !== batchBefore) [before, batchBefore] = [last, batch];
    if (place <= before) broken.push(`${name}: out of order in the journal: ${key}`);
    last = Math.max(last, place);
  }
  return broken;
}

/** The lines of an append, as the hive takes them. */
function linesIn(text: string): string {
  return text
    .toWellFormed()
    .split('\n')
    .filter((line) => line.trim() !== '')
    .join('\n');
}
