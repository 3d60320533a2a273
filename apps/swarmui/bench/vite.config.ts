// Builds hive.html and bare.html, which only benchmarks and people who look at the canvas open; it is no part of the page that a hive serves.

import { join } from 'node:path';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  build: {
    target: 'es2024',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: ['hive.html', 'bare.html'].map((page) => join(import.meta.dirname, page)) },
  },
});
