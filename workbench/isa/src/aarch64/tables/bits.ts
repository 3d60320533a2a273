// Binary digits of a number, for rows that differ in a field only.

/** `value` in `width` binary digits. */
export function bits(value: number, width: number): string {
  return value.toString(2).padStart(width, '0');
}
