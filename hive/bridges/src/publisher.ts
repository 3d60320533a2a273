// Publishes one host: declares it, appends how its things are to their status files, and carries out the orders that come. Each order
// is taken up before anything is done, so that of two publishers, or of one that was cut off and came again, at most one does it.

import { type Follow, type HiveClient, jsonLines, replyTo } from '@cohesix/client';
import { type HostOrder, hostOrderOf } from './host-order.ts';
import type { HostMembers, HostSource, StatusLine } from './host-source.ts';

type Failed = Extract<Awaited<ReturnType<HiveClient['ping']>>, { ok: false }>;
type Done<T> = { readonly ok: true; readonly value: T } | Failed;

/** What is published where. */
export interface PublisherOptions {
  readonly client: HiveClient;
  /** Name of the host. */
  readonly host: string;
  readonly source: HostSource;
  /** Told what happened, a line each; for people. */
  readonly tell: (line: string) => void;
}

/** Which list of members belongs to a provider; the hive takes none of a provider that it does not show. */
const MEMBERS_OF: Readonly<Record<keyof HostMembers, string>> = {
  units: 'systemd',
  nodes: 'k8s',
  gpus: 'nvidia',
  interfaces: 'net',
};

const CTL = '/host/ctl';
const LOSS_MARKER = /^~ lost bytes=/m;
const PROVIDERS = ['systemd', 'k8s', 'docker', 'nvidia', 'net', 'jetson'] as const;

export class HostPublisher {
  readonly #options: PublisherOptions;
  #fence = 0;
  #providers: readonly string[] = [];
  #follow: Follow | undefined;
  /** Entry of the last order that was looked at. Orders come in their order, and `orders.snapshot` leaves none out. */
  #lastEntry = 0;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Number of the declaration; 0 before it. */
  get fence(): number {
    return this.#fence;
  }

  /** The providers that the hive shows, and so those that are published. */
  get providers(): readonly string[] {
    return this.#providers;
  }

  /** Declares the host. Refused `busy` while somebody else publishes it. */
  async declare(): Promise<Done<number>> {
    const { client, host, source } = this.#options;
    const names = await client.list('/host');
    if (!names.ok) return names;
    this.#providers = PROVIDERS.filter((provider) => names.value.includes(provider));
    const lists = Object.entries(source.members).filter(([kind]) =>
      this.#providers.includes(MEMBERS_OF[kind as keyof HostMembers]),
    );
    const line = JSON.stringify({ op: 'declare', host, ...Object.fromEntries(lists) });
    const declared = await client.append(CTL, line);
    if (!declared.ok) return declared;
    const fence = (await replyTo(client, { path: CTL, line }))?.reply.fence;
    if (typeof fence === 'number') this.#fence = fence;
    return { ok: true, value: this.#fence };
  }

  /** Appends how everything is now. Value: how many lines. */
  async publish(): Promise<Done<number>> {
    let count = 0;
    for (const provider of this.#providers) {
      for (const status of await this.#options.source.sample(provider)) {
        const appended = await this.#append(status);
        if (!appended.ok) return appended;
        count += 1;
      }
    }
    return { ok: true, value: count };
  }

  #append({ file, line }: StatusLine): ReturnType<HiveClient['append']> {
    const { client, host } = this.#options;
    return client.append(`/host/${host}/${file}`, `${line}\n`);
  }

  /** Carries out the orders that wait, once each. Value: how many were done or failed. */
  async obey(): Promise<Done<number>> {
    const { client, host } = this.#options;
    const text = await client.read(`/host/${host}/orders.snapshot`);
    if (!text.ok) return text;
    return { ok: true, value: await this.#carryOutAll(new TextDecoder().decode(text.value)) };
  }

  /** Carries out orders as they come, until `stop` or the session ends; those that wait already come first. */
  async follow(): Promise<Done<void>> {
    const { client, host } = this.#options;
    const follow = await client.follow(`/host/${host}/orders`);
    if (!follow.ok) return follow;
    this.#follow = follow.value;
    // Between the two nothing is missed: the follow began first, and an order is done once.
    const waiting = await this.obey();
    if (!waiting.ok) return this.#ended(waiting);
    for await (const chunk of follow.value) {
      const text = new TextDecoder().decode(chunk);
      if (LOSS_MARKER.test(text)) await this.obey();
      await this.#carryOutAll(text);
    }
    return follow.value.ended;
  }

  /** Ends `follow`; an order that is being carried out is finished. */
  stop(): void {
    this.#follow?.stop();
  }

  #ended(failed: Failed): Failed {
    this.stop();
    return failed;
  }

  async #carryOutAll(text: string): Promise<number> {
    let count = 0;
    for (const value of jsonLines(text)) {
      const order = hostOrderOf(value);
      if (order === undefined || order.host !== this.#options.host || order.entry <= this.#lastEntry) continue;
      this.#lastEntry = order.entry;
      if (await this.#carryOut(order)) count += 1;
    }
    return count;
  }

  async #carryOut(order: HostOrder): Promise<boolean> {
    const { source, tell } = this.#options;
    const what = `${order.id} ${order.control}${order.member === undefined ? '' : ` ${order.member}`}`;
    const taken = await this.#say(order, { state: 'taken' });
    if (!taken.ok) {
      tell(`order ${what} not taken: ${taken.refusal.code}`);
      return false;
    }
    const outcome = await source.carryOut(order, async (status) => void (await this.#append(status)));
    const said = await this.#say(order, { ...outcome });
    tell(`order ${what} ${outcome.state}: ${outcome.message}${said.ok ? '' : ` (not reported: ${said.refusal.code})`}`);
    return true;
  }

  #say(order: HostOrder, more: Readonly<Record<string, string>>): ReturnType<HiveClient['append']> {
    const { client, host } = this.#options;
    const line = { op: 'result', host, order: order.id, fence: this.#fence, ...more };
    return client.append(CTL, JSON.stringify(line));
  }
}
