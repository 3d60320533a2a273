// The program `coh`: runs with the surroundings of this process.

import { processIo } from './io.ts';
import { runCoh } from './run.ts';

process.exitCode = await runCoh(process.argv.slice(2), processIo());
