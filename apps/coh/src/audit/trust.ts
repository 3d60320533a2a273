// What a verifier is told to believe: keys as text or in files, checkpoints in files.

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { LogTrust } from '@cohesix/journal';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { Context } from '../context.ts';
import { errorText } from '../token.ts';

/** The options that say what to believe. */
export interface TrustOptions {
  /** Verifier key text, or a file with it. */
  readonly key?: string;
  /** File with an older checkpoint. */
  readonly checkpoint?: string;
  /** Verifier key texts of witnesses, or files with them. */
  readonly witness?: readonly string[];
}

/** Reads them; `not-found` when a file cannot be read. */
export function trustOf(context: Context, { key, checkpoint, witness }: TrustOptions): Result<LogTrust> {
  try {
    return ok({
      verify: nodeTicketCrypto.ed25519Verify,
      ...(key === undefined ? {} : { key: textOrFile(context, key) }),
      ...(checkpoint === undefined ? {} : { older: readFileSync(resolve(context.io.cwd, checkpoint)) }),
      ...(witness === undefined ? {} : { witnesses: witness.map((given) => textOrFile(context, given)) }),
    });
  } catch (error) {
    return refuse('not-found', `${errorText(error)}.`);
  }
}

/** The content of a file of that name, else the text itself. @throws Error when the file cannot be read. */
export function textOrFile({ io }: Pick<Context, 'io'>, given: string): string {
  const file = resolve(io.cwd, given);
  return existsSync(file) ? readFileSync(file, 'utf8') : given;
}
