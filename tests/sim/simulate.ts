// One seed, one world, from its first boot to its last stop. The same seed gives the same bytes in the journal and the same
// answers, however often and wherever it is run.

import { createHash } from 'node:crypto';
import { InProcessClient } from '@cohesix/client';
import type { Assembly } from '@cohesix/node';
import type { Actor } from './actor.ts';
import { ApproverActor, ObserverActor, OperatorActor, QueenActor } from './actors.ts';
import { Chaos } from './faults.ts';
import { identity } from './identity.ts';
import { planOf } from './plan.ts';
import { Supervisor } from './supervisor.ts';
import { Broken, World } from './world.ts';

/** What a world came to. */
export interface Simulated {
  readonly seed: number;
  /** SHA-256, hex, of all segments of the journal. */
  readonly journal: string;
  /** SHA-256, hex, of everything clients were told, and when. */
  readonly transcript: string;
  readonly records: number;
  readonly events: number;
  /** How often what happened: answers by code, faults, starts. */
  readonly counts: ReadonlyMap<string, number>;
}

/** A world in which something did not hold. */
class SimulationFailure extends Error {}

/** Runs the world of a seed. @throws SimulationFailure with all that is needed to run it again. */
export async function simulate(seed: number): Promise<Simulated> {
  const world = new World(planOf(seed));
  // What the hive throws where nobody can catch it is a defect of this world, too.
  const onUncaught = (error: unknown): void => world.failed(error);
  process.on('uncaughtException', onUncaught);
  process.on('unhandledRejection', onUncaught);
  try {
    return await run(world);
  } catch (error) {
    throw new SimulationFailure(report(world, error), { cause: error });
  } finally {
    process.off('uncaughtException', onUncaught);
    process.off('unhandledRejection', onUncaught);
  }
}

function report({ plan, events, recent }: World, error: unknown): string {
  const what = error instanceof Broken ? error.message : String(error instanceof Error ? error.stack : error);
  const faults = Object.entries(plan.faults).flatMap(([name, isOn]) => (isOn ? [name] : []));
  return [
    `seed ${plan.seed}, event ${events}: ${what}`,
    `workers=${plan.workers} queens=${plan.queens} acts=${plan.acts} faults=${faults.join(',') || 'none'}`,
    `again: COHESIX_SIM_FIRST=${plan.seed} COHESIX_SIM_SEEDS=1 npm test -- tests/sim`,
    'the last events (s, what):',
    recent,
  ].join('\n');
}

async function run(world: World): Promise<Simulated> {
  const supervisor = new Supervisor(world);
  await world.untilSettled('the first start', supervisor.start());
  await world.untilSettled('the first workers', populate(world));
  const actors = actorsOf(world);
  const chaos = new Chaos({ world, actors, supervisor });
  supervisor.live();
  chaos.live();
  for (const actor of actors) actor.live();
  await world.until('the last act', () => world.isAtRest && actors.every(({ doing }) => doing === undefined));
  chaos.end();
  await world.until('the hive to be well again', () => isWell(world.process?.assembly));
  supervisor.isOn = false;
  for (const actor of actors) await actor.leave();
  await lookAround(world);
  await world.untilSettled('a last change', changeOnce(world));
  await world.untilSettled('the stop', world.stop());
  const { records } = await world.check('after the stop');
  await world.untilSettled('the start after the stop', supervisor.start());
  await world.untilSettled('the last stop', world.stop());
  await world.check('at the end');
  const { events, counts, plan } = world;
  return { seed: plan.seed, journal: journalHash(world), transcript: world.transcriptHash(), records, events, counts };
}

/** The workers that the manifest has no room for. */
async function populate({ plan, process }: World): Promise<void> {
  const line = JSON.stringify({ spawn: 'heartbeat', ticks: 1_000_000, budget: {} });
  for (let count = plan.manifest.workers.start.length; count < plan.workers; count++)
    await process?.assembly?.system('/queen/ctl', line);
}

