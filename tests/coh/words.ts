// What a script cannot hold because it is signed, made with the keys at hand: `{{ticket:NAME}}`,
// `{{load:ID}}` (the line that loads a signed policy document), `{{sha256:ID}}`, and the manifests of update-words.ts.

import { createHash } from 'node:crypto';
import { documentNote, documentText, loadLine, type PolicyDocument } from '@cohesix/authority';
import { sha256 } from '@cohesix/journal';
import { type Hive, loadKeyRing } from '@cohesix/node';
import { activeKey, type KeyRing, mint } from '@cohesix/ticket';
import { ed25519PublicKey, nodeTicketCrypto, randomTicketId } from '@cohesix/ticket/node';
import { formatSignatureLine, type NoteSigner, noteKey, signNote, unsignedNote } from '@cohesix/tlog';
import type { Result } from '@cohesix/wire';
import type { ScriptFile, TicketWish } from './script-file.ts';
import { updateWords } from './update-words.ts';

/** Name between the braces → what stands there instead. */
export type Words = ReadonlyMap<string, string>;

/** A line or a script with its words filled in. */
export function withWords(text: string, words: Words): string {
  return text.replaceAll(/\{\{([a-z0-9]+:[a-z0-9-]+)\}\}/g, (whole, name: string) => words.get(name) ?? whole);
}

/** All words of a script. @throws Error when the hive's keys cannot be read. */
export async function wordsOf(script: ScriptFile, { paths, manifest }: Hive): Promise<Words> {
  const { audience } = manifest.hive;
  const ring = good(await loadKeyRing(paths, manifest.tickets));
  const words = new Map<string, string>(updateWords(script.text));
  for (const [name, wish] of script.tickets) words.set(`ticket:${name}`, ticketOf(wish, ring, audience));
  const signer = packSigner();
  for (const document of script.documents) {
    const hash = createHash('sha256').update(documentText(document)).digest('hex');
    const signature = signatureOf(document, hash, signer);
    words.set(`sha256:${document.id}`, hash);
    words.set(`load:${document.id}`, loadLine({ document, sha256: hash, signature }));
  }
  return words;
}

function ticketOf(wish: TicketWish, ring: KeyRing, audience: string): string {
  const { role, subject, scopes, quotas, isExpired } = wish;
  const claims = { id: randomTicketId(), audience, role, subject, quotas };
  const limits = { ...(scopes.length === 0 ? {} : { scopes }), ...(isExpired ? { expiresMs: 1 } : {}) };
  return good(mint(nodeTicketCrypto, activeKey(ring), { ...claims, ...limits }));
}

/** The key that manifests/regression.toml lists. */
function packSigner(): NoteSigner {
  const seed = Buffer.alloc(32, 7);
  const key = noteKey(sha256, { kind: 'ed25519', name: 'regression-pack', publicKey: ed25519PublicKey(seed) });
  if (!key.ok) throw new Error(key.problem);
  return { key: key.value, sign: (message) => nodeTicketCrypto.ed25519Sign(seed, message) };
}

function signatureOf(document: PolicyDocument, hash: string, signer: NoteSigner): string {
  const text = unsignedNote(documentNote(document, hash));
  const signed = text.ok ? signNote(text.value, signer) : text;
  if (!signed.ok) throw new Error(signed.problem);
  return signed.value.signatures.map(formatSignatureLine).join('\n');
}

function good<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new Error(result.refusal.detail);
  return result.value;
}
