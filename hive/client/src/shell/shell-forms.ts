// What only a shell understands, rewritten into the console's own grammar: `echo <text> > <path>`, `spawn` in words,
// `login`. Everything else passes unchanged, so the console's parser has the last word about every line.

import { ok, type Result } from '@cohesix/wire';
import { spawnLine } from './spawn-line.ts';
import { firstWord } from './words.ts';

/** The console line that a shell line stands for. A refusal's detail is one of the parser's texts. */
export function consoleForm(line: string): Result<string> {
  const { word, rest } = firstWord(line);
  switch (word.toLowerCase()) {
    case 'echo':
      return ok(echoForm(line, rest));
    case 'spawn': {
      const json = spawnLine(rest);
      return json.ok ? ok(`spawn ${json.value}`) : json;
    }
    case 'login':
      return ok(`attach ${rest}`);
    default:
      return ok(line);
  }
}

/** `echo <text> > <path>` as `echo <path> <text>`; the text's own `>` are kept, the last one leads to the path. */
function echoForm(line: string, rest: string): string {
  if (rest.startsWith('/')) return line;
  const at = rest.lastIndexOf('>');
  const path = rest.slice(at + 1).trim();
  return at < 0 || !/^\/\S*$/.test(path) ? line : `echo ${path} ${rest.slice(0, at).trim()}`;
}
