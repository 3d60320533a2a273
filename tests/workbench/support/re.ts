// coh re in this process: what it prints, and its exit status.

import { PassThrough } from 'node:stream';
import { type Io, runCoh } from '@cohesix/coh';
import type { ToolRun } from '../../support/tool.ts';

/** Runs `coh re …` to its end. */
export async function re(...args: readonly string[]): Promise<ToolRun> {
  const [out, err]: [string[], string[]] = [[], []];
  const io: Io = {
    env: { HOME: '/nonexistent' },
    cwd: '/',
    stdin: new PassThrough(),
    stdout: { write: (text) => out.push(String(text)) },
    stderr: { write: (text) => err.push(String(text)) },
    onSignal: () => () => {},
    outliveOutput: () => {},
    exit: () => {},
  };
  const status = await runCoh(['re', ...args], io);
  return { status, stdout: out.join(''), stderr: err.join('') };
}
