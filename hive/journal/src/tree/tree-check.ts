// The tree of a log computed again from its records, compared with the roots that were signed on the way.

import { equalHashes, type Tile, TileBuilder } from '@cohesix/tlog';
import type { ExpectedRoot, LogFinding } from './log-heads.ts';
import { OpenTiles } from './open-tiles.ts';
import { makeTreeHasher } from './sha256.ts';

/** Findings that are kept; there may be more. */
const FINDINGS_MAX = 32;

export class TreeCheck {
  readonly findings: LogFinding[];
  readonly #hasher = makeTreeHasher();
  readonly #builder: TileBuilder;
  readonly #open: OpenTiles;
  /** Roots that were signed, by size. */
  readonly #expected = new Map<number, ExpectedRoot[]>();

  /** `onFull` gets each tile that fills, its path and 8,192 bytes that nobody writes to any more. */
  constructor(
    { expected, findings }: { readonly expected: readonly ExpectedRoot[]; readonly findings: readonly LogFinding[] },
    onFull: (path: string, bytes: Uint8Array) => void,
  ) {
    this.findings = [...findings];
    this.#open = new OpenTiles(onFull);
    this.#builder = new TileBuilder(this.#hasher, (run) => this.#open.add(run));
    for (const root of expected) this.#expected.set(root.size, [...(this.#expected.get(root.size) ?? []), root]);
    this.#compareRoot();
  }

  /** Records so far. */
  get size(): number {
    return this.#builder.size;
  }

  /** Takes the next record. */
  add(body: Uint8Array): void {
    this.#builder.append(this.#hasher.leaf(body));
    this.#compareRoot();
  }

  /** The hashes of a tile that is not full, after the last record; undefined for a full one. */
  partial(tile: Tile): Uint8Array | undefined {
    this.#builder.flush();
    return this.#open.read(tile);
  }

  /** After the last record: finds what was signed and is not there. */
  end(): void {
    for (const [size] of this.#expected) this.find(`the log ends at record ${this.size}`, `record ${size}`);
  }

  /** Compares a stored tile with the computed one. */
  compareTile(path: string, stored: Uint8Array, computed: Uint8Array): void {
    if (!equalHashes(stored, computed)) this.find('a tile is not that of the records', path);
  }

  find(what: string, where: string): void {
    if (this.findings.length < FINDINGS_MAX) this.findings.push({ what, where });
  }

  #compareRoot(): void {
    const { size } = this;
    const expected = this.#expected.get(size);
    if (expected === undefined) return;
    this.#expected.delete(size);
    for (const { root, what } of expected) {
      if (!equalHashes(this.#builder.root(), root))
        this.find(`records 1 to ${size} are not those of ${what}`, `record ${size}`);
    }
  }
}
