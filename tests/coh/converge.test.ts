// One session, the same acknowledgements from whatever speaks to the hive: the client at every door, bare console frames, and
// `coh sh` with a script and with a pipe. The expected lines are the source's own golden transcript (contracts-1 2.5).

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { rawConsole } from '../transcripts/raw-console.ts';
import { DOORS, type Stand } from '../transcripts/stand.ts';
import { onStand, transcriptOf } from './pack.ts';
import { readScriptFile } from './script-file.ts';
import { withWords } from './words.ts';

const SCRIPT = readScriptFile('converge_v0.coh');
const EXPECTED = readFileSync(new URL('converge_v0.acks', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');
const MAIN = fileURLToPath(new URL('../../apps/coh/src/main.ts', import.meta.url));

function acks(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => /^(?:OK|ERR) |^END$/.test(line));
}

/** Commands of the script with the tickets of a hive in them. */
function commands(text: string): readonly string[] {
  return text.split('\n').filter((line) => /^[a-z]/.test(line));
}

it.each(Object.entries(DOORS))('the client, %s', async (_, door) => {
  expect(acks(await transcriptOf(SCRIPT, door))).toEqual(EXPECTED);
});

it('bare console frames', async () => {
  const lines = await onStand(SCRIPT, async (place, words) => {
    const { port } = place.hive.addresses.console as { port: number };
    return rawConsole(port, [`AUTH ${place.consoleToken}`, ...commands(withWords(SCRIPT.text, words))]);
  });
  expect(lines[0]).toBe('OK AUTH');
  expect(acks(lines.slice(1))).toEqual(EXPECTED);
});

it('coh sh with a script', async () => {
  const lines = await onStand(SCRIPT, (place, words) =>
    coh(place, ['sh', '--script', '-'], withWords(SCRIPT.text, words)),
  );
  expect(acks(lines)).toEqual(EXPECTED);
});

it('coh sh with a pipe', async () => {
  const lines = await onStand(SCRIPT, (place, words) =>
    coh(place, ['sh'], commands(withWords(SCRIPT.text, words)).join('\n')),
  );
  expect(acks(lines)).toEqual(EXPECTED);
});

/** What `coh` prints for a text at its stdin. */
async function coh({ hive }: Stand, words: readonly string[], input: string): Promise<string[]> {
  const { NODE_EXTRA_CA_CERTS: _certs, ...env } = process.env;
  const child = spawn(process.execPath, [MAIN, '--data', hive.paths.root, ...words], { env });
  child.stdin.end(input);
  let text = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) text += chunk;
  return text.trimEnd().split('\n');
}
