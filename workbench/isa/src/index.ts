export type { Assembled, AssembleOptions, AssemblyProblem, Relocated } from './assembly.ts';
export { type Columns, columns, type Step } from './columns.ts';
export type { Decoder, Piece, TextOptions } from './decoder.ts';
export { FLOW, type Flow, type Instruction, type Isa, type Operand } from './instruction.ts';
