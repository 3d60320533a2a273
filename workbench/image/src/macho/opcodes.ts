// Rebase and bind opcodes (LC_DYLD_INFO): small programs that say where pointers are. Source: Apple's mach-o/loader.h.
//
// A few bytes can ask for any number of places; what they write must lie in a segment, so there are no more than words in the file.

import { isPlace } from '../elf/reader.ts';
import { LIMITS } from '../limits.ts';
import { nameEnd, textOf } from '../text.ts';
import type { MachoFile, Piece } from './file.ts';
import type { Fixup } from './fixup.ts';
import { LebReader } from './leb.ts';

/** Where the next pointer is, and what ends the program. */
class Cursor {
  readonly leb: LebReader;
  readonly fixups: Fixup[] = [];
  private readonly file: MachoFile;
  private readonly most: number;
  private address = -1;

  constructor(file: MachoFile, piece: Piece) {
    this.file = file;
    this.leb = new LebReader(file.reader.bytes, piece.at, piece.at + piece.size);
    this.most = Math.min(LIMITS.relocations, Math.floor(file.reader.bytes.length / file.reader.wordSize));
  }

  get isDone(): boolean {
    return this.leb.isShort || this.leb.at >= this.leb.end || this.fixups.length >= this.most;
  }

  get wordSize(): number {
    return this.file.reader.wordSize;
  }

  setSegment(index: number, distance: number): void {
    const segment = this.file.rows[index];
    if (segment === undefined) this.file.warnings.add(`opcodes name segment ${index}, which there is not`);
    this.address = segment === undefined ? -1 : segment.address + distance;
  }

  /** Distances wrap at 2^64: what is nearly that goes back. */
  move(distance: number): void {
    this.address += distance >= 2 ** 63 ? distance - 2 ** 64 : distance;
  }

  /** Makes a row here, if it is inside the image, and steps over the pointer. */
  place(row: Omit<Fixup, 'address' | 'target' | 'isSigned'>): void {
    const at = isPlace(this.address) ? this.file.map.offsetOf(this.address, this.wordSize) : -1;
    if (at < 0) this.file.warnings.add('an opcode writes outside the segments');
    else
      this.fixups.push({ ...row, address: this.address, target: row.bind ? -1 : this.targetAt(at), isSigned: false });
    this.address += this.wordSize;
  }

  /** `count` rows, each `skip` bytes after the end of the one before. */
  repeat(count: number, skip: number, row: Omit<Fixup, 'address' | 'target' | 'isSigned'>): void {
    for (let left = count; left > 0 && this.fixups.length < this.most; left -= 1) {
      const before = this.fixups.length;
      this.place(row);
      if (this.fixups.length === before) return;
      this.move(skip);
    }
  }

  private targetAt(at: number): number {
    const { reader } = this.file;
    const target = reader.is64 ? reader.address(at) : reader.u32(at);
    return isPlace(target) ? target : -1;
  }
}

const MOVED = { addend: 0 } as const;

/** Places that move with the image. */
export function rebaseOpcodes(file: MachoFile, piece: Piece): readonly Fixup[] {
  const cursor = new Cursor(file, piece);
  const { leb } = cursor;
  while (!cursor.isDone) {
    const byte = leb.u8();
    const low = byte & 15;
    switch (byte >>> 4) {
      case 0:
        return cursor.fixups;
      case 1:
        break;
      case 2:
        cursor.setSegment(low, leb.uleb());
        break;
      case 3:
        cursor.move(leb.uleb());
        break;
      case 4:
        cursor.move(low * cursor.wordSize);
        break;
      case 5:
        cursor.repeat(low, 0, MOVED);
        break;
      case 6:
        cursor.repeat(leb.uleb(), 0, MOVED);
        break;
      case 7:
        cursor.place(MOVED);
        cursor.move(leb.uleb());
        break;
      case 8:
        cursor.repeat(leb.uleb(), leb.uleb(), MOVED);
        break;
      default:
        file.warnings.add(`rebase opcode ${byte.toString(16)} is not known: the rest is not read`);
        return cursor.fixups;
    }
  }
  return cursor.fixups;
}

/** What a bind program has set so far. */
interface BindState {
  readonly cursor: Cursor;
  name: string;
  library: number;
  isWeak: boolean;
  addend: number;
}

/** Places that are bound to names; in a lazy program each name ends with the opcode that would end others. */
export function bindOpcodes(file: MachoFile, piece: Piece, isLazy: boolean): readonly Fixup[] {
  const cursor = new Cursor(file, piece);
  const state: BindState = { cursor, name: '', library: 0, isWeak: false, addend: 0 };
  while (!cursor.isDone) {
    const byte = cursor.leb.u8();
    if (byte >>> 4 === 0 && !isLazy) break;
    if (!setsBind(file, state, byte) && !placesBind(state, byte)) {
      file.warnings.add(`bind opcode ${byte.toString(16)} is not known: the rest is not read`);
      break;
    }
  }
  return cursor.fixups;
}

/** Opcodes that only set something. */
function setsBind(file: MachoFile, state: BindState, byte: number): boolean {
  const { leb } = state.cursor;
  const low = byte & 15;
  switch (byte >>> 4) {
    case 0:
      return true;
    case 1:
      state.library = low;
      return true;
    case 2:
      state.library = leb.uleb();
      return true;
    case 3:
      state.library = low === 0 ? 0 : low - 16;
      return true;
    case 4: {
      const end = nameEnd(file.reader.bytes, leb.at, leb.end);
      state.name = textOf(file.reader.bytes, leb.at, end);
      state.isWeak = (low & 1) !== 0;
      leb.seek(end + 1);
      return true;
    }
    case 5:
      return true;
    case 6:
      state.addend = leb.sleb();
      return true;
    case 7:
      state.cursor.setSegment(low, leb.uleb());
      return true;
    case 8:
      state.cursor.move(leb.uleb());
      return true;
    default:
      return false;
  }
}

/** Opcodes that make places. */
function placesBind({ cursor, name, library, isWeak, addend }: BindState, byte: number): boolean {
  const { leb } = cursor;
  const row = { bind: { name, library, isWeak }, addend };
  switch (byte >>> 4) {
    case 9:
      cursor.place(row);
      return true;
    case 10:
      cursor.place(row);
      cursor.move(leb.uleb());
      return true;
    case 11:
      cursor.place(row);
      cursor.move((byte & 15) * cursor.wordSize);
      return true;
    case 12:
      cursor.repeat(leb.uleb(), leb.uleb(), row);
      return true;
    default:
      return false;
  }
}
