// The account of workers, as the executor of effects keeps it: which start is the newest of each, under which fence and epoch. No
// effect is of an older fence or epoch, no receipt of an older start counts, and no boot loses a worker.

import { checkStart, type Effect, type State, startOrders } from '@cohesix/authority';
import { isServing } from './jobs.ts';
import { isSameSet } from './leases.ts';
import { type Account, type Heard, linesOf, type Scene } from './scene.ts';

/** The newest start of a worker. */
export interface Start {
  readonly fence: number;
  readonly epoch: number;
  /** Journal entry of this start, and of the spawn. */
  readonly entry: number;
  readonly spawnedBy: number;
  readonly expiresAt: number | null;
  state: 'starting' | 'running' | 'stopping';
  /** Whether it ever ran: after that a failure gives no approval back. */
  hasRun: boolean;
}

interface Receipt {
  readonly worker: string;
  readonly fence: number;
  readonly epoch: number;
  readonly entry?: number;
}

export class WorkerAccount implements Account {
  readonly workers: Map<string, Start> = new Map();
  readonly #scene: Scene;
  #newest = 0;
  #nextId = 1;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  judge(heard: Heard): string[] {
    const { command, effects, state } = heard;
    if (command.path === '/sys/boot') return this.#rebooted(state, command.at);
    const broken = command.path === '/sys/workers/ctl' ? this.#received(command.line) : [];
    return [...broken, ...effects.flatMap((effect) => this.#effect(effect, command.seq))];
  }

  /** The journal entry of the spawn that a receipt says has failed before the worker ever ran; asked before it is judged. */
  failedSpawn({ command: { path, line } }: Heard): number | undefined {
    if (path !== '/sys/workers/ctl') return undefined;
    const { failed } = JSON.parse(line) as { readonly failed?: Receipt };
    const known = this.workers.get(failed?.worker ?? '');
    return known === undefined || known.hasRun ? undefined : known.spawnedBy;
  }

  #effect(effect: Effect, entry: number): string[] {
    const known = this.workers.get(String(effect.worker));
    if (effect.entry !== entry) return [`an effect ${effect.kind} of entry ${effect.entry} by entry ${entry}`];
    if (effect.kind === 'worker.start') return this.#started(effect, known);
    if (effect.kind !== 'worker.stop') return [];
    if (known === undefined || known.state === 'stopping') return [`${effect.worker} is stopped and does not run`];
    known.state = 'stopping';
    const isNewest = effect.fence === known.fence && effect.epoch === known.epoch;
    return isNewest ? [] : [`a stale effect: ${effect.worker} is stopped under fence ${effect.fence}`];
  }

  #started(effect: Effect, known: Start | undefined): string[] {
    const [worker, fence, epoch, entry] = [String(effect.worker), Number(effect.fence), effect.epoch, effect.entry];
    const broken: string[] = [];
    if (known !== undefined) broken.push(`${worker} is started while it is there`);
    if (worker !== `worker-${this.#nextId}`) broken.push(`${worker} is started, after worker-${this.#nextId - 1}`);
    if (fence <= this.#newest) broken.push(`${worker} is started under the fence ${fence}, which is not new`);
    if (epoch !== this.#scene.epoch) broken.push(`${worker} is started in epoch ${epoch} of ${this.#scene.epoch}`);
    if (!isServing(this.#scene)) broken.push(`${worker} is started while the node is ${this.#scene.lifecycle}`);
    this.#newest = Math.max(this.#newest, fence);
    this.#nextId += 1;
    const start = { fence, epoch: Number(epoch), entry: Number(entry), spawnedBy: Number(entry) };
    const expiresAt = effect.expiresAt as number | null;
    this.workers.set(worker, { ...start, expiresAt, state: 'starting', hasRun: false });
    return broken;
  }

  #received(line: string): string[] {
    const [[kind = '', receipt] = []] = Object.entries(JSON.parse(line) as Record<string, Receipt>);
    const known = this.workers.get(receipt?.worker ?? '');
    if (receipt === undefined || known === undefined) return [`a receipt of ${receipt?.worker}, which is not there`];
    const broken: string[] = [];
    if (known.fence !== receipt.fence || known.epoch !== receipt.epoch)
      broken.push(`a stale receipt of ${receipt.worker}: fence ${receipt.fence} of ${known.fence}`);
    if (kind === 'failed' && receipt.entry !== known.entry) broken.push(`${receipt.worker} failed another start`);
    if (kind === 'started') Object.assign(known, { state: 'running', hasRun: true });
    if (kind === 'exited' || kind === 'failed') this.workers.delete(receipt.worker);
    return broken;
  }

  /** Every worker that was live and whose time is not up waits for a start under a new fence; no other is there. */
  #rebooted(state: Readonly<State>, at: number): string[] {
    const orders = new Map(startOrders(state).map((order) => [String(order.worker), order]));
    const broken: string[] = [];
    for (const [worker, known] of this.workers) {
      const isOver = known.state === 'stopping' || (known.expiresAt !== null && known.expiresAt <= at);
      const order = orders.get(worker);
      if (isOver !== (order === undefined)) broken.push(`a boot ${isOver ? 'revived' : 'lost'} ${worker}`);
      if (order === undefined) this.workers.delete(worker);
      else broken.push(...this.#restarted(worker, known, order));
    }
    if (orders.size !== this.workers.size) broken.push(`a boot starts ${orders.size} of ${this.workers.size} workers`);
    return broken;
  }

  #restarted(worker: string, known: Start, order: Effect): string[] {
    const [fence, epoch, entry] = [Number(order.fence), Number(order.epoch), Number(order.entry)];
    const isNew = fence > this.#newest && epoch === this.#scene.epoch;
    this.#newest = Math.max(this.#newest, fence);
    this.workers.set(worker, { ...known, fence, epoch, entry, state: 'starting' });
    return isNew ? [] : [`${worker} is started again under fence ${fence} in epoch ${epoch}`];
  }

  /** Workers that are there at all: what blocks a drain. */
  get live(): number {
    return [...this.workers.values()].filter(({ state }) => state !== 'stopping').length;
  }

  settled(at: number): string[] {
    return [...this.workers]
      .filter(([, { state, expiresAt }]) => state !== 'stopping' && expiresAt !== null && expiresAt <= at)
      .map(([worker]) => `${worker} is over and was not stopped`);
  }

  look(view: (path: string) => string, state: Readonly<State>): string[] {
    const live = [...this.workers].filter(([, known]) => known.state !== 'stopping');
    const [text = ''] = linesOf(view('/proc/workers'));
    const broken = text.startsWith(`workers total=${live.length} `)
      ? []
      : [`${live.length} workers live, shown: ${text}`];
    const shown = live.flatMap(([worker]) => linesOf(view(`/worker/${worker}/info`)));
    const fences = shown.map((line) => String((JSON.parse(line) as { fence: number }).fence));
    if (
      !isSameSet(
        fences,
        live.map(([, { fence }]) => String(fence)),
      )
    )
      broken.push(`fences shown are ${fences}`);
    for (const [worker, known] of this.workers) {
      const { fence, epoch } = known;
      if (checkStart(state, { worker, fence, epoch }).ok !== (known.state !== 'stopping'))
        broken.push(`a start of ${worker} under fence ${fence} is answered wrongly`);
      if (checkStart(state, { worker, fence: fence - 1, epoch }).ok)
        broken.push(`a stale start of ${worker} is let through`);
    }
    return broken;
  }
}
