// The text form of a message, read back: for traces kept as text, and for tests written in it.
//
// The line is cut into tokens (words, quoted text, hex bytes, qids) by one expression, then the table of layout.ts
// says what each must be.

import { encodeUtf8, fromHex } from '@cohesix/bytes';
import { NOFID, NONUNAME, NOTAG } from './constants.ts';
import { type FieldKind, layoutOf } from './layout.ts';
import type { Qid, RMessage, TMessage } from './message.ts';
import { fieldLabel, QID_LETTERS } from './message-text.ts';
import { messageTypeOfName } from './message-type.ts';
import { ok, type Result, refuse } from './refusal.ts';

/** The message that `formatMessage` writes as `text`, or `invalid-payload` with what was expected where. */
export function parseMessage(text: string): Result<TMessage | RMessage> {
  const tokens = new Tokens(text);
  const name = tokens.next();
  const type = messageTypeOfName(name);
  const layout = type === undefined ? undefined : layoutOf(type);
  if (layout === undefined) return refuse('invalid-payload', `no message ${JSON.stringify(name)}`);
  tokens.expect('tag');
  const message: Record<string, unknown> = { type, tag: tokens.integer(0xffffn, { NOTAG }) };
  for (const [field, kind] of layout) {
    const label = fieldLabel(field, kind);
    if (label !== '') tokens.expect(label);
    message[field] = readValue(tokens, kind);
  }
  if (!tokens.atEnd) tokens.fail('the end of the line');
  return tokens.failure === undefined
    ? ok(message as unknown as TMessage | RMessage)
    : refuse('invalid-payload', tokens.failure);
}

const TOKEN = /\s*(x?'(?:[^'\\]|\\.)*'|\([^)]*\)|[^\s'(]+)/uy;
const U8_MAX = 0xffn;
const U16_MAX = 0xffffn;
const U32_MAX = 0xffff_ffffn;
const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** The tokens of a line, read forward. After a failure every read gives a zero value. */
class Tokens {
  failure: string | undefined;
  private readonly text: string;
  private offset = 0;

  constructor(text: string) {
    this.text = text.trim();
  }

  get atEnd(): boolean {
    return this.offset === this.text.length;
  }

  fail(expected: string): void {
    this.failure ??= `expected ${expected} at column ${this.offset + 1}`;
    this.offset = this.text.length;
  }

  /** The next token, not consumed; empty at the end. */
  peek(): string {
    TOKEN.lastIndex = this.offset;
    return TOKEN.exec(this.text)?.[1] ?? '';
  }

  next(): string {
    const token = this.peek();
    this.offset = token === '' ? this.offset : TOKEN.lastIndex;
    return token;
  }

  expect(word: string): void {
    if (this.peek() === word) this.next();
    else this.fail(word);
  }

  /** A number in 0 .. max: decimal, 0x hex, or octal after a leading 0; or one of `names`. */
  integer(max: bigint, names: Readonly<Record<string, number>> = {}): number {
    const word = this.peek();
    const named = Object.hasOwn(names, word) ? names[word] : undefined;
    if (named === undefined) return Number(this.bigint(max));
    this.next();
    return named;
  }

  bigint(max: bigint): bigint {
    const value = integerOf(this.peek());
    if (value === undefined || value > max) this.fail(`a number up to ${max}`);
    else this.next();
    return value ?? 0n;
  }

  /** Quoted text. */
  string(): string {
    const token = this.peek();
    const text = token.startsWith("'") ? unquote(token) : undefined;
    if (text === undefined) this.fail('quoted text');
    else this.next();
    return text ?? '';
  }

  qid(): Qid {
    const qid = qidOf(this.peek());
    if (qid === undefined) this.fail('a qid (type version path)');
    else this.next();
    return qid ?? { type: 0, version: 0, path: 0n };
  }

  /** `count` bytes, as quoted text or as x'hex'. */
  data(): Uint8Array {
    const count = this.integer(U32_MAX);
    const bytes = bytesOf(this.peek());
    if (bytes?.length !== count) this.fail(`${count} bytes`);
    else this.next();
    return bytes ?? new Uint8Array(0);
  }

  /** Elements while the next token begins with `mark`. */
  list<Element>(mark: string, read: () => Element): Element[] {
    const list: Element[] = [];
    while (this.failure === undefined && this.peek().startsWith(mark)) list.push(read());
    return list;
  }
}

function readValue(tokens: Tokens, kind: FieldKind): unknown {
  switch (kind) {
    case 'u8':
      return tokens.integer(U8_MAX);
    case 'u16':
      return tokens.integer(U16_MAX);
    case 'u32':
    case 'octal':
    case 'mask':
      return tokens.integer(U32_MAX);
    case 'fid':
      return tokens.integer(U32_MAX, { NOFID });
    case 'uid':
      return tokens.integer(U32_MAX, { NONUNAME });
    case 'u64':
    case 'mask64':
      return tokens.bigint(U64_MAX);
    case 'string':
    case 'name':
      return tokens.string();
    case 'names':
      return tokens.list("'", () => tokens.string());
    case 'qid':
      return tokens.qid();
    case 'qids':
      return tokens.list('(', () => tokens.qid());
    case 'data':
      return tokens.data();
  }
}

function integerOf(token: string): bigint | undefined {
  if (/^(?:0|[1-9][0-9]{0,19}|0x[0-9a-f]{1,16})$/.test(token)) return BigInt(token);
  return /^0[0-7]{1,22}$/.test(token) ? BigInt(`0o${token}`) : undefined;
}

function qidOf(token: string): Qid | undefined {
  const match = /^\((-|[dalmAtLk]+) ([0-9]{1,10}) ([0-9a-f]{16})\)$/.exec(token);
  if (match === null) return undefined;
  const [, letters = '', version = '', path = ''] = match;
  let type = 0;
  for (const letter of letters) type |= letter === '-' ? 0 : 0x80 >> QID_LETTERS.indexOf(letter);
  return Number(version) > 0xffff_ffff ? undefined : { type, version: Number(version), path: BigInt(`0x${path}`) };
}

/** The bytes of quoted text or of x'hex'; undefined for every other token. */
function bytesOf(token: string): Uint8Array | undefined {
  if (token.startsWith("x'")) return fromHex(token.slice(2, -1));
  const text = unquote(token);
  return text === undefined ? undefined : encodeUtf8(text);
}

function unquote(token: string): string | undefined {
  if (!token.startsWith("'")) return undefined;
  const inner = token.slice(1, -1);
  if (/\\(?![nrt\\']|u\{[0-9a-f]{1,6}\})/.test(inner.replaceAll('\\\\', ''))) return undefined;
  return inner.replace(/\\(?:u\{([0-9a-f]+)\}|(.))/gu, (_, code: string | undefined, character: string) =>
    code === undefined
      ? unescapeCharacter(character)
      : String.fromCodePoint(Math.min(0x10ffff, Number.parseInt(code, 16))),
  );
}

function unescapeCharacter(character: string): string {
  if (character === 'n') return '\n';
  if (character === 'r') return '\r';
  return character === 't' ? '\t' : character;
}
