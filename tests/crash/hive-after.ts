// What must hold when a hive is started on a disk that a fault has left: nothing acknowledged is lost, nothing that was refused
// is there, what was neither is there or not as a whole, and journal, state, tree, tiles and snapshots agree with each other.

import { createAuthority } from '@cohesix/authority';
import { type LogTrust, scanJournal, sha256, verifyLog } from '@cohesix/journal';
import { type LedgerRecord, Replay } from '@cohesix/node';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import { formatNoteKey } from '@cohesix/tlog';
import type { Refusal } from '@cohesix/wire';
import { GUEST_ID, type Life, type Submission } from './hive-life.ts';
import { PLACES } from './sim-hive.ts';

/** Something that must not be: the message says what. */
export class Broken extends Error {}

function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Broken(what);
}

/** Which promises a fault leaves. */
export interface Promises {
  /** A sync lied: what was acknowledged may be missing at the end. */
  readonly mayLose: boolean;
  /** The disk failed for ever: what was refused may be there. */
  readonly mayReturn: boolean;
}

/**
 * Starts a hive on the disk of `life`, compares it with what the life was told, lets it live on and looks again. The value: why
 * it does not start, when it does not. @throws Broken.
 */
export async function expectSurvival(life: Life, promises: Promises): Promise<Refusal | undefined> {
  if (promises.mayLose) {
    // A start from a snapshot does not read what is before it (docs/adr/0008); a verifier does.
    const scanned = await scanJournal(life.disk, PLACES.journal, () => undefined);
    if (!scanned.ok) return scanned.refusal;
  }
  const started = await life.world.start(life.disk);
  if (!started.ok) return started.refusal;
  const hive = started.value;
  life.hive = hive;
  const records = await readJournal(life);
  compareLines(life, records, promises);
  const { ledger } = hive.assembly;
  must(ledger.shownHash() === replayedHash(life, records), 'the state is not what the journal comes to');
  must(createAuthority(life.world.manifest).invariants(ledger.shown).length === 0, 'an invariant does not hold');
  await verify(life, promises, false);
  const booted = await hive.boot();
  must(booted.ok, `it does not boot: ${booted.ok || booted.refusal.detail}`);
  await expectRevoked(life);
  await expectTakesChanges(life, promises);
  return undefined;
}

/** What a point came to: all is there, or a start is refused for a cause that nobody can repair. */
export type Outcome = 'kept' | 'refused';

/**
 * After a clean stop a bit of the file at `path` flipped. Derived files cost nothing; in a segment a start refuses, or, when it
 * went on from a snapshot and did not read that record (docs/adr/0008), it has the right state and a verifier finds the place.
 */
export async function expectRotNoticed(life: Life, path: string): Promise<Outcome> {
  const hash = life.lastHash;
  if (!/\.seg$|\/tile\//.test(path)) {
    const refusal = await expectSurvival(life, { mayLose: false, mayReturn: false });
    must(refusal === undefined || /checkpoint$|owner\.lock/.test(path), `${path}: ${refusal?.detail}`);
    return refusal === undefined ? 'kept' : 'refused';
  }
  const report = await verifyLog(life.disk, PLACES.journal, trustOf(life));
  must(report.ok && report.value.findings.length > 0, `${path}: a verifier finds nothing`);
  const started = await life.world.start(life.disk);
  if (!started.ok) {
    must(started.refusal.code === 'audit-unavailable', `${path}: ${started.refusal.code}`);
    return 'refused';
  }
  must(started.value.assembly.ledger.shownHash() === hash, `${path}: the state is another one`);
  await started.value.stop();
  return 'kept';
}

interface Journaled {
  readonly record: LedgerRecord;
  readonly body: Uint8Array;
}

/** Every record, from a scan that checks the chain. */
async function readJournal({ disk }: Life): Promise<readonly Journaled[]> {
  const records: Journaled[] = [];
  const scanned = await scanJournal(disk, PLACES.journal, (_, body) => {
    records.push({ record: JSON.parse(Buffer.from(body).toString()) as LedgerRecord, body: Uint8Array.from(body) });
    return undefined;
  });
  must(scanned.ok, `the journal of a running hive does not verify: ${scanned.ok || scanned.refusal.detail}`);
  must(scanned.value.torn === undefined, 'a torn tail was left');
  const ats = records.map(({ record }) => record.at);
  must(
    ats.every((at, index) => index === 0 || at >= (ats[index - 1] ?? 0)),
    'time goes back in the journal',
  );
  return records;
}

