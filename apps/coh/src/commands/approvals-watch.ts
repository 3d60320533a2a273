// approvals --watch: tells requests as they come, are approved in part, and go; at a terminal somebody decides on them by number.
// A request keeps its number for as long as the watch runs: what is typed late is never about another one.

import { createInterface } from 'node:readline';
import { type HiveClient, jsonLines, realTimers } from '@cohesix/client';
import { type Context, say, sayJson } from '../context.ts';
import { ACTIONS_QUEUE, isRecord } from '../control-line.ts';
import { visible } from '../io.ts';
import { DONE, failAt, withHive } from '../session.ts';
import { approvedText, openRequests, type Pending, pendingText, UNREADABLE } from './approvals.ts';

/** Every decision is a line of this stream. */
const DECISIONS = '/audit/decisions';

/** When the stream cannot be followed, and for what ends without a decision (a revocation), milliseconds. */
const LOOK_AGAIN_MS = 2000;

/**
 * Runs until Ctrl-C, Ctrl-D or `q`. JSON: one object an event: `{event: "asked", …request}`, `{event: "approved", id, needs,
 * approved_by}` while one approval is not enough, `{event: "ended", id, state, decided_by}`.
 */
export function watchApprovals(context: Context): Promise<number> {
  return withHive(context, (client) => new Watch(context, client).run(), { fallback: 'approver' });
}

class Watch {
  readonly #context: Context;
  readonly #client: HiveClient;
  /** By id. */
  #known = new Map<string, { readonly number: number; readonly pending: Pending }>();
  #numbers = 0;
  #typed: string[] = [];
  #isOver = false;
  #isWoken = false;
  #wake: () => void = () => {};

  constructor(context: Context, client: HiveClient) {
    this.#context = context;
    this.#client = client;
  }

  async run(): Promise<number> {
    const ends = [this.#onSignals(), this.#onInput(), await this.#onDecisions()];
    try {
      for (let isFirst = true; !this.#isOver; isFirst = false) {
        const pending = await openRequests(this.#client);
        if (!pending.ok)
          return await failAt(this.#context, this.#client, { what: UNREADABLE, refusal: pending.refusal });
        await this.#tell(pending.value, isFirst);
        await this.#woken();
        for (const line of this.#typed.splice(0)) await this.#obey(line);
      }
      return DONE;
    } finally {
      for (const end of ends) end();
    }
  }

  #onSignals(): () => void {
    const offs = (['SIGINT', 'SIGTERM'] as const).map((name) => this.#context.io.onSignal(name, () => this.#end()));
    return () => {
      for (const off of offs) off();
    };
  }

  /** Lines typed at a terminal; elsewhere nobody types. */
  #onInput(): () => void {
    const { io, json } = this.#context;
    if (json || io.stdin.isTTY !== true || io.stdout.isTTY !== true) return () => {};
    const readline = createInterface({ input: io.stdin, terminal: false });
    readline.on('line', (line) => {
      this.#typed.push(line.trim());
      this.#rouse();
    });
    readline.once('close', () => this.#end());
    return () => readline.close();
  }

  /** Looks again at each decision; without the stream, now and then. */
  async #onDecisions(): Promise<() => void> {
    const follow = await this.#client.follow(DECISIONS);
    if (!follow.ok) return () => {};
    void (async () => {
      for await (const _ of follow.value) this.#rouse();
    })();
    return () => follow.value.stop();
  }

  #end(): void {
    this.#isOver = true;
    this.#rouse();
  }

  #rouse(): void {
    this.#isWoken = true;
    this.#wake();
  }

  /** Until there is something to do, or a while has passed. */
  async #woken(): Promise<void> {
    if (!this.#isWoken) {
      await new Promise<void>((resume) => {
        const cancel = realTimers.after(LOOK_AGAIN_MS, resume);
        this.#wake = () => {
          cancel();
          resume();
        };
      });
    }
    this.#isWoken = false;
  }

  async #tell(now: readonly Pending[], isFirst: boolean): Promise<void> {
    const before = this.#known;
    const known = now.map((pending) => {
      const old = before.get(pending.id);
      const number = old?.pending.entry === pending.entry ? old.number : ++this.#numbers;
      return { number, pending };
    });
    this.#known = new Map(known.map((one) => [one.pending.id, one]));
    for (const { pending } of before.values())
      if (this.#known.get(pending.id)?.pending.entry !== pending.entry) await this.#tellEnd(pending.id);
    for (const { number, pending } of known) {
      const old = before.get(pending.id);
      if (old === undefined || old.number !== number) this.#tellAsked(pending, number);
      else if (old.pending.approved_by?.length !== pending.approved_by?.length) this.#tellApproved(pending, number);
    }
    if (isFirst && now.length === 0 && !this.#context.json) say(this.#context, ['no open requests; waiting']);
  }

  #tellAsked(pending: Pending, number: number): void {
    if (this.#context.json) sayJson(this.#context, { event: 'asked', ...pending });
    else say(this.#context, [`${number}  ${pendingText(pending)}`, ...this.#hint(number)]);
  }

  #hint(number: number): readonly string[] {
    return this.#context.io.stdin.isTTY === true ? [`  a ${number} approves it, d ${number} denies it, q leaves`] : [];
  }

  #tellApproved(pending: Pending, number: number): void {
    const { id, needs, approved_by: by } = pending;
    if (this.#context.json) sayJson(this.#context, { event: 'approved', id, needs, approved_by: by });
    else say(this.#context, [visible(`${number}  ${id}${approvedText(pending)}`)]);
  }

  /** What became of a request that is open no more. */
  async #tellEnd(id: string): Promise<void> {
    const read = await this.#client.read(`/actions/${id}/status`);
    const [status] = read.ok ? jsonLines(new TextDecoder().decode(read.value)) : [];
    const { state = 'gone', decided_by: by = null } = isRecord(status) ? status : {};
    if (this.#context.json) sayJson(this.#context, { event: 'ended', id, state, decided_by: by });
    else say(this.#context, [visible(`-  ${id}  ${ENDED[String(state)] ?? state}${by === null ? '' : ` by ${by}`}`)]);
  }

  async #obey(line: string): Promise<void> {
    if (line === '') return;
    if (line === 'q') return this.#end();
    const [, word, number] = /^([ad]) *(\d+)$/.exec(line) ?? [];
    const chosen = [...this.#known.values()].find((one) => String(one.number) === number);
    if (word === undefined || chosen === undefined)
      return say(this.#context, [word === undefined ? USAGE : `no open request has the number ${number}`]);
    const { id, entry } = chosen.pending;
    const decision = word === 'a' ? 'approve' : 'deny';
    const sent = await this.#client.append(ACTIONS_QUEUE, JSON.stringify({ id, entry, decision }));
    if (sent.ok) return;
    const sentence = (await this.#client.explain()) ?? sent.refusal.detail;
    say(this.#context, [visible(`cannot ${decision} ${id} (${sent.refusal.code}): ${sentence}`)]);
  }
}

const USAGE = 'a NUMBER approves, d NUMBER denies, q leaves';

/** States of an action that is open no more, for people. */
const ENDED: Readonly<Record<string, string>> = { queued: 'approved', consumed: 'approved and used' };
