import { defineConfig } from 'vitest/config';

// Two workers: the machine of the project has two cores. Suites that start processes have their own deadlines.
export default defineConfig({
  test: {
    include: [
      '{base,hive,workbench,apps,tools,bench}/**/test/**/*.test.ts',
      'tests/**/*.test.ts',
      'scripts/test/*.test.mjs',
    ],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // What is waited for may be slow on a busy machine; the test's own deadline is the judge.
    expect: { poll: { timeout: 20_000 } },
    maxWorkers: 2,
    environment: 'node',
  },
});
