// Places as people write them: `0x401000`, `name`, `name+0x10`.

import { accepted, type Outcome, refused } from '@cohesix/check';
import type { Program } from '@cohesix/flow';

const OFFSET = /^(.+)\+(0x[0-9a-f]{1,12}|\d{1,12})$/i;
const ADDRESS = /^0x[0-9a-f]{1,13}$/i;

/** The address of a place. */
export function addressOfPlace(program: Program, text: string): Outcome<number> {
  if (ADDRESS.test(text)) return accepted(Number(text));
  const whole = program.addressOf(text);
  if (whole !== undefined) return accepted(whole);
  const [, name, offset] = OFFSET.exec(text) ?? [];
  if (name === undefined || offset === undefined)
    return refused(`no function, import or object is named ${text}; an address is written 0x401000`);
  const start = addressOfPlace(program, name);
  return start.ok ? accepted(start.value + Number(offset)) : start;
}

/** An address as it is shown. */
export function hex(address: number): string {
  return `0x${address.toString(16)}`;
}
