// Small programs for tests: assembled code and data, as an image without a file format.

import type { Address, Image, ImageSymbol, Offset } from '@cohesix/image';
import { assemble, type Isa } from '@cohesix/isa';

/** Where code and data of these programs are loaded. */
export const CODE = 0x401000;
export const DATA = 0x402000;

/** What a program is made of. */
export interface Parts {
  readonly isa?: Isa;
  readonly source: string;
  /** At `DATA`, not executable. */
  readonly data?: Uint8Array;
  readonly symbols?: readonly { readonly name: string; readonly address: number }[];
  readonly unwind?: readonly { readonly start: number; readonly end: number }[];
  readonly pointers?: readonly { readonly address: number; readonly target: number }[];
  readonly imports?: readonly { readonly name: string; readonly stub: number }[];
}

/** The image, and the addresses of the source's labels. @throws Error when the source does not assemble. */
export function imageOf(parts: Parts): { readonly image: Image; readonly labels: ReadonlyMap<string, number> } {
  const { isa = 'x86-64', source, data = new Uint8Array(0) } = parts;
  const assembled = assemble(isa, source, { address: CODE, addressOf: (name) => (name === 'data' ? DATA : undefined) });
  if (!assembled.ok) throw new Error(JSON.stringify(assembled.problems));
  const bytes = new Uint8Array(DATA - CODE + data.length);
  bytes.set(assembled.bytes);
  bytes.set(data, DATA - CODE);
  return { image: image(parts, bytes, assembled.bytes.length), labels: assembled.labels };
}

function image({ isa = 'x86-64', ...parts }: Parts, bytes: Uint8Array, codeSize: number): Image {
  const place = (address: number, offset: number, size: number): Image['segments'][number] => ({
    name: offset === 0 ? 'code' : 'data',
    address: address as Address,
    memorySize: size,
    offset: offset as Offset,
    fileSize: size,
    permissions: { read: true, write: offset !== 0, execute: offset === 0 },
  });
  return {
    bytes,
    format: 'elf',
    machine: { isa, name: isa, bits: 64, endian: 'little' },
    kind: 'pie',
    base: 0n,
    extent: { offset: 0 as Offset, size: bytes.length },
    segments: [place(CODE, 0, codeSize), place(DATA, DATA - CODE, bytes.length - (DATA - CODE))],
    sections: [],
    ownership: [],
    detail: { format: 'elf' } as Image['detail'],
    warnings: [],
    symbols: () => (parts.symbols ?? []).map(symbolOf),
    imports: () => (parts.imports ?? []).map(({ name, stub }) => ({ name, stub: stub as Address, isWeak: false })),
    exports: () => [],
    relocations: () =>
      (parts.pointers ?? []).map(({ address, target }) => ({
        address: address as Address,
        type: 'R_X86_64_RELATIVE',
        addend: BigInt(target),
        target: target as Address,
      })),
    unwind: () =>
      (parts.unwind ?? []).map(({ start, end }) => ({
        start: start as Address,
        end: end as Address,
        from: 'eh-frame',
      })),
    initialisers: () => [],
  };
}

function symbolOf({ name, address }: { readonly name: string; readonly address: number }): ImageSymbol {
  return { name, address: address as Address, size: 0, kind: 'function', binding: 'global', from: 'symtab' };
}