/** A hive that is well takes a change. */
async function changeOnce({ process }: World): Promise<void> {
  const changed = await process?.assembly?.system('/queen/ctl', '{"budget":{"ops":9}}');
  if (changed?.ok !== true) throw new Broken(`the hive takes no changes: ${changed?.refusal.detail}`);
}

function actorsOf(world: World): readonly Actor[] {
  const many = (count: number, make: (index: number) => Actor): Actor[] =>
    Array.from({ length: count }, (_, index) => make(index));
  return [
    ...many(
      world.plan.queens,
      (index) => new QueenActor(world, `queen${index}`, index % 2 === 0 ? '9p' : 'in-process'),
    ),
    new ApproverActor(world, 'approver0', 'in-process'),
    new ApproverActor(world, 'approver1', '9p'),
    new OperatorActor(world, 'operator', 'in-process'),
    ...many(
      world.plan.observers,
      (index) => new ObserverActor(world, `observer${index}`, index % 2 === 0 ? '9p' : 'in-process'),
    ),
  ];
}

/** Whether the hive takes changes. */
function isWell(assembly: Assembly | undefined): boolean {
  return assembly !== undefined && assembly.ledger.sealedBy === undefined;
}

/** Reads every file there is, as any client can: what is listed can be read, and no view is over its bound. */
async function lookAround(world: World): Promise<void> {
  const assembly = world.process?.assembly;
  if (assembly === undefined) throw new Broken('the hive is not up');
  const who = identity(world.random('look'), world.keys, { name: 'auditor' });
  world.identities.push(who);
  const session = assembly.attach(who.token);
  if (!session.ok) throw new Broken(`nobody can attach any more: ${session.refusal.detail}`);
  const client = new InProcessClient(session.value);
  const bounds = assembly.ledger.authority.views.map(({ pattern, view }) => ({
    matches: new RegExp(`^${pattern.replaceAll(/:[a-z_]+/g, '[^/]+')}$`),
    bytes: view.boundBytes,
  }));
  for (const path of await filesBelow(client, '/')) {
    const bytes = await client.read(path, { maxBytes: READ_BYTES_MAX });
    world.answered('auditor', `read ${path}`, bytes);
    if (!bytes.ok) throw new Broken(`${path} is listed and cannot be read: ${bytes.refusal.code}`);
    const bound = bounds.find(({ matches }) => matches.test(path))?.bytes ?? READ_BYTES_MAX;
    if (bytes.value.length > bound) throw new Broken(`${path} has ${bytes.value.length} of ${bound} bytes`);
  }
  await compareStream(world, assembly);
  await client.close();
}

/** Shards show the workers again, and tiles are compared by who verifies the log. */
const NOT_READ: ReadonlySet<string> = new Set(['/shard', '/audit/tile']);
const READ_BYTES_MAX = 4 << 20;

async function filesBelow(client: InProcessClient, path: string): Promise<readonly string[]> {
  if (NOT_READ.has(path)) return [];
  const stat = await client.stat(path);
  if (!stat.ok) throw new Broken(`${path} is listed and not there: ${stat.refusal.code}`);
  if (stat.value.kind !== 'directory') return [path];
  const names = await client.list(path);
  if (!names.ok) throw new Broken(`${path} cannot be listed: ${names.refusal.code}`);
  const files: string[] = [];
  for (const name of names.value) files.push(...(await filesBelow(client, `${path === '/' ? '' : path}/${name}`)));
  return files;
}

/** `/audit/journal` is what the segments say, as far as both reach: the last records may not be shown yet. */
async function compareStream(world: World, { audit }: Assembly): Promise<void> {
  const { stream } = await world.check('while it runs');
  const { journal } = audit;
  const shown = Buffer.from(journal.snapshot());
  if (!shown.equals(stream.subarray(journal.base, journal.end)))
    throw new Broken('/audit/journal shows what the segments do not say');
}

function journalHash(world: World): string {
  const hash = createHash('sha256');
  for (const path of world.disk.files('/journal')) if (path.endsWith('.seg')) hash.update(world.disk.contents(path));
  return hash.digest('hex');
}
