// coh cas: updates and models by the hash of what they are.

import type { Command } from 'commander';
import {
  MODEL_REMOVE,
  STORE_COLLECT,
  UPDATE_ACTIVATE,
  UPDATE_REMOVE,
  UPDATE_ROLLBACK,
  UPDATE_VERIFY,
} from '../lines/updates.ts';
import { defineCasRepo } from './cas-repo.ts';
import { collect, count, type Runner, withHelp } from './define.ts';
import { defineGroup, defineLine, defineList, type LineCommand, type ListCommand } from './lines.ts';

const CHUNK = { least: 64, most: 64 << 20, what: 'bytes' };
const TRUST = 'public key whose signature counts, in hex; default: the local hive’s and those of its manifest';

/** Adds `coh cas`. */
export function defineCas(program: Command, run: Runner): void {
  const group = defineGroup(program, {
    word: 'cas',
    summary: 'updates and models by their hashes: pack, send, fetch, check, activate',
    description:
      'An update is a payload in chunks that are named by their hashes, and a signed manifest that lists them. A model is its weights, a schema and a signature.',
    examples: [
      ['coh cas push firmware.bin --epoch 7', 'pack, sign and send'],
      ['coh cas activate 7', 'make it the one that holds'],
      ['coh cas pull 7 --out firmware.bin', 'fetch and check it'],
    ],
  });
  defineMaking(group, run);
  defineMoving(group, run);
  defineLine(group, run, ACTIVATE);
  defineLine(group, run, ROLLBACK);
  for (const command of LISTS) defineList(group, run, command);
  defineStatus(group, run);
  for (const command of UPKEEP) defineLine(group, run, command);
  defineModel(group, run);
  defineCasRepo(group, run);
}

function withPacking(command: Command): Command {
  return command
    .option('--epoch <epoch>', 'number of the update, 1 to 20 digits; a newer one has a higher number')
    .option('--key <file>', 'a key of your own that signs; made when it is missing')
    .option('--unsigned', 'no signature')
    .option('--chunk-bytes <bytes>', 'size of a chunk; default: what the local hive takes', (text) =>
      count(text, CHUNK),
    )
    .option(
      '--delta-base <dir>',
      'packed update, or its manifest, that the receiver has: only what comes after is sent',
    );
}

function defineMaking(group: Command, run: Runner): void {
  withHelp(
    withPacking(group.command('pack').argument('<file>', 'the payload'))
      .option('--out <dir>', 'folder to make; default: update-EPOCH')
      .summary('cut a payload into chunks, with a signed manifest')
      .description('Writes chunks and a signed manifest into a folder, which can be carried to another machine.')
      .action((file: string, options: import('../cas/make-update.ts').PackOptions) =>
        run(async (context) => (await import('../commands/cas.ts')).packFile(context, file, options)),
      ),
    {
      examples: [
        ['coh cas pack firmware.bin --epoch 7', 'signed with the key of the local hive'],
        ['coh cas pack firmware.bin --epoch 8 --delta-base update-7', 'only what comes after the bytes of 7'],
      ],
      json: '{"epoch", "payload_bytes", "payload_sha256", "chunk_bytes", "chunks", "delta_of", "directory"}',
    },
  );
  withHelp(
    group
      .command('verify')
      .argument('<place>', 'folder that was packed, or a payload')
      .option('--manifest <file>', 'manifest of the payload')
      .option('--delta-base <dir>', 'folder of the update that it is a delta of')
      .option('--trust <key>', TRUST, collect)
      .option('--unsigned', 'do not look at the signature')
      .summary('check an update without any hive')
      .description('Checks the signature of an update and every byte of it.')
      .action((place: string, options: import('../commands/cas-check.ts').VerifyOptions) =>
        run(async (context) => (await import('../commands/cas-check.ts')).verify(context, place, options)),
      ),
    {
      examples: [
        ['coh cas verify update-7', 'a folder'],
        ['coh cas verify firmware.bin --manifest update-7/manifest.cbor --trust HEX', 'a payload'],
      ],
      json: '{"epoch", "payload_bytes", "payload_sha256", "chunk_bytes", "chunks", "delta_of", "signed"}',
    },
  );
  withHelp(
    group
      .command('key')
      .option('--key <file>', 'a key of your own; made when it is missing')
      .summary('the public key that signs updates')
      .description('Shows the public key, for cas.signing.keys of a manifest and for --trust.')
      .action((options: { key?: string }) =>
        run(async (context) => (await import('../commands/cas.ts')).key(context, options)),
      ),
    {
      examples: [
        ['coh cas key', 'of the local hive'],
        ['coh cas key --key ann.json', 'of your own'],
      ],
      json: '{"key", "file"}',
    },
  );
}

