// Workers gone wrong: for each ticket a session that says lines it may not, ten times a second, and telemetry as fast as its quota
// runs out, until it is told to end. node swarmui-storm.mjs SOCKET TICKET-FILE… (a ticket file is named after its worker)

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { connect } from '@cohesix/client';

const EVERY_MS = 100;
const MS_MAX = 120_000;
const [socket, ...files] = process.argv.slice(2);
let end = Date.now() + MS_MAX;
process.on('SIGTERM', () => {
  end = 0;
});
const counts = new Map();

await Promise.all(files.map(storm));
for (const [code, count] of [...counts].sort()) console.log(`${code} ${count}`);

async function storm(file) {
  const subject = basename(file, '.ticket');
  const ticket = readFileSync(file, 'utf8').trim();
  const made = await connect({ url: `unix:${socket}`, role: 'worker-heartbeat', subject, ticket });
  if (!made.ok) throw new Error(`${subject}: ${made.refusal.detail}`);
  const client = made.value;
  while (Date.now() < end) {
    for (const [path, line] of [
      ['/queen/ctl', '{"spawn":"heartbeat","ticks":1}'],
      [`/worker/${subject}/telemetry`, '{"note":"too much"}'],
    ]) {
      const said = await client.append(path, line);
      const word = said.ok ? 'accepted' : said.refusal.code;
      counts.set(word, 1 + (counts.get(word) ?? 0));
    }
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
  await client.close();
}
