// What witnesses say of this hive's log. A line to `/audit/cosign` is looked at before it is decided, because only here are
// the tree and the keys: so what is recorded holds. `/audit/cosigned`, and the file `cosigned` beside the checkpoint, is the
// checkpoint that most of them cosigned, the newest of those, with all their signatures. Our own is made again: Ed25519
// gives the same bytes for the same text.

import { COSIGN_PATH, type Cosignature, cosignaturesIn, type State } from '@cohesix/authority';
import { assert } from '@cohesix/check';
import { type Disk, type TransparencyLog, writeCosigned } from '@cohesix/journal';
import type { CommandPort, NodeDefinition } from '@cohesix/ninedoor';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import {
  equalHashes,
  formatCheckpoint,
  formatNote,
  type NoteKey,
  type NoteSignature,
  type NoteSigner,
  openNote,
  parseSignatureLine,
  type SignedNote,
  signNote,
  unsignedNote,
} from '@cohesix/tlog';
import { ok, type Result, refuse } from '@cohesix/wire';

/** What it takes. */
export interface CosignedOptions {
  readonly disk: Disk;
  /** The directory of the journal. */
  readonly directory: string;
  /** The signer of the log. */
  readonly signer: NoteSigner;
  readonly log: TransparencyLog;
  /** Keys that the manifest lists. */
  readonly witnesses: readonly NoteKey[];
  /** Durable state. */
  readonly shown: () => Readonly<State>;
  /** Told when the file cannot be written. */
  readonly onFailed: (reason: string) => void;
}

type Command = Parameters<CommandPort['submit']>;

export class Cosigned {
  readonly #options: CosignedOptions;
  /** The last note, and the entries it was made of. */
  #made: { readonly of: string; readonly note: string } = { of: '', note: '' };
  #stored = '';
  #storing: Promise<void> = Promise.resolve();

  constructor(options: CosignedOptions) {
    this.#options = options;
  }

  /** Lets a command on its way when it is not for us, or its lines hold; else ends it. */
  submit([, path, lines, done]: Command, go: () => void): void {
    const checked = path === COSIGN_PATH ? this.check(lines) : ok(undefined);
    if (checked.ok) go();
    else done(checked);
  }

  /**
   * Looks at lines that cosign. `denied`: nobody that the manifest lists; `not-found`: nothing so large was signed yet;
   * `stale`: the root of another tree; `unauthenticated`: the signature does not hold. What is no such line is left to the
   * authority.
   */
  check(lines: readonly string[]): Result<void> {
    for (const line of lines) {
      const asked = parsed(line);
      const held = asked === undefined ? ok(undefined) : this.#holds(asked);
      if (!held.ok) return held;
    }
    return ok(undefined);
  }

  #holds({ size, root, signature }: Asked): Result<void> {
    const { log, witnesses } = this.#options;
    const key = witnesses.find(({ name, id }) => name === signature.name && id === signature.id);
    if (key === undefined)
      return refuse('denied', `audit.witnesses of the manifest lists no ${signature.name} with that key.`);
    const signed = log.latest?.size ?? 0;
    if (size > signed) return refuse('not-found', `${signed} records are signed, not ${size}.`);
    const own = log.rootAt(size);
    if (!own.ok) return own;
    if (!equalHashes(own.value, root)) return refuse('stale', `The tree of ${size} records has another root.`);
    const note = { ...this.#text(size, root), signatures: [signature] };
    const opened = openNote(Buffer.from(formatNote(note)), [key], nodeTicketCrypto.ed25519Verify);
    return opened.ok ? ok(undefined) : refuse('unauthenticated', `The cosignature does not hold: ${opened.problem}.`);
  }

  /** The note of the newest checkpoint that most witnesses cosigned; empty when none has. */
  note(): string {
    const chosen = mostAndNewest(this.#known());
    const [first] = chosen;
    if (first === undefined) return '';
    const of = chosen.map(({ entry }) => entry).join();
    if (this.#made.of === of) return this.#made.note;
    const text = this.#text(first.size, Buffer.from(first.root, 'base64'));
    const own = signNote(text, this.#options.signer);
    assert(own.ok, 'a note without signatures takes one');
    const signatures = [...own.value.signatures, ...chosen.map(({ signature }) => signature)];
    this.#made = { of, note: formatNote({ ...text, signatures }) };
    return this.#made.note;
  }

  /** `/audit/cosigned`. */
  node(): NodeDefinition {
    const render = (): Uint8Array => Buffer.from(this.note());
    return { pattern: '/audit/cosigned', file: { kind: 'view', boundBytes: 65_536, version: undefined, render } };
  }

  /** Writes the file when the note is another; to be called after each line that cosigns, and after a start. */
  store(): void {
    const { disk, directory, onFailed } = this.#options;
    this.#storing = this.#storing.then(async () => {
      const note = this.note();
      if (note === this.#stored) return;
      const written = await writeCosigned(disk, directory, Buffer.from(note));
      if (written.ok) this.#stored = note;
      else onFailed(written.refusal.detail);
    });
  }

  /** Resolves when the file is as it was last told to be. */
  settled(): Promise<void> {
    return this.#storing;
  }

  /** Cosignatures of witnesses that the manifest lists now. */
  #known(): readonly Known[] {
    const { witnesses, shown } = this.#options;
    return cosignaturesIn(shown()).flatMap((one) => {
      const signature = parseSignatureLine(one.line);
      assert(signature.ok, 'the authority takes no other lines');
      const { name, id } = signature.value;
      const isListed = witnesses.some((key) => key.name === name && key.id === id);
      return isListed ? [{ ...one, signature: signature.value }] : [];
    });
  }

  #text(size: number, root: Uint8Array): SignedNote {
    const text = formatCheckpoint({ origin: this.#options.signer.key.name, size, root, extensions: [] });
    assert(text.ok, 'a checkpoint of this log can be written');
    const note = unsignedNote(text.value);
    assert(note.ok, 'a checkpoint is the text of a note');
    return note.value;
  }
}

interface Known extends Cosignature {
  readonly signature: NoteSignature;
}

/** Those of one tree: of the largest among the trees that most have cosigned. In the order of the journal. */
function mostAndNewest(known: readonly Known[]): readonly Known[] {
  const bySize = Map.groupBy(known, ({ size }) => size);
  let chosen: readonly Known[] = [];
  for (const [, some] of [...bySize].sort(([a], [b]) => a - b)) if (some.length >= chosen.length) chosen = some;
  return chosen.toSorted((a, b) => a.entry - b.entry);
}

interface Asked {
  readonly size: number;
  readonly root: Uint8Array;
  readonly signature: NoteSignature;
}

/** What a line asks, when it is of the form that the authority takes; else undefined: it will be refused there. */
function parsed(line: string): Asked | undefined {
  try {
    const { size, root, cosignature } = JSON.parse(line) as Readonly<Record<string, unknown>>;
    if (!Number.isSafeInteger(size) || typeof root !== 'string' || typeof cosignature !== 'string') return undefined;
    const signature = parseSignatureLine(cosignature);
    if (!signature.ok) return undefined;
    return { size: size as number, root: Buffer.from(root, 'base64'), signature: signature.value };
  } catch {
    return undefined; // No JSON, or null.
  }
}
