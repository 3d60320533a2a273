// Whole hives in one thread, worlds of even seeds.

import { testWorlds } from './worlds.ts';

testWorlds(0);
