// Ed25519 by WebCrypto: there in a secure context only (TLS, or this machine itself).

import type { VerifyLater } from './prove.ts';

/** Whether a signature holds; undefined when the browser has no Ed25519 or gives none here. */
export const verifyByWebCrypto: VerifyLater = async ({ key, message, signature }) => {
  const subtle = globalThis.crypto?.subtle;
  if (subtle === undefined) return undefined;
  try {
    const imported = await subtle.importKey('raw', key.publicKey.slice(), 'Ed25519', false, ['verify']);
    return await subtle.verify('Ed25519', imported, signature.slice(), message.slice());
  } catch {
    return undefined;
  }
};
