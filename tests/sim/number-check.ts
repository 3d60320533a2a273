// Numbers that only grow, and rights that only end, followed through a journal: epochs of boots, fences of workers, times of
// records, and the tickets that were revoked.

import type { LedgerRecord } from '@cohesix/node';

/** What a receipt says about a start. */
interface Start {
  readonly worker: string;
  readonly fence: number;
  readonly epoch: number;
}

interface Epoch {
  readonly epoch: number;
}

export class NumberCheck {
  /** What does not hold. */
  readonly broken: string[] = [];
  #epoch = 0;
  #at = 0;
  /** Fences of starts, of all workers: each start has one of its own. */
  readonly #fences = new Set<number>();
  /** The last start of each worker. */
  readonly #starts = new Map<string, Start>();
  readonly #revoked = new Set<string>();

  /** Takes the next record. */
  record(record: LedgerRecord): void {
    const { seq, at, who, path, lines, outcomes } = record;
    if (at < this.#at) this.#find(seq, `time ${at} after ${this.#at}`);
    this.#at = at;
    if (outcomes.some(({ ok }) => !ok)) this.#find(seq, 'a refused line');
    if (who.ticketIds.some((id) => this.#revoked.has(id))) this.#find(seq, 'a line of a revoked ticket');
    for (const line of lines) {
      if (path === '/sys/boot') this.#raised(seq, (JSON.parse(line) as { boot: Epoch }).boot);
      if (path === '/queen/epoch/ctl') this.#raised(seq, (JSON.parse(line) as { promote: Epoch }).promote);
      if (path === '/sys/workers/ctl') this.#receipt(seq, JSON.parse(line) as { started?: Start });
      if (path === '/queen/ticket/ctl') this.#revoked.add((JSON.parse(line) as { revoke: { id: string } }).revoke.id);
    }
  }

  #raised(seq: number, { epoch }: Epoch): void {
    if (epoch <= this.#epoch) this.#find(seq, `epoch ${epoch} after ${this.#epoch}`);
    this.#epoch = epoch;
  }

  #receipt(seq: number, { started }: { started?: Start }): void {
    if (started === undefined) return;
    const { worker, fence, epoch } = started;
    const before = this.#starts.get(worker);
    if (this.#fences.has(fence)) this.#find(seq, `${worker} starts under the fence ${fence} of another start`);
    if (before !== undefined && fence <= before.fence)
      this.#find(seq, `${worker}: fence ${fence} after ${before.fence}`);
    if (epoch !== this.#epoch) this.#find(seq, `${worker} starts under epoch ${epoch} in epoch ${this.#epoch}`);
    this.#fences.add(fence);
    this.#starts.set(worker, started);
  }

  #find(seq: number, what: string): void {
    this.broken.push(`entry ${seq}: ${what}`);
  }
}
