// A strict JSON reader (RFC 8259, with less freedom): no duplicate names in an object, no `__proto__`, bounded depth,
// numbers that a double holds exactly enough, strings that are well-formed Unicode. What two readers could understand
// differently is refused, because an approver and the hive, and a gateway and the hive behind it, must read the same text.

/** What a reader takes beyond, or short of, the rules above. */
export interface JsonRules {
  /** Deepest nesting of objects and arrays. */
  readonly depthMax: number;
  /** Whether line ends may stand between tokens: bodies of requests have them, lines do not. */
  readonly allowsLineEnds: boolean;
  /** What makes a string unfit, in words; undefined when it is fit. */
  readonly textProblem: (text: string) => string | undefined;
}

/** A parsed value, or what is wrong and where (`$.budget.ttl_s: …`). */
export type JsonResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: string };

/** Parses one JSON text. Never throws; objects have no surprises: own, enumerable, plain. The caller bounds `text`. */
export function parseStrictJson(text: string, rules: JsonRules): JsonResult {
  const reader = new Reader(text, rules);
  try {
    return { ok: true, value: reader.document() };
  } catch (error) {
    if (error instanceof JsonProblem) return { ok: false, problem: error.message };
    throw error;
  }
}

/** Carries a problem out of the recursion; never leaves this file. */
class JsonProblem extends Error {}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8259, section 7, forbids them in a string
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORDS: readonly (readonly [string, boolean | null])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

class Reader {
  readonly #text: string;
  readonly #rules: JsonRules;
  readonly #path: (string | number)[] = [];
  #at = 0;

  constructor(text: string, rules: JsonRules) {
    this.#text = text;
    this.#rules = rules;
  }

  document(): unknown {
    const value = this.#value();
    this.#space();
    if (this.#at < this.#text.length)
      this.#fail(`expected the end of the ${this.#rules.allowsLineEnds ? 'text' : 'line'}`);
    return value;
  }

  #value(): unknown {
    this.#space();
    const first = this.#text[this.#at];
    if (first === '{') return this.#object();
    if (first === '[') return this.#array();
    if (first === '"') return this.#string();
    for (const [word, value] of WORDS) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    return this.#number();
  }

  #object(): Record<string, unknown> {
    this.#enter();
    const object: Record<string, unknown> = {};
    if (this.#take('}')) return object;
    do {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#fail('expected a field name in double quotes');
      const name = this.#string();
      if (name === '__proto__') this.#fail('the field name __proto__ is not allowed');
      if (Object.hasOwn(object, name)) this.#fail(`the field ${JSON.stringify(name)} is given twice`);
      this.#expect(':');
      this.#path.push(name);
      object[name] = this.#value();
      this.#path.pop();
    } while (this.#take(','));
    this.#expect('}', ', or }');
    return object;
  }

  #array(): unknown[] {
    this.#enter();
    const array: unknown[] = [];
    if (this.#take(']')) return array;
    do {
      this.#path.push(array.length);
      array.push(this.#value());
      this.#path.pop();
    } while (this.#take(','));
    this.#expect(']', ', or ]');
    return array;
  }

  #string(): string {
    const token = this.#match(STRING);
    if (token === undefined) this.#fail('a string that does not end, or a bad escape or a TAB in it');
    const value = token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1);
    const problem = this.#rules.textProblem(value);
    if (problem !== undefined) this.#fail(`a string with ${problem}`);
    return value;
  }

  #number(): number {
    const token = this.#match(NUMBER);
    if (token === undefined) this.#fail('expected a JSON value');
    const value = Number(token);
    if (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER) {
      this.#fail(`a number beyond ±${Number.MAX_SAFE_INTEGER}`);
    }
    return value === 0 ? 0 : value;
  }

  #enter(): void {
    this.#at += 1;
    const { depthMax } = this.#rules;
    if (this.#path.length >= depthMax) this.#fail(`nested deeper than ${depthMax}`);
  }

  /** By `test` and `slice`: `exec` makes an array for each token, 3 % of a replay (Node 24). */
  #match(token: RegExp): string | undefined {
    const start = this.#at;
    token.lastIndex = start;
    if (!token.test(this.#text)) return undefined;
    this.#at = token.lastIndex;
    return this.#text.slice(start, this.#at);
  }

  #space(): void {
    for (;;) {
      const next = this.#text[this.#at];
      const isLineEnd = this.#rules.allowsLineEnds && (next === '\n' || next === '\r');
      if (next !== ' ' && next !== '\t' && !isLineEnd) return;
      this.#at += 1;
    }
  }

  #take(character: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #expect(character: string, wanted: string = character): void {
    if (!this.#take(character)) this.#fail(`expected ${wanted}`);
  }

  #fail(problem: string): never {
    throw new JsonProblem(`${pathText(this.#path)}: ${problem} (column ${this.#at + 1})`);
  }
}

/** A JSON path as people write it: `$.budget.ttl_s`, `$.rules[3].id`. */
export function pathText(path: readonly (string | number)[]): string {
  return path.reduce<string>((text, part) => text + componentText(part), '$');
}

function componentText(part: string | number): string {
  if (typeof part === 'number') return `[${part}]`;
  return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(part) ? `.${part}` : `[${JSON.stringify(part)}]`;
}
