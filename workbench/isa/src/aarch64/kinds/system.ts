// Operands that are names: conditions, barriers, prefetch hints, system registers, fields of the processor state.

import { problemAt, type Token } from '../../assembler/token.ts';
import type { AssemblyProblem } from '../../assembly.ts';
import type { Operand } from '../../instruction.ts';
import { READ_ONLY, READ_WRITE, WRITE_ONLY } from '../tables/system-names.ts';
import { numberAt, numberBits } from './immediate.ts';
import { type Encoded, field, hex, type Kind, type Source } from './kind.ts';

/** Conditions by number (C1.2.4). */
export const CONDITIONS: readonly string[] = 'eq ne hs lo mi pl vs vc hi ls ge lt gt le al nv'.split(' ');
const CONDITION_SYNONYMS: Readonly<Record<string, string>> = { cs: 'hs', cc: 'lo' };

function word(text: string): Operand {
  return { kind: 'word', text };
}

/** Number of a condition's name, -1 for none. */
function conditionNumber(name: string): number {
  const lower = name.toLowerCase();
  return CONDITIONS.indexOf(CONDITION_SYNONYMS[lower] ?? lower);
}

/** A condition in four bits at `low`; the aliases `cset`, `cinc` write the opposite one. */
export function conditionKind(low: number, isInverted: boolean): Kind {
  const flip = isInverted ? 1 : 0;
  return {
    read: (bits) => word(CONDITIONS[field(bits, low, 4) ^ flip] as string),
    write: (source, at) => {
      const token = source.pieces[at]?.[0] ?? source.end;
      const found = conditionNumber(token.text);
      return found < 0
        ? problemAt(token, 'a condition (eq, ne, hs, lo, …) is expected here')
        : { bits: (found ^ flip) << low, used: 1 };
    },
  };
}

/** A kind of named numbers; `fallback` writes those without a name. */
function namedKind(low: number, names: readonly string[], fallback: (value: number) => string, what: string): Kind {
  const width = Math.log2(names.length);
  return {
    read: (bits) => word(names[field(bits, low, width)] || fallback(field(bits, low, width))),
    write: (source, at) => writeNamed(source, at, names, low, what),
  };
}

function writeNamed(
  source: Source,
  at: number,
  names: readonly string[],
  low: number,
  what: string,
): Encoded | AssemblyProblem {
  const token = source.pieces[at]?.[0] ?? source.end;
  const found = token.text === '' ? -1 : names.indexOf(token.text.toLowerCase());
  if (found >= 0) return { bits: found << low, used: 1 };
  if (token.kind === 'name' || token.kind === 'end') return problemAt(token, `${what} is expected here`);
  const value = numberAt(source, at);
  if ('problem' in value) return value;
  return numberBits(
    value.value,
    { low, width: Math.log2(names.length), scale: 1, isSigned: false, style: 'hex' },
    value.token,
  );
}

// CRm of `dmb` and `dsb`, C6.2 "DMB": two bits of domain, two of kind.
const BARRIERS = ',oshld,oshst,osh,,nshld,nshst,nsh,,ishld,ishst,ish,,ld,st,sy'.split(',');

/** Domain and kind of a barrier: bits 8-11. */
export const BARRIER: Kind = namedKind(8, BARRIERS, (value) => `#${value}`, 'a barrier (sy, ish, ishld, ishst, …)');
/** `dsb`'s form that also waits for accesses marked nXS: bits 10-11. */
export const BARRIER_NXS: Kind = namedKind(10, ['oshnxs', 'nshnxs', 'ishnxs', 'synxs'], String, 'a barrier (synxs, …)');

const TARGETS = ['l1', 'l2', 'l3', 'slc'];
const PREFETCHES = ['pld', 'pli', 'pst', ''].flatMap((type) =>
  TARGETS.flatMap((target) => ['keep', 'strm'].map((policy) => (type === '' ? '' : type + target + policy))),
);

/** What `prfm` is for: bits 0-4. */
export const PREFETCH: Kind = namedKind(0, PREFETCHES, hex, 'a prefetch operation (pldl1keep, …)');

const RANGE_PREFETCHES: Readonly<Record<number, string>> = { 0: 'pldkeep', 1: 'pstkeep', 4: 'pldstrm', 5: 'pststrm' };

/** What `rprfm` is for: option, S and the low bits of Rt. */
export const RANGE_PREFETCH: Kind = {
  read: (bits) => {
    const value = (field(bits, 12, 1) << 3) | (field(bits, 13, 1) << 4) | (field(bits, 15, 1) << 5) | field(bits, 0, 3);
    return word(RANGE_PREFETCHES[value] ?? hex(value));
  },
};

