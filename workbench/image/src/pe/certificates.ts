// The certificate table (Authenticode): rows of length[4] revision[2] type[2] and a PKCS #7 message, each on a multiple of eight. The
// directory's row holds a file offset, the only one that does. Source: Microsoft, "Windows Authenticode Portable Executable
// Signature Format".

import { toHex } from '@cohesix/bytes';
import { DIRECTORY } from './constants.ts';
import { derAt, derInside } from './der.ts';
import type { PeFile } from './file.ts';

/** A signature as far as it says what was signed; whether the signer is to be trusted is not looked at. */
export interface PeCertificate {
  readonly offset: number;
  readonly size: number;
  /** 2 for PKCS #7. */
  readonly type: number;
  readonly algorithm?: 'sha1' | 'sha256' | 'sha384' | 'sha512';
  /** What the file's digest was when it was signed; hexadecimal. */
  readonly digest?: string;
}

/** Where the table lies in the file. */
export interface CertificateTable {
  readonly offset: number;
  readonly size: number;
  readonly certificates: readonly PeCertificate[];
}

const CERTIFICATES_MAX = 16;

/** Undefined when the file has none, or it lies outside the file (with a warning). */
export function readCertificates({ reader, headers, warnings }: PeFile): CertificateTable | undefined {
  const directory = headers.directories[DIRECTORY.certificate];
  if (directory === undefined || directory.size === 0 || directory.rva === 0) return undefined;
  const { rva: offset } = directory;
  const size = Math.min(directory.size, reader.bytes.length - offset);
  if (size < directory.size)
    warnings.add(`the certificate table has ${directory.size} bytes at ${offset}: not all are in the file`);
  if (size < 8) return undefined;
  const certificates: PeCertificate[] = [];
  let at = offset;
  while (at + 8 <= offset + size && certificates.length < CERTIFICATES_MAX) {
    const length = reader.u32(at);
    if (length < 8 || at + length > offset + size) break;
    certificates.push(certificateAt(reader.bytes, at, length, reader.u16(at + 6)));
    at += Math.ceil(length / 8) * 8;
  }
  return { offset, size, certificates };
}

const ALGORITHMS: ReadonlyMap<string, PeCertificate['algorithm'] & string> = new Map([
  ['2b0e03021a', 'sha1'],
  ['608648016503040201', 'sha256'],
  ['608648016503040202', 'sha384'],
  ['608648016503040203', 'sha512'],
]);

/**
 * ContentInfo { type, [0] SignedData { version, algorithms, ContentInfo { type, [0] SpcIndirectData { data, DigestInfo { algorithm
 * { id }, digest } } } … } }.
 */
function certificateAt(bytes: Uint8Array, offset: number, size: number, type: number): PeCertificate {
  const message = derAt(bytes, offset + 8, offset + size);
  const digestInfo = derInside(bytes, message, [1, 0, 2, 1, 0, 1]);
  const [id, digest] = [derInside(bytes, digestInfo, [0, 0]), derInside(bytes, digestInfo, [1])];
  const algorithm = id && ALGORITHMS.get(toHex(bytes.subarray(id.start, Math.min(id.end, id.start + 16))));
  const isDigest = algorithm !== undefined && digest?.tag === 4 && digest.end - digest.start <= 64;
  return {
    ...{ offset, size, type },
    ...(algorithm === undefined ? {} : { algorithm }),
    ...(isDigest ? { digest: toHex(bytes.subarray(digest.start, digest.end)) } : {}),
  };
}
