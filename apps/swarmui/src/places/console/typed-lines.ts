// What keys do to the line that is typed: edit it, complete it, send it.

import type { ConsoleSession } from './console-session.ts';
import type { LineHistory } from './history.ts';
import type { LineKey } from './keys.ts';
import { LineEditor } from './line-editor.ts';

/** Candidates that are listed. */
const LISTED_MAX = 100;

/** The line of a console. */
export class TypedLines {
  readonly editor: LineEditor = new LineEditor();
  readonly #console: ConsoleSession;
  readonly #history: LineHistory;
  readonly #watchers = new Set<() => void>();
  #isCompleting = false;

  constructor(console: ConsoleSession, history: LineHistory) {
    this.#console = console;
    this.#history = history;
  }

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  };

  /** Text that was typed. */
  insert(text: string): void {
    this.editor.insert(text);
    this.#tell();
  }

  /** Text that was pasted: every whole line is sent, the last one stays to be edited. */
  paste(text: string): void {
    const lines = text.replace(/\r\n?/g, '\n').split('\n');
    const last = lines.pop() ?? '';
    const refused = lines.findIndex((line) => {
      this.editor.insert(line);
      return !this.#enter();
    });
    if (refused >= 0) this.editor.set('');
    if (refused >= 0) this.#console.note(`  ${lines.length - refused} lines were not sent: too many wait before them.`);
    else this.editor.insert(last);
    this.#tell();
  }

  /** Forgets what is typed and what was: somebody else will type here. */
  clear(): void {
    this.editor.set('');
    this.#history.clear();
    this.#tell();
  }

  /** A key, but for `clear`, which is the terminal's. */
  press(key: LineKey): void {
    this.#act(key);
    this.#tell();
  }

  #act(key: LineKey): void {
    switch (key) {
      case 'enter':
        return void (this.#enter() || this.#console.note('  Not sent: too many lines wait before it.'));
      case 'up':
        return this.#put(this.#history.up(this.editor.text));
      case 'down':
        return this.#put(this.#history.down());
      case 'interrupt':
        return this.#interrupt();
      case 'complete':
        return void this.#complete();
      case 'cut-head':
        return this.editor.cutHead();
      case 'cut-word':
        return this.editor.cutWord();
      case 'clear':
        return;
      default:
        return this.editor[key]();
    }
  }

  /** Sends the line. False, and it stays there, when too many wait. */
  #enter(): boolean {
    const { text } = this.editor;
    if (!this.#console.submit(text)) return false;
    this.editor.set('');
    this.#history.add(text);
    return true;
  }

  #put(line: string | undefined): void {
    if (line !== undefined) this.editor.set(line);
  }

  #interrupt(): void {
    if (this.editor.text === '' || this.#console.status.get().isRunning) this.#console.interrupt();
    else this.editor.set('');
  }

  async #complete(): Promise<void> {
    if (this.#isCompleting) return;
    this.#isCompleting = true;
    const { head } = this.editor;
    const [candidates, replaced] = await this.#console.complete(head);
    this.#isCompleting = false;
    // Somebody went on typing: what was found is for another line.
    if (this.editor.head !== head || candidates.length === 0) return;
    const common = commonStart(candidates);
    if (common.length > replaced.length) this.insert(common.slice(replaced.length));
    else if (candidates.length > 1) this.#list(candidates);
  }

  #list(candidates: readonly string[]): void {
    const more = candidates.length > LISTED_MAX ? ` … and ${candidates.length - LISTED_MAX} more` : '';
    this.#console.note(candidates.slice(0, LISTED_MAX).join('  ') + more);
  }

  #tell(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}

/** What all of them begin with. */
export function commonStart(words: readonly string[]): string {
  const [first = '', ...others] = words;
  let length = first.length;
  for (const word of others) while (!word.startsWith(first.slice(0, length))) length -= 1;
  return first.slice(0, length);
}