/** `bti`'s landing kinds: bits 6-7. */
export const LANDING: Kind = namedKind(6, ['', 'c', 'j', 'jc'], () => '', 'c, j or jc');

function namesOf(...lists: readonly string[]): ReadonlyMap<number, string> {
  const items = lists.flatMap((list) => list.trim().split(/\s+/));
  return new Map(items.map((item) => [Number.parseInt(item.slice(0, 4), 16), item.slice(4)]));
}

const registers: { readable?: ReadonlyMap<number, string>; writable?: ReadonlyMap<number, string> } = {};

/** Names of the registers that `mrs` (`isRead`) or `msr` may name, by bits 5-19. */
function registerNames(isRead: boolean): ReadonlyMap<number, string> {
  registers.readable ??= namesOf(READ_WRITE, READ_ONLY);
  registers.writable ??= namesOf(READ_WRITE, WRITE_ONLY);
  return isRead ? registers.readable : registers.writable;
}

/** A system register: bits 5-19, op0 is 2 plus the highest of them. */
export function systemRegisterKind(isRead: boolean): Kind {
  return {
    read: (bits) => word(registerNames(isRead).get(field(bits, 5, 15)) ?? genericName(bits)),
    write: (source, at) => writeSystemRegister(source.pieces[at]?.[0] ?? source.end, isRead),
  };
}

function genericName(bits: number): string {
  return `S${2 + field(bits, 19, 1)}_${field(bits, 16, 3)}_C${field(bits, 12, 4)}_C${field(bits, 8, 4)}_${field(bits, 5, 3)}`;
}

function writeSystemRegister(token: Token, isRead: boolean): Encoded | AssemblyProblem {
  const name = token.text.toUpperCase();
  for (const [bits, known] of registerNames(isRead)) if (known === name) return { bits: bits << 5, used: 1 };
  const match = /^S([23])_([0-7])_C(\d{1,2})_C(\d{1,2})_([0-7])$/.exec(name);
  const parts = match?.slice(1).map(Number) ?? [];
  const [op0 = 0, op1 = 0, crn = 16, crm = 16, op2 = 0] = parts;
  if (crn > 15 || crm > 15)
    return problemAt(token, 'a system register (nzcv, tpidr_el0, s3_0_c1_c2_3, …) is expected here');
  return { bits: ((op0 - 2) << 19) | (op1 << 16) | (crn << 12) | (crm << 8) | (op2 << 5), used: 1 };
}

// op1 (bits 16-18) and op2 (bits 5-7) of `msr` (immediate), C6.2 "MSR (immediate)".
const STATE_FIELDS: Readonly<Record<number, string>> = {
  3: 'UAO',
  4: 'PAN',
  5: 'SPSel',
  25: 'SSBS',
  26: 'DIT',
  28: 'TCO',
  30: 'DAIFSet',
  31: 'DAIFClr',
};

const stateName = (bits: number) => {
  const code = field(bits, 16, 3) * 8 + field(bits, 5, 3);
  // ALLINT and PM share op1 and op2; CRm (bits 9-11) tells them apart.
  if (code === 8) return ['ALLINT', 'PM'][field(bits, 9, 3)];
  return STATE_FIELDS[code];
};

/** A field of the processor state that takes four bits. */
export const STATE_FIELD: Kind = {
  isAllowed: (bits) => stateName(bits) !== undefined,
  read: (bits) => word(stateName(bits) ?? ''),
};

/** Its new value: CRm; one bit where CRm also selects the field. */
export const STATE_VALUE: Kind = {
  read: (bits) => {
    const isShared = field(bits, 16, 3) * 8 + field(bits, 5, 3) === 8;
    return { kind: 'immediate', value: BigInt(isShared ? field(bits, 8, 1) : field(bits, 8, 4)), size: 1 };
  },
};

/** `c7`: CRn (bits 12-15) or CRm (bits 8-11) of `sys`. */
export function controlKind(low: number): Kind {
  return {
    read: (bits) => word(`c${field(bits, low, 4)}`),
    write: (source, at) => {
      const token = source.pieces[at]?.[0] ?? source.end;
      const match = /^c(\d{1,2})$/i.exec(token.text);
      if (match === null || Number(match[1]) > 15) return problemAt(token, 'c0 to c15 is expected here');
      return { bits: Number(match[1]) << low, used: 1 };
    },
  };
}
