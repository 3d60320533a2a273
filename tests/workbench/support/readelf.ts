// What GNU readelf says of an ELF file, as rows to compare with ours.

import { runTool } from '../../support/tool.ts';

/** Where Debian's binutils are. */
export const READELF = '/usr/bin/readelf';

async function lines(path: string, ...options: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await runTool(READELF, ['-W', ...options, path], 60_000);
  return stdout.split('\n');
}

/** `name address offset size` of each section but the null one, numbers in hexadecimal without leading zeros. */
export async function readelfSections(path: string): Promise<readonly string[]> {
  const row =
    /^ +\[ *\d+\] (\S*) +([A-Z][\w+]*|[0-9a-f]{8}:? ?\S*|LOOS\S+|<unknown>\S*) +([0-9a-f]{8,16}) ([0-9a-f]{6,}) ([0-9a-f]{6,}) /;
  return (await lines(path, '-S')).flatMap((line) => {
    const [, name, type, address, offset, size] = row.exec(line) ?? [];
    return name === undefined || type === 'NULL'
      ? []
      : [`${name} ${[address, offset, size].map((text) => hex(text)).join(' ')}`];
  });
}

/** `offset address fileSize memorySize flags` of each PT_LOAD. */
export async function readelfLoads(path: string): Promise<readonly string[]> {
  const row = /^ +LOAD +(0x\w+) (0x\w+) 0x\w+ (0x\w+) (0x\w+) ([R ][W ][E ])/;
  return (await lines(path, '-l')).flatMap((line) => {
    const [, offset, address, fileSize, memorySize, flags] = row.exec(line) ?? [];
    if (offset === undefined) return [];
    return [
      `${[offset, address, fileSize, memorySize].map((text) => hex(text)).join(' ')} ${flags?.replaceAll(' ', '-')}`,
    ];
  });
}

/** A symbol as readelf shows it. */
export interface ReadelfSymbol {
  readonly table: 'dynsym' | 'symtab';
  readonly value: number;
  readonly size: number;
  readonly type: string;
  readonly binding: string;
  /** `UND`, `ABS`, `COM` or a number. */
  readonly section: string;
  /** Without its version. */
  readonly name: string;
}

/** All symbols of both tables. */
export async function readelfSymbols(path: string): Promise<readonly ReadelfSymbol[]> {
  const row = /^ *\d+: ([0-9a-f]+) +(\d+|0x[0-9a-f]+) (\S+) +(\S+) +\S+ +(?:\[.*?\] +)?(\S+) ?(.*)$/;
  let table: ReadelfSymbol['table'] = 'symtab';
  return (await lines(path, '-s')).flatMap((line) => {
    if (line.startsWith('Symbol table')) table = line.includes('.dynsym') ? 'dynsym' : 'symtab';
    const [, value, size, type, binding, section, text] = row.exec(line) ?? [];
    if (value === undefined || type === undefined || binding === undefined || section === undefined) return [];
    const name = (text ?? '').replace(/ \(\d+\)$/, '').replace(/(.)@.*$/, '$1');
    return [{ table, value: Number.parseInt(value, 16), size: Number(size), type, binding, section, name }];
  });
}

/** `address type symbol` of each relocation; the symbol without its version, and empty where there is none. */
export async function readelfRelocations(path: string): Promise<readonly string[]> {
  const row = /^([0-9a-f]{8,16}) +[0-9a-f]+ (R_\S+) *(?:([0-9a-f]{8,16}) +(\S+)|(\S*\(\) *\S*))?/;
  return (await lines(path, '-r')).flatMap((line) => {
    const [, address, type, , symbol] = row.exec(line) ?? [];
    return address === undefined ? [] : [`${hex(address)} ${type} ${symbol?.replace(/(.)@.*$/, '$1') ?? ''}`];
  });
}

/** The places of a RELR table. */
export async function readelfRelr(path: string): Promise<readonly number[]> {
  return (await lines(path, '-r')).flatMap((line) => (/^[0-9a-f]{16}$/.test(line) ? [Number.parseInt(line, 16)] : []));
}

/** The build id, the x86 and AArch64 features, the libraries, as they stand in readelf's text. */
export async function readelfFacts(
  path: string,
): Promise<{ buildId?: string; features: readonly string[]; needed: readonly string[] }> {
  const text = (await lines(path, '-n', '-d')).join('\n');
  const buildId = /Build ID: ([0-9a-f]+)/.exec(text)?.[1];
  const features = /(?:x86|AArch64) feature: ([A-Z, ]+?)(?:, x86 ISA.*)?$/m.exec(text)?.[1];
  const needed = [...text.matchAll(/\(NEEDED\) +Shared library: \[(.*)\]/g)].map(([, name]) => name ?? '');
  return { ...(buildId === undefined ? {} : { buildId }), features: features?.toLowerCase().split(', ') ?? [], needed };
}

/** `start end` of each function of `.eh_frame`, as --debug-dump=frames says. */
export async function readelfFrames(path: string): Promise<readonly string[]> {
  const row = /^[0-9a-f]+ [0-9a-f]+ [0-9a-f]+ FDE cie=[0-9a-f]+ pc=([0-9a-f]+)\.\.([0-9a-f]+)/;
  return (await lines(path, '--debug-dump=frames')).flatMap((line) => {
    const [, start, end] = row.exec(line) ?? [];
    return start === undefined ? [] : [`${hex(start)} ${hex(end)}`];
  });
}

function hex(text: string | undefined): string {
  return BigInt(`0x${(text ?? '').replace(/^0x/, '')}`).toString(16);
}
