// The commands about history: what happened, and the proof that it did.

import { type Command, Option } from 'commander';
import { collect, type Runner, seconds, withHelp } from './define.ts';
import { lineNumber } from './history.ts';

type TrustOptions = import('../audit/trust.ts').TrustOptions;

/** Longest time between two looks of a witness, seconds: a day. */
const EVERY_MAX = 86_400;

/** Adds them. */
export function defineAudit(program: Command, run: Runner): void {
  program.commandsGroup('History:');
  const audit = program.command('audit').summary('verify history, and hand it on for others to verify');
  audit
    .helpCommand(false)
    .description(
      'Every accepted line is a leaf of a Merkle tree that the hive signs (C2SP tlog-tiles). What these commands say holds without trust in the hive.',
    );
  withHelp(audit, {
    examples: [
      ['coh audit verify', 'the history of the local hive, also while it runs'],
      ['coh audit export evidence', 'a pack for somebody who trusts nobody here'],
      ['coh audit prove 12 --output line-12.tlog-proof', 'one line, with the proof that it is in it'],
    ],
  });
  defineVerify(audit, run);
  defineExport(audit, run);
  defineProofs(audit, run);
  defineWitness(audit, run);
}

function keyOption(): Option {
  return new Option('--key <text-or-file>', 'verifier key of the log, from a place you trust');
}

function witnessOption(): Option {
  return new Option(
    '--witness <text-or-file>',
    'verifier key of a witness that must have cosigned; repeatable',
  ).argParser(collect);
}

function defineVerify(audit: Command, run: Runner): void {
  withHelp(
    audit
      .command('verify')
      .summary('check that history is whole')
      .description(
        'Computes the tree again from the records and compares it with what the hive signed. Exit status 1 when anything differs.',
      )
      .argument(
        '[log]',
        'data directory, journal, pack, or a URL: https://host/pack, 9p://host:port; default: of the local hive',
      )
      .addOption(keyOption())
      .option('--checkpoint <file>', 'a checkpoint kept from before: history must still begin with it')
      .addOption(witnessOption())
      .action((log: string | undefined, options: TrustOptions) =>
        run(async (context) => (await import('../commands/audit.ts')).auditVerify(context, log, options)),
      ),
    {
      examples: [
        ['coh audit verify', 'the local hive'],
        ['coh audit verify evidence --key hive.key --checkpoint last-month', 'a pack, against what you kept'],
        ['coh audit verify https://host/evidence --key hive.key', 'a pack that somebody serves'],
      ],
      notes: ['Without --key the key that lies beside the log is taken: then nothing says whose log it is.'],
      json: '{"ok", "kind", "origin", "size", "unsigned", "root", "keyFrom", "key", "witnesses": [{"name", "key", "size", "time"}], "findings": [{"what", "where"}]}',
    },
  );
}

function defineExport(audit: Command, run: Runner): void {
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

function defineProofs(audit: Command, run: Runner): void {
  withHelp(
    audit
      .command('prove')
      .summary('write the proof that a line is in it')
      .description(
        'Writes the record with a line of the journal and the proof that it is in the signed history (C2SP tlog-proof).',
      )
      .argument('<line>', 'number of a line: seq of /audit/journal', lineNumber)
      .option('--from <path-or-url>', 'log to prove it from; default: of the local hive')
      .option('--output <file>', 'new file; default: stdout')
      .action((line: number, options: import('../commands/audit-proof.ts').ProveOptions) =>
        run(async (context) => (await import('../commands/audit-proof.ts')).auditProve(context, line, options)),
      ),
    {
      examples: [['coh audit prove 12 --output line-12.tlog-proof', 'at most 2 KiB, and the record']],
      json: '{"seq", "record", "size", "cosignatures", "path" or "proof"}',
    },
  );
  withHelp(
    audit
      .command('check')
      .summary('check the proof of a line')
      .description('Checks a proof with nothing but the key of the log, and shows the record. Exit status 1: it fails.')
      .argument('<file>', 'the proof')
      .addOption(keyOption())
      .addOption(witnessOption())
      .action((file: string, options: TrustOptions) =>
        run(async (context) => (await import('../commands/audit-proof.ts')).auditCheck(context, file, options)),
      ),
    {
      examples: [['coh audit check line-12.tlog-proof --key hive.key', 'offline']],
      json: '{"ok", "origin", "record", "size", "root", "key", "witnesses", "findings", "body": text or null}',
    },
  );
}

function defineWitness(audit: Command, run: Runner): void {
  withHelp(
    audit
      .command('witness')
      .summary('watch a hive from outside, and cosign while its history only grows')
      .description(
        'Looks whether the history is the one it saw last with more at the end, and appends its signature to /audit/cosign. Exit status 1 when it is not; then the evidence is kept.',
      )
      .argument('[url]', 'door of a hive, or https://host/pack; default: the local hive')
      .requiredOption(
        '--state <dir>',
        'directory of the witness: its key and what it saw; not on the machine of the hive',
      )
      .option('--name <name>', 'name of its key, when that is made', 'witness')
      .addOption(keyOption())
      .option('--every <seconds>', 'look again and again', seconds(EVERY_MAX))
      .option('--print-key', 'print the verifier key, for audit.witnesses of the manifest')
      .action((url: string | undefined, options: import('../commands/audit-witness.ts').WitnessOptions) =>
        run(async (context) => (await import('../commands/audit-witness.ts')).auditWitness(context, url, options)),
      ),
    {
      examples: [
        ['coh audit witness --state w1 --name w1.example --print-key', 'make the key'],
        ['coh audit witness 9p://hive:5640 --state w1 --ticket w1.ticket --every 60', 'once a minute'],
      ],
      notes: ['A ticket that suffices has the role queen and the scopes /audit:r and /audit/cosign:rw.'],
      json: '{"did": "cosigned" or "nothing", "from", "size", "root"} a look; with --print-key {"key"}',
    },
  );
}
