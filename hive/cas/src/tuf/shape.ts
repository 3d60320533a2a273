// Fields of JSON that somebody else wrote. A reader keeps the first thing that is wrong; the value it gives then is a zero value.

/** Reads fields and remembers what was wrong first. */
export class ShapeReader {
  /** What was wrong first; the empty string while nothing is. */
  problem = '';

  /** Records a problem, if it is the first. */
  fail(problem: string): void {
    if (this.problem === '') this.problem = problem;
  }

  /** The fields of an object by name, own ones only. */
  object(value: unknown, what: string): ReadonlyMap<string, unknown> {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return new Map(Object.entries(value));
    this.fail(`${what} is no object`);
    return new Map();
  }

  array(value: unknown, what: string): readonly unknown[] {
    if (Array.isArray(value)) return value;
    this.fail(`${what} is no array`);
    return [];
  }

  string(value: unknown, what: string): string {
    if (typeof value === 'string') return value;
    this.fail(`${what} is no string`);
    return '';
  }

  /** A whole number from `least` up. */
  integer(value: unknown, what: string, least: number): number {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
    this.fail(`${what} is no whole number from ${least} up`);
    return least;
  }

  /** A text that `pattern` matches whole. */
  matching(value: unknown, what: string, pattern: RegExp): string {
    const text = this.string(value, what);
    if (!pattern.test(text)) this.fail(`${what} is ${JSON.stringify(text.slice(0, 80))}`);
    return text;
  }
}
