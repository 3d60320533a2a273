// Certificates for tests, made by openssl on the spot: an authority, and what it signs.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runTool, toolMissing } from './tool.ts';

const OPENSSL = '/usr/bin/openssl';

/** Why no certificates can be made, or undefined. */
export const opensslMissing: string | undefined = toolMissing(OPENSSL, 'openssl');

/** A certificate and its key, as files. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

/** An authority of its own. */
export interface TestAuthority {
  /** File with its certificate. */
  readonly ca: string;
  /** Makes a certificate for a host or a person. `days`: how long it is good; negative: it has expired. */
  issue(name: string, options?: { readonly altNames?: string; readonly days?: number }): Promise<TestCertificate>;
}

/** Text of a PEM file. */
export function pem(path: string): string {
  return readFileSync(path, 'utf8');
}

/** Makes an authority in a folder. */
export async function makeAuthority(folder: string, name: string): Promise<TestAuthority> {
  mkdirSync(folder, { recursive: true });
  const [ca, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const subject = ['-subj', `/CN=${name}`, '-days', '2'];
  await openssl('req', '-x509', ...NEW_KEY, '-keyout', key, '-out', ca, ...subject, ...CA_EXTENSIONS);
  return { ca, issue: (who, options = {}) => issue({ folder, ca, key }, who, options) };
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
const CA_EXTENSIONS = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign'];

async function issue(
  { folder, ca, key: caKey }: { readonly folder: string; readonly ca: string; readonly key: string },
  who: string,
  { altNames = 'IP:127.0.0.1,DNS:localhost', days = 2 }: { readonly altNames?: string; readonly days?: number },
): Promise<TestCertificate> {
  const [cert, key, request] = ['pem', 'key', 'csr'].map((kind) => join(folder, `${who}.${kind}`)) as [
    string,
    string,
    string,
  ];
  const extensions = join(folder, `${who}.ext`);
  writeFileSync(extensions, `subjectAltName=${altNames}\nextendedKeyUsage=serverAuth,clientAuth\n`);
  await openssl('req', '-new', ...NEW_KEY, '-keyout', key, '-out', request, '-subj', `/CN=${who}`);
  const signed = ['-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-extfile', extensions];
  await openssl('x509', '-req', '-in', request, '-out', cert, ...signed, '-days', String(days));
  return { cert, key };
}

async function openssl(...args: readonly string[]): Promise<void> {
  const { status, stderr } = await runTool(OPENSSL, args);
  if (status !== 0) throw new Error(`openssl ${args[0]}: ${stderr}`);
}
