// coh re cfg: the blocks of a function and the ways between them, as text, JSON, or DOT for Graphviz.

import type { Block, FlowGraph, Program } from '@cohesix/flow';
import { type Address, bytesAt } from '@cohesix/image';
import { decoderOf } from '@cohesix/isa';
import { type Context, say } from '../context.ts';
import { foreign } from '../re/foreign.ts';
import { failed } from '../re/open-file.ts';
import { hex, tellJson } from '../re/tell.ts';
import { DONE } from '../session.ts';
import { placeIn } from './re-code.ts';

/** `coh re cfg`. */
export function cfg(
  context: Context,
  file: string,
  place: string | undefined,
  options: { readonly dot?: boolean },
): number {
  const found = placeIn(context, file, place);
  if (!found.ok) return found.exit;
  const { program, at } = found.value;
  const row = program.functionAt(at);
  if (row < 0) return failed(context, `cannot draw ${hex(at)}`, 'No function is known there.').exit;
  const graph = program.graph(row);
  const name = foreign(program.nameOf(graph.entry) ?? hex(graph.entry), 60);
  if (context.json) tellJson(context, 'cfg', { name, untrusted: ['name', 'text'], ...jsonOf(program, graph) });
  else say(context, options.dot === true ? dotLines(program, graph, name) : textLines(program, graph, name));
  return DONE;
}

function linesOf(program: Program, { start, end, instructions }: Block): readonly string[] {
  const piece = { code: bytesAt(program.image, start as Address, end - start), address: start };
  const decoder = decoderOf(program.isa);
  const nameOf = (at: number): string | undefined => foreign(program.nameOf(at) ?? '', 60) || undefined;
  return instructions.map((at) => decoder.text(piece, at, { nameOf }));
}

function jsonOf(program: Program, graph: FlowGraph): object {
  return {
    entry: hex(graph.entry),
    blocks: graph.blocks.map((block) => ({
      start: hex(block.start),
      end: hex(block.end),
      text: linesOf(program, block),
      to: block.to.map(({ address, kind }) => ({ address: hex(address), kind })),
      calls: block.calls.map(hex),
    })),
    tables: graph.tables.map(({ jump, table, targets }) => ({
      jump: hex(jump),
      table: hex(table),
      targets: targets.map(hex),
    })),
    unresolved: graph.unresolved.map(hex),
  };
}

function textLines(program: Program, graph: FlowGraph, name: string): readonly string[] {
  return [
    `${name}: ${graph.blocks.length} blocks`,
    ...graph.blocks.flatMap((block) => [
      '',
      `${hex(block.start)}:`,
      ...linesOf(program, block).map((line) => `    ${line}`),
      ...block.to.map(({ address, kind }) => `  -> ${hex(address)} (${kind})`),
    ]),
    ...graph.unresolved.map((at) => `the targets of the jump at ${hex(at)} are not known`),
  ];
}

function dotLines(program: Program, graph: FlowGraph, name: string): readonly string[] {
  const inside = new Set(graph.blocks.map(({ start }) => start));
  return [
    `digraph ${quoted(name)} {`,
    '  node [shape=box, fontname="monospace"];',
    ...graph.blocks.map((block) => {
      const label = [`${hex(block.start)}:`, ...linesOf(program, block)].map(dotText).join('\\l');
      return `  "${hex(block.start)}" [label="${label}\\l"];`;
    }),
    ...graph.blocks.flatMap(({ start, to }) =>
      to
        .filter(({ address }) => inside.has(address))
        .map(({ address, kind }) => `  "${hex(start)}" -> "${hex(address)}" [label="${kind}"];`),
    ),
    '}',
  ];
}

function dotText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}

function quoted(text: string): string {
  return `"${dotText(text)}"`;
}
