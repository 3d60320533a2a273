// What bytes of a file are, so that they can be shown: text, JSON, or bytes in hexadecimal. Everything is bounded: so many lines at
// first, more when asked.

import { parsed } from '../../files/json.ts';

/** How a content can be shown. */
export type Form = 'text' | 'json' | 'hex';

/** The forms that suit a content, the best first. */
export function formsOf(bytes: Uint8Array): readonly Form[] {
  const text = textOf(bytes);
  if (text === undefined) return ['hex'];
  return isJson(text) ? ['json', 'text', 'hex'] : ['text', 'hex'];
}

/** UTF-8 without control characters other than line ends and tabs; undefined otherwise. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return CONTROL.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the purpose
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/** Lines looked at to find out whether they are JSON. */
const PROBED = 20;

function isJson(text: string): boolean {
  const lines = text.split('\n').filter((line) => line !== '');
  const isOne = (line: string): boolean => /^\s*[{[]/.test(line) && parsed(line) !== undefined;
  if (lines.length === 0) return false;
  return lines.slice(0, PROBED).every(isOne) || isOne(text);
}

/** The lines of a content in a form. */
export function linesOf(bytes: Uint8Array, form: Form): readonly string[] {
  if (form === 'hex') return hexLines(bytes);
  const text = textOf(bytes) ?? '';
  if (form === 'json') return prettyLines(text);
  const lines = text.split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

/** A document of JSON, or lines of it, each laid out; a line that is none stays as it is. */
function prettyLines(text: string): readonly string[] {
  const whole = parsed(text);
  if (whole !== undefined) return JSON.stringify(whole, null, 2).split('\n');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const one = parsed(line);
      return one === undefined ? [line] : JSON.stringify(one, null, 2).split('\n');
    });
}

const PER_LINE = 16;

/** `00000010  68 65 6c 6c 6f …  hello`: offset, bytes, and those that are printable ASCII. */
function hexLines(bytes: Uint8Array): readonly string[] {
  return Array.from({ length: Math.ceil(bytes.length / PER_LINE) }, (_, row) => {
    const part = [...bytes.subarray(row * PER_LINE, (row + 1) * PER_LINE)];
    const hex = part.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const shown = part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join('');
    return `${(row * PER_LINE).toString(16).padStart(8, '0')}  ${hex.padEnd(PER_LINE * 3 - 1)}  ${shown}`;
  });
}

/** What a stream has in place of what a reader missed, a line or a frame (hive/telemetry, marker.ts), as words; undefined of any other. */
export function lostText(line: string): string | undefined {
  const bytes = /^(?:~ lost bytes=|\{"next":\d+,"bytes":)(\d+)(?: next=|,"schema":"telemetry-loss\/v1")/.exec(
    line,
  )?.[1];
  return bytes === undefined
    ? undefined
    : `${sizeText(BigInt(bytes))} are gone: the stream keeps only so much, and this was behind.`;
}

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'];

/** Bytes as a person reads them: `512 bytes`, `1.5 KiB`. */
export function sizeText(bytes: bigint): string {
  if (bytes < 1024n) return `${bytes} bytes`;
  let amount = Number(bytes) / 1024;
  let unit = 0;
  while (amount >= 1024 && unit < UNITS.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${amount.toFixed(amount < 10 ? 1 : 0)} ${UNITS[unit]}`;
}
