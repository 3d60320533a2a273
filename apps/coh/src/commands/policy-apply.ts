// policy load, apply, rollback: changing the policy of a hive. Loading stages a document, so that others can read it before they
// approve; applying loads and applies in one append, all or nothing.

import { loadLine, POLICY_CTL_PATH } from '@cohesix/authority';
import type { HiveClient } from '@cohesix/client';
import { ok, type Result } from '@cohesix/wire';
import { answer, type Context } from '../context.ts';
import { failLine, submit } from '../control-line.ts';
import { fail, failureOf } from '../failure.ts';
import { COMMAND } from '../io.ts';
import { type DocumentFile, readDocument } from '../policy/document-file.ts';
import { signatureFor } from '../policy/signing.ts';
import { DONE, withHive } from '../session.ts';
import type { WaitOption } from './workers.ts';

/** The lines of a document. */
interface Prepared extends DocumentFile {
  readonly load: string;
  readonly apply: string;
}

async function prepare(context: Context, named: string): Promise<Result<Prepared>> {
  const read = readDocument(context, named);
  if (!read.ok) return read;
  const signature = await signatureFor(context, read.value);
  if (!signature.ok) return signature;
  const { document, sha256 } = read.value;
  const load = loadLine({ document, sha256, signature: signature.value });
  return ok({ ...read.value, load, apply: JSON.stringify({ op: 'apply', id: document.id, sha256 }) });
}

/** `coh policy load`: stages a document. JSON: `{id, version, sha256}`. */
export async function load(context: Context, named: string): Promise<number> {
  const prepared = await prepare(context, named);
  if (!prepared.ok) return fail(context, failureOf(`cannot load ${named}`, prepared.refusal));
  const { document, sha256, load: line } = prepared.value;
  return withHive(context, async (client) => {
    const control = { path: POLICY_CTL_PATH, line };
    const sent = await client.append(control.path, control.line);
    if (!sent.ok) return failLine(context, client, { what: `cannot load ${named}`, refusal: sent.refusal, control });
    const read = `others read it with: ${COMMAND} policy show ${document.id}`;
    answer(context, { id: document.id, version: document.version, sha256 }, [`staged ${document.id}; ${read}`]);
    return DONE;
  });
}

/**
 * `coh policy apply`: makes a document hold. With `--wait` it is staged first, so that whoever is asked can read it. JSON: `{id,
 * version, sha256}`.
 */
export async function apply(context: Context, named: string, { wait }: WaitOption): Promise<number> {
  const prepared = await prepare(context, named);
  if (!prepared.ok) return fail(context, failureOf(`cannot apply ${named}`, prepared.refusal));
  const { document, sha256 } = prepared.value;
  return withHive(context, async (client) => {
    const control = await staged(client, prepared.value, wait);
    const sent = control.ok ? await submit(context, client, control.value, wait) : control;
    if (!sent.ok) {
      const line = control.ok ? control.value : { path: POLICY_CTL_PATH, line: prepared.value.load };
      return failLine(context, client, { what: `cannot apply ${document.id}`, refusal: sent.refusal, control: line });
    }
    const { id, version } = document;
    answer(context, { id, version, sha256 }, [
      `${id} version ${version} holds; open requests and approvals have ended`,
    ]);
    return DONE;
  });
}

/** What is left to send: both lines, or only the second when somebody is to be asked and the first is through. */
async function staged(
  client: HiveClient,
  { load: first, apply: second }: Prepared,
  wait: number | undefined,
): Promise<Result<{ readonly path: string; readonly line: string }>> {
  if (wait === undefined) return ok({ path: POLICY_CTL_PATH, line: `${first}\n${second}` });
  const sent = await client.append(POLICY_CTL_PATH, first);
  return sent.ok ? ok({ path: POLICY_CTL_PATH, line: second }) : sent;
}

/** `coh policy rollback`: goes back to a document that held before, or to the manifest. JSON: `{id}`. */
export function rollback(context: Context, id: string, { wait }: WaitOption): Promise<number> {
  return withHive(context, async (client) => {
    const control = { path: POLICY_CTL_PATH, line: JSON.stringify({ op: 'rollback', id }) };
    const sent = await submit(context, client, control, wait);
    if (!sent.ok) return failLine(context, client, { what: `cannot go back to ${id}`, refusal: sent.refusal, control });
    answer(context, { id }, [`the policy is that of ${id} again; open requests and approvals have ended`]);
    return DONE;
  });
}
