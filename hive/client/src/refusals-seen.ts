// What `explain` needs to know: whether the last refusal was made here (its sentence is at hand) or by the hive (its
// sentence is in `/proc/self/refusal`, because the protocols carry only the code).

import type { Refusal, Result } from '@cohesix/wire';

/** Where the hive keeps the last refusal of a session: `code=<code> path=<p> detail=<sentence>`. */
export const REFUSAL_PATH = '/proc/self/refusal';

const REFUSAL_TEXT_MAX_BYTES = 4096;

/** The last refusal of one client. */
export class RefusalsSeen {
  #local: Refusal | undefined;

  /** Notes a refusal, if it is one, and passes the result on. `isFromHive` tells who made it. */
  note<T>(result: Result<T>, isFromHive: (why: Refusal) => boolean): Result<T> {
    if (!result.ok) this.#local = isFromHive(result.refusal) ? undefined : result.refusal;
    return result;
  }

  /** The sentence; `read` fetches the hive's file without noting anything. */
  async explain(read: (path: string, maxBytes: number) => Promise<Result<Uint8Array>>): Promise<string | undefined> {
    if (this.#local !== undefined) return this.#local.detail;
    const text = await read(REFUSAL_PATH, REFUSAL_TEXT_MAX_BYTES);
    return text.ok ? sentenceOf(new TextDecoder().decode(text.value)) : undefined;
  }
}

function sentenceOf(text: string): string | undefined {
  const line = text.split('\n', 1)[0] ?? '';
  const at = line.indexOf(' detail=');
  return line.startsWith('code=') && at >= 0 ? line.slice(at + ' detail='.length) : undefined;
}
