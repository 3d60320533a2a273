// The parts of a hive put together: journal, authority (through the ledger), audit, NineDoor, workers and clock. Everything it
// takes from the outside is in its options, so that a simulation assembles the very same hive on a disk and a clock of its own.
// What belongs to a process (directory, keys, listeners) is in `hive.ts`.

import { createHash } from 'node:crypto';
import {
  type Authority,
  CLOCK_LINE,
  CLOCK_PATH,
  COSIGN_PATH,
  checkGate,
  checkStart,
  createAuthority,
  gpusOf,
  isRevoked,
  lifecycleState,
  manifestIn,
  SYSTEM,
  settingsIn,
} from '@cohesix/authority';
import { type Journal, Reserve, witnessKeys } from '@cohesix/journal';
import { bootText, boundsText, fingerprintOf } from '@cohesix/manifest';
import { type DoorPorts, mayRead, NineDoor } from '@cohesix/ninedoor';
import type { NoteKey } from '@cohesix/tlog';
import { ok, type Result, refuse } from '@cohesix/wire';
import { Assembly, type AssemblyOptions, attachTo, type Parts } from './assembly.ts';
import { auditNodes } from './audit-nodes.ts';
import { actingWorkers, checkScope, identityOf } from './buses/workers.ts';
import { HiveClock } from './clock.ts';
import { Cosigned } from './cosign.ts';
import { type DataPart, heardOf, type OpenedStore, openStores, submitStored } from './data.ts';
import { POLICY_CODES } from './decisions.ts';
import { DiskGuard } from './disk-guard.ts';
import { carryOut } from './effects.ts';
import { frameOf } from './frames.ts';
import { hiveNodes, onlyByShard, pathByShard, shardLabel } from './hive-nodes.ts';
import { HiveTickets } from './hive-tickets.ts';
import { hiveIdentity } from './identity.ts';
import { Ledger } from './ledger.ts';
import { Observation } from './observation.ts';
import { PolicySignatures } from './policy-signatures.ts';
import { ReplayJob } from './replay-job.ts';
import { pastNode } from './replay-nodes.ts';
import { PastStates } from './replay-states.ts';
import { RootWatch } from './root-watch.ts';
import { SELF_TESTS, selfTestOver } from './self-tests.ts';
import { Snapshotter } from './snapshots.ts';
import { type Started, startFromDisk } from './start.ts';
import { submitChecked } from './submit-check.ts';
import { VERSION } from './version.ts';
import { WorkerRuntime } from './workers/runtime.ts';

/** Replays the journal and connects the parts. Nothing listens, no line was written yet. Refuses as `startFromDisk` does. */
export async function assembleHive(options: AssemblyOptions): Promise<Result<Assembly>> {
  const { manifest, host, streams, signer } = options;
  const witnesses = witnessKeys(manifest.audit.witnesses);
  if (!witnesses.ok) return refuse('invalid-payload', `audit.witnesses: ${witnesses.refusal.detail}`);
  const { directory } = options;
  const stores =
    directory === undefined
      ? ok(NO_STORES)
      : await openStores({ manifest, host, directory, identity: hiveIdentity(signer.key) });
  if (!stores.ok) return stores;
  const authority = createAuthority(manifest);
  let parts: Parts | undefined;
  const started = await startFromDisk({
    host,
    manifest,
    authority,
    signer,
    journal: options.journal,
    snapshots: options.snapshots,
    lock: options.lock ?? {},
    // A log that was kept holds the lines of the journal already; after a crash they are told again.
    onLog: streams.isLogKept ? () => undefined : (line) => streams.audit(line),
    audit: (line) => streams.audit(line),
    onSealed: (reason, errno) => {
      streams.audit(`audit journal sealed reason=${JSON.stringify(reason)}`);
      const goesOn = parts?.guard.sealed(reason, errno) ?? false;
      options.onSealed?.(reason, goesOn);
    },
    onRolled: () => {
      parts?.guard.rolled();
      parts?.observed.rolled();
    },
  });
  if (!started.ok) return started;
  parts = connect({ ...options, witnesses: witnesses.value, stores: stores.value }, authority, started.value);
  return ok(new Assembly(parts));
}

interface Connected extends AssemblyOptions {
  readonly witnesses: readonly NoteKey[];
  readonly stores: OpenedStore;
}

const NO_STORES: OpenedStore = () => ({ nodes: [] });

