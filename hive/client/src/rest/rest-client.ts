// HiveClient over a gateway's REST (`/v1/fs/*`). Needs nothing of Node: a browser gives `fetch`. Each client has a session
// of its own at the gateway (`x-cohesix-session`), so that what belongs to a session (binds, `/proc/self`) is this client's.

import { ok, REFUSALS, type Result, refuse } from '@cohesix/wire';
import { followOf } from '../follow.ts';
import type { FileStat, Follow, HiveClient, ReadOptions } from '../hive-client.ts';
import type { LocalFollow } from '../local-door.ts';
import type { PushOptions } from '../pieces.ts';
import { RefusalsSeen } from '../refusals-seen.ts';
import { APPEND_MAX_BYTES_DEFAULT, componentsOf, linesToAppend, READ_MAX_BYTES_DEFAULT } from '../request.ts';
import type { Cancel, Timers } from '../timers.ts';
import { wholeLines } from '../whole-lines.ts';
import { fetchSender, type HttpSender } from './http-sender.ts';
import { Lane } from './lane.ts';
import { readLarge } from './large-read.ts';
import { bigIn, type Fields, stringsIn } from './rest-answer.ts';
import { openContent, sendContent } from './rest-content.ts';
import { RestFollow } from './rest-follow.ts';
import { RestLink, randomName } from './rest-link.ts';

/** Operations in flight, and waiting: as many as over 9P. */
const OPERATIONS_MAX = 14;
const WAITING_MAX = 1024;

/** Follows at a time, as over 9P; each holds a connection. */
const FOLLOWS_MAX = 8;

/** Content that one answer of a gateway holds, whatever is asked for (its `answerBytesMax`). */
const ANSWER_BYTES_MAX: number = 1 << 20;

/** Milliseconds between signs of life of an idle client: a third of what a gateway keeps an idle session. */
const BEAT_MS = 20_000;

const SELF_PATH = '/proc/self/session';
const SELF_BYTES_MAX = 4096;

/** What a client is attached with. */
export interface RestOptions {
  /** `http://host:port` or `https://host:port`, maybe with a path the gateway is below. */
  readonly url: string;
  /** Claimed role, compared with the ticket's; empty: whatever the ticket says. */
  readonly role: string;
  /** The ticket token; travels as `Authorization: Bearer`. */
  readonly ticket: string;
  /** Milliseconds for each operation's answer. Default 5000. */
  readonly deadlineMs?: number;
  readonly timers: Timers;
  /** How requests leave. Default: `fetch`. */
  readonly send?: HttpSender;
}

/** A session with a hive over REST. */
export class RestClient implements HiveClient {
  readonly door = 'rest';
  readonly role: string;
  readonly #link: RestLink;
  readonly #lane = new Lane({ max: OPERATIONS_MAX, waitingMax: WAITING_MAX });
  readonly #refusals = new RefusalsSeen();
  readonly #follows = new Set<Follow>();
  #stopBeat: Cancel = () => {};

  private constructor(link: RestLink, role: string) {
    this.#link = link;
    this.role = role;
  }

  /** Attaches: the gateway opens a session with the ticket. Refuses as the hive does, or `unreachable`. */
  static async attach(options: RestOptions): Promise<Result<RestClient>> {
    const { url, role, ticket, deadlineMs = 5000, timers, send = fetchSender() } = options;
    // Anything else cannot stand in a header, and no ticket holds it.
    if (!/^[\x21-\x7e]+$/.test(ticket)) return refuse('invalid-claims');
    const link = new RestLink({ base: url.replace(/\/+$/, ''), ticket, deadlineMs, timers, send });
    const self = await readBytes(link, SELF_PATH, { maxBytes: SELF_BYTES_MAX });
    if (!self.ok) return self;
    const [, told = ''] = /(?:^|\s)role=(\S+)/.exec(new TextDecoder().decode(self.value)) ?? [];
    const client = new RestClient(link, told);
    if (role === '' || role === told) {
      client.#stopBeat = keepOpen(link);
      return ok(client);
    }
    await client.close();
    return refuse('invalid-claims', `The ticket is for the role ${told}, not ${role}.`);
  }

