// The console without its terminal: a shell over the hive that is shown, lines one after another, a follow beside them. It outlives
// the place, so that going elsewhere loses nothing.

import {
  type Connector,
  completeLine,
  createShell,
  type HiveClient,
  type Shell,
  type ShellReply,
  TranscriptRecorder,
  typedForm,
  verbHint,
  verbsOf,
  withoutTokens,
} from '@cohesix/client/core';
import { REFUSALS } from '@cohesix/wire';
import { Store } from '../../store/store.ts';
import { LineLog, toneOf } from './line-log.ts';

/** The prompt. */
export const PROMPT = 'coh> ';
/** Lines that wait behind the one that is under way: what was pasted. */
const WAITING_MAX = 1000;

/** How the console stands. */
export interface Status {
  readonly isConnected: boolean;
  readonly isRunning: boolean;
  readonly isFollowing: boolean;
}

/** Who hears lines and answers, beside the log: a recorder of a trace. */
export interface LineListener {
  begin(line: string): void;
  heard(line: string): void;
  ended(): void;
}

const FOLLOW = /^\s*follow\b/i;
const LOST = 'The connection went while this line was under way: the hive may have taken it or not.';
const ABANDONED = 'Not waited for any longer; what this line asked may still happen.';

/** Refusals after which nobody knows whether the hive took the line. */
const IN_DOUBT: ReadonlySet<string> = new Set(['closed', 'unreachable', 'timeout']);

/** A console. */
export class ConsoleSession {
  readonly log: LineLog = new LineLog();
  readonly status: Store<Status> = new Store<Status>({ isConnected: false, isRunning: false, isFollowing: false });
  readonly #connect: Connector;
  readonly #listener: () => LineListener | undefined;
  #transcript = new TranscriptRecorder();
  #client: HiveClient | undefined;
  #shell: Shell | undefined;
  #verbs: readonly string[] = [];
  #waiting: string[] = [];
  /** Grows when what is under way is given up. */
  #turn = 0;

  constructor(connect: Connector, listener: () => LineListener | undefined = () => undefined) {
    this.#connect = connect;
    this.#listener = listener;
  }

  /** All that was typed and answered, in the form of `coh sh --transcript`. */
  get transcript(): string {
    return this.#transcript.text();
  }

