// Splits a TypeScript or JavaScript source into code, comments and strings, without parsing it.
//
// `code` has the length and the line breaks of the source, with the inside of every comment, string, template and
// regular expression replaced by blanks; so a search in it finds code only, at offsets that are good for the source.
// A `/` starts a regular expression where a value cannot have ended (ECMA-262, 12: the InputElement goals), judged by
// the token before it. After `)` and `}` it is taken for a division, the common case in formatted code.

/** A comment, with its delimiters. */
export interface Comment {
  readonly text: string;
  /** Line of its first character, from 1. */
  readonly line: number;
}

/** A source split by `scan`. */
export interface Scan {
  readonly code: string;
  readonly comments: readonly Comment[];
}

const VALUE_FOLLOWS =
  /(?:^|[(,=:[!&|?{;+\-*%~^<]|=>|\b(?:return|typeof|case|in|of|delete|void|throw|new|else|do|await|yield))$/;

/** One more than the longest word of VALUE_FOLLOWS. */
const LONGEST_WORD = 7;

/** Splits `text`. Never fails: what is not closed runs to the end. */
export function scan(text: string): Scan {
  const scanner = new Scanner(text);
  scanner.run();
  return { code: scanner.code(), comments: scanner.comments };
}

/** The line, from 1, of an offset in `text`. */
export function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

/** One pass over one source. `templates` holds, per open `${`, how many braces are open inside it. */
class Scanner {
  readonly comments: Comment[] = [];
  private readonly text: string;
  private readonly blanks: [from: number, to: number][] = [];
  private readonly templates: number[] = [];
  private at = 0;
  /** Offset after the last character that is neither blank nor comment. */
  private tokenEnd = 0;

  constructor(text: string) {
    this.text = text;
  }

  run(): void {
    while (this.at < this.text.length) this.step();
  }

  code(): string {
    let code = '';
    let from = 0;
    for (const [start, end] of this.blanks) {
      code += this.text.slice(from, start) + this.text.slice(start, end).replace(/[^\n]/g, ' ');
      from = end;
    }
    return code + this.text.slice(from);
  }

  private step(): void {
    const char = this.text.charAt(this.at);
    const pair = this.text.slice(this.at, this.at + 2);
    if (pair === '//') this.comment('\n', 0);
    else if (pair === '/*') this.comment('*/', 2);
    else if (char === "'" || char === '"') this.quoted(char);
    else if (char === '`') this.template();
    else if (char === '/' && this.isValueNext()) this.pattern();
    else if (char === '}' && this.templates.at(-1) === 0) this.endOfSubstitution();
    else this.plain(char);
  }

  private plain(char: string): void {
    const depth = this.templates.at(-1);
    if (depth !== undefined && char === '{') this.templates[this.templates.length - 1] = depth + 1;
    if (depth !== undefined && char === '}') this.templates[this.templates.length - 1] = depth - 1;
    this.at++;
    if (char.trim() !== '') this.tokenEnd = this.at;
  }

  private isValueNext(): boolean {
    return VALUE_FOLLOWS.test(this.text.slice(Math.max(0, this.tokenEnd - LONGEST_WORD), this.tokenEnd));
  }

  private comment(close: string, closeSize: number): void {
    const found = this.text.indexOf(close, this.at + 2);
    const end = found === -1 ? this.text.length : found + closeSize;
    this.comments.push({ text: this.text.slice(this.at, end), line: lineOf(this.text, this.at) });
    this.blanks.push([this.at, end]);
    this.at = end;
  }

  private quoted(quote: string): void {
    this.blankInside(this.endOf(this.at + 1, (char) => char === quote || char === '\n'));
  }

  private pattern(): void {
    let inClass = false;
    const end = this.endOf(this.at + 1, (char) => {
      if (char === '[') inClass = true;
      if (char === ']') inClass = false;
      return (char === '/' && !inClass) || char === '\n';
    });
    this.blankInside(end);
  }

  private template(): void {
    const end = this.endOf(this.at + 1, (char, next) => char === '`' || (char === '$' && next === '{'));
    const opensSubstitution = this.text.charAt(end) === '$';
    this.blankInside(end);
    if (!opensSubstitution) return;
    this.at = end + 2;
    this.tokenEnd = this.at;
    this.templates.push(0);
  }

  /** The `}` that ends a substitution is where the template's text goes on, as a backquote started it. */
  private endOfSubstitution(): void {
    this.templates.pop();
    this.template();
  }

  /** Blanks between the delimiter at `this.at` and the one at `end`, and goes on after that one. */
  private blankInside(end: number): void {
    this.blanks.push([this.at + 1, end]);
    this.at = end + 1;
    this.tokenEnd = this.at;
  }

  /** First offset from `from` whose unescaped character ends the literal; the end of the text when none does. */
  private endOf(from: number, isEnd: (char: string, next: string) => boolean): number {
    for (let at = from; at < this.text.length; at++) {
      const char = this.text.charAt(at);
      if (char === '\\') at++;
      else if (isEnd(char, this.text.charAt(at + 1))) return at;
    }
    return this.text.length;
  }
}
