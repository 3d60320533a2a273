// The commands about policy documents: policy test, sign, diff, show, load, apply, rollback.

import type { Command } from 'commander';
import { type Runner, waitOption, withHelp } from './define.ts';

/** Adds them. */
export function definePolicy(program: Command, run: Runner): void {
  const policy = withHelp(
    program
      .command('policy')
      .summary('test, sign, apply policy documents')
      .description('Works with policy documents: rules, standing grants and the tests that say what they mean.'),
    { examples: [['coh policy test p-2.toml', 'before anybody else sees it']] },
  );
  defineOffline(policy, run);
  defineChanges(policy, run);
}

const FILE = 'the document: JSON, or TOML when its name ends in .toml';

function defineOffline(policy: Command, run: Runner): void {
  withHelp(
    policy
      .command('test')
      .summary('run the tests of a document')
      .description('Runs the tests of a document as a hive would, without one. Status 1 when one fails.')
      .argument('<file>', FILE)
      .action((file: string) => run(async (context) => (await import('../commands/policy.ts')).test(context, file))),
    {
      examples: [['coh policy test p-2.toml', 'which tests hold']],
      json: '{"file", "id", "version", "sha256", "tests": [{"name", "problem": text or null}]}',
    },
  );
  withHelp(
    policy
      .command('sign')
      .summary('sign a document')
      .description('Writes the signature of a document into FILE.sig. Without --key it is that of the local hive.')
      .argument('[file]', FILE)
      .option('--key <file>', 'a key of your own; made when it is missing')
      .option('--name <name>', 'name of that key; default: that of its file')
      .option('--print-key', 'print the verifier key, for policy.signers of the manifest')
      .action((file: string | undefined, options: import('../commands/policy.ts').SignOptions) =>
        run(async (context) => (await import('../commands/policy.ts')).sign(context, file, options)),
      ),
    {
      examples: [
        ['coh policy sign p-2.toml', 'with the key of the local hive'],
        ['coh policy sign --key ann.json --print-key', 'what the manifest must list'],
        ['coh policy sign p-2.toml --key ann.json', 'with a key of your own'],
      ],
      json: '{"file", "signature", "sha256", "key"}; with --print-key {"key"}',
    },
  );
  withHelp(
    policy
      .command('diff')
      .summary('what a document changes')
      .description('Compares a document with the policy of the hive, or with another document.')
      .argument('<file>', FILE)
      .argument('[before]', 'another document; default: what holds in the hive')
      .action((file: string, before: string | undefined) =>
        run(async (context) => (await import('../commands/policy.ts')).diff(context, file, before)),
      ),
    {
      examples: [
        ['coh policy diff p-2.toml', 'against what holds now'],
        ['coh policy diff p-2.toml p-1.toml', 'against another file'],
      ],
      json: '{"before", "after", "differences": [{"list", "name", "before"?, "after"?}]}',
    },
  );
}

function defineChanges(policy: Command, run: Runner): void {
  withHelp(
    policy
      .command('show')
      .summary('the policy of the hive')
      .description(
        'Shows the rules that hold, the documents that are kept and what is left of grants; or one document.',
      )
      .argument('[id]', 'id of a document')
      .action((id: string | undefined) =>
        run(async (context) => (await import('../commands/policy.ts')).show(context, id)),
      ),
    {
      examples: [
        ['coh policy show', 'what holds'],
        ['coh policy show p-2', 'a document, before you approve it'],
      ],
      json: '{"policy", "documents", "grants"}; with an id the document',
    },
  );
  withHelp(
    policy
      .command('load')
      .summary('stage a document')
      .description(
        'Stages a signed document, so that others can read it. Nothing changes, and nobody has to approve it.',
      )
      .argument('<file>', FILE)
      .action((file: string) =>
        run(async (context) => (await import('../commands/policy-apply.ts')).load(context, file)),
      ),
    { examples: [['coh policy load p-2.toml', 'and let somebody approve it']], json: '{"id", "version", "sha256"}' },
  );
  withHelp(
    policy
      .command('apply')
      .summary('make a document hold')
      .description('Loads a signed document and makes it hold, in one append. Somebody else must approve it.')
      .argument('<file>', FILE)
      .addOption(waitOption())
      .action((file: string, options: { wait?: number }) =>
        run(async (context) => (await import('../commands/policy-apply.ts')).apply(context, file, options)),
      ),
    {
      examples: [['coh policy apply p-2.toml --wait 600', 'stage it, ask, and wait for the approval']],
      notes: [
        'Uses FILE.sig; without one it signs with the key of the local hive.',
        'A document that does not fit into a message of the door takes a larger secure9p.msize.',
      ],
      json: '{"id", "version", "sha256"}',
    },
  );
  withHelp(
    policy
      .command('rollback')
      .summary('go back to an earlier document')
      .description('Goes back to a document that held before, or with `manifest` to the rules of the manifest.')
      .argument('<id>', 'id of a document, or manifest')
      .addOption(waitOption())
      .action((id: string, options: { wait?: number }) =>
        run(async (context) => (await import('../commands/policy-apply.ts')).rollback(context, id, options)),
      ),
    {
      examples: [
        ['coh policy rollback p-1', 'the one before'],
        ['coh policy rollback manifest --wait 600', 'no document'],
      ],
      json: '{"id"}',
    },
  );
}
