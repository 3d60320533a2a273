// policy test, sign, diff, show: looking at policy documents. What changes the policy of a hive is in `policy-apply.ts`.

import { writeFileSync } from 'node:fs';
import { type HiveClient, jsonLines } from '@cohesix/client';
import { formatNoteKey } from '@cohesix/tlog';
import { ok, type Result } from '@cohesix/wire';
import { answer, type Context, type PaintedLine } from '../context.ts';
import { isRecord } from '../control-line.ts';
import { fail, failureOf } from '../failure.ts';
import { paint, visible } from '../io.ts';
import { type Difference, differenceLines, differences, type Policy } from '../policy/diff.ts';
import { type DocumentFile, readDocument } from '../policy/document-file.ts';
import { type KeyOptions, signatureFile, signatureOf, signerFor } from '../policy/signing.ts';
import { DONE, failAt, withHive } from '../session.ts';
import { errorText } from '../token.ts';

/**
 * `coh policy test`: runs the tests of a document. Status 1 when one fails. JSON: `{file, id, version, sha256, tests: [{name,
 * problem}]}`, `problem` null where the test holds.
 */
export function test(context: Context, named: string): number {
  const read = readDocument(context, named);
  if (!read.ok) return fail(context, failureOf(`cannot test ${named}`, read.refusal));
  const { file, document, sha256, tests } = read.value;
  const failed = tests.filter(({ problem }) => problem !== undefined);
  if (context.json || failed.length === 0) {
    const told = tests.map(({ name, problem = null }) => ({ name, problem }));
    const lines = [
      ...tests.map((one) => testLine(context, one)),
      `${document.id} version ${document.version}  sha256 ${sha256}`,
    ];
    answer(context, { file, id: document.id, version: document.version, sha256, tests: told }, lines);
    return failed.length === 0 ? DONE : 1;
  }
  return fail(context, {
    what: `${failed.length} of ${tests.length} tests of ${document.id} fail`,
    code: 'failed',
    sentence: failed.map(({ name, problem }) => `${name}: ${problem}`).join('\n'),
    advice: ['A hive does not load it.'],
  });
}

function testLine(context: Context, { name }: DocumentFile['tests'][number]): PaintedLine {
  return { painted: `${paint(context.colors.out, 'green', 'ok')}  ${visible(name)}` };
}

/** What `coh policy sign` is told. */
export interface SignOptions extends KeyOptions {
  readonly printKey?: boolean;
}

/**
 * `coh policy sign`: writes the signature beside the document. JSON: `{file, signature, sha256, key}`; with `--print-key`
 * `{key}`.
 */
export async function sign(context: Context, named: string | undefined, options: SignOptions): Promise<number> {
  const signer = await signerFor(context, options);
  if (!signer.ok) return fail(context, failureOf('there is no key to sign with', signer.refusal));
  const key = formatNoteKey(signer.value.key);
  if (options.printKey === true) {
    answer(context, { key }, [key]);
    return DONE;
  }
  if (named === undefined)
    return fail(context, {
      what: 'the file to sign is missing',
      code: 'usage',
      advice: ['Or ask for the key: --print-key'],
    });
  const read = readDocument(context, named);
  if (!read.ok) return fail(context, failureOf(`cannot sign ${named}`, read.refusal));
  const signature = signatureOf(read.value, signer.value);
  if (!signature.ok) return fail(context, failureOf(`cannot sign ${named}`, signature.refusal));
  const file = signatureFile(read.value.file);
  try {
    writeFileSync(file, `${signature.value}\n`);
  } catch (error) {
    return fail(context, { what: `cannot write ${file}`, code: 'failed', sentence: errorText(error), advice: [] });
  }
  const { sha256 } = read.value;
  answer(context, { file, signature: signature.value, sha256, key }, [`signed ${read.value.document.id}: ${file}`]);
  return DONE;
}

/**
 * `coh policy diff`: what a document changes, against another file or the policy of the hive. JSON: `{before, after,
 * differences: [{list, name, before?, after?}]}`.
 */
