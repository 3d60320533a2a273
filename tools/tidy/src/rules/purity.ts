// Rule `purity`: packages without I/O, clock or randomness use no word for any of them. The compiler forbids most of
// it there (no ambient types); this catches what the language itself offers, and says what to do instead.

import type { Finding, House, Module } from '../house.ts';
import { IMPURE_FILES, matches, PURE } from '../layers.ts';
import { lineOf } from '../scan.ts';

const NOW = 'take the time as an argument (in the authority: `command.at`)';
const RANDOM = 'take random bytes as an argument';
const TIMER = 'state a deadline and let the host call back';
const HOST = 'take what you need as an argument; the host has the platform';

// `new Date(ms).toISOString()` reads no clock and no time zone, so it is the one use of Date that is pure.
const WORDS: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\bDate\.now\b/g, NOW],
  [/\bnew Date\((?!(?:[^()]|\([^()]*\))+\)\.toISOString\()/g, NOW],
  [/\bperformance\.now\b/g, NOW],
  [/\bMath\.random\b/g, RANDOM],
  [/\bcrypto\.(?:getRandomValues|randomUUID)\b/g, RANDOM],
  [/\b(?:setTimeout|setInterval|setImmediate)\b/g, TIMER],
  [/\bprocess\./g, HOST],
  [/\bglobalThis\b/g, HOST],
];

/** No purity word and no `node:` import in the sources of pure packages. */
export function purityRule(house: House): readonly Finding[] {
  return house.modules.filter(isPure).flatMap((module) => [...wordsIn(module), ...nodeImports(module)]);
}

function isPure({ owner, area, path }: Module): boolean {
  if (owner === undefined || area !== 'src' || IMPURE_FILES.includes(path)) return false;
  return PURE.some((pattern) => matches(pattern, owner.folder));
}

function wordsIn({ path, text, scan }: Module): Finding[] {
  return WORDS.flatMap(([pattern, instead]) =>
    [...scan.code.matchAll(pattern)].map((match) => ({
      path,
      line: lineOf(text, match.index),
      rule: 'purity',
      message: `\`${match[0].trim()}\` in a pure package; ${instead}`,
    })),
  );
}

function nodeImports({ path, imports }: Module): Finding[] {
  return imports
    .filter(({ specifier }) => specifier.startsWith('node:'))
    .map(({ specifier, line }) => ({ path, line, rule: 'purity', message: `${specifier} in a pure package; ${HOST}` }));
}
