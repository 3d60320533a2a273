// Everything of the client that runs without Node: what a browser imports.

export type { ByteHandlers, ByteTransport } from './byte-transport.ts';
export { ConsoleClient, type Dial } from './console/console-client.ts';
export type { ConsoleOptions } from './console/console-session.ts';
export { type ControlLine, jsonLines, type LineResult, lineResults, replyTo } from './control-reply.ts';
export { DEFAULT_PORTS, type DoorAddress, parseDoorUrl, type SocketAddress } from './door-url.ts';
export type { FileStat, Follow, HiveClient, ReadOptions } from './hive-client.ts';
export { InProcessClient } from './in-process-client.ts';
export type { LocalDoor, LocalFollow } from './local-door.ts';
export type { AttachOptions } from './ninep/fid-session.ts';
export { genOfKind, kindOfFile } from './ninep/file-kind.ts';
export { NinePClient } from './ninep/ninep-client.ts';
export type { OpenPieces, PushOptions } from './pieces.ts';
export { REFUSAL_PATH } from './refusals-seen.ts';
export { APPEND_MAX_BYTES_DEFAULT, compareBytes, READ_MAX_BYTES_DEFAULT } from './request.ts';
export {
  fetchSender,
  type HttpAnswer,
  type HttpFailure,
  type HttpRequest,
  type HttpSender,
} from './rest/http-sender.ts';
export { RestClient, type RestOptions } from './rest/rest-client.ts';
export {
  makeSignInCode,
  redeemSignInCode,
  type SignedIn,
  type SignInCode,
  type SignInOptions,
  signInCodeOf,
  signInLink,
} from './rest/sign-in.ts';
export { RETRY_DEFAULT, type RetryPolicy, withRetry } from './retry.ts';
export {
  checkScript,
  type Executor,
  failureLines,
  OVERSIZE_BYTES_DEFAULT,
  runScript,
  runScriptText,
  type ScriptFailure,
  type ScriptOptions,
  type ScriptReport,
} from './script/run-script.ts';
export {
  runSelfTest,
  SELF_TEST_TIMEOUT_MS_MAX,
  type SelfTestCheck,
  type SelfTestMode,
  type SelfTestOptions,
  type SelfTestReport,
} from './script/self-test.ts';
export { createShell, testVerb } from './script/test-verb.ts';
export { completePath, offerable } from './shell/complete-path.ts';
export type { Connector, Emit, Outcome } from './shell/outcome.ts';
export { Shell, type ShellOptions, type ShellReply, type TestVerb } from './shell/shell.ts';
export { holdsToken, mayKeep, TOKEN, visible, withoutTokens } from './shell/shown-text.ts';
export { spawnLine } from './shell/spawn-line.ts';
export { completeLine, shellForm, typedForm, verbHint, verbsOf } from './shell/typed-line.ts';
export { type Cancel, realTimers, sleep, type Timers } from './timers.ts';
export { formatRecordedLines, parseRecordedLines, type RecordedLine } from './trace/recorded-lines.ts';
export type { Turn } from './trace/recorded-transport.ts';
export {
  decodeTrace,
  encodeTrace,
  type Sha256,
  TRACE_BYTES_MAX,
  TRACE_FAULTS,
  type Trace,
  type TraceExchange,
  type TraceFault,
  type TraceResult,
} from './trace/trace-file.ts';
export { type Recording, TraceRecorder, type TraceRecorderOptions } from './trace/trace-recorder.ts';
export {
  type RecordedAttach,
  type TraceDifference,
  TraceReplay,
  type TraceReplayOptions,
} from './trace/trace-replay.ts';
export { traceLines } from './trace/trace-text.ts';
export { TRANSCRIPT_BYTES_MAX, TranscriptRecorder } from './transcript-recorder.ts';
export { type Cell, cellOf, cellText, isMoment, type Row, type Rows, rowOf, rowsIn, rowText } from './view-rows.ts';
export {
  dialWebSocket,
  type MakeWebSocket,
  NINEP_SUBPROTOCOL,
  type WebSocketLike,
} from './websocket/websocket-transport.ts';
