// What workers report, put into the spool as well (`spool.telemetry`), for whoever fetches it when there is a link again. A worker does
// not wait for the disk: what finds no room in the spool is in its stream only, is counted, and the log says when that begins.

import { SPOOL_KIND, type Spool } from '@cohesix/journal';

/** What the feed needs of the hive. */
export interface FeedPorts {
  readonly now: () => number;
  /** Appends a line to the log. */
  readonly audit: (line: string) => void;
}

export class SpoolFeed {
  readonly #spool: Spool;
  readonly #ports: FeedPorts;
  #dropped = 0;
  #isDropping = false;

  constructor(spool: Spool, ports: FeedPorts) {
    this.#spool = spool;
    this.#ports = ports;
  }

  /** Reports that found no room. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes what a worker reported: a record whose first line is the worker. Copies `bytes`. */
  offer(worker: string, bytes: Uint8Array): void {
    const payload = Buffer.concat([Buffer.from(`${worker}\n`), bytes]);
    void this.#spool.append(SPOOL_KIND.telemetry, payload, this.#ports.now()).then((appended) => {
      if (!appended.ok) this.#drop(appended.refusal.detail);
      else this.#isDropping = false;
    });
  }

  #drop(reason: string): void {
    this.#dropped += 1;
    if (!this.#isDropping)
      this.#ports.audit(`spool telemetry dropped=${this.#dropped} reason=${JSON.stringify(reason)}`);
    this.#isDropping = true;
  }
}
