// Records the lines of a transcript, for goldens and for comparing doors. Bounded: past the bound the oldest lines go
// and the loss is told, never hidden.

import type { Emit } from './shell/outcome.ts';

/** Bytes a recorder keeps by default. */
export const TRANSCRIPT_BYTES_MAX: number = 1 << 20;

/** A recorder; give its `emit` to a shell. */
export class TranscriptRecorder {
  readonly #maxBytes: number;
  readonly #lines: { readonly text: string; readonly bytes: number }[] = [];
  #bytes = 0;
  #lost = 0;
  /** Takes a line. */
  readonly emit: Emit = (line) => this.#add(line);

  constructor(options: { readonly maxBytes?: number } = {}) {
    this.#maxBytes = options.maxBytes ?? TRANSCRIPT_BYTES_MAX;
  }

  #add(text: string): void {
    const bytes = new TextEncoder().encode(text).length + 1;
    this.#lines.push({ text, bytes });
    this.#bytes += bytes;
    while (this.#bytes > this.#maxBytes && this.#lines.length > 1) {
      this.#bytes -= this.#lines.shift()?.bytes ?? 0;
      this.#lost++;
    }
  }

  /** The lines kept, oldest first. */
  get lines(): readonly string[] {
    return this.#lines.map(({ text }) => text);
  }

  /** Lines that were dropped. */
  get lostLines(): number {
    return this.#lost;
  }

  /** All lines, each ended by a line feed; a first line `~ lost lines=<n>` when some were dropped. */
  text(): string {
    const lost = this.#lost === 0 ? '' : `~ lost lines=${this.#lost}\n`;
    return lost + this.#lines.map(({ text }) => `${text}\n`).join('');
  }
}
