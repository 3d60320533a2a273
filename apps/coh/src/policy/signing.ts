// Signing policy documents: with the hive's own key (`keys/policy.json` of its data directory), or with a key of somebody whom
// `policy.signers` of its manifest lists.

import { existsSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { documentNote } from '@cohesix/authority';
import { formatSignatureLine, type NoteSigner, parseSignatureLine, signNote, unsignedNote } from '@cohesix/tlog';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { Context } from '../context.ts';
import { COMMAND } from '../io.ts';
import { localKeys } from '../local-keys.ts';
import type { DocumentFile } from './document-file.ts';

/** Which key signs. */
export interface KeyOptions {
  /** File with a key of one's own, made when it is missing. */
  readonly key?: string;
  /** Name of that key; default: of the file, without its ending. */
  readonly name?: string;
}

/** The key that signs: the one that was named, else the hive's own. `not-found` when the directory has none. */
export async function signerFor(context: Context, { key, name }: KeyOptions): Promise<Result<NoteSigner>> {
  const { loadNoteSigner, loadPolicySigner } = await import('@cohesix/node');
  if (key !== undefined) {
    const file = resolve(context.io.cwd, key);
    return loadNoteSigner(file, name ?? basename(file).replace(/\.[^.]*$/, ''), 'policy documents');
  }
  if (!context.places.ok) return context.places;
  const hive = await localKeys(context.places.value);
  return hive.ok ? loadPolicySigner(context.places.value, hive.value.audience) : hive;
}

/** The signature line of a document. */
export function signatureOf({ document, sha256 }: DocumentFile, signer: NoteSigner): Result<string> {
  const text = unsignedNote(documentNote(document, sha256));
  const signed = text.ok ? signNote(text.value, signer) : text;
  if (!signed.ok) return refuse('invalid-payload', `The document cannot be signed: ${signed.problem}.`);
  return ok(signed.value.signatures.map(formatSignatureLine).join('\n'));
}

/** Where the signature of a document lies. */
export function signatureFile(file: string): string {
  return `${file}.sig`;
}

/** The signature that lies beside a document, else one by the hive's own key when it is on this machine. */
export async function signatureFor(context: Context, read: DocumentFile): Promise<Result<string>> {
  const beside = signatureFile(read.file);
  if (existsSync(beside)) {
    const line = readFileSync(beside, 'utf8').trim();
    return parseSignatureLine(line).ok ? ok(line) : refuse('invalid-payload', `${beside} is no signature.`);
  }
  const signer = await signerFor(context, {});
  if (signer.ok) return signatureOf(read, signer.value);
  return refuse('not-found', `${read.file} is not signed: ${COMMAND} policy sign FILE. ${signer.refusal.detail}`);
}
