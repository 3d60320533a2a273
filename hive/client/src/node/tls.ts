// TLS of a client on Node: whom it believes, what it shows, and what went wrong in words.

import type { ConnectionOptions } from 'node:tls';

/** PEM texts; whatever is absent, Node's own store and no certificate are used. */
export interface ClientTls {
  /** Authorities of the hive's certificate. */
  readonly ca?: string;
  /** The client's certificate and key, for a hive that asks for one. */
  readonly cert?: string;
  readonly key?: string;
}

/** Options of `tls.connect` to a host. A certificate is checked against the name in the URL. */
export function tlsOptions(tls: ClientTls | undefined, host: string): ConnectionOptions {
  const isAddress = /^[0-9.]+$|:/.test(host);
  return { ...tls, minVersion: 'TLSv1.2', ...(isAddress ? {} : { servername: host }) };
}

/** What a person should know of an error of TLS; undefined for any other error. Codes of OpenSSL and of Node. */
export function tlsTrouble(code: string): string | undefined {
  return TROUBLES.find(([pattern]) => pattern.test(code))?.[1];
}

const TROUBLES: readonly (readonly [RegExp, string])[] = [
  [/CERTIFICATE_REQUIRED|PEER_DID_NOT_RETURN/, 'it wants a client certificate (--tls-cert and --tls-key)'],
  [
    /ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|CERTIFICATE_EXPIRED)/,
    'it does not take this client certificate',
  ],
  [
    /SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|CERT_UNTRUSTED/,
    'its certificate is of nobody known here (name its authority with --tls-ca)',
  ],
  [/ALTNAME_INVALID/, 'its certificate is for another name'],
  [/CERT_HAS_EXPIRED/, 'its certificate has expired'],
  [/CERT_NOT_YET_VALID/, 'its certificate is not valid yet'],
  [
    /EPROTO|WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNEXPECTED_EOF/,
    'it does not speak TLS there, or no version of it that both know',
  ],
  [/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|HANDSHAKE_FAILURE/, 'no version or cipher of TLS in common'],
];
