// coh cas push-model: weights, schema and signature of a model.

import { createReadStream, existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { HiveClient } from '@cohesix/client';
import { ok, type Result, refuse } from '@cohesix/wire';
import { progressOf } from '../audit/progress.ts';
import { BULK, PIECE_BYTES } from '../cas/bundle.ts';
import { hashOfFile } from '../cas/pull.ts';
import { answer, type Context } from '../context.ts';
import { fail, failureOf } from '../failure.ts';
import { DONE, failAt, withHive } from '../session.ts';

/** What comes with the weights of a model. */
export interface ModelFiles {
  readonly schema: string;
  readonly signature: string;
}

/** `coh cas push-model`: weights, schema and signature. JSON: `{model, weights_bytes, sent_bytes}`. */
export function pushModel(context: Context, named: string, files: ModelFiles): Promise<number> {
  const what = `cannot push ${named}`;
  const at = (file: string): string => resolve(context.io.cwd, file);
  const gone = [named, files.schema, files.signature].find((file) => !existsSync(at(file)));
  if (gone !== undefined)
    return Promise.resolve(fail(context, failureOf(what, { code: 'not-found', detail: `${gone} does not exist.` })));
  return withHive(
    context,
    async (client) => {
      const model = await hashOfFile(at(named));
      const size = statSync(at(named)).size;
      const sent = await sendModel(context, client, {
        model,
        weights: at(named),
        size,
        schema: at(files.schema),
        signature: at(files.signature),
      });
      if (!sent.ok) return failAt(context, client, { what, refusal: sent.refusal });
      const told = { model, weights_bytes: size, sent_bytes: sent.value };
      answer(context, told, [`model ${model}: ${size} bytes; sent ${sent.value}`]);
      return DONE;
    },
    BULK,
  );
}

interface SentModel extends ModelFiles {
  readonly model: string;
  readonly weights: string;
  readonly size: number;
}

/** Sends what is not there; weights go on where they broke off. */
async function sendModel(context: Context, client: HiveClient, sent: SentModel): Promise<Result<number>> {
  const folder = `/models/${sent.model}`;
  const there = await client.stat(`${folder}/weights`);
  if (!there.ok) return there;
  const from = Number(there.value.size);
  let bytes = 0;
  if (from < sent.size) {
    const progress = progressOf(context, 'pushing weights');
    const source = createReadStream(sent.weights, { start: from, highWaterMark: PIECE_BYTES });
    const onProgress = (done: number): void => progress.report(from + done, sent.size);
    const pushed = await client.push(`${folder}/weights`, source, { from, onProgress });
    progress.end();
    if (!pushed.ok) return pushed;
    bytes += pushed.value.bytes;
  }
  for (const part of ['schema', 'signature'] as const) {
    const pushed = await client.push(`${folder}/${part}`, createReadStream(sent[part]));
    if (pushed.ok) bytes += pushed.value.bytes;
    else if (pushed.refusal.code !== 'exists' && pushed.refusal.code !== 'denied') return pushed;
  }
  const sealed = await client.stat(`${folder}/signature`);
  if (!sealed.ok) return sealed;
  return sealed.value.size > 0n ? ok(bytes) : refuse('stale', 'The model is not whole; push it again.');
}
