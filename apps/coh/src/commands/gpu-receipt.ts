// What `--receipt-out` writes (contracts-2 10.5): what was asked, what the hive gave back, and who held which lease then. No ticket is in
// it, nor any text that looks like one.

import type { HiveClient } from '@cohesix/client';
import { refusal } from '@cohesix/wire';
import type { Context } from '../context.ts';
import { fail, failureOf } from '../failure.ts';
import { visible } from '../io.ts';
import { writePrivate, writeProblem } from '../sh/private-file.ts';
import { errorText, withoutTokens } from '../token.ts';
import { rowsOf } from './lists.ts';

/** Leases of the hive that a receipt shows. */
const LEASES_MAX = 64;

/** What a receipt is about. */
export interface Receipt {
  /** `gpu lease` or `run`. */
  readonly command: string;
  readonly request: object;
  /** What the hive gave back, in order. */
  readonly acks: readonly object[];
}

/** Tells why a receipt could not be written there; undefined while nothing speaks against it. Asked before anything is done. */
export function receiptProblem(context: Context, file: string | undefined): number | undefined {
  const problem = file === undefined ? undefined : writeProblem(file);
  if (file === undefined || problem === undefined) return undefined;
  return fail(context, failureOf(visible(`cannot write ${file}`), refusal('invalid-path', problem)));
}

/** Writes a receipt, for its owner only. @throws what the disk says. */
async function write(client: HiveClient, file: string, { command, request, acks }: Receipt): Promise<void> {
  const found = await rowsOf(client, 'leases');
  const leases = (found.ok ? found.value.rows : [])
    .slice(0, LEASES_MAX)
    .map(({ id, subject, resource, seq }) => ({ id, subject, resource, seq }));
  const receipt = { schema: 'coh-receipt/v1', command, request, acks, leases };
  writePrivate(file, `${withoutTokens(JSON.stringify(receipt, null, 2))}\n`);
}

/** Writes a receipt when one is wanted; the exit status when it cannot be written. */
export async function writeReceipt(
  context: Context,
  client: HiveClient,
  { file, receipt }: { readonly file: string | undefined; readonly receipt: Receipt },
): Promise<number | undefined> {
  if (file === undefined) return undefined;
  try {
    await write(client, file, receipt);
    return undefined;
  } catch (error) {
    const what = visible(`done, but cannot write ${file}`);
    return fail(context, { what, code: 'failed', sentence: errorText(error), advice: [] });
  }
}
