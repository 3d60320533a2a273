// How the page is built: one small entry, each place in a piece of its own, nothing from elsewhere, nothing inline.

import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { fromDisk } from './vite-from-disk.ts';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), fromDisk(import.meta.dirname)],
  // Wherever it lies: a recording is looked at on any static server, below any path.
  base: './',
  build: {
    target: 'es2024',
    // A file inlined as data: would need a looser Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
  },
});
