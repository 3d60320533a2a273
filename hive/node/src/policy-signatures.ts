// The hash and the signature of policy documents. A line that loads one is looked at before it is decided, because the authority
// has no cryptography: so whatever is staged was signed by the hive's own key or by one that the settings list now.

import { createHash } from 'node:crypto';
import {
  documentNote,
  documentText,
  POLICY_CTL_PATH,
  type SignedDocument,
  type State,
  settingsIn,
  signedDocument,
} from '@cohesix/authority';
import { sha256 } from '@cohesix/journal';
import type { CommandPort } from '@cohesix/ninedoor';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import {
  formatNote,
  formatNoteKey,
  type NoteKey,
  openNote,
  parseNoteKey,
  parseSignatureLine,
  unsignedNote,
} from '@cohesix/tlog';
import { ok, type Result, refuse } from '@cohesix/wire';

/** What it takes. */
export interface PolicySignaturesOptions {
  /** The hive's own key for policy documents; undefined when only those of the settings count. */
  readonly own: NoteKey | undefined;
  /** Durable state. */
  readonly shown: () => Readonly<State>;
}

type Command = Parameters<CommandPort['submit']>;

export class PolicySignatures {
  readonly #options: PolicySignaturesOptions;

  constructor(options: PolicySignaturesOptions) {
    this.#options = options;
  }

  /** Lets a command on its way when it is not for us, or its documents are signed; else ends it. */
  submit([, path, lines, done]: Command, go: () => void): void {
    const checked = path === POLICY_CTL_PATH ? this.check(lines) : ok(undefined);
    if (checked.ok) go();
    else done(checked);
  }

  /**
   * Looks at lines that load documents. `invalid-payload`: the hash is that of another document; `denied`: by nobody who may
   * sign; `unauthenticated`: the signature does not hold. What is no such line is left to the authority.
   */
  check(lines: readonly string[]): Result<void> {
    for (const line of lines) {
      const asked = signedDocument(line);
      const held = asked === undefined ? ok(undefined) : this.#holds(asked);
      if (!held.ok) return held;
    }
    return ok(undefined);
  }

  #holds({ document, sha256: named, signature }: SignedDocument): Result<void> {
    const hash = createHash('sha256').update(documentText(document)).digest('hex');
    if (hash !== named) return refuse('invalid-payload', `$.sha256: that of the document is ${hash}`);
    const line = parseSignatureLine(signature);
    if (!line.ok) return refuse('invalid-payload', `$.signature: ${line.problem}`);
    const { name, id } = line.value;
    const key = this.#keys().find((one) => one.name === name && one.id === id);
    if (key === undefined)
      return refuse('denied', `policy.signers lists no ${name} with that key, and it is not the hive's own.`);
    const text = unsignedNote(documentNote(document, hash));
    if (!text.ok) return refuse('invalid-payload', `$.document: ${text.problem}`);
    const note = formatNote({ ...text.value, signatures: [line.value] });
    const opened = openNote(Buffer.from(note), [key], nodeTicketCrypto.ed25519Verify);
    return opened.ok ? ok(undefined) : refuse('unauthenticated', `The signature does not hold: ${opened.problem}.`);
  }

  /** A key that the settings list and nobody can read counts for nothing. */
  #keys(): readonly NoteKey[] {
    const { own, shown } = this.#options;
    const listed = settingsIn(shown()).policy.signers.flatMap((text) => {
      const key = parseNoteKey(sha256, text);
      return key.ok ? [key.value] : [];
    });
    const all = own === undefined ? listed : [own, ...listed];
    return [...new Map(all.map((key) => [formatNoteKey(key), key])).values()];
  }
}
