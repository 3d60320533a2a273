// Names of registers: iced's numbers to objdump's words and back.

import type { Register } from 'iced-x86';
import { iced } from './iced.ts';

let names: readonly string[] | undefined;
let numbers: ReadonlyMap<string, Register> | undefined;

/** Lower case; `st(1)` for x87 registers. */
export function registerName(register: Register): string {
  names ??= allNames();
  return names[register] ?? '';
}

/** The register of a name in any case; `st` is `st(0)`. */
export function registerOf(name: string): Register | undefined {
  numbers ??= allNumbers();
  return numbers.get(name.toLowerCase());
}

/** Name of the widest register that `register` is a part of: `al` → `rax`, `xmm1` → `zmm1`. */
export function widestName(register: Register): string {
  return registerName(iced().RegisterExt.fullRegister(register));
}

function allNames(): readonly string[] {
  const list: string[] = [];
  for (const [key, value] of Object.entries(iced().Register)) {
    if (typeof value === 'number' && value !== 0) list[value] = key.toLowerCase().replace(/^st(\d)$/, 'st($1)');
  }
  // Low bytes of r8 to r15 are called `r8b` by objdump and by people, `R8L` by the package.
  return list.map((name) => (name ?? '').replace(/^(r\d+)l$/, '$1b'));
}

function allNumbers(): ReadonlyMap<string, Register> {
  names ??= allNames();
  const pairs = names.flatMap((name, register) =>
    name === undefined || name === '' ? [] : [[name, register] as const],
  );
  const map = new Map<string, Register>(pairs);
  map.set('st', iced().Register.ST0);
  return map;
}
