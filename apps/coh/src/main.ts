// The program `coh`: runs with the surroundings of this process.

import { type Io, processIo } from './io.ts';
import { failOutput, runCoh } from './run.ts';

const io: Io = processIo((error) => failOutput(io, error));
process.exitCode = await runCoh(process.argv.slice(2), io);
