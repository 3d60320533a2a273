// Code for new room in a program: writes a word to standard output, keeps all registers, and goes on where the program would have
// begun. Bytes by hand, so that room is tested without the assembler.

/** What a test puts into new room. */
export interface Announcement {
  readonly isa: 'x86-64' | 'aarch64';
  /** ASCII; its size is a multiple of 4. */
  readonly text: string;
  /** Where the code will be, and where it jumps. */
  readonly at: number;
  readonly to: number;
}

/** Code and text. */
export function announcement({ isa, text, at, to }: Announcement): Uint8Array {
  const code = isa === 'x86-64' ? x86(text.length, at, to) : arm(text.length, at, to);
  return Uint8Array.from([...code, ...new TextEncoder().encode(text)]);
}

function little(value: number): readonly number[] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff];
}

/** push rax, rdi, rsi, rdx, rcx, r11; write(1, text, size); pop …; jmp to. */
function x86(size: number, at: number, to: number): readonly number[] {
  const before = [0x50, 0x57, 0x56, 0x52, 0x51, 0x41, 0x53, 0xb8, ...little(1), 0xbf, ...little(1)];
  const after = [0xba, ...little(size), 0x0f, 0x05, 0x41, 0x5b, 0x59, 0x5a, 0x5e, 0x5f, 0x58];
  const end = before.length + 7 + after.length + 5;
  const textFrom = end - (before.length + 7);
  return [...before, 0x48, 0x8d, 0x35, ...little(textFrom), ...after, 0xe9, ...little(to - (at + end))];
}

/** bti c; stp x0, x1 and x2, x8; write(1, text, size); ldp …; b to. */
function arm(size: number, at: number, to: number): readonly number[] {
  const words = [
    0xd503245f,
    0xa9bd07e0,
    0xa90123e2,
    0xd2800020,
    0x10000001 | (7 << 5),
    0xd2800002 | (size << 5),
    0xd2800808,
  ];
  const rest = [0xd4000001, 0xa94123e2, 0xa8c307e0];
  const jumpAt = at + (words.length + rest.length) * 4;
  return [...words, ...rest, 0x14000000 | (((to - jumpAt) >> 2) & 0x3ffffff)].flatMap(little);
}
