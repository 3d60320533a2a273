// An order in words (`heartbeat ticks=100`) as the line of `/queen/ctl`. The grammar is the shell's: it is asked with a
// client that sends nothing and only keeps the line.

import { type FileStat, type Follow, type HiveClient, Shell } from '@cohesix/client';
import { ok, type Result, refuse } from '@cohesix/wire';

/** The JSON line for the words of `spawn`; the refusal names the word that is wrong. */
export async function spawnLine(words: string): Promise<Result<string>> {
  const listener = new Listener();
  const reply = await new Shell({ client: listener }).execute(`spawn ${words.replaceAll('\n', ' ')}`, () => {});
  if (reply.ok && listener.line !== undefined) return ok(listener.line);
  return refuse('invalid-payload', reply.refusal?.detail ?? 'These words are no order.');
}

/** A client without a hive: takes one line, and has nothing to read. */
class Listener implements HiveClient {
  readonly door = 'none';
  readonly role = 'queen';
  line: string | undefined;

  async append(_path: string, text: string): Promise<Result<{ readonly bytes: number }>> {
    this.line = text;
    return ok({ bytes: text.length });
  }

  async list(): Promise<Result<readonly string[]>> {
    return refuse('unsupported');
  }

  async read(): Promise<Result<Uint8Array>> {
    return refuse('unsupported');
  }

  async follow(): Promise<Result<Follow>> {
    return refuse('unsupported');
  }

  async stat(): Promise<Result<FileStat>> {
    return refuse('unsupported');
  }

  async ping(): Promise<Result<void>> {
    return ok(undefined);
  }

  async explain(): Promise<string | undefined> {
    return undefined;
  }

  async close(): Promise<void> {}
}
