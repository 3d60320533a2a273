// iced-x86 (WASM): operands, registers, text, encoding and moving of x86-64 instructions. Loaded when first needed, once a thread;
// the command line must not pay 0.8 MB of WASM for what never looks at an instruction.
//
// iced's objects live in WASM memory and are never collected: what is kept is reused, the rest is freed where it is made.

import { createRequire } from 'node:module';
import type * as IcedModule from 'iced-x86';

/** The package's own types. */
export type Iced = typeof IcedModule;

let loaded: Iced | undefined;

/**
 * The loaded package. Its own script is CommonJS and reads its WASM from the folder it lies in; `createRequire` runs it as it is
 * from sources, in a worker, and from a bundle (which leaves this call alone), as long as node_modules is found from there.
 */
export function iced(): Iced {
  loaded ??= createRequire(import.meta.url)('iced-x86') as Iced;
  return loaded;
}

/** Decodes the first instruction of `code`, at `address`, into `into`; invalid ones give `Code.INVALID`. */
export function decodeWithIced(code: Uint8Array, address: number, into: IcedModule.Instruction): void {
  const { Decoder, DecoderOptions } = iced();
  const decoder = new Decoder(64, code, DecoderOptions.None);
  decoder.ip = BigInt(address);
  decoder.decodeOut(into);
  decoder.free();
}

let shared: IcedModule.Instruction | undefined;

/** One instruction that is used again and again; nobody keeps it over another call of this function. */
export function sharedInstruction(): IcedModule.Instruction {
  const { Instruction } = iced();
  shared ??= new Instruction();
  return shared;
}
