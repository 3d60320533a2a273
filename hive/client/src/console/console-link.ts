// Lines of the console over a byte transport, both ways: `size[4] line`. Knows nothing of commands.

import { ByteWriter } from '@cohesix/bytes';
import {
  CONSOLE_FRAME_BYTES_MAX,
  consoleLineOf,
  createConsoleSplitter,
  type FrameSplitter,
  type Refusal,
  refusal,
  writeConsoleFrame,
} from '@cohesix/wire';
import type { ByteTransport } from '../byte-transport.ts';

/** What a link calls. */
export interface LineHandlers {
  line(line: string): void;
  /** The link is over; called exactly once, nothing is called after it. */
  failed(why: Refusal): void;
}

/** One console connection. It starts the transport; nobody else may. */
export class ConsoleLink {
  readonly #transport: ByteTransport;
  readonly #splitter: FrameSplitter = createConsoleSplitter();
  readonly #handlers: LineHandlers;
  #failure: Refusal | undefined;

  constructor(transport: ByteTransport, handlers: LineHandlers) {
    this.#transport = transport;
    this.#handlers = handlers;
    transport.start({
      data: (chunk) => this.#receive(chunk),
      closed: (reason) => this.end(refusal('unreachable', `The connection to the hive ended: ${reason}.`)),
    });
  }

  /** What ended the link, once it is over. */
  get failure(): Refusal | undefined {
    return this.#failure;
  }

  /** Sends a line; false, with nothing sent, when it is longer than a frame may be. */
  send(line: string): boolean {
    const writer = new ByteWriter({ sizeMax: CONSOLE_FRAME_BYTES_MAX });
    if (!writeConsoleFrame(writer, line)) return false;
    if (this.#failure === undefined) this.#transport.send(writer.view());
    return true;
  }

  pause(): void {
    this.#transport.pause();
  }

  resume(): void {
    this.#transport.resume();
  }

  /** Ends the link: sends what is queued when `why` is `closed`, else at once. Only the first call counts. */
  end(why: Refusal): void {
    if (this.#failure !== undefined) return;
    this.#failure = why;
    if (why.code === 'closed') this.#transport.close();
    else this.#transport.destroy();
    this.#handlers.failed(why);
  }

  /** Ends the link because the server sent what none may. */
  broken(what: string): void {
    this.end(refusal('invalid-frame', `The server broke the protocol: ${what}.`));
  }

  #receive(chunk: Uint8Array): void {
    if (this.#failure !== undefined) return;
    const splitter = this.#splitter;
    splitter.push(chunk);
    let step = splitter.next();
    for (; step === 'frame' && this.#failure === undefined; step = splitter.next()) {
      const line = consoleLineOf(splitter);
      if (line === undefined) this.broken('a line that is not UTF-8');
      else this.#handlers.line(line);
    }
    if (step !== 'more' && step !== 'frame') this.broken(`a frame of ${splitter.declaredSize} bytes`);
  }
}
