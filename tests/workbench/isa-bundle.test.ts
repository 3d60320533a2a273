// iced comes along wherever the code runs: from sources (the other tests), and in a bundle as `npm run build` makes them, on the
// main thread and in a worker.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it, onTestFinished } from 'vitest';
import { runTool } from '../support/tool.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PROGRAM = `
import { x86 } from '@cohesix/isa';
import { isMainThread, Worker } from 'node:worker_threads';
console.log(x86.text({ code: Uint8Array.of(0x48, 0x89, 0xc3), address: 0 }, 0));
if (isMainThread) new Worker(new URL(import.meta.url));
`;

it('a bundle shows text on the main thread and in a worker', { timeout: 60_000 }, async () => {
  // Inside the repository, as dist/ is: node_modules is found from there.
  mkdirSync(join(ROOT, 'test-results'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, 'test-results', 'isa-bundle-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const outfile = join(folder, 'program.mjs');
  const stdin = { contents: PROGRAM, resolveDir: join(ROOT, 'tests'), loader: 'ts' as const };
  await build({ stdin, outfile, bundle: true, format: 'esm', platform: 'node', target: 'node24', logLevel: 'silent' });
  const { stdout, stderr } = await runTool(process.execPath, [outfile]);
  expect({ stdout, stderr }).toEqual({ stdout: 'mov rbx,rax\nmov rbx,rax\n', stderr: '' });
});