/** The lines of people in the journal against what they were told; what was open is settled by this. */
function compareLines(life: Life, records: readonly Journaled[], { mayLose, mayReturn }: Promises): void {
  const written = records.filter(({ record }) => record.who.role !== 'system');
  const lines = written.flatMap(({ record }) => record.lines.map((line) => `${record.path} ${line}`));
  let at = 0;
  for (const submission of life.submissions) {
    const isThere = lines[at] === textOf(submission);
    if (isThere) at += 1;
    settle(submission, { isThere, mayLose, mayReturn });
  }
  must(at === lines.length, `line ${at + 1} of the journal is nobody's or out of order: ${lines[at]}`);
}

const textOf = ({ path, line }: Submission): string => `${path} ${line}`;

function settle(
  submission: Submission,
  {
    isThere,
    mayLose,
    mayReturn,
  }: { readonly isThere: boolean; readonly mayLose: boolean; readonly mayReturn: boolean },
): void {
  const text = textOf(submission);
  switch (submission.answer) {
    case 'open':
      submission.answer = isThere ? 'kept' : 'gone';
      return;
    case 'ok':
    case 'kept':
      return must(isThere || mayLose, `acknowledged and lost (${submission.answer}): ${text}`);
    default:
      must(!isThere || mayReturn, `told that it was not taken (${submission.answer}), and in the journal: ${text}`);
  }
}

function replayedHash({ world }: Life, records: readonly Journaled[]): string {
  const authority = createAuthority(world.manifest);
  const replay = new Replay(authority, () => undefined);
  for (const { body } of records) {
    const replayed = replay.record(body);
    must(replayed.ok, `replay: ${replayed.ok || replayed.refusal.detail}`);
  }
  return Buffer.from(sha256(Buffer.from(authority.stateText(replay.result.state)))).toString('hex');
}

/** The log against its last checkpoint, its tiles, and the checkpoint that a client kept. */
async function verify(life: Life, { mayLose }: Promises, isStopped: boolean): Promise<void> {
  const { disk, checkpoint } = life;
  if (!disk.names(PLACES.journal).includes('checkpoint'))
    return must(checkpoint === undefined || mayLose, 'no checkpoint');
  const older = checkpoint === undefined || mayLose ? {} : { older: Buffer.from(checkpoint) };
  const report = await verifyLog(disk, PLACES.journal, { ...trustOf(life), ...older });
  must(report.ok, `verify: ${report.ok || report.refusal.detail}`);
  // A tile is derived: one that a crash tore is made again before the next checkpoint is signed. One whose sync lied is not:
  // a start from a snapshot believes that it is durable, and only a verifier sees that it is not.
  const needsTiles = isStopped && !mayLose;
  const findings = report.value.findings.filter(({ where }) => needsTiles || !where.startsWith('tile/'));
  must(findings.length === 0, `verify: ${findings.map(({ what, where }) => `${where}: ${what}`).join('; ')}`);
  must(!isStopped || report.value.unsigned === 0, `${report.value.unsigned} records are not signed`);
}

function trustOf({ world }: Life): LogTrust {
  return { verify: nodeTicketCrypto.ed25519Verify, key: formatNoteKey(world.signer.key) };
}

/** Once the revocation of the guest was acknowledged the ticket attaches no more. */
async function expectRevoked(life: Life): Promise<void> {
  const revoked = life.submissions.some(({ line, answer }) => line.includes(`"${GUEST_ID}"`) && answer === 'ok');
  if (!revoked) return;
  const attached = life.hive?.assembly.attach(life.world.ticketOf('guest'));
  must(attached?.ok === false && attached.refusal.code === 'revoked', 'a revoked ticket attaches');
}

async function expectTakesChanges(life: Life, promises: Promises): Promise<void> {
  life.write('queen', '/queen/ctl', { budget: { ops: 1_000_000 + life.submissions.length } });
  await life.answers();
  const last = life.submissions.at(-1);
  must(last?.answer === 'ok', 'it takes no change');
  await life.stop();
  await verify(life, promises, true);
  compareLines(life, await readJournal(life), promises);
}
