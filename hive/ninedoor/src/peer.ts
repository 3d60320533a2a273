// Whom failed attaches are counted against.

/**
 * The name of a peer for the attach limiter. Loopback and unix peers are told apart by connection: one client's
 * failures must not lock out another user of this machine. A remote host is one peer, whatever door it tries and
 * however often it connects.
 */
export function peerOf(address: string | undefined, connection: string): string {
  if (address === undefined) return `unix ${connection}`;
  const isLocal = address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.');
  return isLocal ? `${address} ${connection}` : address;
}
