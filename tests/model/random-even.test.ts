// Random long runs of all rooms together, those of even seeds.

import { testRuns } from './runs.ts';

testRuns(0);
