// What counts as used, for the search for dead files, exports and dependencies. Biome checks that a package declares
// what its `src` imports; knip checks the same for tests, where the root's vitest and fast-check serve everyone.

import type { KnipConfig } from 'knip';

const tests = 'test/**/*.test.ts';

const config: KnipConfig = {
  workspaces: {
    '.': {
      entry: ['scripts/*.mjs', 'scripts/lib/vitest-report.mjs', 'scripts/test/*.test.mjs'],
      project: ['scripts/**/*.mjs'],
      // Read as a text and run in the page (tests/ui/tab.ts).
      ignoreDependencies: ['axe-core'],
    },
    'base/*': { entry: [tests], project: ['{src,test}/**/*.ts'] },
    'hive/*': { entry: [tests], project: ['{src,test}/**/*.ts'] },
    'workbench/*': { entry: [tests], project: ['{src,test}/**/*.ts'] },
    'apps/coh': { entry: ['src/main.ts', tests], project: ['{src,test}/**/*.ts'] },
    'apps/swarmui': { entry: ['bench/*.ts', tests], project: ['{src,test,bench}/**/*.{ts,tsx}'] },
    'tools/*': { entry: ['src/main.ts', tests], project: ['{src,test}/**/*.ts'] },
    // Programs of their own, started by path.
    bench: { entry: ['src/gateway/{bare-server,hostile-clients}.ts', tests], project: ['{src,test}/**/*.ts'] },
    tests: { entry: ['**/*.test.ts', 'model/count.ts', 'workbench/fixtures/make.ts'], project: ['**/*.ts'] },
  },
  // Tests and benchmarks start programs of the system; test-setup.sh and the tests themselves say which.
  rules: { binaries: 'off' },
  // A type that an exported function takes or gives may be exported for its readers even if nobody imports it.
  ignoreExportsUsedInFile: { interface: true, type: true },
};

export default config;
