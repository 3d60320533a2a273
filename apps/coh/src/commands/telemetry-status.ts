// `coh telemetry status`: what a hive has of all devices, or of one.

import { answer, type Context } from '../context.ts';
import { visible } from '../io.ts';
import { rowText } from '../rows.ts';
import { DONE, failAt, withHive } from '../session.ts';
import { type Column, tableLines } from '../table.ts';
import { statusOf } from '../telemetry/device-status.ts';

const DEVICE_COLUMNS: readonly Column[] = ['id', 'segments', 'bytes', 'latest', 'evicted'].map((field) => ({ field }));
const SEGMENT_COLUMNS: readonly Column[] = [
  ...['id', 'kind', 'records', 'bytes', 'referenced', 'whole', 'mime', 'name'].map((field) => ({ field })),
  { field: 'made_ms', title: 'made' },
];

/** All devices, or the segments of one. JSON: the fields of the file, and its rows. */
export function telemetryStatus(
  context: Context,
  device: string | undefined,
  { limit }: { readonly limit: number },
): Promise<number> {
  return withHive(context, async (client) => {
    const status = await statusOf(client, device);
    if (!status.ok) return failAt(context, client, { what: 'cannot read the telemetry', refusal: status.refusal });
    const { head, rows } = status.value;
    const columns = device === undefined ? DEVICE_COLUMNS : SEGMENT_COLUMNS;
    const width = context.io.stdout.columns;
    const table = rows.length === 0 ? [] : tableLines(rows, { columns, limit, nowMs: Date.now(), width });
    const list = device === undefined ? { devices_known: rows } : { segments_kept: rows };
    answer(context, { ...head, ...list }, [visible(rowText(head).join(' ')), ...table.map(visible)]);
    return DONE;
  });
}
