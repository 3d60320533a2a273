// Random long runs of all rooms together, those of odd seeds, and those that once broke.

import { testKeptRuns, testRuns } from './runs.ts';

testRuns(1);
testKeptRuns();