export async function diff(context: Context, named: string, against: string | undefined): Promise<number> {
  const after = readDocument(context, named);
  if (!after.ok) return fail(context, failureOf(`cannot read ${named}`, after.refusal));
  if (against === undefined) {
    return withHive(context, async (client) => {
      const before = await activePolicy(client);
      if (!before.ok) return failAt(context, client, { what: 'cannot read the policy', refusal: before.refusal });
      return tellDiff(context, before.value, { name: after.value.document.id, policy: after.value.document });
    });
  }
  // As `diff` has it: what there was, then what there is to be.
  const before = readDocument(context, against);
  if (!before.ok) return fail(context, failureOf(`cannot read ${against}`, before.refusal));
  return tellDiff(
    context,
    { name: before.value.document.id, policy: before.value.document },
    { name: after.value.document.id, policy: after.value.document },
  );
}

interface Named {
  readonly name: string;
  readonly policy: Policy;
}

function tellDiff(context: Context, before: Named, after: Named): number {
  const found = differences(before.policy, after.policy);
  const lines = found.length === 0 ? ['no difference'] : found.flatMap((one) => diffLines(context, one));
  const head = `${before.name} -> ${after.name}`;
  answer(context, { before: before.name, after: after.name, differences: found }, [head, ...lines]);
  return DONE;
}

function diffLines(context: Context, difference: Difference): readonly PaintedLine[] {
  return differenceLines(difference).map((line) => ({
    painted: paint(context.colors.out, line.startsWith('-') ? 'red' : 'green', visible(line)),
  }));
}

/** What holds in the hive now: the active document, or the rules of the manifest, without those that always hold. */
async function activePolicy(client: HiveClient): Promise<Result<Named>> {
  const rules = await client.read('/policy/rules');
  if (!rules.ok) return rules;
  const now = record(rules.value);
  const id = isRecord(now.document) ? String(now.document.id) : undefined;
  if (id === undefined) {
    const own = records(now.rules).filter(({ built_in: isBuiltIn }) => isBuiltIn !== true);
    return ok({ name: 'manifest', policy: { rules: own, grants: [], tests: [] } });
  }
  const text = await client.read(`/policy/document/${id}`);
  if (!text.ok) return text;
  const document = record(text.value);
  const { rules: inForce, grants, tests } = document;
  return ok({ name: id, policy: { rules: records(inForce), grants: records(grants), tests: records(tests) } });
}

function record(text: Uint8Array): Readonly<Record<string, unknown>> {
  const [value] = jsonLines(new TextDecoder().decode(text).replaceAll('\n', ' '));
  return isRecord(value) ? value : {};
}

function records(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** `coh policy show`: the policy of the hive, or one document. JSON: `{policy, documents, grants}`, or the document. */
export function show(context: Context, id: string | undefined): Promise<number> {
  return withHive(context, async (client) => {
    const paths = id === undefined ? SHOWN : [`/policy/document/${id}`];
    const texts: string[] = [];
    for (const path of paths) {
      const text = await client.read(path);
      if (!text.ok) return failAt(context, client, { what: `cannot read ${path}`, refusal: text.refusal });
      texts.push(new TextDecoder().decode(text.value));
    }
    const [first = '', documents = '', grants = ''] = texts;
    const whole = record(Buffer.from(first));
    if (id !== undefined) answer(context, whole, [first.trimEnd()]);
    else {
      const told = { policy: whole, documents: jsonLines(documents), grants: jsonLines(grants) };
      answer(context, told, shownLines(told));
    }
    return DONE;
  });
}

const SHOWN = ['/policy/rules', '/policy/documents', '/policy/grants'];

interface Shown {
  readonly policy: Readonly<Record<string, unknown>>;
  readonly documents: readonly unknown[];
  readonly grants: readonly unknown[];
}

function shownLines({ policy, documents, grants }: Shown): readonly string[] {
  const { document, enabled, rules } = policy;
  const holds = isRecord(document) ? `${String(document.id)} version ${String(document.version)}` : 'the manifest';
  return [
    enabled === true ? `the policy is that of ${holds}` : 'the policy is off',
    ...records(rules).map(({ id, ...rest }) => `rule      ${String(id)} ${JSON.stringify(rest)}`),
    ...documents.filter(isRecord).map(({ id, ...rest }) => `document  ${String(id)} ${JSON.stringify(rest)}`),
    ...grants.filter(isRecord).map(({ id, ...rest }) => `grant     ${String(id)} ${JSON.stringify(rest)}`),
  ];
}
