// The certificates a command uses at doors behind TLS: files named by options or the environment.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ClientTls } from '@cohesix/client';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { Context } from './context.ts';
import { errorText } from './token.ts';

/** Which file: the option, else the variable. */
const FILES = {
  ca: ['tlsCa', 'COH_TLS_CA'],
  cert: ['tlsCert', 'COH_TLS_CERT'],
  key: ['tlsKey', 'COH_TLS_KEY'],
} as const;

/** Reads them; undefined when none is named. `not-found`: a file cannot be read; `invalid-payload`: a certificate without its key. */
export function clientTlsOf(context: Pick<Context, 'globals' | 'io'>): Result<ClientTls | undefined> {
  const [ca, cert, key] = [textOf(context, 'ca'), textOf(context, 'cert'), textOf(context, 'key')];
  if (!ca.ok) return ca;
  if (!cert.ok) return cert;
  if (!key.ok) return key;
  if ((cert.value === undefined) !== (key.value === undefined))
    return refuse('invalid-payload', '--tls-cert and --tls-key go together.');
  const texts = {
    ...(ca.value === undefined ? {} : { ca: ca.value }),
    ...(cert.value === undefined || key.value === undefined ? {} : { cert: cert.value, key: key.value }),
  };
  return ok(Object.keys(texts).length === 0 ? undefined : texts);
}

function textOf(
  { globals, io }: Pick<Context, 'globals' | 'io'>,
  what: keyof typeof FILES,
): Result<string | undefined> {
  const [option, variable] = FILES[what];
  const named = globals[option] ?? io.env[variable];
  if (named === undefined || named === '') return ok(undefined);
  try {
    return ok(readFileSync(resolve(io.cwd, named), 'utf8'));
  } catch (error) {
    return refuse('not-found', `--tls-${what}: ${resolve(io.cwd, named)}: ${errorText(error)}.`);
  }
}
