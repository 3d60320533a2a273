// The past out of a journal: the same state, the first line that differs, other settings, any moment.

import { openJournal } from '@cohesix/journal';
import { defaultManifest, settingsOf } from '@cohesix/manifest';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { decidedUnder, type History, namespaceOf, readHistory } from '../src/history.ts';
import { startHive } from '../src/hive.ts';
import { plainManifest, temporaryFolder } from './fixture.ts';

let folder = temporaryFolder();
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const LINES = [
  ['/queen/ctl', '{"spawn":"heartbeat","ticks":9,"budget":{}}'],
  ['/queen/lifecycle/ctl', 'cordon'],
  ['/queen/lifecycle/ctl', 'resume'],
  ['/queen/ctl', '{"budget":{"ops":7}}'],
] as const;

/** A hive that accepted LINES as lines 2 and on, and stopped; the hash of the state it ended in. */
async function lived(): Promise<string> {
  const adjust = () => ({ ...plainManifest(), listen: { ...plainManifest().listen, secure9p: '', console: '' } });
  const hive = await startHive({ directory: folder.path, adjust });
  if (!hive.ok) throw new Error(hive.refusal.detail);
  for (const [path, line] of LINES) expect((await hive.value.system(path, line)).ok, line).toBe(true);
  await hive.value.stop();
  return hive.value.stateHash();
}

async function history(question: { to?: number; directory?: string } = {}): Promise<History> {
  const directory = question.directory ?? `${folder.path}/journal`;
  const read = await readHistory({ manifest: defaultManifest(), ...question, directory });
  if (!read.ok) throw new Error(read.refusal.detail);
  return read.value;
}

it('comes to the very state the hive had, whatever the manifest is now', async () => {
  const hash = await lived();
  expect(await history()).toMatchObject({ stateHash: hash, divergence: undefined });
});

it('shows control files and views as they were after any line', async () => {
  await lived();
  const textAt = async (to: number, ...names: string[]): Promise<string | undefined> => {
    let place: ReturnType<typeof namespaceOf> | undefined = namespaceOf(await history({ to }));
    for (const name of names) place = place?.child(name);
    const file = place?.file;
    return file?.kind === 'view'
      ? new TextDecoder().decode(file.render(place?.params ?? {}, undefined as never))
      : undefined;
  };
  const numbers = new Map((await linesOf()).map(({ seq, line }) => [line, seq]));
  const [cordon = 0, resume = 0] = [numbers.get('cordon'), numbers.get('resume')];
  expect(await textAt(cordon - 1, 'proc', 'lifecycle', 'state')).toBe('state=ONLINE\n');
  expect(await textAt(cordon, 'proc', 'lifecycle', 'state')).toBe('state=DRAINING\n');
  expect(await textAt(resume, 'proc', 'lifecycle', 'state')).toBe('state=ONLINE\n');
  expect(await textAt(1, 'worker', 'worker-1', 'info')).toBeUndefined();
  expect(await textAt(cordon, 'worker', 'worker-1', 'info')).toContain('"kind":"heartbeat"');
});

async function linesOf(): Promise<{ seq: number; line: string }[]> {
  const lines: { seq: number; line: string }[] = [];
  await readHistory({
    directory: `${folder.path}/journal`,
    manifest: defaultManifest(),
    onDecided: ({ command: { seq, line } }) => lines.push({ seq, line }),
  });
  return lines;
}

it('ends at the first line that is decided otherwise than it was recorded, and shows both', async () => {
  await lived();
  const other = `${folder.path}/other`;
  const forged = await openJournal(other, { at: 1 });
  if (!forged.ok) throw new Error(forged.refusal.detail);
  const own = await openJournal(`${folder.path}/journal`, { at: 1 });
  if (!own.ok) throw new Error(own.refusal.detail);
  let differs = 0;
  for await (const entry of own.value.journal.read(1)) {
    if (!entry.ok) throw new Error(entry.refusal.detail);
    const text = Buffer.from(entry.value.body).toString();
    const edited = text.replace('new=DRAINING', 'new=ONLINE');
    if (edited !== text) differs = (JSON.parse(text) as { seq: number }).seq;
    forged.value.journal.append(Buffer.from(edited));
  }
  await own.value.journal.close();
  await forged.value.journal.close();
  const { divergence, seq } = await history({ directory: other });
  expect(divergence).toMatchObject({ seq: differs, path: '/queen/lifecycle/ctl', line: 'cordon' });
  expect([divergence?.recorded, divergence?.now]).toEqual([
    expect.stringContaining('new=ONLINE'),
    expect.stringContaining('new=DRAINING'),
  ]);
  expect(seq).toBe(differs - 1);
});

it('tells how lines would have been decided under other settings, without following them', async () => {
  await lived();
  const { policy } = settingsOf(defaultManifest());
  const rules = [{ id: 'all', target: '/queen/lifecycle/ctl' }];
  const now: string[] = [];
  await readHistory({
    directory: `${folder.path}/journal`,
    manifest: defaultManifest(),
    onDecided: (decided) => {
      // The hive itself is under no policy; a person who wrote the line would have been.
      const who = { ...decided.command.who, role: 'queen', ticketIds: ['00'.repeat(16)] };
      const outcome = decidedUnder(
        { ...decided, command: { ...decided.command, who } },
        { policy: { ...policy, enabled: true, rules } },
      );
      if (!decided.command.path.startsWith('/sys/')) now.push(outcome.ok ? 'ok' : outcome.code);
    },
  });
  expect(now).toEqual(['ok', 'needs-approval', 'needs-approval', 'ok']);
});
