// Text within a bound: what is longer is cut after a whole line, and a last line says so. The rule is that of the
// authority's views; here it works on bytes, because a view of NineDoor is handed over as bytes.

const UTF8 = new TextEncoder();
const ENDING = UTF8.encode('… truncated\n');
const LF = 0x0a;

/**
 * `text` in UTF-8, at most `boundBytes`. A longer one keeps the whole lines that fit before the line `… truncated`;
 * where not even that line fits, the whole lines that fit and nothing else.
 */
export function boundedText(text: string, boundBytes: number): Uint8Array {
  const bytes = UTF8.encode(text);
  if (bytes.length <= boundBytes) return bytes;
  const ending = ENDING.length <= boundBytes ? ENDING : ENDING.subarray(0, 0);
  const kept = wholeLines(bytes.subarray(0, boundBytes - ending.length));
  const cut = new Uint8Array(kept.length + ending.length);
  cut.set(kept);
  cut.set(ending, kept.length);
  return cut;
}

function wholeLines(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, bytes.lastIndexOf(LF) + 1);
}
