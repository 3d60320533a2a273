// The regression pack: each script of this folder on a fresh hive at every door, and the transcripts equal to the byte. What
// the scripts assert, and which of the source's wait for what, is in README.md.

import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DOORS } from '../transcripts/stand.ts';
import { transcriptOf } from './pack.ts';
import { readScriptFile } from './script-file.ts';

const SCRIPTS = readdirSync(new URL('.', import.meta.url)).filter((name) => name.endsWith('.coh'));

it.each(SCRIPTS)('%s gives the same bytes at every door', { timeout: 120_000 }, async (name) => {
  const script = readScriptFile(name);
  // Side by side, because a WAIT of one door is time for the others; each has a hive of its own.
  const runs = Object.entries(DOORS).map(async ([door, open]) => ({ door, lines: await transcriptOf(script, open) }));
  const transcripts = await Promise.all(runs);
  const first = transcripts[0]?.lines ?? [];
  expect(first.at(-1)).toBe('OK QUIT');
  for (const { door, lines } of transcripts) expect(lines, door).toEqual(first);
});
