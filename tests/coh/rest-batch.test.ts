// REST_regression_batch (contracts-2, 9.3): scripts of the pack at the same time over REST, on one hive and through one gateway.
// Those are in it that need no hive for themselves; what they assert must hold beside the others as it does alone. (Alone, each
// script of the pack is run over REST by `pack.test.ts`.)

import { expect, it } from 'vitest';
import { DOORS } from '../transcripts/stand.ts';
import { onStand, transcriptOn } from './pack.ts';
import { readScriptFile } from './script-file.ts';
import { wordsOf } from './words.ts';

/** These change something that has a name, so each is there once. */
const ONCE = ['export_windows', 'host_ticket_basic', 'lease_basic', 'peft_roundtrip', 'settings_roundtrip'] as const;

/** These change nothing but their own session. */
const ANY_NUMBER = ['host_absent', 'namespace_mounts', 'observe_watch', 'selftest_negative', 'tcp_basic'] as const;
const COPIES = 4;

it('scripts at the same time over REST', { timeout: 120_000 }, async () => {
  const names = [...ONCE, ...Array.from({ length: COPIES }, () => ANY_NUMBER).flat()];
  const scripts = names.map((name) => readScriptFile(`${name}.coh`));
  const [first = readScriptFile('boot_v0.coh')] = scripts;
  expect(scripts.map(({ manifest }) => manifest)).toEqual(scripts.map(() => first.manifest));
  await onStand(first, async (place) => {
    const transcripts = await Promise.all(
      scripts.map(async (script) => {
        const words = await wordsOf(script, place.hive);
        return { name: script.name, lines: await transcriptOn({ place, words }, script, DOORS.REST) };
      }),
    );
    for (const { name, lines } of transcripts) expect(lines.at(-1), name).toBe('OK QUIT');
    return [];
  });
});
