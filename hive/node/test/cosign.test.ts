// Lines of witnesses before they are decided, and the checkpoint that is made of those that were.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { COSIGN_PATH, createAuthority, type State } from '@cohesix/authority';
import { nodeDisk, sha256, TransparencyLog } from '@cohesix/journal';
import { ed25519PublicKey, nodeTicketCrypto } from '@cohesix/ticket/node';
import {
  cosignNote,
  formatCheckpoint,
  formatSignatureLine,
  type NoteKeyKind,
  type NoteSigner,
  noteKey,
  type Outcome,
  openCheckpoint,
  signNote,
  unsignedNote,
} from '@cohesix/tlog';
import type { Result } from '@cohesix/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cosigned } from '../src/cosign.ts';
import { plainManifest, QUEEN, START_MS, temporaryFolder } from './fixture.ts';

const RECORDS = 300;
const verify = nodeTicketCrypto.ed25519Verify;

function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.problem);
  return outcome.value;
}

function signer(kind: NoteKeyKind, name: string, byte: number): NoteSigner {
  const seed = new Uint8Array(32).fill(byte);
  const key = value(noteKey(sha256, { kind, name, publicKey: ed25519PublicKey(seed) }));
  return { key, sign: (message) => nodeTicketCrypto.ed25519Sign(seed, message) };
}

const LOG = signer('ed25519', 'hive', 1);
const A = signer('cosignature', 'a', 2);
const B = signer('cosignature', 'b', 3);
const STRANGER = signer('cosignature', 'a', 4);

const folder = { path: '', remove: () => {} };
let log: TransparencyLog;
let state: State;
let cosigned: Cosigned;
const failures: string[] = [];
const authority = createAuthority(plainManifest());

beforeEach(async () => {
  Object.assign(folder, temporaryFolder());
  await nodeDisk.mkdir(folder.path);
  const options = { disk: nodeDisk, directory: folder.path, origin: 'hive', signer: LOG, verify };
  const opened = await TransparencyLog.open(options);
  if (!opened.ok) throw new Error(opened.refusal.detail);
  log = opened.value;
  for (let index = 0; index < RECORDS; index++) log.add(Buffer.from(`${index}`));
  await log.sign();
  state = authority.initialState();
  seq = 0;
  decide('/sys/boot', '{"boot":{"epoch":1,"fingerprint":"f","version":"1"}}', 'system');
  cosigned = make();
});

afterEach(() => {
  folder.remove();
  failures.length = 0;
});

function make(directory = folder.path): Cosigned {
  return new Cosigned({
    disk: nodeDisk,
    directory,
    signer: LOG,
    log,
    witnesses: [A.key, B.key],
    shown: () => state,
    onFailed: (reason) => failures.push(reason),
  });
}

let seq = 0;

function decide(path: string, line: string, role = 'queen'): string {
  const command = { seq: seq + 1, at: START_MS, who: { ...QUEEN, role }, path, line };
  const outcome = authority.decide(state, command);
  authority.evolve(state, command, outcome);
  if (outcome.ok) seq += 1;
  return outcome.ok ? 'ok' : outcome.code;
}

function rootAt(size: number): Uint8Array {
  const root = log.rootAt(size);
  if (!root.ok) throw new Error(root.refusal.detail);
  return root.value;
}

/** The line of a witness for the tree of `size` records, or one that it made up. */
function line(size: number, by: NoteSigner, made: { root?: Uint8Array; origin?: string; shown?: number } = {}): string {
  const { root = rootAt(size), origin = 'hive', shown = size } = made;
  const text = value(formatCheckpoint({ origin, size, root, extensions: [] }));
  const note = value(cosignNote(value(unsignedNote(text)), by, 1_700_000_000n));
  const cosignature = note.signatures.map(formatSignatureLine).join();
  return JSON.stringify({ size: shown, root: Buffer.from(root).toString('base64'), cosignature });
}

function code(...lines: readonly string[]): string {
  const checked = cosigned.check(lines);
  return checked.ok ? 'ok' : checked.refusal.code;
}

/** Checks a line and decides it, as a hive does. */
function submit(text: string): string {
  let answer = 'nothing';
  const done = (result: Result<void>): void => {
    answer = result.ok ? 'ok' : result.refusal.code;
  };
  const who = { ...QUEEN };
  cosigned.submit([who as never, COSIGN_PATH, [text], done] as never, () => {
    answer = decide(COSIGN_PATH, text);
  });
  return answer;
}

