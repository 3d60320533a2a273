// What a hive does about its disk. It keeps space in reserve; when the journal cannot be written for want of space, handles or
// a writable file system, it writes why from the reserve, refuses every change, and looks each second whether it can go on.
// After a failed sync it does not go on by itself: what the disk then says is not believed (docs/adr/0003). It also moves
// old segments into the archive, when the manifest says so.
//
// open ──write fails──▶ sealed ──reserve filled and journal reopened──▶ open
//                          └──(failed sync: until a restart)

import { JOURNAL_PATH } from '@cohesix/authority';
import type { Journal, Reserve } from '@cohesix/journal';
import type { Journal as JournalSettings } from '@cohesix/manifest';
import type { Cancel, Timers } from '@cohesix/time';
import type { Result } from '@cohesix/wire';
import type { Ledger } from './ledger.ts';

/** Causes that go away while the hive runs, and leave what was written before them alone. */
const PASSING: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EMFILE', 'ENFILE', 'ENOMEM']);
/** Time between two looks whether the journal can be written again. */
const LOOK_MS = 1000;
const REASON_CHARS_MAX = 256;

/** What a guard works with. */
export interface DiskGuardOptions {
  readonly journal: Journal;
  readonly reserve: Reserve;
  readonly ledger: Ledger;
  readonly timers: Timers;
  readonly settings: JournalSettings;
  /** Absolute path of the archive. */
  readonly archive: string;
  /** Writes a line of the system's own. */
  readonly system: (path: string, line: string) => Promise<Result<void>>;
  /** A line for `/log/queen.log`. */
  readonly audit: (line: string) => void;
  /** Told when changes are taken again. */
  readonly onResumed: () => void;
}

export class DiskGuard {
  readonly #options: DiskGuardOptions;
  /** A cause that passes; undefined while all is well, and after one that does not. */
  #reason: string | undefined;
  #look: Cancel | undefined;
  #working: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: DiskGuardOptions) {
    this.#options = options;
  }

  /** Sets the reserve aside and archives what is over the bound. */
  async start(): Promise<void> {
    const filled = await this.#options.reserve.fill();
    if (!filled.ok)
      this.#options.audit(`audit journal reserve missing reason=${JSON.stringify(filled.refusal.detail)}`);
    this.rolled();
    await this.#working;
  }

  /** The journal has sealed itself. Answers whether the hive will go on by itself when the cause has passed. */
  sealed(reason: string, errno: string): boolean {
    const isNews = this.#reason === undefined;
    if (!PASSING.has(errno) || this.#isStopped) {
      this.#reason = undefined;
      this.#look?.();
      return false;
    }
    this.#reason = reason.slice(0, REASON_CHARS_MAX);
    this.#then(async () => {
      if (isNews) await this.#sayWhy();
      this.#lookLater();
    });
    return true;
  }

  /** A segment was closed. */
  rolled(): void {
    const { journal, settings } = this.#options;
    if (settings.retention !== 'archive' || journal.bytes <= settings.retain_bytes) return;
    this.#then(() => this.#archive());
  }

  /** Why changes may not be taken although the disk works: the journal is as large as it may be. */
  full(): string | undefined {
    const { journal, settings } = this.#options;
    if (settings.retention !== 'refuse' || journal.bytes < settings.retain_bytes) return undefined;
    return `The journal has ${journal.bytes} bytes and may have ${settings.retain_bytes}: raise journal.retain_bytes, or archive.`;
  }

  /** Looks no more; resolves when nothing is being done. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#look?.();
    await this.#working;
  }

  /** One thing after the other. */
  #then(run: () => Promise<void>): void {
    this.#working = this.#working.then(run);
  }

  /** The last word, from the space that was kept for it. */
  async #sayWhy(): Promise<void> {
    const { journal, reserve, ledger, system } = this.#options;
    await reserve.release();
    if (!(await journal.reopen()).ok) return;
    ledger.resync();
    await system(JOURNAL_PATH, JSON.stringify({ sealed: { reason: this.#reason } }));
  }

  #lookLater(): void {
    if (this.#isStopped) return;
    this.#look?.();
    this.#look = this.#options.timers.after(LOOK_MS, () => this.#then(() => this.#tryAgain()));
  }

  async #tryAgain(): Promise<void> {
    if (this.#reason === undefined || this.#isStopped) return;
    if (!(await this.#resume())) return this.#lookLater();
    this.#reason = undefined;
    this.#options.ledger.unseal();
    this.#options.onResumed();
  }

  /** Whether the space is there again and the journal can be written. A journal that could not say why says so now. */
  async #resume(): Promise<boolean> {
    const { journal, reserve, ledger, system } = this.#options;
    if (!(await reserve.fill()).ok) return false;
    const wasSealed = journal.sealed !== undefined;
    if (!(await journal.reopen()).ok) return false;
    if (wasSealed) {
      ledger.resync();
      const said = await system(JOURNAL_PATH, JSON.stringify({ sealed: { reason: this.#reason } }));
      if (!said.ok) return false;
    }
    return (await system(JOURNAL_PATH, JSON.stringify({ resumed: {} }))).ok;
  }

  async #archive(): Promise<void> {
    const { journal, settings, archive, audit } = this.#options;
    while (!this.#isStopped && journal.bytes > settings.retain_bytes) {
      const moved = await journal.archive(archive);
      if (!moved.ok) return audit(`audit journal archive failed reason=${JSON.stringify(moved.refusal.detail)}`);
      if (!moved.value) return;
      audit('audit journal segment archived');
    }
  }
}
