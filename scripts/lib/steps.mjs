// A run of named steps, each with its own verdict, and the tally that `npm test` ends with.

import { run } from './run.mjs';

/** Counts what passed, failed and was skipped over all steps. A step is one, its tests are counted beside it. */
export class Tally {
  passed = 0;
  /** @type {string[]} */
  failed = [];
  /** @type {{name: string, reason?: string}[]} */
  skipped = [];

  /**
   * Runs a program as a step.
   * @param {string} name
   * @param {string} command
   * @param {readonly string[]} args
   * @param {import('node:child_process').SpawnOptions} [options]
   */
  async step(name, command, args, options = {}) {
    await this.check(name, async () => {
      const { status, signal, error } = await run(command, args, options);
      return status === 0 ? undefined : (error?.message ?? (signal ? `ended by ${signal}` : `exit status ${status}`));
    });
  }

  /**
   * Runs an action as a step.
   * @param {string} name
   * @param {() => Promise<string | undefined>} action the reason of failure, or undefined
   */
  async check(name, action) {
    console.log(`\n── ${name} ──`);
    const started = Date.now();
    const reason = await action();
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    if (reason === undefined) this.passed++;
    else this.failed.push(`${name}: ${reason}`);
    console.log(reason === undefined ? `ok: ${name} (${seconds} s)` : `FAILED: ${name}: ${reason} (${seconds} s)`);
  }

  /** Prints every failure and skip by name, and as the very last line the three numbers. */
  report() {
    if (this.failed.length > 0) console.log('\nfailed:');
    for (const name of this.failed) console.log(`  ${name}`);
    if (this.skipped.length > 0) console.log('\nskipped:');
    for (const { name, reason } of this.skipped) console.log(`  ${name}: ${reason ?? 'no reason given'}`);
    console.log(`\n${this.passed} passed, ${this.failed.length} failed, ${this.skipped.length} skipped`);
  }
}
