// The end of a text, by lines: what `tail` and `log` show of a file that is longer than they may show.

const LF = 0x0a;

/** The last `count` lines of `bytes`, a last one without LF included. Borrows `bytes`. */
export function lastLines(bytes: Uint8Array, count: number): Uint8Array {
  let cut = bytes[bytes.length - 1] === LF ? bytes.length - 1 : bytes.length;
  for (let line = 0; line < count && cut >= 0; line++) cut = cut === 0 ? -1 : bytes.lastIndexOf(LF, cut - 1);
  return bytes.subarray(cut + 1);
}
