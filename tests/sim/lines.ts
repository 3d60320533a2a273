// What clients write: sensible lines, made so that most are written once only, and what no hive should take.

import { createAuthority } from '@cohesix/authority';
import { type Manifest, settingsOf } from '@cohesix/manifest';
import type { Random } from './random.ts';

/** An append. */
export interface Line {
  readonly path: string;
  readonly text: string;
}

const LIFECYCLE = ['cordon', 'drain', 'quiesce', 'reset', 'resume', 'resume', 'resume', 'resume'];

export class Lines {
  readonly #random: Random;
  readonly #manifest: Manifest;
  readonly #examples: readonly Line[];
  #counter = 0;

  constructor(random: Random, manifest: Manifest) {
    this.#random = random;
    this.#manifest = manifest;
    this.#examples = createAuthority(manifest).controls.flatMap(({ pattern, control }) =>
      control.examples.map((text) => ({ path: pattern, text })),
    );
  }

  /** A line of `/queen/ctl`. `workers`: about as many there are. */
  queen(workers: number): Line {
    const random = this.#random;
    const unique = 1000 + this.#counter++;
    const line = random.weighted<() => object>([
      [5, () => ({ spawn: 'heartbeat', ticks: unique, budget: this.#budget() })],
      [1, () => ({ spawn: 'heartbeat', ticks: random.between(1, 4) })],
      [1, () => ({ spawn: 'host', budget: { ops: unique } })],
      [5, () => ({ kill: `worker-${random.between(1, workers + 20)}` })],
      [4, () => ({ budget: { ops: unique, ttl_s: random.between(1, 60) } })],
      [1, () => ({ bind: { from: random.pick(['/proc', '/log', '/nowhere']), to: `/b${unique}` } })],
      [1, () => ({ mount: { service: random.pick(['logs', 'nothing']), at: `/m${unique}` } })],
      [1, () => ({ spawn: random.pick(['lora', 'bus']) })],
    ]);
    return { path: '/queen/ctl', text: JSON.stringify(line()) };
  }

  #budget(): object {
    const random = this.#random;
    return { ttl_s: random.between(1, 40), ...(random.chance(1, 2) ? { ops: random.between(2, 30) } : {}) };
  }

  /** Several lines of `/queen/ctl` in one append: all of them or none. */
  several(workers: number): Line {
    const count = this.#random.weighted([
      [6, this.#random.between(2, 5)],
      [1, 16],
      [1, 17],
    ]);
    const texts = Array.from({ length: count }, () => this.queen(workers).text);
    return { path: '/queen/ctl', text: texts.join('\n') };
  }

  /** Other settings; the number in `window_ms` makes them unlike all before. */
  settings(): Line {
    const random = this.#random;
    const { policy, workers, tickets } = settingsOf(this.#manifest);
    const set = {
      policy: { ...policy, enabled: random.chance(1, 2), approvals_max: random.pick([2, 4, 64]) },
      workers: { max: workers.max + random.between(0, 10), default_budget: { ops: random.pick([0, 5]), ttl_s: 30 } },
      tickets: { attach_failures: { ...tickets.attach_failures, window_ms: 1000 + this.#counter++ } },
    };
    return { path: '/queen/manifest/ctl', text: JSON.stringify({ set }) };
  }

  /** A word for the life of the node, written in a way of its own. */
  lifecycle(): Line {
    const word = this.#random.pick(LIFECYCLE);
    let letters = this.#counter++;
    const text = [...word].map((letter) => {
      const isUpper = letters % 2 === 1;
      letters >>= 1;
      return isUpper ? letter.toUpperCase() : letter;
    });
    return { path: '/queen/lifecycle/ctl', text: `${text.join('')}${' '.repeat(letters % 64)}` };
  }

  revoke(id: string): Line {
    const reason = `of no more use ${this.#counter++}`;
    return { path: '/queen/ticket/ctl', text: JSON.stringify({ revoke: { id, reason } }) };
  }

  /** A name for an action. */
  actionId(): string {
    return `a${this.#counter++}`;
  }

  /** Asks for an approval, or gives or denies one that nobody asked for. */
  action(about: Line, decision: 'request' | 'approve' | 'deny', id: string): Line {
    return { path: '/actions/queue', text: JSON.stringify({ id, target: about.path, line: about.text, decision }) };
  }

  /** Decides a request. `entry` is the journal entry it is shown with. */
  decision(id: string, entry: number, decision: 'approve' | 'deny'): Line {
    return { path: '/actions/queue', text: JSON.stringify({ id, entry, decision }) };
  }

  /** An example of the reference for some file that clients write, with other small numbers in it. */
  sample(): Line {
    const random = this.#random;
    const { path, text } = random.pick(this.#examples.filter((example) => !example.path.startsWith('/sys/')));
    const other = text.replace(/\d+/g, (digits) =>
      digits.length < 3 && random.chance(1, 2) ? `${random.below(20)}` : digits,
    );
    return { path, text: other };
  }

  /** An example of the reference, as it is or damaged; or what is no line at all. */
  odd(): Line {
    const random = this.#random;
    const { path, text } = random.pick(this.#examples);
    const damaged = random.weighted<() => string>([
      [2, () => text],
      [3, () => this.#damaged(text)],
      [1, () => `${text.slice(0, -1)},"surprise":${this.#counter++}}`],
      [1, () => 'x'.repeat(random.pick([4096, 4097, 8100]))],
      [1, () => Buffer.from(random.bytes(random.between(1, 40))).toString('latin1')],
    ]);
    return { path: random.chance(1, 8) ? '/nowhere/ctl' : path, text: damaged() };
  }

  #damaged(text: string): string {
    const random = this.#random;
    const at = random.below(text.length);
    const put = random.pick(['', '"', '{', '9', '\u0000', '\ud800', 'é', '-', text.charAt(random.below(text.length))]);
    return text.slice(0, at) + put + text.slice(at + 1);
  }
}
