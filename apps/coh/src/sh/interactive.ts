// `coh sh` at a terminal: prompt, history, completion of verbs and of live paths. A follow holds the prompt back until
// Ctrl-C (or `stop`) ends it; Ctrl-C otherwise clears the line and never ends the shell.

import { createInterface, type Interface } from 'node:readline';
import { completeLine, mayKeep, type Shell, type ShellReply, typedForm, verbHint, verbsOf } from '@cohesix/client';
import { REFUSALS } from '@cohesix/wire';
import { type Context, note } from '../context.ts';
import { paint } from '../io.ts';
import { DONE } from '../session.ts';
import { loadHistory, saveHistory } from './history.ts';
import { PROMPT, shownLine, type Transcript } from './transcript.ts';

/** What a session at a terminal is about. */
export interface InteractiveWish {
  readonly transcript: Transcript;
  /** Whether a trace is recorded: then nothing is asked of the hive but what the lines ask. */
  readonly isRecording: boolean;
}

/** Runs until `quit`, Ctrl-D or the end of the session. */
export async function runInteractive(context: Context, shell: Shell, wish: InteractiveWish): Promise<number> {
  const verbs = await verbsOf(shell);
  const session = new Interactive(context, shell, wish, verbs);
  return session.run();
}

class Interactive {
  readonly #context: Context;
  readonly #shell: Shell;
  readonly #transcript: Transcript;
  readonly #isRecording: boolean;
  readonly #readline: Interface;
  readonly #verbs: readonly string[];
  readonly #historyFile: string | undefined;
  #history: readonly string[] = [];
  /** Whether a follow has the terminal. */
  #isFollowing = false;
  /** Whether nothing is asked any more: after Ctrl-D, `quit`, or the end of the input. */
  #isClosed = false;
  /** Whether `quit` was answered: lines pasted behind it are for nobody. */
  #hasQuit = false;
  #queue: Promise<void> = Promise.resolve();

  constructor(context: Context, shell: Shell, wish: InteractiveWish, verbs: readonly string[]) {
    this.#context = context;
    this.#shell = shell;
    this.#transcript = wish.transcript;
    this.#isRecording = wish.isRecording;
    this.#verbs = verbs;
    this.#historyFile = context.places.ok ? context.places.value.history : undefined;
    const kept = this.#historyFile === undefined ? [] : loadHistory(this.#historyFile);
    this.#history = kept;
    this.#readline = createInterface({
      input: context.io.stdin,
      output: context.io.stdout as NodeJS.WritableStream,
      terminal: context.io.env.TERM !== 'dumb',
      history: [...kept],
      removeHistoryDuplicates: true,
      prompt: paint(context.colors.out, 'bold', PROMPT),
      completer: (line: string, done: (error: null, result: [string[], string]) => void) => {
        void completeLine(wish.isRecording ? undefined : shell.client, verbs, line).then((result) =>
          done(null, result),
        );
      },
    });
  }

  async run(): Promise<number> {
    const { io } = this.#context;
    io.stdout.write(`${this.#welcome()}\n`);
    const closed = new Promise<void>((resolve) => {
      this.#readline.once('close', () => {
        this.#isClosed = true;
        resolve();
      });
    });
    this.#readline.on('line', (line) => this.#enqueue(line));
    this.#readline.on('SIGINT', () => this.#interrupt());
    this.#readline.on('history', (lines: string[]) => this.#remember(lines));
    this.#prompt();
    // At a terminal without line editing Ctrl-C arrives as a signal.
    const off = io.onSignal('SIGINT', () => this.#interrupt());
    await closed;
    off();
    await this.#queue;
    if (this.#historyFile !== undefined) saveHistory(this.#historyFile, this.#history);
    return DONE;
  }

  #welcome(): string {
    const { client } = this.#shell;
    const who = `Connected over ${client?.door ?? 'nothing'} as ${client?.role ?? 'nobody'}. Type help; Ctrl-D leaves.`;
    return this.#isRecording ? `${who} Recording: Tab completes verbs only.` : who;
  }

  /** Takes out what must not be kept, in place: the list is readline's own. */
  #remember(lines: string[]): void {
    lines.splice(0, lines.length, ...lines.filter(mayKeep));
    this.#history = [...lines];
  }

  /** Lines are executed one after another, also when several are pasted at once. */
  #enqueue(line: string): void {
    this.#queue = this.#queue.then(() => this.#execute(line));
  }

  async #execute(line: string): Promise<void> {
    if (this.#hasQuit) return;
    const reply = line.trim() === '' ? undefined : await this.#send(line);
    this.#hasQuit = reply?.isQuit === true;
    if (this.#hasQuit) this.#readline.close();
    else if (!this.#isFollowing) this.#prompt();
  }

  /** Asks for the next line, unless nobody is there to type it. */
  #prompt(): void {
    if (!this.#isClosed) this.#readline.prompt();
  }

  async #send(line: string): Promise<ShellReply> {
    this.#transcript.command(line);
    const form = typedForm(line);
    const isFollow = /^\s*follow\b/i.test(form);
    if (/^\s*stop\b/i.test(form)) this.#isFollowing = false;
    let isBegun = false;
    const reply = await this.#shell.execute(form, (heard) => {
      this.#emit(heard);
      // The first line is the acknowledgement; END or ERR later is the end of the stream.
      if (isFollow && isBegun && /^(?:END$|ERR FOLLOW )/.test(heard)) this.#followEnded();
      isBegun = true;
    });
    this.#transcript.answered();
    if (isFollow && reply.ok) {
      this.#isFollowing = true;
      note(this.#context, 'following; Ctrl-C stops');
    }
    const sentence = await this.#sentence(line, reply);
    if (sentence !== undefined) this.#context.io.stdout.write(shownLine(this.#context, `  ${sentence}`));
    return reply;
  }

  /** What a refusal means, unless its ERR line says so itself; the hive's own words where the client has only the table's. */
  async #sentence(line: string, { ack, refusal }: ShellReply): Promise<string | undefined> {
    const hint = refusal === undefined ? undefined : verbHint(this.#verbs, typedForm(line));
    if (hint !== undefined && ack.startsWith('ERR PARSE')) return hint;
    if (refusal === undefined || ack.endsWith(refusal.detail)) return undefined;
    const mayAsk = !this.#isRecording && !/^\s*(?:attach|login)\b/i.test(line);
    if (!mayAsk || refusal.detail !== REFUSALS[refusal.code].sentence) return refusal.detail;
    return (await this.#shell.client?.explain()) ?? refusal.detail;
  }

  #emit(line: string): void {
    this.#transcript.answer(line);
    this.#context.io.stdout.write(shownLine(this.#context, line));
  }

  #followEnded(): void {
    if (!this.#isFollowing) return;
    this.#isFollowing = false;
    this.#prompt();
  }

  #interrupt(): void {
    if (this.#isClosed) return;
    if (this.#isFollowing) {
      this.#enqueue('stop');
      return;
    }
    if (!this.#readline.terminal) {
      this.#readline.close();
      return;
    }
    const wasEmpty = this.#readline.line === '';
    this.#context.io.stdout.write(wasEmpty ? '\n(Ctrl-D or quit leaves)\n' : '^C\n');
    // Ctrl-U of readline: forgets what was typed.
    this.#readline.write(null, { ctrl: true, name: 'e' });
    this.#readline.write(null, { ctrl: true, name: 'u' });
    this.#prompt();
  }
}
