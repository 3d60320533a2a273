// The account of intents: what was carried out is never carried out again, and its repeat gets the first answer as long as it must be
// remembered. Every line that names a writer epoch is of the present one.

import type { Command } from '@cohesix/authority';
import type { Heard, Scene } from './scene.ts';

/** Path of the intents. */
export const INTENTS = '/queen/intents/ctl';

/** Answers of repeats; what is in none of them is checked elsewhere. */
const ADDED: ReadonlySet<string> = new Set(['dedupe', 'intent_entry']);

interface Done {
  /** Who sent which bytes. */
  readonly bytes: string;
  /** What the carried line was answered. */
  readonly reply: string;
  readonly order: number;
}

interface Line {
  readonly id: string;
  readonly idempotency_key: string;
  readonly target?: string;
  readonly cmd: string;
  readonly writer_epoch?: number;
}

export class IntentAccount {
  readonly #done = new Map<string, Done>();
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** An accepted intent: what is wrong with it, and the line it carried; none for a repeat. */
  judge({ command, reply, effects }: Heard): { readonly broken: readonly string[]; readonly carried?: Command } {
    const { line, who } = command;
    const { id, idempotency_key: key, target = '/queen/ctl', cmd, writer_epoch: epoch } = JSON.parse(line) as Line;
    const [identity, bytes] = [`${id} ${key}`, `${who.subject} ${line}`];
    const answer = JSON.stringify(
      Object.entries(reply)
        .filter(([name]) => !ADDED.has(name))
        .sort(),
    );
    const done = this.#done.get(identity);
    if (reply.dedupe === 'duplicate') {
      const broken = effects.length === 0 ? [] : [`the repeat of ${identity} did something`];
      if (done?.bytes !== bytes) broken.push(`a repeat of ${identity}, which was another or none`);
      else if (done.reply !== answer) broken.push(`the repeat of ${identity} is answered otherwise`);
      return { broken };
    }
    const broken = done === undefined ? [] : [`${identity} is carried out twice`];
    if (epoch !== undefined && epoch !== this.#scene.epoch) broken.push(`${identity} is of epoch ${epoch}`);
    this.#done.set(identity, { bytes, reply: answer, order: this.#done.size });
    return { broken, carried: { ...command, path: target, line: cmd } };
  }

  /** An intent was refused: it must not be one that is remembered. */
  missed({ line, who }: Pick<Command, 'line' | 'who'>): string[] {
    const { id, idempotency_key: key } = JSON.parse(line) as Line;
    const done = this.#done.get(`${id} ${key}`);
    const isKept = done !== undefined && this.#done.size - done.order <= this.#scene.manifest.intents.dedupe_max;
    return isKept && done.bytes === `${who.subject} ${line}` ? [`the repeat of ${id} ${key} is refused`] : [];
  }
}
