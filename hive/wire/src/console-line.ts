// Console lines to commands. A line is a verb and its arguments, separated by spaces or tabs; the last argument of
// `echo` (payload) and `spawn` (json) is the rest of the line as it stands.
//
// What is wrong with a line is one of six fixed texts, answered `ERR PARSE reason=policy detail=<text>`: clients
// match on them. Source: cohesix contracts, sections 2.3 and 2.4.

import { utf8Length } from '@cohesix/bytes';
import { consoleVerb } from './console-verb.ts';
import { ok, type Result, refuse } from './refusal.ts';

/** Most bytes of each part of a line. */
export interface ConsoleCaps {
  /** A whole line; frame bound less 4. */
  readonly lineBytesMax: number;
  readonly pathBytesMax: number;
  /** Worker ids. */
  readonly idBytesMax: number;
  readonly roleBytesMax: number;
  readonly ticketBytesMax: number;
  /** The payload of echo and the json of spawn. */
  readonly payloadBytesMax: number;
}

/** Caps before a manifest says otherwise. */
export const CONSOLE_CAPS: ConsoleCaps = {
  lineBytesMax: 8188,
  pathBytesMax: 1024,
  idBytesMax: 64,
  roleBytesMax: 32,
  ticketBytesMax: 4096,
  payloadBytesMax: 8188,
};

/** Most lines of `tail`. */
export const TAIL_LINES_MAX = 256;

type PlainVerb =
  | 'help'
  | 'bi'
  | 'caps'
  | 'mem'
  | 'smp'
  | 'ping'
  | 'nettest'
  | 'netstats'
  | 'whoami'
  | 'log'
  | 'stop'
  | 'reboot'
  | 'quit';

/** A parsed line. Optional arguments are absent when not given. */
export type ConsoleCommand =
  | { readonly kind: PlainVerb }
  | { readonly kind: 'cachelog'; readonly count?: number }
  | { readonly kind: 'ls' | 'stat' | 'cat'; readonly path: string }
  | { readonly kind: 'tail'; readonly path: string; readonly lines?: number }
  | { readonly kind: 'follow'; readonly path: string; readonly from?: bigint }
  | { readonly kind: 'echo'; readonly path: string; readonly payload: string }
  | { readonly kind: 'spawn'; readonly json: string }
  | { readonly kind: 'kill'; readonly worker: string }
  | { readonly kind: 'bind'; readonly from: string; readonly to: string }
  | { readonly kind: 'mount'; readonly service: string; readonly at: string }
  /** Whoever runs the tests reads the flags. */
  | { readonly kind: 'test'; readonly flags: string }
  | { readonly kind: 'attach'; readonly role: string; readonly ticket?: string };

/** Parses a line. A refusal is `invalid-payload` and its detail is one of the fixed texts, see `formatParseError`. */
export function parseConsoleLine(line: string, caps: ConsoleCaps = CONSOLE_CAPS): Result<ConsoleCommand> {
  if (utf8Length(line) > caps.lineBytesMax) return refuse('invalid-payload', 'console line exceeded maximum length');
  const words = new Arguments(line);
  const first = words.word();
  if (first === '') return refuse('invalid-payload', 'empty command');
  const kind = consoleVerb(first)?.verb;
  if (kind === undefined) return refuse('invalid-payload', 'unsupported console command');
  const command = readCommand(kind, words, caps);
  words.expectEnd();
  return words.problem === undefined ? ok(command) : refuse('invalid-payload', words.problem);
}

