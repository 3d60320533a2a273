// One process owns a directory.
//
// `owner.lock/` holds claims named by generation, 16 digits; the highest generation is the owner. A claim appears by
// link(2) from a finished temporary file, so it is exclusive and never seen half written. It is given back by renaming
// it to `<generation>.released`. A starter looks at the highest claim; if its process is gone or it was released, it
// links the next generation. Two starters that saw the same dead owner want the same name and one of them fails, so
// there is nothing to delete before taking over and no window in which the directory belongs to nobody.
//
// Only lower generations are ever removed, by the owner. A starter that slept since it looked may link a generation
// that came and went meanwhile, so each looks again after linking: whoever sees an equal or higher one steps back.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Result } from '@cohesix/wire';
import { ok, refuse } from '@cohesix/wire';
import type { Disk } from './disk.ts';
import { attempt, errnoNameOf, writeAll } from './disk.ts';
import { nodeDisk } from './node-disk.ts';
import type { Liveness, Owner } from './owner.ts';
import { currentOwner, formatOwner, livenessOf, parseOwner } from './owner.ts';

/** Name of the folder of claims inside the locked directory. */
export const LOCK_NAME = 'owner.lock';

const CLAIM = /^(\d{16})(\.released)?$/;
const TEMPORARY = /^new-/;
const CLAIM_SIZE_MAX = 4096;
/** Starters that step back for each other this often are answered `busy`. */
const ROUNDS_MAX = 100;

/** Who asks, and how the world looks to them; the defaults are this process and this machine. */
export interface LockOptions {
  /** Now, milliseconds since the epoch. */
  readonly at: number;
  readonly disk?: Disk;
  readonly owner?: Owner;
  readonly livenessOf?: (owner: Owner, self: Owner) => Liveness;
}

/** A directory held by this process. */
export interface DirectoryLock {
  readonly owner: Owner;
  /** Counts the owners this directory has had; higher than every earlier one. */
  readonly generation: number;
  /** Gives the directory back. A second call does nothing. */
  release(): Promise<Result<void>>;
}

/**
 * Takes a directory for this process, making it when it does not exist. Refuses with `busy`, saying who holds it
 * and since when, or with `audit-unavailable` when the disk fails or the place is not a directory.
 */
export async function lockDirectory(directory: string, options: LockOptions): Promise<Result<DirectoryLock>> {
  const taken = await attempt(`cannot lock ${directory}`, () => new Starter(directory, options).take());
  return taken.ok ? taken.value : taken;
}

interface Claim {
  readonly name: string;
  readonly generation: number;
  readonly isReleased: boolean;
}

class Starter {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #self: Owner;
  readonly #livenessOf: (owner: Owner, self: Owner) => Liveness;

  constructor(directory: string, options: LockOptions) {
    this.#disk = options.disk ?? nodeDisk;
    this.#folder = join(directory, LOCK_NAME);
    this.#self = options.owner ?? currentOwner(options.at);
    this.#livenessOf = options.livenessOf ?? livenessOf;
  }

  async take(): Promise<Result<DirectoryLock>> {
    await this.#disk.mkdir(this.#folder);
    const stat = await this.#disk.lstat(this.#folder);
    if (stat?.kind !== 'directory')
      return refuse('audit-unavailable', `${this.#folder} must be a directory; remove it`);
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const highest = highestOf(await this.#claims());
      for (const claim of highest) {
        const held = await this.#heldBy(claim);
        if (held !== undefined) return held;
      }
      const generation = (highest[0]?.generation ?? 0) + 1;
      if (await this.#claim(generation)) return ok(await this.#own(generation));
    }
    return refuse('busy', `${this.#folder}: too many processes start here at once; try again`);
  }

  async #claims(): Promise<readonly Claim[]> {
    const names = await this.#disk.readdir(this.#folder);
    return names.flatMap((name) => {
      const match = CLAIM.exec(name);
      return match === null ? [] : [{ name, generation: Number(match[1]), isReleased: match[2] !== undefined }];
    });
  }