/** The parts call each other only once lines are written, so each may name those made after it. */
function connect(options: Connected, authority: Authority, started: Started): Parts {
  const { manifest, host, streams } = options;
  const { journal, audit } = started;
  const { now } = host;
  const tickets = new HiveTickets(manifest, options.keys, host.randomBytes);
  const fingerprint = fingerprintOf(manifest, (bytes) => createHash('sha256').update(bytes).digest('hex'));
  const snapshotter = new Snapshotter({
    disk: host.disk,
    directory: options.snapshots,
    signer: options.signer,
    audit,
    journal,
    last: started.snapshot,
    recordsMin: manifest.journal.snapshot_records / 16,
    onFailed: (reason) => streams.audit(`audit snapshot failed reason=${JSON.stringify(reason)}`),
    onWritten: (records) => observed.snapshotWritten(records),
  });
  const observed: Observation = new Observation({
    manifest,
    host,
    authority,
    streams,
    first: started.start.state,
    shown: () => ledger.shown,
    door: () => door,
  });
  const bornMs = host.timers.nowMs();
  let shownCount = 0;
  const ledger = new Ledger(authority, started.start, sinkOf(journal), {
    now,
    monotonicMs: () => host.timers.nowMs() - bornMs,
    full: () => guard.full(),
    markRecords: manifest.journal.snapshot_records,
    onMark: (mark) => snapshotter.marked(mark),
    onEffect: (effect) => {
      observed.effect(effect);
      carryOut(
        {
          door,
          workers,
          streams,
          replays,
          shown: () => ledger.shown,
          data: options.directory === undefined ? undefined : data.executors,
        },
        effect,
      );
    },
    onLog: (line) => streams.audit(line),
    onRecord: (record, body) => {
      if (record.state !== undefined) snapshotter.vouched();
      audit.add(body, record);
      if (record.path === COSIGN_PATH) cosigned.store();
      observed.record(record);
    },
    onRefused: (refused) => {
      if (POLICY_CODES.has(refused.code)) audit.denied(refused);
      observed.refused(refused);
    },
    onShown: () => {
      observed.shown();
      clock.stateChanged();
      if (checkGate(ledger.shown, 'worker-attach').ok) workers.startWaiting();
      shownCount += 1;
      if (shownCount % INVARIANTS_EVERY === 0)
        auditInvariants({ authority, ledger, streams }, shownCount / INVARIANTS_EVERY);
    },
  });
  const cosigned = new Cosigned({
    disk: host.disk,
    directory: options.journal,
    signer: options.signer,
    log: audit.log,
    witnesses: options.witnesses,
    shown: () => ledger.shown,
    onFailed: (reason) => streams.audit(`audit cosigned failed reason=${JSON.stringify(reason)}`),
  });
  const signatures = new PolicySignatures({ own: options.policyKey, shown: () => ledger.shown });
  const replays = new ReplayJob({ manifest, journal, nextTurn: host.nextTurn });
  const past = new PastStates({ ...options, journal, directory: options.journal, lastLine: () => ledger.shownSeq });
  const guard: DiskGuard = new DiskGuard({
    journal,
    reserve: new Reserve(host.disk, options.journal, manifest.journal.reserve_bytes),
    ledger,
    timers: host.timers,
    settings: manifest.journal,
    archive: options.archive,
    system: (path, line) => new Promise((resolve) => ledger.submit(SYSTEM, path, [line], resolve)),
    audit: (line) => streams.audit(line),
    onResumed: () => options.onResumed?.(),
  });
  const system = (path: string, line: string): void => ledger.submit(SYSTEM, path, [line], () => undefined);
  const root = new RootWatch({
    timers: host.timers,
    shown: () => ledger.shown,
    submit: (path, lines, done) => ledger.submit(SYSTEM, path, lines, done),
  });
  const data: DataPart = options.stores({
    manifest,
    host,
    directory: options.directory ?? '',
    identity: hiveIdentity(options.signer.key),
    shown: () => ledger.shown,
    streams,
    system: (path, line) => new Promise((resolve) => ledger.submit(SYSTEM, path, [line], resolve)),
    audit: (line) => streams.audit(line),
  });
  const ports = doorPorts({ ledger, streams, tickets, host, manifest, root }, () => workers);
  const door: NineDoor = new NineDoor(
    manifest,
    {
      ...ports,
      submit: observed.ingest.measured((...asked) => {
        const command = heardOf(data, asked);
        cosigned.submit(command, () =>
          signatures.submit(command, () => submitStored(data, command, () => submitChecked(door, ledger, ...command))),
        );
      }),
      onRefused: (event) => {
        observed.turnedAway(event);
        data.turnedAway?.(event);
      },
      selfTest: (session, flags, tell) => selfTestOver(door, { session, flags, tell }),
    },
    [
      ...auditNodes(audit, () => journal),
      cosigned.node(),
      pastNode(past),
      ...data.nodes,
      ...observed.nodes(),
      ...hiveNodes({
        manifest,
        authority,
        shown: () => ledger.shown,
        isSealed: () => ledger.sealedBy !== undefined,
        isQueenHere: () => door.queens.isHere,
        isSeen: mayRead,
        streams,
        observed,
        bootText: () => bootText(manifest, fingerprint, VERSION),
        boundsText: () => boundsText(manifestIn(ledger.shown)),
        journalText: () => journalText(ledger, journal),
        replayText: () => replays.statusText,
        selfTests: SELF_TESTS,
      }),
    ],
  );
  const workers: WorkerRuntime = new WorkerRuntime({
    now,
    timers: host.timers,
    sampleHost: host.sampleHost,
    attach(order) {
      const isDue = checkStart(ledger.shown, order);
      if (!isDue.ok) return isDue;
      return attachTo(door, { token: tickets.mint(identityOf(order)), peer: `worker:${order.worker}` });
    },
    report: (receipt) => system('/sys/workers/ctl', JSON.stringify(receipt)),
    ...(manifest.telemetry.frame_schema === 'cbor-v1'
      ? { telemetry: ({ worker, workerKind }, line) => frameOf(streams, { worker, workerKind, line }, now()) }
      : {}),
    ...(onlyByShard(manifest) ? { telemetryPath: (worker) => pathByShard(manifest, worker) } : {}),
    heartbeatIntervalMs: manifest.workers.heartbeat_interval_ms,
    hostIntervalMs: manifest.workers.host_interval_ms,
  });
  const clock = new HiveClock({
    now,
    timers: host.timers,
    deadline: () => authority.deadline(ledger.shown),
    tick: () => system(CLOCK_PATH, CLOCK_LINE),
    endExpired: (at) => door.closeExpired(at),
  });
  return {
    ...options,
    authority,
    tickets,
    started,
    ledger,
    snapshotter,
    guard,
    replays,
    past,
    cosigned,
    observed,
    door,
    workers,
    clock,
    root,
    data,
    fingerprint,
  };
}

