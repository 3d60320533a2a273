// Text rules of control lines and log lines. A line is well-formed Unicode without control characters other than
// TAB, so that one line is always one record: nothing a client writes can forge a second line in a log or a view.

// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the purpose
const CONTROL_CHARACTER = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029]/;

/** What makes `text` unfit as a line or as a string of a line; undefined when it is fit. */
export function textProblem(text: string): string | undefined {
  if (!text.isWellFormed()) return 'ill-formed Unicode (a lone surrogate)';
  const found = CONTROL_CHARACTER.exec(text);
  if (found === null) return undefined;
  return `a control character (U+${codePointHex(found[0])}) at position ${found.index}`;
}

function codePointHex(character: string): string {
  return character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
}

/** Size of `text` in UTF-8, bytes; a lone surrogate counts 3 (U+FFFD). */
export function utf8Size(text: string): number {
  let size = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) size += 1;
    else if (unit < 0x800) size += 2;
    else if (isPair(text, index)) {
      size += 4;
      index += 1;
    } else size += 3;
  }
  return size;
}

function isPair(text: string, index: number): boolean {
  return (text.charCodeAt(index) & 0xfc00) === 0xd800 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00;
}

/** A value of a `key=value` log line: bare when it is one printable ASCII word, else as an ASCII JSON string. */
export function logField(value: string): string {
  return /^[!#-<>-~]+$/.test(value) ? value : asciiJson(value);
}

/** JSON with every character above ASCII escaped, so that look-alike or invisible characters show as what they are. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, (unit) => `\\u${codePointHex(unit).toLowerCase()}`);
}

/** `text` cut at a line end so that it fits in `boundBytes`, then ended with `… truncated`; whole when it fits. */
export function cutAtLine(text: string, boundBytes: number): string {
  if (utf8Size(text) <= boundBytes) return text;
  const ending = '… truncated\n';
  let size = utf8Size(ending);
  let end = 0;
  for (let next = text.indexOf('\n'); next >= 0; next = text.indexOf('\n', end)) {
    size += utf8Size(text.slice(end, next + 1));
    if (size > boundBytes) break;
    end = next + 1;
  }
  return text.slice(0, end) + ending;
}
