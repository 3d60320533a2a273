// From an operand's notation in the tables to its kind. The notations:
//
//   Xd Wn Rm …        general register at Rd, Rn, Rm (Rt, Rs, Ra, Ru = Rt2); R: width by bit 31; `.sp`: 31 is the stack pointer
//   Rm.shift Rm.rotate Rm.extend
//   Sd Dn Fm …        scalar; F: width by bits 22-23
//   Vd.4s Vd.bhs …    vector: fixed arrangement, letters by size and Q, or a name of kinds/vector.ts
//   Cd.hs …           scalar whose letter a field names
//   Em.h Vn.d[1] …    elements; Lt2.b lists; Kt2.b lists of elements
//   #u10.12*8 #s12.9  immediate: signedness, lowest bit, width, scale; `%` decimal, `~` a plain 0
//   [Xn] [Xn,#…] [Xn,#…]! [Xn],#… [Xn,m] [Xn],Xm   memory; `:8` the bytes accessed
//   @5.19             target in words

import { assert } from '@cohesix/check';
import {
  BYTE_MASK,
  FLOAT_SCALAR,
  FLOAT_VECTOR,
  FRACTION,
  fixedKind,
  modifiedKind,
  rotationKind,
} from './float-immediate.ts';
import {
  ADD_IMMEDIATE,
  adrKind,
  BITMASK,
  BITMASK_SIGNED,
  movKind,
  type NumberShape,
  numberKind,
  targetKind,
  WIDE,
} from './immediate.ts';
import type { Kind } from './kind.ts';
import { displacedKind, indexedKind, literalKind } from './memory.ts';
import { EXTENDED, generalKind, scalarKind, shiftedKind } from './register.ts';
import { SPECIAL_KINDS, wordKind } from './special.ts';
import {
  BARRIER,
  BARRIER_NXS,
  conditionKind,
  controlKind,
  LANDING,
  PREFETCH,
  RANGE_PREFETCH,
  STATE_FIELD,
  STATE_VALUE,
  systemRegisterKind,
} from './system.ts';
import {
  elementKind,
  elementListKind,
  fixedElementKind,
  IMM4_ELEMENT,
  imm5ElementKind,
  indexKind,
  listKind,
  shiftAmountKind,
  sizedScalarKind,
  vectorKind,
} from './vector.ts';

/** Kinds with a name of their own. */
const NAMED: Readonly<Record<string, Kind>> = {
  ...SPECIAL_KINDS,
  'Rm.shift': shiftedKind(['lsl', 'lsr']),
  'Rm.asr': shiftedKind(['asr']),
  'Rm.rotate': shiftedKind(['lsl', 'lsr', 'asr', 'ror']),
  'Rm.extend': EXTENDED,
  '#add': ADD_IMMEDIATE,
  '#bitmask': BITMASK,
  '#bitmask-signed': BITMASK_SIGNED,
  '#wide': WIDE,
  '#mov': movKind(false),
  '#movn': movKind(true),
  '#float': FLOAT_SCALAR,
  '#vfloat': FLOAT_VECTOR,
  '#bytes': BYTE_MASK,
  '#imm8': modifiedKind('none'),
  '#imm8lsl2': modifiedKind('lsl-2'),
  '#imm8lsl1': modifiedKind('lsl-1'),
  '#imm8msl': modifiedKind('msl'),
  '#fraction': FRACTION,
  '#left': shiftAmountKind('left'),
  '#right': shiftAmountKind('right'),
  '#rotate12': rotationKind(12, 1, 180, 90),
  '#rotate11': rotationKind(11, 2, 90, 0),
  '#rotate13': rotationKind(13, 2, 90, 0),
  '#0': fixedKind('#0'),
  '#0.0': fixedKind('#0.0'),
  '#8': fixedKind('#8'),
  '#16': fixedKind('#16'),
  '#32': fixedKind('#32'),
  adr: adrKind(false),
  adrp: adrKind(true),
  barrier: BARRIER,
  'barrier-nxs': BARRIER_NXS,
  landing: LANDING,
  prefetch: PREFETCH,
  'range-prefetch': RANGE_PREFETCH,
  mrs: systemRegisterKind(true),
  msr: systemRegisterKind(false),
  'state-field': STATE_FIELD,
  'state-value': STATE_VALUE,
  crn: controlKind(12),
  crm: controlKind(8),
  condition: conditionKind(12, false),
  'condition!': conditionKind(12, true),
  'Vn.imm4': IMM4_ELEMENT,
};

