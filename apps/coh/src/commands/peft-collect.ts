// coh peft collect: makes the telemetry of a LoRA job out of streams of the hive: the gpu-telemetry/v1 records among their lines, as a
// CBOR sequence (RFC 8742) of maps with the same fields. The newest that fit, because those are about the model as it is.

import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type HiveClient, jsonLines } from '@cohesix/client';
import { type CborMap, encodeCbor } from '@cohesix/telemetry';
import { ok, type Result } from '@cohesix/wire';
import { answer, type Context, note } from '../context.ts';
import { isRecord } from '../control-line.ts';
import { fail } from '../failure.ts';
import { COMMAND } from '../io.ts';
import { DONE, failAt, withHive } from '../session.ts';
import { errorText } from '../token.ts';

/** Most bytes of the telemetry of a job (contracts-1, 4.4), and of one record (5.5). */
const TELEMETRY_BYTES_MAX = 131_072;
const RECORD_BYTES_MAX = 4096;
/** Most that is read of one stream. */
const STREAM_BYTES_MAX: number = 64 << 20;

const SCHEMA = 'gpu-telemetry/v1';
/** Fields that a record must have, and those it may (contracts-1, 5.5). One without `lora_id` is of no adapter. */
const REQUIRED = ['schema_version', 'device_id', 'model_id', 'time_window', 'token_count', 'latency_histogram'];
const KNOWN: ReadonlySet<string> = new Set([
  ...REQUIRED,
  'lora_id',
  'confidence',
  'entropy',
  'drift',
  'feedback_flags',
]);

/** What `coh peft collect` is told. */
export interface CollectOptions {
  readonly out: string;
  readonly model?: string;
  readonly lora?: string;
}

/** `coh peft collect`: JSON: `{out, records, bytes, left_out, not_taken}`. */
export function collect(context: Context, paths: readonly string[], options: CollectOptions): Promise<number> {
  return withHive(context, async (client) => {
    const found: CborMap[] = [];
    let notTaken = 0;
    for (const path of paths) {
      const values = await valuesIn(client, path);
      if (!values.ok) return failAt(context, client, { what: `cannot read ${path}`, refusal: values.refusal });
      const records = values.value.map(recordIn).filter((record) => record !== undefined);
      const wanted = records.filter((record) => isWanted(record, options));
      notTaken += values.value.length - wanted.length;
      found.push(...wanted);
    }
    const { bytes, count } = newest(found);
    if (count === 0)
      return fail(context, {
        what: 'there is nothing to collect',
        code: 'not-found',
        sentence: `None of ${notTaken} lines is a ${SCHEMA} record that is wanted.`,
        advice: [`What such a record has: ${COMMAND} cat /gpu/telemetry/schema.json`],
      });
    const written = write(resolve(context.io.cwd, options.out), bytes);
    if (written !== undefined)
      return fail(context, { what: `cannot write ${options.out}`, code: 'failed', sentence: written, advice: [] });
    const told = {
      out: options.out,
      records: count,
      bytes: bytes.length,
      left_out: found.length - count,
      not_taken: notTaken,
    };
    answer(context, told, [`collected ${count} records, ${bytes.length} bytes: ${options.out}`]);
    if (told.left_out > 0)
      note(context, `${told.left_out} older records did not fit into ${TELEMETRY_BYTES_MAX} bytes.`);
    return DONE;
  });
}

async function valuesIn(client: HiveClient, path: string): Promise<Result<readonly unknown[]>> {
  const text = await client.read(path, { maxBytes: STREAM_BYTES_MAX });
  return text.ok ? ok(jsonLines(new TextDecoder().decode(text.value))) : text;
}

/** The record that a line is, or has as its payload (a push envelope, a frame); undefined when it has none. */
function recordIn(value: unknown): CborMap | undefined {
  if (!isRecord(value)) return undefined;
  const { payload } = value;
  const inner = typeof payload === 'string' ? jsonLines(payload)[0] : payload;
  const record = value.schema_version === SCHEMA ? value : inner;
  return isRecord(record) && isTelemetry(record) ? (record as CborMap) : undefined;
}

function isTelemetry(record: Readonly<Record<string, unknown>>): boolean {
  const { schema_version, latency_histogram: histogram, ...others } = record;
  if (schema_version !== SCHEMA || !Array.isArray(histogram)) return false;
  if (!histogram.every((one) => typeof one === 'number')) return false;
  if (!REQUIRED.every((name) => Object.hasOwn(record, name))) return false;
  const isPlain = Object.entries(others).every(
    ([name, one]) => KNOWN.has(name) && (typeof one === 'string' || typeof one === 'number'),
  );
  return isPlain && JSON.stringify(record).length <= RECORD_BYTES_MAX;
}

function isWanted(record: CborMap, { model, lora }: CollectOptions): boolean {
  if (model !== undefined && record.model_id !== model) return false;
  return lora === undefined || record.lora_id === lora;
}

/** The last records that fit, in their order. */
function newest(records: readonly CborMap[]): { readonly bytes: Uint8Array; readonly count: number } {
  const kept: Uint8Array[] = [];
  let size = 0;
  for (const record of records.toReversed()) {
    const bytes = encodeCbor(record);
    if (size + bytes.length > TELEMETRY_BYTES_MAX) break;
    kept.push(bytes);
    size += bytes.length;
  }
  return { bytes: Buffer.concat(kept.reverse()), count: kept.length };
}

/** Writes the file whole; why it cannot be. */
function write(path: string, bytes: Uint8Array): string | undefined {
  const temporary = `${path}.part`;
  try {
    writeFileSync(temporary, bytes);
    renameSync(temporary, path);
    return undefined;
  } catch (error) {
    rmSync(temporary, { force: true });
    return errorText(error);
  }
}
