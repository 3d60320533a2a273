// The certificate, key and client authorities of `[tls]`, read and checked at start: a hive that is asked to encrypt does so
// or does not start.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Manifest } from '@cohesix/manifest';
import type { TlsServer } from '@cohesix/ninedoor';
import { ok, type Result, refuse } from '@cohesix/wire';

/** A listener that can speak TLS. */
export type TlsDoor = Manifest['tls']['doors'][number];

/** What each door shows; undefined for one that speaks no TLS. */
export type TlsOfDoors = (door: TlsDoor) => TlsServer | undefined;

/** Permission bits of everybody but the owner. */
const OTHERS = 0o077;

/** Reads what `[tls]` names; `invalid-payload` says which file is wrong, and how. Nothing of a key is in a refusal. */
export function loadTls(manifest: Manifest, root: string): Result<TlsOfDoors> {
  const { certificate, key, client_ca: clientCa, doors } = manifest.tls;
  if (certificate === '') return ok(() => undefined);
  const files = { cert: resolve(root, certificate), key: resolve(root, key), ca: clientCa && resolve(root, clientCa) };
  const fault = keyModeFault(files.key);
  if (fault !== undefined) return refuse('invalid-payload', `tls.key: ${fault}`);
  const texts = readFiles(files);
  if (!texts.ok) return texts;
  const checked = check(texts.value, files);
  if (!checked.ok) return checked;
  const { cert, key: keyText, ca } = texts.value;
  const common = { cert, key: keyText, ca, minVersion: 'TLSv1.2' as const };
  const asks = { requestCert: ca !== undefined, rejectUnauthorized: ca !== undefined };
  return ok((door) =>
    doors.includes(door) ? { ...common, ...asks, handshakeTimeout: handshakeMs(manifest, door) } : undefined,
  );
}

/** A door gives TLS the time that its own first exchange has. */
function handshakeMs({ secure9p, console: lines }: Manifest, door: TlsDoor): number {
  return door === 'console' ? lines.auth_timeout_ms : secure9p.handshake_timeout_ms;
}

interface Files<Ca> {
  readonly cert: string;
  readonly key: string;
  readonly ca: Ca;
}

function readFiles({ cert, key, ca }: Files<string>): Result<Files<string | undefined>> {
  try {
    return ok({ cert: textOf(cert), key: textOf(key), ca: ca === '' ? undefined : textOf(ca) });
  } catch (error) {
    return refuse('invalid-payload', `[tls]: ${(error as Error).message}.`);
  }
}

function textOf(path: string): string {
  return readFileSync(path, 'utf8');
}

function keyModeFault(path: string): string | undefined {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  return (mode & OTHERS) === 0 ? undefined : `${path} can be read by others; make it 0600.`;
}

/** Whether OpenSSL takes them together, told file by file. */
function check({ cert, key, ca }: Files<string | undefined>, files: Files<string>): Result<void> {
  const parsed = attempt('tls.certificate', files.cert, () => new X509Certificate(cert));
  if (!parsed.ok) return parsed;
  const secret = attempt('tls.key', files.key, () => createPrivateKey(key));
  if (!secret.ok) return secret;
  if (!parsed.value.checkPrivateKey(secret.value))
    return refuse('invalid-payload', `tls.key: ${files.key} is not the key of ${files.cert}.`);
  if (ca === undefined) return ok(undefined);
  const known = attempt('tls.client_ca', files.ca, () => new X509Certificate(ca));
  if (!known.ok) return known;
  const context = attempt('tls.client_ca', files.ca, () => createSecureContext({ cert, key, ca }));
  return context.ok ? ok(undefined) : context;
}

function attempt<T>(field: string, path: string, make: () => T): Result<T> {
  try {
    return ok(make());
  } catch {
    return refuse('invalid-payload', `${field}: ${path} is no PEM file of that kind.`);
  }
}