describe('a line of a witness', () => {
  it('holds for every tree that was signed or lies before one that was', () => {
    for (const size of [1, 2, 255, 256, 257, RECORDS]) expect(code(line(size, A)), `${size}`).toBe('ok');
    expect(code(line(5, A), line(9, B))).toBe('ok');
  });

  it.each([
    ['of somebody who is not listed', () => line(5, STRANGER), 'denied'],
    ['for more records than were signed', () => line(RECORDS + 1, A, { root: rootAt(RECORDS) }), 'not-found'],
    ['with the root of another tree', () => line(5, A, { root: rootAt(6) }), 'stale'],
    ['about another log', () => line(5, A, { origin: 'other' }), 'unauthenticated'],
    ['about another size of ours', () => line(5, A, { shown: 6, root: rootAt(6) }), 'unauthenticated'],
    ['by the log itself', () => ownLine(), 'denied'],
  ])('%s is refused', (_, make, expected) => {
    expect(code(make())).toBe(expected);
    expect(code(line(4, B), make()), 'among others').toBe(expected);
  });

  it('that is none is left to the authority, and so is every other file', () => {
    for (const text of ['', 'null', '[]', '{"size":1}', '{"size":"1","root":"","cosignature":""}']) {
      expect(code(text), text).toBe('ok');
      expect(submit(text), text).toBe('invalid-payload');
    }
    let went = false;
    const done = (): void => expect.fail('not ours');
    cosigned.submit([QUEEN as never, '/queen/ctl', ['{}'], done] as never, () => {
      went = true;
    });
    expect(went).toBe(true);
  });
});

function ownLine(): string {
  const text = value(formatCheckpoint({ origin: 'hive', size: 5, root: rootAt(5), extensions: [] }));
  const note = value(signNote(value(unsignedNote(text)), LOG));
  const cosignature = note.signatures.map(formatSignatureLine).join();
  return JSON.stringify({ size: 5, root: Buffer.from(rootAt(5)).toString('base64'), cosignature });
}

/** Size and witnesses of the note, verified. */
function shown(): readonly [number, ...string[]] {
  const trust = { origin: 'hive', logKeys: [LOG.key], cosigners: [A.key, B.key] };
  const opened = value(openCheckpoint(Buffer.from(cosigned.note()), trust, verify));
  return [opened.checkpoint.size, ...opened.cosigned.map(({ key }) => key.name)];
}

describe('the cosigned checkpoint', () => {
  it('is empty at first, then the newest of those that most have cosigned', () => {
    expect(cosigned.note()).toBe('');
    expect(submit(line(10, A))).toBe('ok');
    expect(shown()).toEqual([10, 'a']);
    expect(submit(line(10, B))).toBe('ok');
    expect(shown()).toEqual([10, 'a', 'b']);
    submit(line(20, A));
    expect(shown(), 'b is still at 10').toEqual([10, 'a', 'b']);
    submit(line(20, B));
    expect(shown()).toEqual([20, 'a', 'b']);
    submit(line(30, A));
    submit(line(40, A));
    expect(shown(), 'nobody else comes any more').toEqual([40, 'a']);
    expect(submit(line(39, A))).toBe('stale');
  });

  it('at the size of the checkpoint is signed with the very same bytes', () => {
    submit(line(RECORDS, A));
    expect(cosigned.note().startsWith(log.latest?.note ?? '-')).toBe(true);
  });

  it('leaves out witnesses that the manifest does not list any more', () => {
    submit(line(10, A));
    submit(line(10, B));
    cosigned = new Cosigned({
      disk: nodeDisk,
      directory: folder.path,
      signer: LOG,
      log,
      witnesses: [B.key],
      shown: () => state,
      onFailed: () => {},
    });
    expect(shown()).toEqual([10, 'b']);
  });

  it('is written beside the checkpoint, and again when it is another', async () => {
    const path = join(folder.path, 'cosigned');
    cosigned.store();
    await cosigned.settled();
    expect(existsSync(path)).toBe(false);
    submit(line(10, A));
    cosigned.store();
    submit(line(11, A));
    cosigned.store();
    await cosigned.settled();
    expect(readFileSync(path, 'utf8')).toBe(cosigned.note());
    expect(failures).toEqual([]);
  });

  it('that cannot be written is told, and written later', async () => {
    const elsewhere = join(folder.path, 'missing');
    cosigned = make(elsewhere);
    submit(line(10, A));
    cosigned.store();
    await cosigned.settled();
    expect(failures).toEqual([expect.stringContaining('cosigned')]);
    await nodeDisk.mkdir(elsewhere);
    cosigned.store();
    await cosigned.settled();
    expect(readFileSync(join(elsewhere, 'cosigned'), 'utf8')).toBe(cosigned.note());
  });
});
