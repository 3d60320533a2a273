// coh re functions, disasm, xrefs, strings: what the code is, and who names what.

import { type Program, REFERENCE, rowsTo, SOURCE } from '@cohesix/flow';
import { type Address, bytesAt } from '@cohesix/image';
import { decoderOf } from '@cohesix/isa';
import { addressOfPlace } from '@cohesix/patch';
import type { Context, PaintedLine } from '../context.ts';
import { paint } from '../io.ts';
import { foreign } from '../re/foreign.ts';
import { type Opened, openProgram, taken } from '../re/open-file.ts';
import { hex, type Page, tellRows } from '../re/tell.ts';
import type { Row } from '../rows.ts';
import { DONE } from '../session.ts';

/** Characters of a name in a line of code. */
const NAME_MAX = 60;

/** `coh re functions`: every function that was found, and how. */
export function functions(context: Context, file: string, page: Page): number {
  const opened = openProgram(context, file);
  if (!opened.ok) return opened.exit;
  const { functions: table } = opened.value;
  tellRows(
    context,
    {
      name: 'functions',
      fields: ['address', 'size', 'confidence', 'returns', 'from', 'name*'],
      total: table.count,
      row: (index) => functionRow(opened.value, index),
    },
    page,
  );
  return DONE;
}

function functionRow(program: Program, index: number): Row {
  const { starts, ends, confidences, noReturns, sources } = program.functions;
  const start = starts[index] as number;
  const bits = sources[index] as number;
  return {
    address: hex(start),
    size: (ends[index] as number) - start,
    confidence: confidences[index] as number,
    returns: noReturns[index] === 1 ? 'no' : 'yes',
    from: Object.entries(SOURCE)
      .filter(([, bit]) => (bits & bit) !== 0)
      .map(([name]) => name)
      .join('+'),
    name: nameAt(program, start),
  };
}

function nameAt({ nameOf }: Program, address: number): string {
  return foreign(nameOf(address) ?? '', NAME_MAX);
}

/** A program and a place in it; without one, its entry. */
export function placeIn(
  context: Context,
  file: string,
  place: string | undefined,
): Opened<{ readonly program: Program; readonly at: number }> {
  const program = openProgram(context, file);
  if (!program.ok) return program;
  const at = place === undefined ? entryOf(program.value) : addressOfPlace(program.value, place);
  const found = taken(context, `cannot find ${place ?? 'where it begins'} in ${file}`, at);
  return found.ok ? { ok: true, value: { program: program.value, at: found.value } } : found;
}

function entryOf({ image: { entry } }: Program): ReturnType<typeof addressOfPlace> {
  return entry === undefined
    ? { ok: false, problem: 'the file has no entry; name a place' }
    : { ok: true, value: entry };
}

/** What `disasm` may be told. */
export interface DisasmOptions extends Page {
  readonly count?: number;
}

/** `coh re disasm`: the function at a place, or `count` instructions from there on. */
export function disasm(context: Context, file: string, place: string | undefined, options: DisasmOptions): number {
  const found = placeIn(context, file, place);
  if (!found.ok) return found.exit;
  const { program, at } = found.value;
  const rows = instructionRows(program, at, options.count);
  const fields = ['address', 'bytes', 'text*', 'label*'];
  const listing = { name: 'disasm', fields, total: rows.length, row: (index: number) => rows[index] as Row };
  tellRows(context, { ...listing, line: (row) => codeLine(context, row) }, options);
  return DONE;
}

/** Instructions that are shown when the place is in no function. */
const COUNT_DEFAULT = 32;
const COUNT_MAX = 100_000;

function instructionRows(program: Program, start: number, count: number | undefined): readonly Row[] {
  const row = program.functionAt(start);
  const end = row < 0 ? Number.POSITIVE_INFINITY : (program.functions.ends[row] as number);
  const most = count ?? (row < 0 ? COUNT_DEFAULT : COUNT_MAX);
  const size = count === undefined && row >= 0 ? end - start : most * 16;
  const code = bytesAt(program.image, start as Address, size);
  const decoder = decoderOf(program.isa);
  const piece = { code, address: start };
  const nameOf = (address: number): string | undefined => nameAt(program, address) || undefined;
  const rows: Row[] = [];
  for (let at = 0; at < code.length && rows.length < most; ) {
    const { length } = decoder.instruction(piece, at);
    const bytes = Array.from(code.subarray(at, at + length), (byte) => byte.toString(16).padStart(2, '0')).join('');
    const text = decoder.text(piece, at, { nameOf });
    rows.push({ address: hex(start + at), bytes, text, label: nameAt(program, start + at) });
    at += length;
  }
  return rows;
}

function codeLine({ colors }: Context, { address, bytes, text, label }: Row): PaintedLine {
  const title = label === '' ? '' : `${paint(colors.out, 'bold', `${String(label)}:`)}\n`;
  const place = paint(colors.out, 'dim', `${String(address).padStart(12)}  ${String(bytes).padEnd(20)}`);
  return { painted: `${title}${place}  ${String(text)}` };
}

const KINDS = Object.keys(REFERENCE);

/** `coh re xrefs`: who calls, jumps to or names a place. */
export function xrefs(context: Context, file: string, place: string, page: Page): number {
  const found = placeIn(context, file, place);
  if (!found.ok) return found.exit;
  const { program, at } = found.value;
  const references = program.references();
  const { first, end } = rowsTo(references, at);
  tellRows(
    context,
    {
      name: 'xrefs',
      fields: ['from', 'kind', 'function*', 'text*'],
      total: end - first,
      row: (index) => {
        const from = references.from[first + index] as number;
        const kind = KINDS[references.kinds[first + index] as number] ?? '';
        return { from: hex(from), kind, ...whereIs(program, from, kind) };
      },
    },
    page,
  );
  return DONE;
}

function whereIs(program: Program, from: number, kind: string): { readonly function: string; readonly text: string } {
  const row = program.functionAt(from);
  if (row < 0 || kind === 'pointer') return { function: '', text: '' };
  const start = program.functions.starts[row] as number;
  return {
    function: nameAt(program, start) || hex(start),
    text: String(instructionRows(program, from, 1)[0]?.text ?? ''),
  };
}

/** `coh re strings`: texts in the data, and how often they are named. */
export function strings(context: Context, file: string, page: Page): number {
  const opened = openProgram(context, file);
  if (!opened.ok) return opened.exit;
  const list = opened.value.strings();
  const references = opened.value.references();
  tellRows(
    context,
    {
      name: 'strings',
      fields: ['address', 'size', 'encoding', 'references', 'text*'],
      total: list.length,
      row: (index) => {
        const { address, size, encoding, text } = list[index] as (typeof list)[number];
        const { first, end } = rowsTo(references, address);
        return { address: hex(address), size, encoding, references: end - first, text: foreign(text) };
      },
      line: stringLine,
    },
    page,
  );
  return DONE;
}

function stringLine({ address, references, text }: Row): string {
  return `${String(address).padStart(12)}  ${String(references).padStart(4)}  ${String(text)}`;
}
