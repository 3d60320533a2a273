// An evidence pack (`coh audit export`): the log of a hive as files. They are read as the files below `/audit` of a hive, and checked as
// a whole: every record is hashed again, every tile must hold those hashes, and the root must be the one that was signed.

import type { FileStat, HiveClient, ReadOptions } from '@cohesix/client/core';
import {
  decodeBundle,
  equalHashes,
  Frontier,
  formatTilePath,
  HASH_SIZE,
  TILE_HEIGHT,
  TILE_WIDTH,
  tilesOf,
} from '@cohesix/tlog';
import { ok, type Result, refuse } from '@cohesix/wire';
import { readHead } from '../journal/log-files.ts';
import { signatureSteps, type VerifyLater } from '../journal/prove.ts';
import { makeTreeHasher } from '../journal/sha256.ts';
import { RecordedClient } from './recorded-client.ts';

/** The files of a pack by their paths in it: `checkpoint`, `key`, `tile/0/000`. */
export type PackFiles = ReadonlyMap<string, Uint8Array>;

/** What checking a pack said. */
export interface PackReport {
  readonly records: number;
  /** Sentences; none: all is as it must be. */
  readonly findings: readonly string[];
}

const ROOT = '/audit';
/** Findings that are told; one is enough to believe nothing. */
const FINDINGS_MAX = 5;

/** A client that reads a pack below `/audit`. */
export function packClient(files: PackFiles): HiveClient {
  return new PackClient(files);
}

class PackClient extends RecordedClient {
  readonly #files: PackFiles;

  constructor(files: PackFiles) {
    super('evidence');
    this.#files = files;
  }

  async list(path: string): Promise<Result<readonly string[]>> {
    const below = path === '/' ? '' : `${path.slice(1)}/`;
    const under = [...this.#files.keys()]
      .map((name) => `${ROOT.slice(1)}/${name}`)
      .filter((name) => name.startsWith(below));
    const names = [...new Set(under.map((name) => name.slice(below.length).split('/', 1)[0] ?? ''))];
    return names.length === 0 ? notHeld(path) : ok(names.sort());
  }

  async read(path: string, { from = 0n, maxBytes }: ReadOptions = {}): Promise<Result<Uint8Array>> {
    const bytes = this.#files.get(path.replace(`${ROOT}/`, ''));
    if (bytes === undefined || !path.startsWith(`${ROOT}/`)) return notHeld(path);
    if (maxBytes !== undefined && bytes.length > maxBytes)
      return refuse('too-big', `${path} has more than ${maxBytes} bytes.`);
    return ok(bytes.subarray(Number(from)));
  }

  async stat(path: string): Promise<Result<FileStat>> {
    const bytes = await this.read(path);
    if (bytes.ok)
      return ok({ kind: 'view', mode: 0o444, size: BigInt(bytes.value.length), qidPath: 0n, qidVersion: 0 });
    const names = await this.list(path);
    return names.ok ? ok({ kind: 'directory', mode: 0o555, size: 0n, qidPath: 0n, qidVersion: 0 }) : names;
  }
}

function notHeld(path: string): Result<never> {
  return refuse('not-found', `An evidence pack holds the log of a hive and nothing else; ${path} is not in it.`);
}

/** Checks all of a pack. Refuses when it has no checkpoint that can be read. */
export async function verifyPack(files: PackFiles, verify: VerifyLater): Promise<Result<PackReport>> {
  const client = packClient(files);
  const head = await readHead(client);
  if (!head.ok) return head;
  const { size, root } = head.value.checkpoint;
  const findings: string[] = [];
  const nodes = new Map<string, Uint8Array>();
  const computed = rootOf(files, size, { nodes, findings });
  if (findings.length === 0 && !equalHashes(computed, root))
    findings.push('The records are not the ones that were signed: another root comes out.');
  findings.push(...tileFindings(files, size, nodes));
  const signature = await signatureSteps(client, head.value, verify);
  if (!signature.ok) findings.push(signature.refusal.detail);
  else findings.push(...signature.value.filter(({ holds }) => holds === false).map(({ text }) => text));
  return ok({ records: size, findings: findings.slice(0, FINDINGS_MAX) });
}

interface Hashing {
  /** Gets the hash of every complete subtree: `level/index`. */
  readonly nodes: Map<string, Uint8Array>;
  readonly findings: string[];
}

function rootOf(files: PackFiles, size: number, { nodes, findings }: Hashing): Uint8Array {
  const hasher = makeTreeHasher();
  const frontier = new Frontier(hasher);
  for (let index = 0; index * TILE_WIDTH < size; index += 1) {
    const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH);
    const path = formatTilePath({ kind: 'entries', index, width });
    const bytes = files.get(path);
    const entries = bytes === undefined ? undefined : decodeBundle(bytes, width);
    if (entries?.ok !== true) {
      findings.push(`${path} ${entries === undefined ? 'is missing' : `is damaged: ${entries.problem}`}.`);
      break;
    }
    for (const entry of entries.value)
      frontier.append(hasher.leaf(entry), (level, at, hash) => nodes.set(`${level}/${at}`, hash));
  }
  return frontier.root();
}

function tileFindings(files: PackFiles, size: number, nodes: ReadonlyMap<string, Uint8Array>): readonly string[] {
  const findings: string[] = [];
  for (const tile of tilesOf(size)) {
    const path = formatTilePath(tile);
    const bytes = files.get(path);
    const isGood = Array.from({ length: tile.width }, (_, at) => at).every((at) => {
      const hash = nodes.get(`${tile.level * TILE_HEIGHT}/${tile.index * TILE_WIDTH + at}`);
      return (
        hash !== undefined &&
        bytes !== undefined &&
        equalHashes(hash, bytes.subarray(at * HASH_SIZE, (at + 1) * HASH_SIZE))
      );
    });
    if (!isGood)
      findings.push(bytes === undefined ? `${path} is missing.` : `${path} does not hold the hashes of the records.`);
  }
  return findings;
}
