// The commands about history: what happened, and the proof that it did.

import type { Command } from 'commander';
import { collect, type Runner, withHelp } from './define.ts';

/** Adds them. */
export function defineAudit(program: Command, run: Runner): void {
  program.commandsGroup('History:');
  const audit = program.command('audit').summary('verify history, and hand it on for others to verify');
  audit
    .helpCommand(false)
    .description(
      'Every accepted line is a leaf of a Merkle tree that the hive signs (C2SP tlog-tiles). These commands read files only.',
    );
  withHelp(audit, {
    examples: [
      ['coh audit verify', 'the history of the local hive, also while it runs'],
      ['coh audit export evidence', 'a pack for somebody who trusts nobody here'],
    ],
  });
  defineVerify(audit, run);
  withHelp(
    audit
      .command('export')
      .summary('write a pack')
      .description('Writes everything up to the last checkpoint into a new directory that other verifiers read.')
      .argument('<directory>', 'new directory')
      .option('--from <path>', 'data directory or journal; default: of the local hive')
      .action((directory: string, options: { from?: string }) =>
        run(async (context) => (await import('../commands/audit.ts')).auditExport(context, directory, options.from)),
      ),
    {
      examples: [['coh audit export evidence', 'then: python3 sdk/python/cohesix/verify.py evidence']],
      json: '{"path": text, "records": number, "files": number}',
    },
  );
}

function defineVerify(audit: Command, run: Runner): void {
  withHelp(
    audit
      .command('verify')
      .summary('check that history is whole')
      .description(
        'Computes the tree again from the records and compares it with what the hive signed. Exit status 1 when anything differs.',
      )
      .argument('[path]', 'data directory, journal or pack; default: of the local hive')
      .option(
        '--key <text-or-file>',
        'verifier key of the log, from a place you trust; default: the one beside the log',
      )
      .option('--checkpoint <file>', 'a checkpoint kept from before: history must still begin with it')
      .option('--witness <text-or-file>', 'verifier key of a witness that must have cosigned; repeatable', collect)
      .action((path: string | undefined, options: import('../commands/audit.ts').VerifyOptions) =>
        run(async (context) => (await import('../commands/audit.ts')).auditVerify(context, path, options)),
      ),
    {
      examples: [
        ['coh audit verify', 'the local hive'],
        ['coh audit verify evidence --key hive.key --checkpoint last-month', 'a pack, against what you kept'],
      ],
      json: '{"ok", "kind", "origin", "size", "unsigned", "root", "keyFrom", "key", "findings": [{"what", "where"}]}',
    },
  );
}
