// Everything a command touches of the process it runs in, so that tests can run commands without one.

import { styleText } from 'node:util';

export { visible } from '@cohesix/client/shown-text';

/** A stream that commands write to. */
export interface Output {
  write(chunk: string | Uint8Array): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Signals a command can wait for. */
export type SignalName = 'SIGINT' | 'SIGTERM';

/** The surroundings of one run. */
export interface Io {
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly cwd: string;
  readonly stdin: NodeJS.ReadStream | (NodeJS.ReadableStream & { readonly isTTY?: boolean });
  readonly stdout: Output;
  readonly stderr: Output;
  /** Calls `run` at every such signal until the returned function is called; nothing else happens on it meanwhile. */
  readonly onSignal: (name: SignalName, run: () => void) => () => void;
  /** From now on an output that cannot be written ends nothing: for what must go on when nobody reads any more. */
  readonly outliveOutput: () => void;
  /** Ends the process at once. */
  readonly exit: (status: number) => void;
}

/**
 * The surroundings of this process. A reader that closes its end of the output ends us quietly; what else goes wrong
 * with stdout is told by `onBroken`, which gives the exit status. With stderr gone there is nobody to tell. Neither
 * ends what outlives its output.
 */
export function processIo(onBroken: (error: NodeJS.ErrnoException) => number): Io {
  let outlivesOutput = false;
  const endUnlessOutlived = (error: NodeJS.ErrnoException, told: (error: NodeJS.ErrnoException) => number): void => {
    if (!outlivesOutput) process.exit(error.code === 'EPIPE' ? 0 : told(error));
  };
  process.stdout.on('error', (error) => endUnlessOutlived(error, onBroken));
  process.stderr.on('error', (error) => endUnlessOutlived(error, () => 1));
  return {
    env: process.env,
    cwd: process.cwd(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    onSignal: (name, run) => {
      process.on(name, run);
      return () => process.off(name, run);
    },
    outliveOutput: () => {
      outlivesOutput = true;
    },
    exit: (status) => process.exit(status),
  };
}

/** The text `coh` is called by in hints: as in a checkout, where the launcher lies in its root. */
export const COMMAND = './coh';

/** Whether colours go to a stream: a flag decides, then NO_COLOR and TERM=dumb, then whether it is a terminal. */
export function hasColor(io: Io, stream: Output, flag: boolean | undefined): boolean {
  if (flag !== undefined) return flag;
  if ((io.env.NO_COLOR ?? '') !== '' || io.env.TERM === 'dumb') return false;
  return stream.isTTY === true;
}

/** The styles in use. */
export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red';

/** Paints a text, or leaves it as it is. */
export function paint(isColored: boolean, style: Style, text: string): string {
  return isColored ? styleText(style, text, { validateStream: false }) : text;
}
