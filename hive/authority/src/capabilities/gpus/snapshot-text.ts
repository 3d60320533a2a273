// The text a bridge of the source publishes (contracts-1 5.6), once its pieces are put together:
//
//   schema gpu-bridge-snapshot/v1
//   node id=<id> info=<b64> ctl=<b64> lease=<b64> status=<b64>
//   model id=<id> manifest=<b64>
//   active id=<id>
//   telemetry schema=<b64>
//   end
//
// Of a node only `info` says what the hive does not know better: who leases it is decided here.

import { decodeUtf8, fromBase64 } from '@cohesix/bytes';
import { parseJson } from '../../kernel/json.ts';

const SCHEMA_LINE = 'schema gpu-bridge-snapshot/v1';

/** Words of each kind of line, in their order. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  node: ['id', 'info', 'ctl', 'lease', 'status'],
  model: ['id', 'manifest'],
  active: ['id'],
  telemetry: ['schema'],
};

/** A model as a snapshot has it. */
export interface SnapshotModel {
  readonly id: string;
  readonly manifest: string;
}

/** What a snapshot says; `infos` are not checked yet. */
export interface Snapshot {
  readonly infos: readonly unknown[];
  readonly models: readonly SnapshotModel[];
  readonly active: string | undefined;
}

/** A line, or what is wrong with it. */
type Line = Readonly<Record<string, string>> | string;

/** Reads a snapshot; a string says what is wrong and where. */
export function parseSnapshot(text: string): Snapshot | string {
  const lines = text.split('\n').filter((line) => line !== '');
  if (lines[0] !== SCHEMA_LINE) return `line 1: expected ${SCHEMA_LINE}`;
  if (lines.at(-1) !== 'end') return 'the last line is not end';
  const infos: unknown[] = [];
  const models: SnapshotModel[] = [];
  let active: string | undefined;
  for (const [index, text] of lines.slice(1, -1).entries()) {
    const [kind = ''] = text.split(' ', 1);
    const line = readLine(kind, text);
    if (typeof line === 'string') return `line ${index + 2}: ${line}`;
    if (kind === 'active') active = line.id;
    if (kind === 'model') models.push({ id: line.id ?? '', manifest: line.manifest ?? '' });
    if (kind !== 'node') continue;
    const info = parseJson(line.info ?? '');
    if (!info.ok) return `line ${index + 2}: info: ${info.problem}`;
    if ((info.value as { readonly id?: unknown } | null)?.id !== line.id)
      return `line ${index + 2}: info has another id`;
    infos.push(info.value);
  }
  return { infos, models, active };
}

function readLine(kind: string, text: string): Line {
  const words = WORDS[kind];
  if (words === undefined) return 'expected node, model, active, telemetry or end';
  const given = text.split(' ').slice(1);
  if (given.length !== words.length) return `expected ${kind} ${words.map((word) => `${word}=`).join(' ')}`;
  const line: Record<string, string> = {};
  for (const [index, word] of words.entries()) {
    const value = given[index] ?? '';
    if (!value.startsWith(`${word}=`)) return `expected ${word}=`;
    const plain = value.slice(word.length + 1);
    const decoded = word === 'id' ? plain : textOf(plain);
    if (decoded === undefined) return `${word} is not base64 of UTF-8 text`;
    line[word] = decoded;
  }
  return line;
}

function textOf(base64: string): string | undefined {
  const bytes = fromBase64(base64);
  return bytes === undefined ? undefined : decodeUtf8(bytes);
}
