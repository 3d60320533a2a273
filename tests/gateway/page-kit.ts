// A page as a build leaves it, small enough to say what of it is served.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach } from 'vitest';

/** The script of the page, in a file whose name would have its hash. */
export const SCRIPT = '/assets/index-1a2b3c4d.js';

const INDEX = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>test page</title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" crossorigin href="/assets/index-5e6f.css">
<script type="module" crossorigin src="${SCRIPT}"></script>
</head>
<body><p id="root">not run</p></body>
</html>
`;

/** Makes pages that go with the test. Called at the top of the file. */
export function pages(): (script?: string) => string {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });
  return (script = 'export {};\n') => {
    const folder = mkdtempSync(join(tmpdir(), 'cohesix-page-'));
    folders.push(folder);
    mkdirSync(join(folder, 'assets'));
    const write = (path: string, content: string | Uint8Array): void => writeFileSync(join(folder, path), content);
    write('index.html', INDEX);
    write('icon.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>');
    write('assets/index-5e6f.css', '#root { color: rgb(1, 2, 3); }\n');
    write(SCRIPT, script);
    write(`${SCRIPT}.br`, brotliCompressSync(script));
    write(`${SCRIPT}.gz`, gzipSync(script));
    return folder;
  };
}
