// The page once more, as one script of the old kind: a browser takes no modules from a disk (their origin is none, HTML 8.1.3.10), and a
// recording is to open where there is no server at all. `index.html` loads it, by `public/from-disk.js`, when it was itself opened from one.

import { join, resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { build, type Plugin } from 'vite';

/** Where it is in the folder of the page; `public/from-disk.js` knows it too. */
const NAME = 'from-disk/page';

/** Builds it after the page. */
export function fromDisk(root: string): Plugin {
  let outDir = '';
  return {
    name: 'cohesix:from-disk',
    apply: 'build',
    configResolved: (config) => {
      outDir = resolve(config.root, config.build.outDir);
    },
    closeBundle: () => buildBeside(root, outDir),
  };
}

async function buildBeside(root: string, outDir: string): Promise<void> {
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    plugins: [react()],
    base: './',
    publicDir: false,
    build: {
      target: 'es2024',
      outDir,
      emptyOutDir: false,
      assetsInlineLimit: 0,
      cssCodeSplit: false,
      modulePreload: false,
      // All of the page in one file; nothing is waited for on a disk.
      chunkSizeWarningLimit: 4096,
      rolldownOptions: {
        input: join(root, 'src', 'main.tsx'),
        // A script of the old kind has none; what asks for it here is the loader of modules that it does not need.
        transform: { define: { 'import.meta': '{}' } },
        output: {
          format: 'iife',
          codeSplitting: false,
          entryFileNames: `${NAME}.js`,
          // Fonts have the names that they have in the page.
          assetFileNames: ({ names }) => (names[0]?.endsWith('.css') ? `${NAME}.css` : 'assets/[name]-[hash][extname]'),
        },
      },
    },
  });
}