function defineMoving(group: Command, run: Runner): void {
  withHelp(
    withPacking(group.command('push').argument('<source>', 'folder that was packed, or a payload'))
      .summary('send an update')
      .description(
        'Sends an update: the manifest, then the chunks that are missing. Sent again, it goes on where it broke off.',
      )
      .action((source: string, options: import('../cas/make-update.ts').PackOptions) =>
        run(async (context) => (await import('../commands/cas.ts')).push(context, source, options)),
      ),
    {
      examples: [
        ['coh cas push update-7', 'a folder'],
        ['coh cas push firmware.bin --epoch 7', 'a payload, packed on the way'],
      ],
      json: '{"epoch", "state", "sent_bytes", "sent_chunks"}',
    },
  );
  withHelp(
    group
      .command('pull')
      .argument('<update>', 'its epoch')
      .option('--out <file>', 'default: update-EPOCH.bin')
      .option('--trust <key>', TRUST, collect)
      .option('--unsigned', 'do not look at the signature')
      .summary('fetch the payload of an update')
      .description('Fetches a payload and checks signature and hashes. Called again, it goes on where it broke off.')
      .action((epoch: string, options: import('../commands/cas.ts').PullOptions) =>
        run(async (context) => (await import('../commands/cas.ts')).pull(context, epoch, options)),
      ),
    {
      examples: [['coh cas pull 7 --out firmware.bin', 'FILE.part until it is whole']],
      json: '{"epoch", "file", "bytes", "resumed_bytes", "sha256"}',
    },
  );
}

const ACTIVATE: LineCommand = {
  word: 'activate',
  form: UPDATE_ACTIVATE,
  summary: 'make an update the one that holds',
  description: 'Makes an update that is whole the active one. It goes forward only; rollback leads back.',
  examples: [['coh cas activate 7', 'from now on']],
};

const ROLLBACK: LineCommand = {
  word: 'rollback',
  form: UPDATE_ROLLBACK,
  summary: 'go back to an update that held before',
  description: 'Goes back to the update that was active before, or to an earlier one.',
  examples: [
    ['coh cas rollback', 'the one before'],
    ['coh cas rollback --to-epoch 5', 'an earlier one'],
  ],
};

const LISTS: readonly ListCommand[] = [
  {
    word: 'list',
    list: 'updates',
    summary: 'which updates are here',
    description: 'Lists the updates of which the manifest was taken, by epoch.',
    fields: '"epoch", "state", "kind", "base", "payload_bytes", "chunks", "payload_sha256", "accepted_ms"',
    examples: [['coh cas list', 'a table']],
  },
  {
    word: 'models',
    list: 'cas_models',
    summary: 'which models are here',
    description: 'Lists the models that are sealed.',
    fields: '"model", "weights_bytes", "state", "sealed_ms"',
    examples: [['coh cas models', 'a table']],
  },
  {
    word: 'history',
    list: 'activated_updates',
    summary: 'which update held when',
    description: 'Lists the activations and rollbacks, the oldest first.',
    fields: '"how", "epoch", "payload_sha256", "since_ms", "entry", "by"',
    examples: [['coh cas history', 'a table']],
  },
];

function defineStatus(group: Command, run: Runner): void {
  withHelp(
    group
      .command('status')
      .argument('[update]', 'its epoch')
      .summary('the store, or how far an update is')
      .description('Shows what the store holds and what was put aside; or how far one update is.')
      .action((epoch: string | undefined) =>
        run(async (context) => (await import('../commands/cas.ts')).status(context, epoch)),
      ),
    {
      examples: [
        ['coh cas status', 'the store'],
        ['coh cas status 7', 'one update'],
      ],
      json: 'the fields of /proc/cas/summary and /proc/cas/store and "quarantine": [{"expected", "actual", "bytes"}]; with an epoch those of /updates/EPOCH/status',
    },
  );
}

const UPKEEP: readonly LineCommand[] = [
  {
    word: 'recheck',
    form: UPDATE_VERIFY,
    summary: 'let the hive read an update again',
    description:
      'Lets the hive check signature and every byte of an update on its disk; the log tells what came of it.',
    examples: [['coh cas recheck 7', 'then: coh tail /log/queen.log']],
  },
  {
    word: 'remove',
    form: UPDATE_REMOVE,
    summary: 'remove an update',
    description: 'Removes an update that is not active; bytes that no other needs go with collections.',
    examples: [['coh cas remove 5', 'what it was is still in the journal']],
  },
  {
    word: 'remove-model',
    form: MODEL_REMOVE,
    summary: 'remove a model',
    description: 'Removes a model, or what was begun of one.',
    examples: [['coh cas remove-model HASH', 'see: coh cas models']],
  },
  {
    word: 'collect',
    form: STORE_COLLECT,
    summary: 'remove bytes that nothing needs, now',
    description: 'Removes chunks and weights that no update and no model needs. By itself the hive does so later.',
    examples: [['coh cas collect', 'the log tells how much']],
  },
];

function defineModel(group: Command, run: Runner): void {
  withHelp(
    group
      .command('push-model')
      .argument('<weights>', 'file of the weights')
      .requiredOption('--schema <file>', 'what the weights are')
      .requiredOption('--signature <file>', 'signature by whoever made them')
      .summary('send a model')
      .description(
        'Sends weights, schema and signature; the model is sealed when all are in, and never changes after that.',
      )
      .action((weights: string, options: import('../commands/cas-model.ts').ModelFiles) =>
        run(async (context) => (await import('../commands/cas-model.ts')).pushModel(context, weights, options)),
      ),
    {
      examples: [['coh cas push-model toy.gguf --schema toy.json --signature toy.sig', 'under /models/HASH']],
      json: '{"model", "weights_bytes", "sent_bytes"}',
    },
  );
}
