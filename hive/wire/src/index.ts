export {
  ACK_TRUNCATED_LINE,
  type AckContext,
  type AuthFailure,
  ackField,
  boundAck,
  CONSOLE_TIMEOUT_LINE,
  type ConsoleAnswer,
  END_LINE,
  FRAME_ERROR_LINE,
  formatAuthError,
  formatErr,
  formatOk,
  formatParseError,
  parseAnswer,
} from './ack.ts';
export {
  type Expectation,
  expandOversize,
  MSIZE_OVERFLOW,
  meets,
  parseScript,
  SCRIPT_STATEMENTS_MAX,
  SCRIPT_WAIT_MS_MAX,
  type ScriptStatement,
} from './coh-script.ts';
export {
  CONSOLE_FRAME_BYTES_MAX,
  CONSOLE_HEADER_BYTES,
  consoleLineOf,
  createConsoleSplitter,
  drainOversizeFrames,
  writeConsoleFrame,
} from './console-frame.ts';
export {
  CONSOLE_CAPS,
  type ConsoleCaps,
  type ConsoleCommand,
  parseConsoleLine,
  TAIL_LINES_MAX,
} from './console-line.ts';
export { CONSOLE_VERBS, type ConsoleVerb, consoleVerb, type VerbSession } from './console-verb.ts';
export * from './constants.ts';
export { contentLines, contentOfLine, contentOfLines } from './content-lines.ts';
export { type DecodeFault, decodeR, decodeT, FAULT, WIRE_LIMITS, type WireLimits } from './decode.ts';
export { readDirents } from './dirents.ts';
export { encodeR, encodeT } from './encode.ts';
export { create9pSplitter, type FrameBounds, FrameSplitter, type SplitStep } from './frame-splitter.ts';
export type * from './message.ts';
export { parseMessage } from './message-parse.ts';
export { formatMessage } from './message-text.ts';
export * from './message-type.ts';
export { NAME_BYTES_MAX, nameProblem } from './name.ts';
export * from './refusal.ts';
export {
  beginRread,
  beginRreaddir,
  type Dirent,
  endRread,
  endRreaddir,
  writeDirent,
  writeRclunk,
  writeRflush,
  writeRgetattr,
  writeRlerror,
  writeRlopen,
  writeRwalk,
  writeRwrite,
} from './reply.ts';
export { type JsonResult, type JsonRules, parseStrictJson, pathText } from './strict-json.ts';
