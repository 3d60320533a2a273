// `coh lora`: radios, and what they send within their duty cycle.

import type { HiveClient } from '@cohesix/client';
import { ok, type Result } from '@cohesix/wire';
import { answer, type Context, note } from '../context.ts';
import { COMMAND, visible } from '../io.ts';
import { type Row, rowsIn } from '../rows.ts';
import { DONE, failAt, withHive } from '../session.ts';
import { tableLines } from '../table.ts';
import { firstRow, type PayloadOptions, payloadTo } from './buses.ts';
import { sayRecord } from './records.ts';

const NO_RADIOS = `This hive has no radio for your ticket; [sidecars.lora] of: ${COMMAND} manifest show`;

const COLUMNS = ['adapter', 'region', 'worker', 'sent', 'bytes', 'refused', 'duty_cycle_percent'].map((field) => ({
  field,
}));

/** Most rows of the table: a manifest lists no more radios. */
const ROWS_MAX = 16;

/** `coh lora list`. JSON: `{radios}`. */
export function listRadios(context: Context): Promise<number> {
  return withHive(context, async (client) => {
    const rows = await radioRows(client);
    if (!rows.ok) return failAt(context, client, { what: 'cannot list the radios', refusal: rows.refusal });
    const [nowMs, width] = [Date.now(), context.io.stdout.columns];
    const table = tableLines(rows.value, { columns: COLUMNS, limit: ROWS_MAX, nowMs, width });
    if (rows.value.length === 0 && !context.json) note(context, NO_RADIOS);
    answer(context, { radios: rows.value }, rows.value.length === 0 ? [] : table.map(visible));
    return DONE;
  });
}

async function radioRows(client: HiveClient): Promise<Result<readonly Row[]>> {
  const names = await client.list('/lora');
  if (!names.ok) return names.refusal.code === 'invalid-path' ? ok([]) : names;
  const rows: Row[] = [];
  for (const name of names.value) {
    const row = await firstRow(client, `/lora/${name}/status`);
    if (!row.ok) return row;
    rows.push(row.value);
  }
  return ok(rows);
}

/** `coh lora status`: a field a line. JSON: the fields. */
export function radioStatus(context: Context, adapter: string): Promise<number> {
  return withHive(context, async (client) => {
    const row = await firstRow(client, `/lora/${adapter}/status`);
    if (!row.ok)
      return failAt(context, client, { what: `cannot read radio ${visible(adapter)}`, refusal: row.refusal });
    sayRecord(context, row.value);
    return DONE;
  });
}

/** `coh lora send`. JSON: `{path, line}`. */
export function radioSend(
  context: Context,
  adapter: string,
  words: readonly string[],
  options: PayloadOptions,
): Promise<number> {
  const limits = [
    `Its limits: ${COMMAND} lora status ${adapter}`,
    `What it refused: ${COMMAND} lora tamper ${adapter}`,
  ];
  const advice = { 'too-big': limits, busy: limits };
  return payloadTo(context, { words, options, path: `/lora/${adapter}/ctl`, adapter, done: 'sent by', advice });
}

/** Entries of a tamper log that are shown: no manifest lets a radio keep more. */
const TAMPER_MAX = 256;

/** `coh lora tamper`: what was refused, oldest first. JSON: `{adapter, tamper}`. */
export function radioTamper(context: Context, adapter: string): Promise<number> {
  return withHive(context, async (client) => {
    const text = await client.read(`/lora/${adapter}/tamper`, { maxBytes: 65_536 });
    if (!text.ok)
      return failAt(context, client, { what: `cannot read radio ${visible(adapter)}`, refusal: text.refusal });
    const { rows } = rowsIn(new TextDecoder().decode(text.value));
    const columns = [{ field: 'ts_ms', title: 'at' }, { field: 'reason' }, { field: 'bytes' }];
    const wish = { columns, limit: TAMPER_MAX, nowMs: Date.now(), width: context.io.stdout.columns };
    const table = rows.length === 0 ? [`${adapter} has refused nothing`] : tableLines(rows, wish);
    answer(context, { adapter, tamper: rows }, table.map(visible));
    return DONE;
  });
}
