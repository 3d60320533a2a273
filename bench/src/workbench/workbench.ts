// `workbench`: how fast code is decoded, beside iced, capstone and the disassemblers of Debian. Rates are of CPU time, in the
// median of rounds in which everyone takes part in turn.

import { type Machine, machine, median } from '../report.ts';
import { type Contender, contenders, type Work } from './decoders.ts';
import { type BenchPiece, benchPieces } from './pieces.ts';

/** How much code, how often. */
export interface WorkbenchOptions {
  readonly bytes: number;
  readonly rounds: number;
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

/** One contender over one piece. */
export interface DecodeRow {
  readonly isa: BenchPiece['isa'];
  readonly name: string;
  readonly work: Work;
  /** 10^6 bytes of code a second of CPU time. */
  readonly megabytesPerSecond: number;
  readonly instructionsPerSecond: number;
}

export interface WorkbenchReport {
  readonly benchmark: 'workbench';
  readonly machine: Machine;
  readonly pieces: readonly { readonly isa: BenchPiece['isa']; readonly file: string; readonly bytes: number }[];
  readonly rows: readonly DecodeRow[];
}

/** Measures every decoder that is there. */
export async function workbench(options: WorkbenchOptions): Promise<WorkbenchReport> {
  const pieces = benchPieces(options.bytes);
  const rows: DecodeRow[] = [];
  for (const piece of pieces) rows.push(...measured(piece, await contenders(piece.isa), options));
  const named = pieces.map(({ isa, file, code }) => ({
    isa,
    file: file.replace(/^.*\/node_modules\//, ''),
    bytes: code.length,
  }));
  return { benchmark: 'workbench', machine: machine(), pieces: named, rows };
}

function measured(piece: BenchPiece, all: readonly Contender[], options: WorkbenchOptions): readonly DecodeRow[] {
  const times = new Map<Contender, number[]>(all.map((contender) => [contender, []]));
  const counts = new Map<Contender, number>();
  // One round more than is counted: the first one also compiles.
  for (let round = -1; round < options.rounds; round++) {
    for (const contender of all) {
      if (options.signal.aborted) throw new Error('the run was ended');
      const { instructions, cpuUs } = contender.run(piece);
      counts.set(contender, instructions);
      if (round >= 0) times.get(contender)?.push(Math.max(1, cpuUs));
    }
    options.onProgress(`${piece.isa} round ${round + 1} of ${options.rounds}`);
  }
  return all.map((contender) => {
    const us = median(times.get(contender) ?? [1]);
    const { name, work } = contender;
    const instructionsPerSecond = ((counts.get(contender) ?? 0) / us) * 1e6;
    return { isa: piece.isa, name, work, megabytesPerSecond: piece.code.length / us, instructionsPerSecond };
  });
}
