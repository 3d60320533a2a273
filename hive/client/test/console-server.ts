// A small console server over a LocalDoor, for tests of the client alone. Correct unless the hook says otherwise.

import { ByteWriter } from '@cohesix/bytes';
import {
  type ConsoleCommand,
  consoleLineOf,
  contentLines,
  createConsoleSplitter,
  formatErr,
  formatOk,
  formatParseError,
  parseConsoleLine,
  type Result,
  writeConsoleFrame,
} from '@cohesix/wire';
import type { LocalDoor, LocalFollow } from '../src/local-door.ts';
import type { MemoryTransport } from './memory-transport.ts';

export interface ConsoleHooks {
  /** Sees a line first; `false` means the server does nothing about it. */
  before?: (line: string, server: ConsoleServer) => boolean;
  token?: string;
}

export class ConsoleServer {
  readonly lines: string[] = [];
  readonly #door: LocalDoor;
  readonly #transport: MemoryTransport;
  readonly #hooks: ConsoleHooks;
  #follow: LocalFollow | undefined;
  #isAuthenticated = false;

  constructor(door: LocalDoor, transport: MemoryTransport, hooks: ConsoleHooks = {}) {
    this.#door = door;
    this.#transport = transport;
    this.#hooks = hooks;
    const splitter = createConsoleSplitter();
    transport.start({
      data: (chunk) => {
        splitter.push(chunk);
        while (splitter.next() === 'frame') this.#take(consoleLineOf(splitter) ?? '');
      },
      closed: () => this.#follow?.stop(),
    });
  }

  #take(line: string): void {
    this.lines.push(line);
    if (this.#hooks.before?.(line, this) !== false) void this.serve(line);
  }

  send(...lines: string[]): void {
    const writer = new ByteWriter({ sizeMax: 1 << 22 });
    for (const line of lines) writeConsoleFrame(writer, line);
    this.#transport.send(writer.view());
  }

  raw(bytes: Uint8Array): void {
    this.#transport.send(bytes);
  }

  die(): void {
    this.#transport.destroy();
  }

  async serve(line: string): Promise<void> {
    if (!this.#isAuthenticated) {
      this.#isAuthenticated = line === `AUTH ${this.#hooks.token ?? 'console-token'}`;
      this.send(this.#isAuthenticated ? 'OK AUTH' : 'ERR AUTH reason=invalid-length');
      if (!this.#isAuthenticated) this.die();
      return;
    }
    const command = parseConsoleLine(line);
    if (command.ok) await this.#run(command.value);
    else this.send(formatParseError(command.refusal.detail));
  }

  async #run(command: ConsoleCommand): Promise<void> {
    switch (command.kind) {
      case 'attach':
        this.send(command.ticket === 'bad' ? formatErr('ATTACH', 'denied') : `OK ATTACH role=${command.role}`);
        break;
      case 'ping':
        this.send('OK PING reply=pong');
        break;
      case 'quit':
        this.send('OK QUIT');
        this.die();
        break;
      case 'ls': {
        const { path } = command;
        this.#streamed('LS', path, await this.#door.list(path), (names) => [
          `path=${path} entries=${names.length}`,
          names,
        ]);
        break;
      }
      case 'cat': {
        const { path } = command;
        this.#streamed('CAT', path, await this.#door.read(path, 1 << 20), (bytes) => [
          `path=${path}`,
          contentLines(bytes, 8188),
        ]);
        break;
      }
      case 'stat': {
        const { path } = command;
        const stat = await this.#door.stat(path);
        if (!stat.ok) this.send(formatErr('STAT', stat.refusal.code, { path }));
        else {
          const { kind, mode, size, qidPath, qidVersion } = stat.value;
          const rest = `size=${size} qid=${qidPath} version=${qidVersion}`;
          this.send(formatOk('STAT', `path=${path} kind=${kind} mode=${mode.toString(8).padStart(4, '0')} ${rest}`));
        }
        break;
      }
      case 'echo': {
        const { path } = command;
        const appended = await this.#door.append(path, `${command.payload}\n`);
        this.send(
          appended.ok
            ? formatOk('ECHO', `path=${path} bytes=${appended.value.bytes}`)
            : formatErr('ECHO', appended.refusal.code, { path }),
        );
        break;
      }
      case 'follow':
        await this.#startFollow(command.path, command.from);
        break;
      default:
        this.send(formatErr(command.kind, 'unsupported'));
    }
  }

  #streamed<T>(verb: string, path: string, result: Result<T>, lines: (value: T) => [string, readonly string[]]): void {
    if (!result.ok) {
      this.send(formatErr(verb, result.refusal.code, { path }));
      return;
    }
    const [detail, body] = lines(result.value);
    this.send(formatOk(verb, detail), ...body, 'END');
  }

  async #startFollow(path: string, from: bigint | undefined): Promise<void> {
    const source = await this.#door.follow(path, from);
    if (!source.ok) {
      this.send(formatErr('FOLLOW', source.refusal.code, { path }));
      return;
    }
    this.#follow = source.value;
    this.send(`OK FOLLOW path=${path}`);
    for (;;) {
      const chunk = await source.value.next();
      if (!chunk.ok) {
        this.send(formatErr('FOLLOW', chunk.refusal.code, { path }));
        return;
      }
      if (chunk.value === undefined) {
        this.send('END');
        return;
      }
      this.send(...contentLines(chunk.value, 8188));
    }
  }
}
