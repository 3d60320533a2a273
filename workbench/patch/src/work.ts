// What is shared while a plan is made: the draft, what names mean, and what is told about it.

import { fromHex } from '@cohesix/bytes';
import { accepted, type Outcome, refused, type Verdict } from '@cohesix/check';
import type { Program } from '@cohesix/flow';
import { type Address, offsetOf } from '@cohesix/image';
import { assemble } from '@cohesix/isa';
import type { Arch } from './arch.ts';
import type { Draft } from './draft.ts';
import { hex } from './place.ts';
import type { Step } from './plan.ts';

/** Code or data that is written, in the draft. */
export interface Emitted {
  readonly address: number;
  readonly offset: number;
  readonly size: number;
}

/** A plan being made. */
export interface Work {
  readonly program: Program;
  readonly arch: Arch;
  readonly draft: Draft;
  /** Addresses of new data by name. */
  readonly names: Map<string, number>;
  /** Names whose address is a guess still. */
  readonly guessed: Set<string>;
  readonly steps: Step[];
  readonly emitted: Emitted[];
  readonly notes: Set<string>;
}

/** Longest hex text of one intent, in bytes. */
const HEX_SIZE_MAX = 1 << 24;

/** Bytes of a hex text; spaces are allowed. */
export function bytesOf(text: string): Outcome<Uint8Array> {
  const digits = text.replace(/\s+/g, '').toLowerCase();
  if (digits === '' || digits.length % 2 !== 0 || !/^[0-9a-f]+$/.test(digits))
    return refused('expected bytes as pairs of hexadecimal digits');
  if (digits.length > 2 * HEX_SIZE_MAX) return refused(`expected at most ${HEX_SIZE_MAX} bytes`);
  return accepted(fromHex(digits) ?? new Uint8Array());
}

/** Assembles for an address; names are those of the program, of new data, and `more`. */
export function assembled(
  { program, names }: Work,
  source: string,
  at: number,
  more: (name: string) => number | undefined = () => undefined,
): Outcome<Uint8Array> {
  const addressOf = (name: string): number | undefined => more(name) ?? names.get(name) ?? program.addressOf(name);
  const result = assemble(program.isa, source, { address: at, addressOf });
  if (result.ok)
    return result.bytes.length > 0 ? accepted(result.bytes) : refused('there is no instruction in the source');
  const [first] = result.problems;
  return refused(
    first === undefined
      ? 'the source cannot be assembled'
      : `line ${first.line}, column ${first.column}${first.token === '' ? '' : ` (${first.token})`}: ${first.problem}`,
  );
}

/** Writes at an address of the original image. */
export function writeAt(work: Work, at: number, bytes: Uint8Array, reason: string): Outcome<Emitted> {
  const offset = offsetOf(work.program.image, at as Address);
  const last = offsetOf(work.program.image, (at + bytes.length - 1) as Address);
  if (offset === undefined || last !== offset + bytes.length - 1)
    return refused(`${reason}: ${hex(at)} has no ${bytes.length} bytes in the file`);
  const written: Verdict = work.draft.write(offset, bytes, reason);
  return written.ok ? accepted({ address: at, offset, size: bytes.length }) : written;
}

/** As `writeAt`, and what is written is code. */
export function writeCode(work: Work, at: number, bytes: Uint8Array, reason: string): Verdict {
  const written = writeAt(work, at, bytes, reason);
  if (!written.ok) return written;
  work.emitted.push(written.value);
  return { ok: true };
}
