// The ceiling: see canned-server.ts.

import { fileURLToPath } from 'node:url';
import { startUntilLine } from './child.ts';
import type { RunningTarget, Target } from './target.ts';

const SERVER = fileURLToPath(new URL('canned-server.ts', import.meta.url));
const PATHS = { small: 'small', big: 'big', walk4: 'a/b/c/d', append: 'append' } as const;

/** A Node server that answers everything from constants. */
export const canned: Target = { name: 'canned', missing: () => undefined, start };

async function start(): Promise<RunningTarget> {
  const { pid, value, stop } = await startUntilLine({ command: process.execPath, args: [SERVER] }, portOf);
  const version = `Node ${process.version} answering from constants`;
  return { host: '127.0.0.1', port: value, uname: 'root', aname: '/', paths: PATHS, pid, version, stop };
}

function portOf(line: string): number | undefined {
  return /^\{"port":(\d+)\}$/.exec(line) ? Number(/\d+/.exec(line)?.[0]) : undefined;
}
