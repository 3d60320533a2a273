// The operator's shell as a machine over HiveClient: a line in, transcript lines out. It alone writes `OK`, `ERR` and
// `END`; clients only return values and codes. So the same script gives the same bytes over every door.
//
// Lines are executed one after another, whoever calls. Grammar: contracts-1.md 2.3, 2.4 (wire's parser), and the
// shell's own words.

import {
  type ConsoleCommand,
  consoleVerb,
  END_LINE,
  formatErr,
  formatOk,
  formatParseError,
  parseConsoleLine,
  type Refusal,
  refusal,
} from '@cohesix/wire';
import type { HiveClient } from '../hive-client.ts';
import { approve, bind, kill, lifecycle, mount, spawn, workerOfSpawn } from './control-verbs.ts';
import { cat, echo, log, ls, stat, tail } from './file-verbs.ts';
import { follow, stop } from './follow-verbs.ts';
import { type Connector, done, type Emit, type Outcome, refused, type ShellState } from './outcome.ts';
import { CONSOLE_ONLY, help, ping, whoami } from './session-verbs.ts';
import { consoleForm } from './shell-forms.ts';
import { firstWord } from './words.ts';

/** Runs the hive's own tests for `test`; `rest` are its flags. */
export type TestVerb = (client: HiveClient, rest: string, approver: HiveClient | undefined) => Promise<Outcome>;

/** What a shell is made with. The caller keeps the ownership of the clients it gives. */
export interface ShellOptions {
  readonly client?: HiveClient;
  readonly approver?: HiveClient;
  /** Makes the session of `attach`. */
  readonly connect?: Connector;
  /** What `test` does; `createShell` gives it. */
  readonly test?: TestVerb;
  /** Ids of approvals. Default: random UUIDs. */
  readonly newId?: () => string;
}

/** How a line went. */
export interface ShellReply {
  /** The acknowledgement, as written. */
  readonly ack: string;
  readonly ok: boolean;
  /** Why it was refused; a line that does not parse is `invalid-payload`. */
  readonly refusal?: Refusal;
  /** Whether the session is to end. The shell closes nothing. */
  readonly isQuit: boolean;
}

type OwnVerb = (shell: ShellState, client: HiveClient, rest: string) => Promise<Outcome>;

const OWN_VERBS: ReadonlyMap<string, OwnVerb> = new Map<string, OwnVerb>([
  ['lifecycle', (_, client, rest) => lifecycle(client, rest)],
  ['approve', (shell, _, rest) => approve(shell, rest)],
]);

/** In a line: the worker this shell spawned last, so that a script can watch and kill what it started; and the one before. */
const SPAWNED = ['{{spawned}}', '{{spawned-1}}'] as const;

/** The machine. */
export class Shell {
  readonly #state: { -readonly [Key in keyof ShellState]: ShellState[Key] };
  readonly #test: TestVerb | undefined;
  #last: Promise<unknown> = Promise.resolve();
  /** The workers of the last good spawns, newest first; undefined when the hive's log did not tell it. */
  #spawned: readonly (string | undefined)[] = [];

