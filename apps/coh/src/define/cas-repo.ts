// coh cas repo: a repository of updates whose metadata withstands one that lies (TUF).

import type { Command } from 'commander';
import { fromWord } from '../lines/form.ts';
import { type Runner, withHelp } from './define.ts';
import { defineGroup } from './lines.ts';

type RepoOptions = import('../commands/cas-repo.ts').RepoOptions;
type FetchOptions = import('../commands/cas-repo.ts').FetchOptions;

const JSON_TEXT = '{"directory", "versions": {"root", "targets", "snapshot", "timestamp"}}';

/** Adds `coh cas repo`. */
export function defineCasRepo(parent: Command, run: Runner): void {
  const group = defineGroup(parent, {
    word: 'repo',
    summary: 'a repository that says which updates are current',
    description:
      'Signed metadata (TUF) says which files are current. A client refuses old ones, stale ones and mixtures, whoever serves them.',
    examples: [
      ['coh cas repo init updates --keys keys', 'an empty one, with a key for each role'],
      ['coh cas repo publish updates update-7/manifest.cbor --as 7.cbor --keys keys', 'an update, by its manifest'],
      ['coh cas repo fetch updates 7.cbor --trust trust --root root.json', 'what its metadata vouches for'],
    ],
  });
  definePublishing(group, run);
  withHelp(
    group
      .command('fetch')
      .argument('<source>', 'folder or URL of the repository')
      .argument('[target]', 'path of a file in it; default: only look what there is')
      .requiredOption('--trust <dir>', 'folder of what is trusted, kept from one fetch to the next')
      .option('--root <file>', 'the first root, brought by somebody you trust')
      .option('--out <file>', 'default: the name of the target')
      .summary('fetch what the metadata vouches for')
      .description(
        'Brings what is trusted up to date, and fetches a file. Rollback, freeze and mix-and-match are refused by name.',
      )
      .action((source: string, target: string | undefined, options: FetchOptions) =>
        run(async (context) => (await import('../commands/cas-repo.ts')).fetchFrom(context, source, target, options)),
      ),
    {
      examples: [
        ['coh cas repo fetch updates --trust trust --root updates/metadata/1.root.json', 'the first time'],
        ['coh cas repo fetch https://example.org/updates 7.cbor --trust trust', 'a file'],
      ],
      json: '{"versions": {"root", "targets"}, "targets": [{"path", "length", "sha256"}], "file": text or null}',
    },
  );
}

function withKeys(command: Command): Command {
  return command
    .requiredOption('--keys <dir>', 'folder with a key for each role')
    .option('--expires <duration>', 'how long snapshot and timestamp hold: 12h, 7d; default 7d', (text) =>
      Number(fromWord('ms', text)),
    );
}

function definePublishing(group: Command, run: Runner): void {
  withHelp(
    withKeys(group.command('init').argument('<dir>', 'folder to make'))
      .summary('make an empty repository')
      .description(
        'Makes a repository and, where they are missing, a key for each role. Keep the root key away from it.',
      )
      .action((dir: string, options: RepoOptions) =>
        run(async (context) => (await import('../commands/cas-repo.ts')).init(context, dir, options)),
      ),
    {
      examples: [['coh cas repo init updates --keys keys', 'metadata/1.root.json is what clients begin with']],
      json: JSON_TEXT,
    },
  );
  withHelp(
    withKeys(group.command('publish').argument('<dir>', 'the repository').argument('<file...>', 'files to add'))
      .option('--as <path>', 'path in the repository, of one file; default: its name')
      .summary('add files and publish the next edition')
      .description('Adds files, signs targets, snapshot and timestamp, and makes them visible at once.')
      .action((dir: string, files: readonly string[], options: RepoOptions) =>
        run(async (context) => (await import('../commands/cas-repo.ts')).publish(context, dir, files, options)),
      ),
    {
      examples: [
        ['coh cas repo publish updates update-7/manifest.cbor --as 7.cbor --keys keys', 'an update by its manifest'],
      ],
      json: JSON_TEXT,
    },
  );
  withHelp(
    withKeys(group.command('extend').argument('<dir>', 'the repository'))
      .summary('sign again before it runs out')
      .description('Publishes the same files once more, so that clients know that nothing newer is kept from them.')
      .action((dir: string, options: RepoOptions) =>
        run(async (context) => (await import('../commands/cas-repo.ts')).extend(context, dir, options)),
      ),
    { examples: [['coh cas repo extend updates --keys keys', 'every few days']], json: JSON_TEXT },
  );
}