/** Notations with parts: each pattern, and the kind its parts make. */
const PATTERNS: readonly (readonly [RegExp, (parts: readonly string[]) => Kind])[] = [
  [
    /^([XWR])([dnmatus])(\.sp)?$/,
    ([letter = '', place = '', stack]) => generalKind(letter, place, stack !== undefined),
  ],
  [/^([BHSDQF])([dnmatu])$/, ([letter = '', place = '']) => scalarKind(letter, place)],
  [/^V([dnma])\.([a-z0-9]+)$/, ([place = '', notation = '']) => vectorKind(place, notation)],
  [/^C([dnm])\.([a-z0-9]+)$/, ([place = '', notation = '']) => sizedScalarKind(place, notation)],
  [/^Em\.(\w+)$/, ([notation = '']) => elementKind(notation)],
  [
    /^V([dnm])\.([bhsd])\[(\d)\]$/,
    ([place = '', letter = '', index]) => fixedElementKind(place, letter, Number(index)),
  ],
  [
    /^V([dnm])\.?(\w*)\[(\d+)\.(\d)\]$/,
    ([place = '', letter = '', low, width]) => indexKind(place, letter, Number(low), Number(width)),
  ],
  [/^I([dn])\.([bhsd]+)$/, ([place = '', letters = '']) => imm5ElementKind(place, letters)],
  [/^L([dnt])([1-4])\.(\w+)$/, ([place = '', count, notation = '']) => listKind(place, Number(count), notation)],
  [/^Kt([1-4])\.([bhsd])$/, ([count, letter = '']) => elementListKind(Number(count), letter)],
  [/^(#.+)$/, ([shape = '']) => numberKind(shapeOf(shape))],
  [/^@(\d+)\.(\d+)$/, ([low, width]) => targetKind(Number(low), Number(width))],
  [/^\[Xn\](?::(\d+))?$/, ([size]) => displacedKind(undefined, Number(size ?? 0), undefined)],
  [
    /^\[Xn,(#[^\]]+)\](!?)(?::(\d+))?$/,
    ([shape = '', mark, size]) => displacedKind(shapeOf(shape), Number(size ?? 0), mark === '!' ? 'before' : undefined),
  ],
  [/^\[Xn\],(#[^:]+)(?::(\d+))?$/, ([shape = '', size]) => displacedKind(shapeOf(shape), Number(size ?? 0), 'after')],
  [/^\[Xn,m\]:(\d+)$/, ([size]) => indexedKind(Number(size))],
  [/^word:(\w+)$/, ([text = '']) => wordKind(text)],
  [/^literal:(\d+)$/, ([size]) => literalKind(Number(size))],
];

/** `#u10.12*8`. */
function shapeOf(notation: string): NumberShape {
  const match = /^#([us])(\d+)\.(\d+)(?:\*(\d+))?([%~]?)$/.exec(notation);
  assert(match !== null, `an operand of the tables is not known: ${notation}`);
  const [, sign, low, width, scale, mark] = match;
  const style = mark === '%' ? 'decimal' : mark === '~' ? 'zero-plain' : 'hex';
  return { low: Number(low), width: Number(width), scale: Number(scale ?? 1), isSigned: sign === 's', style };
}

const kinds = new Map<string, Kind>(Object.entries(NAMED));

/** The kind of a notation; asserts that there is one. */
export function kindOf(notation: string): Kind {
  const known = kinds.get(notation);
  if (known !== undefined) return known;
  for (const [pattern, make] of PATTERNS) {
    const match = pattern.exec(notation);
    if (match === null) continue;
    const kind = make(match.slice(1));
    kinds.set(notation, kind);
    return kind;
  }
  throw new TypeError(`assertion failed: an operand of the tables is not known: ${notation}`);
}
