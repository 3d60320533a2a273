// @cohesix/coh: the command line as a function, for tests. See README.md.

export type { Io, Output, SignalName } from './io.ts';
export { runCoh } from './run.ts';
