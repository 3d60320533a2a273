// A gateway of its own while the hive behind it is killed and started again, under load of writers and followers: nothing that was
// acknowledged is missing, nothing is written twice, and a follower has every line once or is told where some are missing.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type HiveClient } from '@cohesix/client';
import { defaultManifest } from '@cohesix/manifest';
import { readHistory } from '@cohesix/node';
import { dataPaths } from '@cohesix/node/paths';
import { afterEach, expect, it, vi } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { startHive, type TestHive } from '../support/hive.ts';
import { clientOf, QUIET_MANIFEST, workersOf } from './hive-client.ts';

const CTL = '/queen/ctl';
const INTENTS = '/queen/intents/ctl';
const TELEMETRY = '/worker/worker-1/telemetry';
const LOG = '/log/queen.log';
const WRITERS = 4;
/** Lines that must be acknowledged before each kill, and after the last. */
const ROUND = 40;
const KILLS = 2;

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

it('loses and doubles nothing, and goes on by itself', { timeout: 240_000 }, async () => {
  const data = mkdtempSync(join(tmpdir(), 'cohesix-behind-'));
  endings.push(() => rmSync(data, { recursive: true, force: true }));
  let hive = await started(data);
  const load = new Load(hive.ticket, await gatewayOf(data));
  const [telemetry, log] = [await load.followed(TELEMETRY), await load.followed(LOG)];
  load.begin();
  for (let kill = 0; kill < KILLS; kill++) {
    await load.acknowledged(ROUND);
    await toldOf(log, load.acked.at(-1));
    process.kill(hive.pid, 'SIGKILL');
    await hive.ended;
    hive = await started(data);
  }
  await load.acknowledged(ROUND);
  await load.end();

  const direct = await clientOf(hive);
  endings.push(() => direct.close());
  const counts = await linesOf(data);
  for (const line of load.acked) expect(counts.get(line), `acknowledged: ${line}`).toBe(1);
  for (const line of load.unknown) expect(counts.get(line) ?? 0, `unknown: ${line}`).toBeLessThanOrEqual(1);
  // Each intent was repeated until it was acknowledged, and each made one worker; a hive starts with one.
  expect(await workersOf(direct)).toBe(1 + load.intents.length);

  await vi.waitFor(() => expect(telemetry.text).toContain(`mark ${load.marks.at(-1)}\n`), WAIT);
  checkMarks(telemetry.text, load.marks);
  await vi.waitFor(async () => expect(log.text.endsWith(`${lastMarked(await textIn(direct))}\n`)).toBe(true), WAIT);
  await checkLog(log.text, direct);
});

/** Waits until a follower of the log has come to a line of `/queen/ctl`: it is taken up again in every life. */
async function toldOf(log: { readonly text: string }, line = ''): Promise<void> {
  const [ops = ''] = /"ops":\d+/.exec(line) ?? [];
  await vi.waitFor(() => expect(log.text).toContain(`${ops.replace('"ops":', ' ops=')} `), WAIT);
}

const WAIT = { timeout: 60_000, interval: 50 };

async function started(data: string): Promise<TestHive> {
  const hive = await startHive({ data, manifest: QUIET_MANIFEST });
  endings.push(() => hive.stop());
  return hive;
}

async function gatewayOf(data: string): Promise<TestGateway> {
  const { socket, queenTicket } = dataPaths(data);
  const gateway = await startTestGateway(`unix:${socket}`, queenTicket);
  expect(gateway.ready).toMatchObject({ manifest: 'hive' });
  endings.push(async () => expect(await gateway.stop()).toBe(0));
  return gateway;
}

/** Writers that never stop, each with a session of its own. */
class Load {
  readonly acked: string[] = [];
  readonly unknown: string[] = [];
  readonly intents: string[] = [];
  /** Numbers of acknowledged lines of telemetry, in order. */
  readonly marks: number[] = [];
  readonly #ticket: string;
  readonly #gateway: TestGateway;
  readonly #running: Promise<void>[] = [];
  #next = 1000;
  #isOver = false;

  constructor(ticket: string, gateway: TestGateway) {
    this.#ticket = ticket;
    this.#gateway = gateway;
  }

