// What radios refused, on its way into `/lora/<adapter>/tamper`. A refusal changes no state, so the hive says it itself, in a line of
// its own; whoever was refused hears of it when that line is durable, so that nobody can be refused unseen. Refusals that
// come while a line is on its way go together into the next.

import { payloadSize, TAMPER_PER_LINE_MAX } from '@cohesix/authority';
import type { DataHive, RefusedLines } from '../data.ts';

/** The control file of the hive's own word. */
const PATH = '/sys/lora/ctl';

interface Pending {
  readonly entry: { readonly ts_ms: number; readonly reason: string; readonly bytes: number };
  readonly tell: () => void;
}

export class TamperLog {
  readonly #hive: Pick<DataHive, 'host' | 'system'>;
  /** By mount: what waits for the line before it. Present while a line is on its way. */
  readonly #pending = new Map<string, Pending[]>();

  constructor(hive: Pick<DataHive, 'host' | 'system'>) {
    this.#hive = hive;
  }

  /** Notes what a radio refused, then lets the answer go; at once when it was something else. */
  refused(refused: RefusedLines, tell: () => void): void {
    const attempt = attemptOf(refused);
    if (attempt === undefined) return tell();
    const { mount, reason, bytes } = attempt;
    const pending: Pending = { entry: { ts_ms: this.#hive.host.now(), reason, bytes }, tell };
    const waiting = this.#pending.get(mount);
    if (waiting !== undefined) return void waiting.push(pending);
    this.#pending.set(mount, []);
    void this.#send(mount, [pending]);
  }

  async #send(mount: string, first: readonly Pending[]): Promise<void> {
    for (let next = first; next.length > 0; next = this.#pending.get(mount)?.splice(0, TAMPER_PER_LINE_MAX) ?? []) {
      const entries = next.map(({ entry }) => entry);
      // A sealed hive takes no word; the refusal is told all the same.
      await this.#hive.system(PATH, JSON.stringify({ tamper: { adapter: mount, entries } }));
      for (const { tell } of next) tell();
    }
    this.#pending.delete(mount);
  }
}

const REASONS: Readonly<Record<string, string>> = { 'too-big': 'payload-oversize', busy: 'duty-cycle' };

interface Attempt {
  readonly mount: string;
  readonly reason: string;
  readonly bytes: number;
}

/** The payload that a radio refused because of its size or the duty cycle; undefined for anything else. */
function attemptOf({ path, lines, refusal, refusedLine }: RefusedLines): Attempt | undefined {
  const reason = REASONS[refusal.code];
  const line = lines[refusedLine];
  const mount = /^\/lora\/([^/]+)\/ctl$/.exec(path)?.[1];
  if (reason === undefined || line === undefined || mount === undefined) return undefined;
  const size = payloadSize(line);
  return { mount, reason, bytes: size.ok ? size.value : Buffer.byteLength(line) };
}