  constructor(options: ShellOptions) {
    this.#state = {
      client: options.client,
      approver: options.approver,
      connect: options.connect,
      newId: options.newId ?? (() => crypto.randomUUID()),
      follow: undefined,
    };
    this.#test = options.test;
  }

  /** The present session; another one after `attach`. */
  get client(): HiveClient | undefined {
    return this.#state.client;
  }

  /** Executes a line and writes its answer. Lines of a follow go to the `emit` it was started with. */
  execute(line: string, emit: Emit): Promise<ShellReply> {
    const reply = this.#last.then(() => this.#execute(this.#expanded(line), emit));
    this.#last = reply.catch(() => {});
    return reply;
  }

  async #execute(line: string, emit: Emit): Promise<ShellReply> {
    const { word, rest } = firstWord(line);
    const verb = word.toLowerCase();
    const own = OWN_VERBS.get(verb);
    if (own !== undefined) {
      const { client } = this.#state;
      if (client === undefined) return answer(verb, refused(refusal('unauthenticated')), emit);
      return answer(verb, await own(this.#state, client, rest), emit);
    }
    const form = consoleForm(line);
    const command = form.ok ? parseConsoleLine(form.value) : form;
    if (!command.ok) return answer(verb, { kind: 'usage', text: command.refusal.detail }, emit);
    if (command.value.kind === 'follow') return this.#follow(command.value, emit);
    const outcome = await this.#run(command.value);
    const reply = answer(consoleVerb(command.value.kind)?.ack ?? verb, outcome, emit);
    if (command.value.kind === 'spawn' && reply.ok) await this.#noteSpawned(command.value.json);
    return reply;
  }

  /** Asked at once, because the log of the control file goes on. */
  async #noteSpawned(json: string): Promise<void> {
    const { client } = this.#state;
    const id = client === undefined ? undefined : await workerOfSpawn(client, json);
    this.#spawned = [id, ...this.#spawned].slice(0, SPAWNED.length);
  }

  /** `{{spawned}}` is the id of the worker that this shell spawned last; without one it stays as it is. */
  #expanded(line: string): string {
    return SPAWNED.reduce((text, word, index) => {
      const id = this.#spawned[index];
      return id === undefined ? text : text.replaceAll(word, () => id);
    }, line);
  }

  async #runTest(flags: string): Promise<Outcome> {
    const { client, approver } = this.#state;
    if (client === undefined) return refused(refusal('unauthenticated'));
    return this.#test?.(client, flags, approver) ?? refused(refusal('unsupported'));
  }

  async #follow(command: Extract<ConsoleCommand, { kind: 'follow' }>, emit: Emit): Promise<ShellReply> {
    const { client } = this.#state;
    if (client === undefined) return answer('follow', refused(refusal('unauthenticated')), emit);
    const started = await follow(this.#state, client, command, emit);
    const reply = answer('follow', started.outcome, emit);
    started.begin?.();
    return reply;
  }

  async #run(command: Exclude<ConsoleCommand, { kind: 'follow' }>): Promise<Outcome> {
    switch (command.kind) {
      case 'help':
        return help();
      case 'ping':
        return ping(this.#state.client);
      case 'attach':
        return this.#attach(command.role, command.ticket);
      case 'quit':
        await this.#state.follow?.stop();
        return { kind: 'quit' };
      case 'stop':
        return stop(this.#state);
      case 'test':
        return this.#runTest(command.flags);
      default:
        if (CONSOLE_ONLY.has(command.kind))
          return refused(refusal('unsupported', 'Only the hive’s own console knows this.'));
        return this.#state.client === undefined
          ? refused(refusal('unauthenticated'))
          : inSession(command, this.#state.client);
    }
  }

  async #attach(role: string, ticket: string | undefined): Promise<Outcome> {
    const { connect } = this.#state;
    if (connect === undefined) return refused(refusal('unsupported', 'This shell cannot make a new session.'));
    const session = await connect(role, ticket);
    if (!session.ok) return refused(session.refusal);
    await this.#state.follow?.stop();
    this.#state.client = session.value;
    return done({ role: session.value.role });
  }
}

type SessionCommand = Exclude<
  ConsoleCommand,
  { kind: 'follow' | 'help' | 'ping' | 'attach' | 'quit' | 'stop' | 'test' }
>;

async function inSession(command: SessionCommand, client: HiveClient): Promise<Outcome> {
  switch (command.kind) {
    case 'ls':
      return ls(client, command.path);
    case 'stat':
      return stat(client, command.path);
    case 'cat':
      return cat(client, command.path);
    case 'tail':
      return tail(client, command.path, command.lines);
    case 'log':
      return log(client);
    case 'echo':
      return echo(client, command.path, command.payload);
    case 'spawn':
      return spawn(client, command.json);
    case 'kill':
      return kill(client, command.worker);
    case 'bind':
      return bind(client, command);
    case 'mount':
      return mount(client, command);
    case 'whoami':
      return whoami(client);
    default:
      return refused(refusal('unsupported'));
  }
}

/** Writes an outcome: the only place where transcript lines are made. */
function answer(verb: string, outcome: Outcome, emit: Emit): ShellReply {
  switch (outcome.kind) {
    case 'done': {
      const ack = formatOk(verb, outcome.detail);
      emit(ack);
      for (const line of outcome.body ?? []) emit(line);
      if (outcome.body !== undefined) emit(END_LINE);
      return { ack, ok: true, isQuit: false };
    }
    case 'listed': {
      for (const line of outcome.body) emit(line);
      if (outcome.refusal !== undefined) return answer(verb, refused(outcome.refusal), emit);
      return answer(verb, { kind: 'done', detail: outcome.detail }, emit);
    }
    case 'quit': {
      const ack = formatOk(verb);
      emit(ack);
      return { ack, ok: true, isQuit: true };
    }
    case 'refused': {
      const { refusal: why, path } = outcome;
      const ack = formatErr(verb, why.code, path === undefined ? {} : { path });
      emit(ack);
      return { ack, ok: false, refusal: why, isQuit: false };
    }
    case 'usage': {
      const ack = formatParseError(outcome.text);
      emit(ack);
      return { ack, ok: false, refusal: refusal('invalid-payload', outcome.text), isQuit: false };
    }
  }
}
