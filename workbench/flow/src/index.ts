export { analyse } from './analyse.ts';
export {
  type AnalyseOptions,
  type Block,
  type EdgeKind,
  type FlowGraph,
  type FoundString,
  type FunctionTable,
  type JumpTable,
  type Program,
  REFERENCE,
  type References,
  SOURCE,
} from './program.ts';
export { rowsTo } from './references.ts';
