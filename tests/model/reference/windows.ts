// The account of export windows: which are open until when. Who exports asks with the time of the act, so a window is shut at its end
// whether the clock line came or not.

import { isWindowOpen, type State } from '@cohesix/authority';
import { type Account, field, type Heard, linesOf, revokedBy } from './scene.ts';

interface Line {
  readonly op: 'open' | 'close';
  readonly id: string;
  readonly ttl_s: number;
}

interface Window {
  readonly until: number;
  readonly ids: readonly string[];
}

export class WindowAccount implements Account {
  readonly windows: Map<string, Window> = new Map();
  /** Ids that were ever open: they are asked about for ever. */
  readonly #known = new Set<string>();

  judge(heard: Heard): string[] {
    const { path, line, at, who } = heard.command;
    const ticket = revokedBy(heard);
    for (const [id, { ids }] of ticket === undefined ? [] : this.windows)
      if (ids.includes(ticket ?? '')) this.windows.delete(id);
    const broken = heard.log
      .filter((text) => text.startsWith('export expired '))
      .flatMap((text) => this.#over(text, at));
    if (path !== '/queen/export/ctl') return broken;
    const { op, id, ttl_s: ttl } = JSON.parse(line) as Line;
    this.#known.add(id);
    if (op === 'open') this.windows.set(id, { until: at + ttl * 1000, ids: who.ticketIds });
    else if (!this.windows.delete(id)) broken.push(`the window ${id} is closed and was not open`);
    return broken;
  }

  #over(text: string, at: number): string[] {
    const id = field(text, 'id');
    const window = this.windows.get(id);
    this.windows.delete(id);
    return window !== undefined && window.until <= at ? [] : [`the window ${id} is shut at ${at}`];
  }

  settled(at: number): string[] {
    const over = [...this.windows].filter(([, { until }]) => until <= at);
    return over.map(([id]) => `the window ${id} is over and was not shut`);
  }

  look(view: (path: string) => string, state: Readonly<State>, at: number): string[] {
    const broken = [...this.#known].filter((id) => {
      const window = this.windows.get(id);
      return isWindowOpen(state, id, at) !== (window !== undefined && at < window.until);
    });
    const shown = linesOf(view('/proc/export/windows')).length;
    if (shown !== this.windows.size) broken.push(`${shown} of ${this.windows.size}`);
    return broken.map((what) => `the window ${what} is not as it should be`);
  }
}
