// gpu-telemetry/v1 (contracts-1 5.5, m06a): what a bridge reports about inference on a GPU, for learning loops. The schema file is
// made from the fields below, and so is the check; a record of another shape is refused before anybody keeps it.

import Type, { type TObject } from 'typebox';
import { parseJson } from '../../kernel/json.ts';
import { compileLine } from '../../kernel/schema.ts';
import { utf8Size } from '../../kernel/text.ts';

const SCHEMA = 'gpu-telemetry/v1';

const label = Type.String({ minLength: 1, maxLength: 128 });
const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

const REQUIRED = {
  schema_version: Type.Literal(SCHEMA),
  device_id: label,
  model_id: label,
  time_window: Type.String({ minLength: 1, maxLength: 64, description: '`ms:<from>-<to>`.' }),
  token_count: count,
  latency_histogram: Type.Array(count, { maxItems: 64 }),
};

const OPTIONAL = {
  lora_id: Type.Optional(label),
  confidence: Type.Optional(Type.Number()),
  entropy: Type.Optional(Type.Number()),
  drift: Type.Optional(label),
  feedback_flags: Type.Optional(label),
};

/** Longest record, bytes of its JSON. */
export const TELEMETRY_RECORD_BYTES_MAX = 4096;

/** A record. */
export const telemetryField: TObject = Type.Object(
  { ...REQUIRED, ...OPTIONAL },
  { additionalProperties: false, description: 'As `/gpu/telemetry/schema.json` says.' },
);

const checkRecord = compileLine(telemetryField);

/** A record that fits the field. */
export type TelemetryRecord = Readonly<Record<string, unknown>>;

/** Fields that are fractions; the others keep their value. */
const FRACTIONS: ReadonlySet<string> = new Set(['confidence', 'entropy']);

/** A record as it is kept: its fields in the order of the schema, fractions with six decimals. */
export function telemetryRecord(record: TelemetryRecord): Readonly<Record<string, unknown>> {
  const names = [...Object.keys(REQUIRED), ...Object.keys(OPTIONAL)];
  const fields = names.filter((name) => record[name] !== undefined).map((name) => [name, kept(name, record[name])]);
  return Object.fromEntries(fields);
}

function kept(name: string, value: unknown): unknown {
  return FRACTIONS.has(name) ? Math.round(Number(value) * 1e6) / 1e6 : value;
}

/**
 * What is wrong with a line of the telemetry of a GPU's worker; undefined for a fit record, and for every line that does not say it
 * is one.
 */
export function gpuTelemetryProblem(line: string): string | undefined {
  if (!line.includes(SCHEMA)) return undefined;
  const read = parseJson(line);
  if (!read.ok) return undefined;
  if ((read.value as { readonly schema_version?: unknown } | null)?.schema_version !== SCHEMA) return undefined;
  const size = utf8Size(line);
  if (size > TELEMETRY_RECORD_BYTES_MAX) return `${SCHEMA}: has ${size} bytes; at most ${TELEMETRY_RECORD_BYTES_MAX}`;
  const problem = checkRecord(read.value);
  return problem === undefined ? undefined : `${SCHEMA}: ${problem}`;
}

/** `/gpu/telemetry/schema.json`. */
export const TELEMETRY_SCHEMA_TEXT: string = `${JSON.stringify({
  schema_version: SCHEMA,
  max_record_bytes: TELEMETRY_RECORD_BYTES_MAX,
  required_fields: Object.keys(REQUIRED),
  optional_fields: Object.keys(OPTIONAL),
})}\n`;