  list(path: string): Promise<Result<readonly string[]>> {
    return this.#at(path, async () => {
      const answer = await this.#link.ask({ method: 'GET', route: '/v1/fs/ls', query: { path } });
      if (!answer.ok) return answer;
      const names = stringsIn(answer.value.lines);
      return names === undefined ? broken('the names are no texts') : ok(names);
    });
  }

  read(path: string, options: ReadOptions = {}): Promise<Result<Uint8Array>> {
    return this.#at(path, async () => {
      const { maxBytes = READ_MAX_BYTES_DEFAULT, from = 0n } = options;
      const whole = await readBytes(this.#link, path, options);
      if (whole.ok || whole.refusal.code !== 'too-big' || maxBytes <= ANSWER_BYTES_MAX) return whole;
      const stat = await this.#stat(path);
      return stat.ok ? readLarge(this.#link, { path, stat: stat.value, from, maxBytes }) : stat;
    });
  }

  append(path: string, text: string): Promise<Result<{ readonly bytes: number }>> {
    return this.#at(path, async () => {
      const lines = linesToAppend(text, APPEND_MAX_BYTES_DEFAULT);
      if (!lines.ok) return lines;
      const json = { path, text: lines.value.text };
      const answer = await this.#link.ask({ method: 'POST', route: '/v1/fs/echo', json, key: randomName() });
      if (!answer.ok) return answer;
      const { bytes } = answer.value;
      return typeof bytes === 'number' ? ok({ bytes }) : broken('it does not say how many bytes');
    });
  }

  async follow(path: string, options: { readonly from?: bigint } = {}): Promise<Result<Follow>> {
    if (this.#follows.size >= FOLLOWS_MAX) {
      return this.#noted(refuse('limit', `At most ${FOLLOWS_MAX} follows of one client.`));
    }
    return this.#at(path, async () => {
      const source = await RestFollow.open(this.#link, path, options.from);
      return source.ok ? ok(this.#kept(wholeLines(source.value))) : source;
    });
  }

  async push(
    path: string,
    source: AsyncIterable<Uint8Array>,
    options: PushOptions = {},
  ): Promise<Result<{ readonly bytes: number }>> {
    const components = componentsOf(path);
    return this.#noted(components.ok ? await sendContent(this.#link, { path, source, options }) : components);
  }

  async pull(path: string, options: { readonly from?: number } = {}): Promise<Result<Follow>> {
    const components = componentsOf(path);
    const content = components.ok ? await openContent(this.#link, path, options.from ?? 0) : components;
    return this.#noted(content.ok ? ok(this.#kept(content.value)) : content);
  }

  /** A follow that `close` ends and whose last refusal can be explained. */
  #kept(source: LocalFollow): Follow {
    const follow: Follow = followOf(source, (ended) => {
      this.#noted(ended);
      this.#follows.delete(follow);
    });
    this.#follows.add(follow);
    return follow;
  }

  stat(path: string): Promise<Result<FileStat>> {
    return this.#at(path, () => this.#stat(path));
  }

  async #stat(path: string): Promise<Result<FileStat>> {
    const answer = await this.#link.ask({ method: 'GET', route: '/v1/fs/stat', query: { path } });
    return answer.ok ? statIn(answer.value) : answer;
  }

  async ping(): Promise<Result<void>> {
    return this.#noted(await this.#lane.run(() => pinged(this.#link)));
  }

  explain(): Promise<string | undefined> {
    return this.#refusals.explain((path, maxBytes) => readBytes(this.#link, path, { maxBytes }));
  }

  async close(): Promise<void> {
    this.#stopBeat();
    if (this.#link.isClosed) return;
    for (const follow of this.#follows) follow.stop();
    // Best effort: a session nobody closes, the gateway closes when it has been idle.
    await this.#link.ask({ method: 'POST', route: '/v1/session/close' });
    this.#link.close();
  }

  async #at<T>(path: string, run: () => Promise<Result<T>>): Promise<Result<T>> {
    const components = componentsOf(path);
    return this.#noted(components.ok ? await this.#lane.run(run) : components);
  }

  /** The sentence comes with the answer; where that is only the code's own, the hive may have a better one. */
  #noted<T>(result: Result<T>): Result<T> {
    return this.#refusals.note(result, ({ code, detail }) => detail === REFUSALS[code].sentence);
  }
}

async function pinged(link: RestLink): Promise<Result<void>> {
  const answer = await link.ask({ method: 'GET', route: '/v1/session' });
  return answer.ok ? ok(undefined) : answer;
}

/** Asks now and then while nothing else does; the value ends it. */
function keepOpen(link: RestLink): Cancel {
  const beat = async (): Promise<void> => {
    if (link.timers.nowMs() - link.heardAtMs >= BEAT_MS / 2) await pinged(link);
    if (!link.isClosed) cancel = link.timers.after(BEAT_MS, beat);
  };
  let cancel = link.timers.after(BEAT_MS, beat);
  return () => cancel();
}

async function readBytes(link: RestLink, path: string, options: ReadOptions): Promise<Result<Uint8Array>> {
  const { maxBytes: wanted = READ_MAX_BYTES_DEFAULT, from } = options;
  const maxBytes = Math.min(wanted, ANSWER_BYTES_MAX);
  const answer = await link.read({
    method: 'GET',
    route: '/v1/fs/cat',
    query: { path, max_bytes: String(maxBytes), ...(from === undefined ? {} : { from: String(from) }) },
    accept: 'application/octet-stream',
    bytesMax: maxBytes,
  });
  if (!answer.ok) return answer;
  return answer.value.kind === 'bytes' ? ok(answer.value.bytes) : broken('it sent JSON for the bytes of a file');
}

const KINDS: ReadonlySet<string> = new Set([
  'directory',
  'view',
  'control',
  'stream',
  'blob',
] satisfies FileStat['kind'][]);

function statIn({ stat }: Fields): Result<FileStat> {
  if (typeof stat !== 'object' || stat === null) return broken('there is no stat');
  const { kind, mode, size, qid_path, qid_version }: Fields = { ...stat };
  const [bytes, qidPath] = [bigIn(size), bigIn(qid_path)];
  const isWhole = typeof kind === 'string' && KINDS.has(kind) && typeof mode === 'number';
  if (!isWhole || bytes === undefined || qidPath === undefined || typeof qid_version !== 'number') {
    return broken('the stat is not whole');
  }
  return ok({ kind: kind as FileStat['kind'], mode, size: bytes, qidPath, qidVersion: qid_version });
}

function broken(why: string): Result<never> {
  return refuse('invalid-frame', `The answer of the gateway is not as agreed: ${why}.`);
}
