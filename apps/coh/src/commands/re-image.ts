// coh re info, sections, symbols: what the file says of itself.

import type { Image } from '@cohesix/image';
import { SYMBOL_KINDS, sectionAt, symbolColumns } from '@cohesix/image';
import { type Context, say } from '../context.ts';
import { foreign } from '../re/foreign.ts';
import { openImage } from '../re/open-file.ts';
import { hex, type Page, tellJson, tellRows } from '../re/tell.ts';
import { DONE } from '../session.ts';

/** `coh re info`: format, machine, entry, what it needs, what is odd. */
export function info(context: Context, file: string): number {
  const opened = openImage(context, file);
  if (!opened.ok) return opened.exit;
  const told = factsOf(opened.value);
  if (context.json) tellJson(context, 'info', { ...told, untrusted: ['interpreter', 'needed', 'warnings'] });
  else
    say(
      context,
      Object.entries(told).flatMap(([field, value]) => factLines(field, value)),
    );
  return DONE;
}

function factsOf(image: Image): Readonly<Record<string, unknown>> {
  const { machine, entry, detail } = image;
  return {
    format: image.format,
    kind: image.kind,
    isa: machine.isa,
    machine: machine.name,
    bits: machine.bits,
    endian: machine.endian,
    size: image.bytes.length,
    ...(entry === undefined ? {} : { entry: hex(entry) }),
    ...(image.base === 0n ? {} : { base: hex(Number(image.base)) }),
    segments: image.segments.length,
    sections: image.sections.length,
    symbols: symbolColumns(image).count,
    imports: image.imports().length,
    exports: image.exports().length,
    ...(detail.format === 'elf' ? elfFacts(detail) : {}),
    warnings: image.warnings.map((text) => foreign(text)),
  };
}

function elfFacts(detail: Extract<Image['detail'], { format: 'elf' }>): Readonly<Record<string, unknown>> {
  const { interpreter, needed, buildId, features, hasExecutableStack } = detail;
  return {
    ...(interpreter === undefined ? {} : { interpreter: foreign(interpreter) }),
    needed: needed.map((name) => foreign(name)),
    ...(buildId === undefined ? {} : { build_id: buildId }),
    features,
    executable_stack: hasExecutableStack,
  };
}

function factLines(field: string, value: unknown): readonly string[] {
  const values = Array.isArray(value) ? value : [value];
  return values.map((one) => `${field.padEnd(17)}${String(one)}`);
}

/** `coh re sections`. */
export function sections(context: Context, file: string, page: Page): number {
  const opened = openImage(context, file);
  if (!opened.ok) return opened.exit;
  const list = opened.value.sections;
  tellRows(
    context,
    {
      name: 'sections',
      fields: ['address', 'size', 'offset', 'file_size', 'permissions', 'role', 'name*'],
      total: list.length,
      row: (index) => sectionRow(list[index] as Image['sections'][number]),
    },
    page,
  );
  return DONE;
}

function sectionRow({ name, address, size, offset, fileSize, permissions, role }: Image['sections'][number]) {
  const { read, write, execute } = permissions;
  return {
    address: hex(address),
    size,
    offset,
    file_size: fileSize,
    permissions: `${read ? 'r' : '-'}${write ? 'w' : '-'}${execute ? 'x' : '-'}`,
    role,
    name: foreign(name),
  };
}

/** `coh re symbols`: names that the file gives addresses. */
export function symbols(context: Context, file: string, page: Page): number {
  const opened = openImage(context, file);
  if (!opened.ok) return opened.exit;
  const columns = symbolColumns(opened.value);
  tellRows(
    context,
    {
      name: 'symbols',
      fields: ['address', 'size', 'kind', 'section*', 'name*'],
      total: columns.count,
      row: (index) => {
        const address = columns.addresses[index] as number;
        const section = address > 0 ? sectionAt(opened.value, address as never)?.name : undefined;
        return {
          address: address < 0 ? '' : hex(address),
          size: columns.sizes[index] as number,
          kind: SYMBOL_KINDS[columns.kinds[index] as number] ?? 'other',
          section: foreign(section ?? ''),
          name: foreign(columns.name(index)),
        };
      },
    },
    page,
  );
  return DONE;
}
