// Whole hives in one thread, worlds of odd seeds, and those that once broke.

import { testKeptSeeds, testWorlds } from './worlds.ts';

testKeptSeeds();
testWorlds(1);
