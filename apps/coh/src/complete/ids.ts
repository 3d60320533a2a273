// Completion of ids: what the rows of a list are called, for operands that name one.

import { type HiveClient, offerable } from '@cohesix/client';
import type { ListName } from '../commands/lists.ts';

/** Operand → the list whose rows it may name, and the field that names them. */
const SOURCES: ReadonlyMap<string, readonly [list: ListName, field: string]> = new Map([
  ['lease', ['leases', 'id']],
  ['job', ['jobs', 'id']],
  ['window', ['windows', 'id']],
  ['host-ticket', ['host_tickets', 'id']],
  ['resource', ['resources', 'resource']],
  ['session', ['sessions', 'id']],
  ['gpu', ['gpus', 'id']],
  ['gpu-host', ['gpus', 'host']],
  ['model', ['models', 'id']],
  ['lora-job', ['lora_jobs', 'id']],
  ['host', ['hosts', 'host']],
  ['update', ['updates', 'epoch']],
  ['cas-model', ['cas_models', 'model']],
  ['host-order', ['host_orders', 'id']],
]);

/** Operand → the directory whose names it may be. */
const DIRECTORIES: ReadonlyMap<string, string> = new Map([
  ['bus', '/bus'],
  ['radio', '/lora'],
  ['device', '/queen/telemetry'],
]);

/** Files that lie beside what a directory is of. */
const FILES: ReadonlySet<string> = new Set(['ctl', 'status']);

/** Whether ids of this operand can be had from the hive. */
export function isIdOperand(operand: string): boolean {
  return SOURCES.has(operand) || DIRECTORIES.has(operand);
}

/** The ids that an operand may have now; none when the list cannot be read. */
export async function completeId(client: HiveClient, operand: string): Promise<readonly string[]> {
  const directory = DIRECTORIES.get(operand);
  const names = directory === undefined ? undefined : await client.list(directory);
  if (names !== undefined) return names.ok ? offerable(names.value.filter((name) => !FILES.has(name))) : [];
  const source = SOURCES.get(operand);
  if (source === undefined) return [];
  const [list, field] = source;
  const { rowsOf } = await import('../commands/lists.ts');
  const found = await rowsOf(client, list);
  return found.ok ? offerable(found.value.rows.map((row) => String(row[field] ?? ''))) : [];
}