  /** A session, as soon as there is one to be had. */
  async session(): Promise<HiveClient> {
    return vi.waitFor(async () => {
      const client = await connect({ url: this.#gateway.url, role: 'queen', ticket: this.#ticket });
      if (!client.ok) throw new Error(client.refusal.detail);
      endings.push(() => client.value.close());
      return client.value;
    }, WAIT);
  }

  /** Follows a stream and never begins again by itself: going on is the client's. */
  async followed(path: string): Promise<{ text: string }> {
    const heard = { text: '' };
    const follow = await (await this.session()).follow(path);
    if (!follow.ok) throw new Error(follow.refusal.detail);
    endings.push(() => follow.value.stop());
    void (async () => {
      for await (const chunk of follow.value) heard.text += new TextDecoder().decode(chunk);
    })();
    return heard;
  }

  begin(): void {
    const jobs = [...Array.from({ length: WRITERS }, () => this.#lines()), this.#repeated(), this.#telemetry()];
    this.#running.push(...jobs);
  }

  /** So many lines more of every kind. */
  async acknowledged(count: number): Promise<void> {
    const wanted = [this.acked.length + count, this.intents.length + count / 8, this.marks.length + count / 4];
    await vi.waitFor(() => {
      const now = [this.acked.length, this.intents.length, this.marks.length];
      expect(now.map((one, at) => one >= (wanted[at] ?? 0))).toEqual([true, true, true]);
    }, WAIT);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#running);
  }

  /** Lines that are never the same twice, each written once, whatever becomes of it. */
  async #lines(): Promise<void> {
    const client = await this.session();
    while (!this.#isOver) {
      const line = JSON.stringify({ budget: { ops: this.#next++ } });
      const answer = await client.append(CTL, line);
      (answer.ok ? this.acked : this.unknown).push(line);
      if (!answer.ok) await turn();
    }
  }

  /** Intents, each repeated as it is until it is acknowledged. */
  async #repeated(): Promise<void> {
    const client = await this.session();
    while (!this.#isOver) {
      const id = `load-${this.intents.length}`;
      const intent = { id, idempotency_key: id, issued_unix_ms: Date.now(), target: CTL, cmd: SPAWN };
      const line = JSON.stringify({ schema: 'queen-intent/v1', ...intent });
      while (!(await client.append(INTENTS, line)).ok) await turn();
      this.intents.push(id);
    }
  }

  async #telemetry(): Promise<void> {
    const client = await this.session();
    for (let mark = 0; !this.#isOver; mark++) {
      if ((await client.append(TELEMETRY, `mark ${mark}`)).ok) this.marks.push(mark);
      else await turn();
    }
  }
}

const SPAWN = '{"spawn":"heartbeat","ticks":1000}';

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** How often each line of `/queen/ctl` is in the journal. */
async function linesOf(data: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const history = await readHistory({
    directory: dataPaths(data).journal,
    manifest: defaultManifest(),
    onDecided: ({ command, outcome }) => {
      if (command.path === CTL && outcome.ok) counts.set(command.line, (counts.get(command.line) ?? 0) + 1);
    },
  });
  if (!history.ok) throw new Error(history.refusal.detail);
  return counts;
}

/** Marks come once and in order; where acknowledged ones are missing, a marker line stands. */
function checkMarks(text: string, acknowledged: readonly number[]): void {
  let before = -1;
  let isTold = false;
  for (const line of text.split('\n')) {
    if (line.startsWith('~ lost ')) isTold = true;
    const [, digits] = /^mark (\d+)$/.exec(line) ?? [];
    if (digits === undefined) continue;
    const mark = Number(digits);
    expect(mark, 'a mark that came before').toBeGreaterThan(before);
    const missing = acknowledged.filter((one) => one > before && one < mark);
    if (!isTold) expect(missing, `missing before mark ${mark}`).toEqual([]);
    before = mark;
    isTold = false;
  }
}

/** The queen's log begins anew with each hive that was killed, which is told; since then every line is there, once. */
async function checkLog(text: string, direct: HiveClient): Promise<void> {
  const lives = text.split(/^~ lost .*\n/m);
  expect(lives).toHaveLength(1 + KILLS);
  const whole = await textIn(direct);
  expect(whole.startsWith(lives.at(-1) ?? '')).toBe(true);
}

async function textIn(client: HiveClient): Promise<string> {
  const bytes = await client.read(LOG);
  return new TextDecoder().decode(bytes.ok ? bytes.value : undefined);
}

function lastMarked(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}