  /** The hive that is shown is another one now; undefined: none. `name` is told. */
  use(client: HiveClient | undefined, name = ''): void {
    if (client === this.#client) return;
    this.#client = client;
    this.#giveUp(client === undefined ? LOST : ABANDONED);
    this.#shell = client === undefined ? undefined : this.#newShell(client);
    this.#set({ isConnected: client !== undefined });
    this.note(client === undefined ? 'Not connected. What is typed now is not sent.' : name);
  }

  /** Sends a line when those before it are answered. False, and it is not sent, when too many wait. */
  submit(line: string): boolean {
    if (this.#waiting.length >= WAITING_MAX) return false;
    this.#waiting.push(line);
    if (!this.status.get().isRunning) void this.#drain();
    return true;
  }

  /** Ctrl-C: stops waiting for the line that is under way; else ends the follow. Whether there was anything. */
  interrupt(): boolean {
    const { isRunning, isFollowing } = this.status.get();
    if (isFollowing && !isRunning) this.submit('stop');
    else if (isRunning) this.#abandon();
    return isRunning || isFollowing;
  }

  /** Candidates for the end of a line, and the part of it that they replace. */
  async complete(line: string): Promise<readonly [readonly string[], string]> {
    if (this.#client === undefined) return [[], ''];
    return completeLine(this.#client, await this.#allVerbs(), line);
  }

  /** Says something that is no part of the transcript. */
  note(text: string): void {
    this.log.add('note', text);
  }

  /** Empties what is shown and the transcript. */
  clear(): void {
    this.#transcript = new TranscriptRecorder();
    this.log.clear();
  }

  #newShell(client: HiveClient): Shell {
    return createShell({ client, connect: this.#connect });
  }

  async #allVerbs(): Promise<readonly string[]> {
    if (this.#verbs.length === 0) this.#verbs = await verbsOf(createShell({}));
    return this.#verbs;
  }

  async #drain(): Promise<void> {
    this.#set({ isRunning: true });
    const turn = this.#turn;
    while (turn === this.#turn) {
      const line = this.#waiting.shift();
      if (line === undefined) break;
      await this.#run(line, turn);
    }
    if (turn === this.#turn) this.#set({ isRunning: false });
  }

  async #run(line: string, turn: number): Promise<void> {
    this.#say('command', `${PROMPT}${withoutTokens(line)}`);
    const shell = this.#shell;
    if (line.trim() === '') return;
    if (shell === undefined) return this.note('Not sent: the page is not connected.');
    const form = typedForm(line);
    const isFollow = FOLLOW.test(form);
    const listener = this.#listener();
    listener?.begin(line);
    const reply = await shell.execute(form, this.#hearing(isFollow, turn));
    listener?.ended();
    if (turn !== this.#turn) return;
    if (reply.ok && isFollow) this.#begunFollow();
    for (const sentence of await this.#sentences(shell, line, reply)) this.note(`  ${sentence}`);
  }

  /** Takes the lines of one answer; of a follow also those that come later. */
  #hearing(isFollow: boolean, turn: number): (line: string) => void {
    let isBegun = false;
    return (line) => {
      if (turn !== this.#turn) return;
      this.#listener()?.heard(line);
      this.#say(toneOf(line), line);
      // The first line is the acknowledgement; END or ERR later is the end of the stream.
      if (isFollow && isBegun && /^(?:END$|ERR FOLLOW )/.test(line)) this.#set({ isFollowing: false });
      isBegun = true;
    };
  }

  #begunFollow(): void {
    this.#set({ isFollowing: true });
    this.note('  following; Ctrl-C or Stop ends it, other lines can be typed meanwhile');
  }

  /** What the ERR line of a refusal does not say: what it means, and what is in doubt. */
  async #sentences(shell: Shell, line: string, { refusal, ack, isQuit }: ShellReply): Promise<readonly string[]> {
    if (isQuit) return ['The session of the page goes on; Sign out ends it.'];
    if (refusal === undefined) return [];
    if (ack.startsWith('ERR PARSE')) return [verbHint(await this.#allVerbs(), typedForm(line)) ?? []].flat();
    if (IN_DOUBT.has(refusal.code)) return [refusal.detail, LOST];
    if (ack.endsWith(refusal.detail)) return [];
    const isOwn = refusal.detail === REFUSALS[refusal.code].sentence && !/^\s*(?:attach|login)\b/i.test(line);
    return [(isOwn ? await shell.client?.explain() : undefined) ?? refusal.detail];
  }

  #abandon(): void {
    this.#giveUp(ABANDONED);
    if (this.#client !== undefined) this.#shell = this.#newShell(this.#client);
  }

  /** Leaves the line that is under way, those behind it and the follow; `why` is said of the line. */
  #giveUp(why: string): void {
    const { isRunning, isFollowing } = this.status.get();
    const left = this.#waiting.length;
    if (isRunning) this.note(`  ${why}${left === 0 ? '' : ` Behind it, ${left} not sent.`}`);
    // The shell is not heard any more, but what it follows would go on.
    if (isFollowing) void this.#shell?.execute('stop', () => undefined);
    if (isFollowing) this.note('  The follow ended.');
    this.#turn += 1;
    this.#waiting = [];
    this.#set({ isRunning: false, isFollowing: false });
  }

  #say(tone: 'command' | ReturnType<typeof toneOf>, line: string): void {
    this.#transcript.emit(line);
    this.log.add(tone, line);
  }

  #set(change: Partial<Status>): void {
    this.status.set({ ...this.status.get(), ...change });
  }
}
