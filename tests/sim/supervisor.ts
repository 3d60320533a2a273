// Who starts the hive of a simulated world, and starts it again when it is gone or cannot go on.

import { HiveProcess } from './hive-process.ts';
import type { World } from './world.ts';

/** How often it looks, and how long it leaves a hive alone that does not go on by itself, ms. */
const LOOK_MS = 250;
const SEALED_MS = 4000;

export class Supervisor {
  /** Whether it starts a hive that is gone. */
  isOn = true;
  readonly #world: World;
  #sealedSinceMs: number | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  /** Starts the hive when it is gone, and again when it has been sealed for a while; until the world is at rest. */
  live(): void {
    this.#world.machine.after(LOOK_MS, () => {
      this.#look().then(
        () => this.live(),
        (error: unknown) => this.#world.failed(error),
      );
    });
  }

  async #look(): Promise<void> {
    const { process, machine } = this.#world;
    if (!this.isOn) return;
    if (process === undefined) return this.start();
    const isSealed = process.assembly?.ledger.sealedBy !== undefined && !process.goesOn;
    const nowMs = machine.nowMs();
    this.#sealedSinceMs = isSealed ? (this.#sealedSinceMs ?? nowMs) : undefined;
    if (this.#sealedSinceMs === undefined || nowMs - this.#sealedSinceMs < SEALED_MS) return;
    this.#sealedSinceMs = undefined;
    this.#world.count('restarted sealed');
    await this.#world.crash();
  }

  /** Tries to start another hive on the disk of one that runs. It must be turned away. */
  async startSecond(): Promise<void> {
    const world = this.#world;
    const first = world.process;
    if (first?.assembly === undefined) return;
    const second = new HiveProcess(world);
    const started = await Promise.race([second.start(), first.gone]);
    second.kill();
    if (started === undefined || world.process !== first) return;
    if (started.ok) world.broken('two hives run on one disk');
    else if (started.refusal.code !== 'busy' && second.faults === 0)
      world.broken(`a second hive is refused with ${started.refusal.code}: ${started.refusal.detail}`);
    world.count(started.ok ? 'second started' : `second ${started.refusal.code}`);
  }

  /** One attempt to start a hive. One that the disk did not fail must succeed. */
  async start(): Promise<void> {
    const world = this.#world;
    const process = new HiveProcess(world);
    const before = await world.beforeStart();
    world.process = process;
    process.onStarted = async (assembly) => {
      const { ledger } = assembly;
      if (ledger.shownHash() !== before.stateHash) world.broken('a start came to another state than the journal');
      if (assembly.audit.journal.end !== before.stream.length) world.broken('/audit/journal goes on at another byte');
    };
    const started = await Promise.race([process.start(), process.gone]);
    if (started === undefined) return;
    world.tell(started.ok ? `started, pid ${process.pid}` : `start refused: ${started.refusal.detail}`);
    world.count(started.ok ? 'started' : 'start refused');
    if (started.ok) return this.#countStart(process);
    if (process.faults === 0) world.broken(`a start is refused: ${started.refusal.detail}`);
    process.kill();
    if (world.process === process) world.process = undefined;
  }

  #countStart({ assembly }: HiveProcess): void {
    const recovery = assembly?.recovery ?? '';
    if (!recovery.includes('torn=none')) this.#world.count('torn tail');
    if (!recovery.includes('snapshot=0')) this.#world.count('from a snapshot');
    if (!recovery.includes('segments=1 ')) this.#world.count('several segments');
  }
}
