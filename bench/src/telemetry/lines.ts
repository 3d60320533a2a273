// The lines of the load: 64 bytes each, as a small report of a machine is, with a number that says where a line belongs.

/** Bytes of a line, LF included. */
export const LINE_BYTES = 64;
/** Digits of the number of a line. */
const DIGITS = 10;
const NUMBER_AT = '{"n":"'.length;
const TEXT = new TextEncoder();

/** Lines with the numbers from `first` on. */
export function linesFrom(first: number, count: number): Uint8Array {
  const lines = Array.from({ length: count }, (_, index) => line(first + index));
  return TEXT.encode(lines.join(''));
}

function line(number: number): string {
  const text = `{"n":"${String(number).padStart(DIGITS, '0')}","load":[0.42,0.37,0.31],"temp":41.7}`;
  return `${text.padEnd(LINE_BYTES - 1)}\n`;
}

/** The number of the line at `offset` of `bytes`. */
export function numberAt(bytes: Uint8Array, offset: number): number {
  let number = 0;
  for (let index = 0; index < DIGITS; index++) number = number * 10 + (bytes[offset + NUMBER_AT + index] ?? 0) - 48;
  return number;
}