  /** A refusal when the claim's process may still run; undefined when the directory may be taken. */
  async #heldBy(claim: Claim): Promise<ReturnType<typeof refuse> | undefined> {
    if (claim.isReleased) return undefined;
    const path = join(this.#folder, claim.name);
    const text = await this.#read(path);
    // Released or stepped back since the listing: the next round sees what is there now.
    if (text === undefined) return undefined;
    const owner = parseOwner(text);
    if (owner === undefined)
      return refuse('audit-unavailable', `${path} is not a claim; remove it if no hive runs here`);
    const liveness = this.#livenessOf(owner, this.#self);
    return liveness === 'gone' ? undefined : refuse('busy', heldSentence({ owner, liveness, path }));
  }

  async #read(path: string): Promise<string | undefined> {
    try {
      const file = await this.#disk.open(path, 'read');
      try {
        const bytes = Buffer.alloc(CLAIM_SIZE_MAX);
        return bytes.toString('utf8', 0, await file.read(bytes, 0));
      } finally {
        await file.close();
      }
    } catch (error) {
      if (errnoNameOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** True when this process now holds the generation; false when somebody else was faster. */
  async #claim(generation: number): Promise<boolean> {
    const temporary = join(this.#folder, `new-${this.#self.pid}-${randomBytes(8).toString('hex')}`);
    const name = claimName(generation);
    try {
      await this.#write(temporary);
      await this.#disk.link(temporary, join(this.#folder, name));
    } catch (error) {
      await this.#remove(temporary);
      // ENOENT: the owner swept the folder and took our temporary file with it.
      if (['EEXIST', 'ENOENT'].includes(errnoNameOf(error))) return false;
      throw error;
    }
    await this.#remove(temporary);
    const others = (await this.#claims()).filter((claim) => claim.name !== name);
    if (others.every((claim) => claim.generation < generation)) return true;
    await this.#remove(join(this.#folder, name));
    return false;
  }

  async #write(path: string): Promise<void> {
    const file = await this.#disk.open(path, 'create');
    try {
      await writeAll(file, [Buffer.from(formatOwner(this.#self))], 0);
      // So that a power cut cannot leave a claim without its text.
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  /** Sweeps what earlier owners left and hands out the lock. */
  async #own(generation: number): Promise<DirectoryLock> {
    const kept = claimName(generation);
    for (const name of await this.#disk.readdir(this.#folder)) {
      if (name !== kept && (CLAIM.test(name) || TEMPORARY.test(name))) await this.#remove(join(this.#folder, name));
    }
    const path = join(this.#folder, kept);
    let released: Promise<Result<void>> | undefined;
    const release = (): Promise<Result<void>> =>
      attempt(`cannot release ${path}`, () => this.#disk.rename(path, `${path}.released`));
    return { owner: this.#self, generation, release: () => (released ??= release()) };
  }

  /** Removes a file that nobody depends on; one that cannot be removed stays and is swept by a later owner. */
  async #remove(path: string): Promise<void> {
    await attempt('sweep', () => this.#disk.unlink(path));
  }
}

function claimName(generation: number): string {
  return String(generation).padStart(16, '0');
}

/** The claims of the highest generation: mostly one, two while somebody steps back. */
function highestOf(claims: readonly Claim[]): readonly Claim[] {
  const highest = Math.max(0, ...claims.map((claim) => claim.generation));
  return claims.filter((claim) => claim.generation === highest);
}

interface Held {
  readonly owner: Owner;
  readonly liveness: Liveness;
  readonly path: string;
}

function heldSentence({ owner, liveness, path }: Held): string {
  const since = new Date(owner.since).toISOString();
  const who = `held by ${owner.program}, process ${owner.pid} on ${owner.hostname}, since ${since}`;
  if (liveness === 'alive') return `the directory is ${who}; stop it first`;
  return `the directory is ${who}; it ran elsewhere, so whether it still does is unknown: if not, remove ${path}`;
}
