// coh intent and coh epoch: lines that are carried out once, and the number of whoever may write.

import type { Command } from 'commander';
import { EPOCH_RAISE, INTENT_SEND } from '../lines/intents.ts';
import { type Runner, withHelp } from './define.ts';
import { defineGroup, defineLine, defineList } from './lines.ts';

/** Adds `coh intent`. */
export function defineIntents(program: Command, run: Runner): void {
  const group = defineGroup(program, {
    word: 'intent',
    summary: 'send a line that is carried out once, however often it is sent',
    description:
      'An intent carries one line for another control file under a name of its own. Who did not hear the answer sends the same again: it is carried out once, and every repeat gets the first answer.',
    examples: [
      ['coh intent send /queen/lifecycle/ctl cordon --id stop-1 --issued 1790000000000', 'safe to repeat'],
      ['coh intent list', 'the latest'],
    ],
  });
  defineLine(group, run, {
    word: 'send',
    form: INTENT_SEND,
    summary: 'send one',
    description: 'Sends an intent. dedupe=fresh: it was carried out now; dedupe=duplicate: it had been.',
    notes: [
      'A repeat is the same only with the same id, key, time (--issued) and line; so give --id and --issued when you may have to repeat it.',
      'Files that take intents: /queen/ctl, /queen/lifecycle/ctl, /queen/schedule/ctl, /queen/lease/ctl, /queen/export/ctl.',
    ],
    examples: [
      ['coh intent send /queen/lifecycle/ctl cordon --id stop-1 --issued 1790000000000', 'one word'],
      ['coh intent send /queen/export/ctl \'{"op":"close","id":"nightly","reason":"done"}\'', 'a line of JSON'],
    ],
  });
  defineList(group, run, {
    word: 'list',
    list: 'intents',
    summary: 'the latest intents',
    description: 'Lists the latest intents that were carried out, newest first.',
    fields: '"id", "idempotency_key", "issued_unix_ms", "outcome", "subject", "target", "entry"',
    examples: [['coh intent list', 'a table']],
  });
}

/** Adds `coh epoch`. */
export function defineEpoch(program: Command, run: Runner): void {
  const group = defineGroup(program, {
    word: 'epoch',
    summary: 'show and raise the writer epoch',
    description:
      'The writer epoch is the number of whoever may write to this hive. It never falls; lines that name an earlier one are refused.',
    examples: [
      ['coh epoch', 'the present one'],
      ['coh epoch raise 12 --reason "hive-a is fenced off"', 'a standby takes over'],
    ],
  });
  withHelp(
    group
      .command('show', { isDefault: true })
      .summary('show it')
      .description('Shows the writer epoch, the last time a line raised it, and whether lines must name it.')
      .action(() => run(async (context) => (await import('../commands/epoch.ts')).showEpoch(context))),
    {
      examples: [['coh epoch show', 'the present one']],
      json: '{"epoch", "promotions": number, "promoted", "promoted_ms": number or null, "by", "reason": text or null, "required": boolean}',
    },
  );
  defineLine(group, run, {
    word: 'raise',
    form: EPOCH_RAISE,
    summary: 'raise it',
    description: 'Raises the writer epoch to the number that the fencing authority gave.',
    examples: [['coh epoch raise 12 --reason "hive-a is fenced off"', 'lines of epoch 11 are refused from here on']],
  });
}
