// `digests.ts SEED...`: runs worlds and prints what they came to, one JSON line a seed, for a run under another version of Node.

import { simulate } from './simulate.ts';

for (const seed of process.argv.slice(2)) {
  const { journal, transcript, events } = await simulate(Number(seed));
  console.log(JSON.stringify({ seed: Number(seed), journal, transcript, events }));
}
