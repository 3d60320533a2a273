// `coh epoch`: the number of whoever may write to this hive.

import { jsonLines } from '@cohesix/client';
import type { Context } from '../context.ts';
import { isRecord } from '../control-line.ts';
import { rowOf } from '../rows.ts';
import { DONE, failAt, withHive } from '../session.ts';
import { sayRecord } from './records.ts';

/** Shows it. JSON: `{epoch, promotions, promoted, promoted_ms, by, reason, required}`. */
export function showEpoch(context: Context): Promise<number> {
  return withHive(context, async (client) => {
    const [epoch, authority] = await Promise.all([client.read('/proc/epoch'), client.read('/proc/authority')]);
    if (!epoch.ok) return failAt(context, client, { what: 'cannot read the writer epoch', refusal: epoch.refusal });
    const [words] = authority.ok ? jsonLines(new TextDecoder().decode(authority.value)) : [];
    const required = isRecord(words) ? (words.epoch_required ?? null) : null;
    const fields = rowOf(new TextDecoder().decode(epoch.value).trimEnd());
    sayRecord(context, { ...fields, ...(fields.promoted === null ? { reason: null } : {}), required });
    return DONE;
  });
}
