// Kinds of workers and their colours. Those that the page does not know are drawn as such and named by their own name.

/** In the order of the legend; the last stands for all others. */
export const KINDS: readonly string[] = ['heartbeat', 'host', 'gpu', 'lora', 'bus', 'unknown'];

/** The number of a kind in drawings. */
export function kindNumber(kind: string): number {
  const at = KINDS.indexOf(kind);
  return at < 0 ? KINDS.length - 1 : at;
}

/** The token of a kind's colour (tokens.css). */
export function kindToken(kind: string): `--${string}` {
  return `--role-${KINDS[kindNumber(kind)] ?? 'unknown'}`;
}