function sinkOf(journal: Journal): ConstructorParameters<typeof Ledger>[2] {
  return {
    append: (body, onDurable) =>
      journal.append(body, (_, failed) =>
        onDurable(failed === undefined ? ok(undefined) : { ok: false, refusal: failed }),
      ),
  };
}

/** Records between two checks of invariants in production, each of one capability: of all at once a large hive would stall. */
const INVARIANTS_EVERY = 64;

function auditInvariants(
  { authority, ledger, streams }: Pick<Parts, 'authority' | 'ledger' | 'streams'>,
  turn: number,
): void {
  for (const broken of authority.invariantsInTurn(ledger.shown, turn))
    streams.audit(`audit invariant broken ${broken}`);
}

type PortParts = Pick<Parts, 'ledger' | 'streams' | 'tickets' | 'host' | 'manifest' | 'root'>;

function doorPorts(
  { ledger, streams, tickets, host, manifest, root }: PortParts,
  workers: () => WorkerRuntime,
): Omit<DoorPorts, 'submit'> {
  const { enabled, shard_bits: shardBits } = manifest.sharding;
  const acting = actingWorkers(() => ledger.shown);
  const idOf = (subject: string): string => acting(subject)?.id ?? subject;
  return {
    now: host.now,
    monotonicMs: () => host.timers.nowMs(),
    nextTurn: host.nextTurn,
    audit: (line) => streams.audit(line),
    attachLimits: () => settingsIn(ledger.shown).tickets.attach_failures,
    verify: (token) =>
      checkScope(
        tickets.verify(token, { at: ledger.at, revoked: (id) => isRevoked(ledger.shown, [id]) }),
        manifest,
        (line) => streams.audit(line),
      ),
    gate: (gate) => checkGate(ledger.shown, gate),
    isDraining: () => lifecycleState(ledger.shown) === 'DRAINING',
    hasWorker: (subject) => acting(subject) !== undefined,
    shardLabel: (worker) => shardLabel(worker, enabled ? shardBits : 0),
    chargeWorker: (subject) =>
      workers().charge(idOf(subject))
        ? ok(undefined)
        : refuse('exhausted', 'The operation budget of the worker is used up.'),
    workerBudget: (subject) => workers().budgetOf(idOf(subject)),
    gpus: (worker) => gpusOf(ledger.shown, worker),
    onQueen: (event) => root.heard(event),
  };
}

function journalText(ledger: Ledger, journal: Journal): string {
  const sealed = ledger.sealedBy;
  const state = sealed === undefined ? 'open' : 'sealed';
  const reason = sealed === undefined ? '' : ` reason=${JSON.stringify(sealed)}`;
  return `state=${state} seq=${ledger.shownSeq} pending_bytes=${journal.pendingBytes} state_sha256=${ledger.shownHash()}${reason}\n`;
}
