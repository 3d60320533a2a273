// Section [tls]: one certificate for all doors that speak TLS. The files are read at start by @cohesix/node.

import { choice, list, type Table, table, word } from './field.ts';

/** A listener that can speak TLS. */
export type TlsDoor = 'secure9p' | 'console' | 'http';

/** `[tls]`: files are PEM, relative to the data directory; empty is none. */
export interface Tls {
  readonly certificate: string;
  readonly key: string;
  readonly client_ca: string;
  readonly doors: readonly TlsDoor[];
}

const DOORS: readonly TlsDoor[] = ['secure9p', 'console', 'http'];

/** A path, or nothing. */
const FILE = { is: '', pattern: '^[^\\u0000-\\u001f\\u007f]{0,1024}$', form: 'the path of a file, or an empty string' };

/** Schema of `[tls]`. */
export const tls: Table<Tls> = table<Tls>(
  'TLS (1.2 and later) of the addresses in `[listen]`. The unix socket needs none: its file is for this user alone.',
  {
    certificate: word(
      FILE,
      'PEM file with the certificate and its chain; relative to the data directory. Empty: no TLS.',
    ),
    key: word(FILE, 'PEM file with the private key of the certificate; readable for its owner alone.'),
    client_ca: word(
      FILE,
      'PEM file with the authorities of client certificates (mTLS): who has none of them is turned away before anything else. Empty: clients need none.',
    ),
    doors: list<TlsDoor>(
      {
        is: DOORS,
        of: choice<TlsDoor>({ of: DOORS }, 'A door of `[listen]`.') as never,
        max: DOORS.length,
      },
      'Doors of `[listen]` that speak TLS, and nothing else, once there is a certificate.',
    ),
  },
);
