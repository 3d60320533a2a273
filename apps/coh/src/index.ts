// @cohesix/coh: the command line as a function, for tests. See README.md.

export { hivePort, openHttp } from './gateway/local.ts';
export type { Io, Output, SignalName } from './io.ts';
export { runCoh } from './run.ts';