function readCommand(kind: string, words: Arguments, caps: ConsoleCaps): ConsoleCommand {
  switch (kind) {
    case 'ls':
    case 'stat':
    case 'cat':
      return { kind, path: words.path(caps) };
    case 'tail':
      return { kind, path: words.path(caps), ...words.optional('lines', countIn(1n, BigInt(TAIL_LINES_MAX))) };
    case 'follow':
      return { kind, path: words.path(caps), ...words.optional('from', cursorOf) };
    case 'cachelog':
      return { kind, ...words.optional('count', countIn(0n, 0xffffn)) };
    case 'echo':
      return { kind, path: words.path(caps), payload: words.rest('payload', caps.payloadBytesMax) };
    case 'spawn':
      return { kind, json: words.rest('json', caps.payloadBytesMax) };
    case 'kill':
      return { kind, worker: words.required('worker', caps.idBytesMax) };
    case 'bind':
      return { kind, from: words.required('src', caps.pathBytesMax), to: words.required('dst', caps.pathBytesMax) };
    case 'mount':
      return {
        kind,
        service: words.required('service', caps.idBytesMax),
        at: words.required('path', caps.pathBytesMax),
      };
    case 'test':
      return { kind, flags: words.remaining() };
    case 'attach':
      return readAttach(words, caps);
    default:
      // The table of verbs holds only the ones above and the plain ones; the grammar test walks it.
      return { kind: kind as PlainVerb };
  }
}

function readAttach(words: Arguments, caps: ConsoleCaps): ConsoleCommand {
  const role = words.required('role', caps.roleBytesMax);
  if (words.atEnd) return { kind: 'attach', role };
  return { kind: 'attach', role, ticket: words.required('ticket', caps.ticketBytesMax) };
}

/** Reads the arguments of one line in order; keeps the first problem. */
class Arguments {
  problem: string | undefined;
  private readonly line: string;
  private offset = 0;

  constructor(line: string) {
    this.line = line;
    this.skipBlanks();
  }

  get atEnd(): boolean {
    return this.offset >= this.line.length;
  }

  /** The next word, or the empty string at the end. */
  word(): string {
    const start = this.offset;
    while (!this.atEnd && !isBlank(this.line.charCodeAt(this.offset))) this.offset += 1;
    const word = this.line.slice(start, this.offset);
    if (!this.atEnd) this.offset += 1;
    return word;
  }

  required(name: string, bytesMax: number): string {
    this.skipBlanks();
    return this.checked(name, this.word(), bytesMax);
  }

  path(caps: ConsoleCaps): string {
    const path = this.required('path', caps.pathBytesMax);
    if (!path.startsWith('/')) this.fail('invalid value for argument path');
    return path;
  }

  /** The rest of the line after one blank, as it stands. */
  rest(name: string, bytesMax: number): string {
    const text = this.line.slice(this.offset);
    this.offset = this.line.length;
    return this.checked(name, text, bytesMax);
  }

  /** What is left of the line, without the blanks around it; may be nothing. */
  remaining(): string {
    const text = this.line.slice(this.offset);
    this.offset = this.line.length;
    return text.trim();
  }

  /** `{name: value}` when there is another word, else nothing. */
  optional<Name extends string, Value>(
    name: Name,
    read: (word: string) => Value | undefined,
  ): { readonly [Key in Name]?: Value } {
    this.skipBlanks();
    if (this.atEnd) return {};
    const value = read(this.word());
    if (value === undefined) this.fail(`invalid value for argument ${name}`);
    return { [name]: value } as { readonly [Key in Name]?: Value };
  }

  expectEnd(): void {
    this.skipBlanks();
    if (!this.atEnd) this.fail('invalid value for argument args');
  }

  private checked(name: string, text: string, bytesMax: number): string {
    if (text === '') this.fail(`missing required argument: ${name}`);
    else if (utf8Length(text) > bytesMax) this.fail(`argument ${name} exceeds allowed length`);
    return text;
  }

  private fail(problem: string): void {
    this.problem ??= problem;
  }

  private skipBlanks(): void {
    while (!this.atEnd && isBlank(this.line.charCodeAt(this.offset))) this.offset += 1;
  }
}

function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 0x09;
}

function countIn(min: bigint, max: bigint): (word: string) => number | undefined {
  return (word) => {
    const value = decimal(word);
    return value === undefined || value < min || value > max ? undefined : Number(value);
  };
}

/** An absolute byte cursor: an unsigned 64-bit decimal. */
function cursorOf(word: string): bigint | undefined {
  const value = decimal(word);
  return value === undefined || value > 0xffff_ffff_ffff_ffffn ? undefined : value;
}

function decimal(word: string): bigint | undefined {
  return /^[0-9]{1,20}$/.test(word) ? BigInt(word) : undefined;
}
