// Runs a script of the pack on a fresh hive through one door, and gives the transcript: each command and the lines that
// answered it.

import { readFileSync } from 'node:fs';
import { createShell, failureLines, type HiveClient, runScriptText } from '@cohesix/client';
import { type Manifest, parseManifest } from '@cohesix/manifest';
import { expect, vi } from 'vitest';
import { type Door, type Stand, startStand } from '../transcripts/stand.ts';
import type { Mask, ScriptFile } from './script-file.ts';
import { type Words, withWords, wordsOf } from './words.ts';

/** The transcript of a script on a fresh hive. @throws Error with the report of the first thing that is not as expected. */
export function transcriptOf(script: ScriptFile, door: Door): Promise<string[]> {
  return onStand(script, (place, words) => transcriptOn({ place, words }, script, door));
}

/** The transcript of a script on a hive that is there. @throws Error as above. */
export async function transcriptOn(
  { place, words }: { readonly place: Stand; readonly words: Words },
  script: ScriptFile,
  door: Door,
): Promise<string[]> {
  const opened: HiveClient[] = [];
  try {
    const attach = opener(place, door, opened);
    const client = await attach('queen', place.ticket('queen'));
    if (!client.ok) throw new Error(client.refusal.detail);
    await rootNoted(client.value);
    const approver = await attach('queen', place.ticket('approver'));
    if (!approver.ok) throw new Error(approver.refusal.detail);
    return await run(script, { client: client.value, approver: approver.value, attach, words });
  } finally {
    await Promise.all(opened.map((client) => client.close()));
  }
}

/** Uses a fresh hive as a script wants it, and the words it wants. */
export async function onStand(
  script: ScriptFile,
  use: (place: Stand, words: Words) => Promise<string[]>,
): Promise<string[]> {
  const place = await startStand(() => manifestNamed(script.manifest));
  try {
    return await use(place, await wordsOf(script, place.hive));
  } finally {
    await place.stop();
  }
}

const ROOT_NOTED = { timeout: 20_000, interval: 10 };

/** Waits for the record that a queen came: it is made beside what she does, and the log would tell of it anywhere. */
async function rootNoted(client: HiveClient): Promise<void> {
  await vi.waitFor(async () => {
    const log = await client.read('/log/queen.log');
    expect(new TextDecoder().decode(log.ok ? log.value : undefined)).toContain('root reachable');
  }, ROOT_NOTED);
}

type Attach = (role: string, ticket: string) => ReturnType<Door>;

/** Opens sessions through a door and remembers them. */
function opener(place: Stand, door: Door, opened: HiveClient[]): Attach {
  return async (role, ticket) => {
    const session = await door(place, role, ticket);
    if (session.ok) opened.push(session.value);
    return session;
  };
}

/** Of a command that the transcript shows: an over-long payload is of no interest. */
const COMMAND_CHARS = 256;

interface Cast {
  readonly client: HiveClient;
  readonly approver: HiveClient;
  readonly attach: Attach;
  readonly words: Words;
}

async function run(script: ScriptFile, { client, approver, attach, words }: Cast): Promise<string[]> {
  let nextId = 1;
  const shell = createShell({
    client,
    approver,
    connect: (role, ticket = '') => attach(role, ticket),
    newId: () => `id-${nextId++}`,
  });
  const lines: string[] = [];
  const report = await runScriptText(
    script.text,
    {
      execute: (line, emit) => {
        lines.push(`> ${line.slice(0, COMMAND_CHARS)}`);
        return shell.execute(withWords(line, words), emit);
      },
    },
    { transcript: (line) => lines.push(...masked(line, script.masks)) },
  );
  if (!report.ok) throw new Error(report.refusal.detail);
  if (report.value.failure !== undefined) throw new Error(failureLines(report.value.failure).join('\n'));
  return lines;
}

function masked(line: string, masks: readonly Mask[]): readonly string[] {
  let text: string | undefined = line;
  for (const mask of masks) text = text === undefined ? undefined : mask(text);
  return text === undefined ? [] : [text];
}

function manifestNamed(name: string): Manifest {
  const parsed = parseManifest(readFileSync(new URL(`manifests/${name}.toml`, import.meta.url)));
  if (!parsed.ok) throw new Error(parsed.problems.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  return parsed.manifest;
}
