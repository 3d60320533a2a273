// LoRA jobs as files: `/queen/export/lora_jobs/<job>/{telemetry.cbor,base_model.ref,policy.toml}`. A host publisher writes the
// three and then a line with their hashes, which is looked at before it is decided: what it names must be what was written.
// They are read only while an export window of the job's id is open, and each read asks anew.

import { join } from 'node:path';
import {
  isWindowOpen,
  LORA_JOBS_CTL,
  LORA_PARTS,
  type LoraContent,
  type LoraJob,
  type LoraPart,
  loraJobs,
} from '@cohesix/authority';
import type { NodeDefinition, Params, Session, StoredFile, StoredIntent, StoredNode } from '@cohesix/ninedoor';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { DataHive, DataOptions, DataPart, OpenedStore } from '../data.ts';
import { LoraStore } from './store.ts';
import { uploadTo, type Written } from './upload.ts';

const ROOT = '/queen/export/lora_jobs';
const JOB = /^(?!ctl$)[A-Za-z0-9_-]{1,64}$/;
const PARTS = Object.keys(LORA_PARTS) as readonly LoraPart[];

/** Contents that were written and not published: those of 32 jobs. The oldest goes for a new one. */
const WRITTEN_MAX = 96;
/** Files open for writing at one time; each may hold its content in memory. */
const UPLOADS_MAX = 32;

const READ = 1;
const WRITE = 2;

/** Opens the folder of the jobs. `audit-unavailable`: the disk, with its reason. */
export async function openLoraJobs({ host, directory }: DataOptions): Promise<Result<OpenedStore>> {
  const store = await LoraStore.open(host.disk, join(directory, 'lora_jobs'));
  return store.ok ? ok((hive) => new LoraJobs(store.value, hive).part()) : store;
}

type LoraHive = Pick<DataHive, 'shown' | 'audit' | 'host'>;

class LoraJobs {
  readonly #store: LoraStore;
  readonly #hive: LoraHive;
  /** By `<job>/<part>`, oldest first. */
  readonly #written = new Map<string, Written>();
  #uploads = 0;
  /** Contents that somebody has open. */
  readonly #reading = new Set<{ readonly sha256: string }>();
  /** Files that are being closed: what was written is known when they are. */
  readonly #closing = new Set<Promise<unknown>>();
  /** Lines are looked at in the order in which they came. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(store: LoraStore, hive: LoraHive) {
    this.#store = store;
    this.#hive = hive;
  }

  part(): DataPart {
    return {
      nodes: [
        { pattern: `${ROOT}/:job`, names: { list: () => this.#names(), has: (name) => JOB.test(name) } },
        ...PARTS.map(
          (part): NodeDefinition => ({ pattern: `${ROOT}/:job/${LORA_PARTS[part].file}`, file: this.#file(part) }),
        ),
      ],
      executors: { 'lora-jobs.collect': () => void this.#collect() },
      check: (path, lines) => (path === LORA_JOBS_CTL ? this.#inTurn(lines) : ok(undefined)),
      begin: () => void this.#collect(),
      end: () => this.#store.settled(),
    };
  }

  #names(): Iterable<string> {
    const written = [...this.#written.keys()].map((key) => key.split('/', 1)[0] ?? '');
    return new Set([...loraJobs(this.#hive.shown()).keys(), ...written]);
  }

  #file(part: LoraPart): StoredNode {
    return {
      kind: 'stored',
      verbs: (_params, { principal }) => (principal.role === 'queen' ? READ | WRITE : 0),
      size: ({ job = '' }) => (this.#content(job, part) ?? this.#written.get(`${job}/${part}`))?.bytes ?? 0,
      version: ({ job = '' }) => loraJobs(this.#hive.shown()).get(job)?.entry ?? 0,
      open: (params, _session: Session, intent) => this.#open(params, part, intent),
    };
  }

  #content(job: string, part: LoraPart): LoraContent | undefined {
    return loraJobs(this.#hive.shown()).get(job)?.parts[part];
  }

  #open({ job = '' }: Params, part: LoraPart, { read, write }: StoredIntent): Result<StoredFile> {
    const reader = read ? this.#reader(job, part) : ok(NOT_OPEN);
    if (!reader.ok) return reader;
    if (!write) return reader;
    if (this.#uploads >= UPLOADS_MAX) return refuse('limit', `${UPLOADS_MAX} files of jobs are being written.`);
    this.#uploads += 1;
    const key = `${job}/${part}`;
    const upload = uploadTo({
      part,
      store: this.#store,
      written: () => this.#written.get(key),
      keep: (written) => this.#keep(key, written),
      onClose: () => {
        this.#uploads -= 1;
      },
    });
    return ok({
      read: reader.value.read,
      append: upload.append,
      close: async () => {
        await reader.value.close();
        return this.#closed(upload.close());
      },
    });
  }

  #closed(closing: Promise<Result<void>>): Promise<Result<void>> {
    this.#closing.add(closing);
    const over = (): void => void this.#closing.delete(closing);
    closing.then(over, over);
    return closing;
  }

  /** Content of the job as it is when it is opened, while the window is open. It is kept until it is closed. */
  #reader(job: string, part: LoraPart): Result<StoredFile> {
    const content = this.#content(job, part);
    if (content === undefined) return refuse('not-found', `No LoRA job ${job} is published; see /proc/lora_jobs.`);
    const open = this.#windowOf(job);
    if (!open.ok) return open;
    const reading = { sha256: content.sha256 };
    this.#reading.add(reading);
    let bytes: Promise<Result<Uint8Array>> | undefined;
    return ok({
      read: async (offset, count) => {
        bytes ??= this.#store.get(content.sha256, content.bytes);
        const all = await bytes;
        // Asked after the disk was: what goes out now goes out inside a window.
        const still = this.#windowOf(job);
        if (!still.ok) return still;
        return all.ok ? ok(all.value.subarray(offset, offset + count)) : all;
      },
      close: async () => {
        this.#reading.delete(reading);
        if (!this.#isWanted(content.sha256)) await this.#collect();
        return ok(undefined);
      },
    });
  }

  #windowOf(job: string): Result<void> {
    if (isWindowOpen(this.#hive.shown(), job, this.#hive.host.now())) return ok(undefined);
    return refuse('denied', `No export window ${job} is open; a line to /queen/export/ctl opens one.`);
  }

  #keep(key: string, written: Written): void {
    this.#written.delete(key);
    this.#written.set(key, written);
    for (const oldest of this.#written.keys()) {
      if (this.#written.size <= WRITTEN_MAX) return;
      this.#written.delete(oldest);
    }
  }

  /** A client may send the line before it has heard that the files are closed. */
  #inTurn(lines: readonly string[]): Promise<Result<void>> {
    const result = this.#turn.then(() => Promise.allSettled(this.#closing)).then(() => this.#check(lines));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** Looks at lines that publish. What is none, or does not fit its schema, the authority will judge. */
  #check(lines: readonly string[]): Result<void> {
    for (const line of lines) {
      const asked = publishing(line);
      const held = asked === undefined ? ok(undefined) : this.#holds(asked);
      if (!held.ok) return held;
    }
    return ok(undefined);
  }

  #holds(asked: Publishing): Result<void> {
    const { id, base } = asked;
    const job = loraJobs(this.#hive.shown()).get(id);
    for (const part of PARTS) {
      const held = this.#holdsPart(asked, part, job);
      if (!held.ok) return held;
    }
    const said = this.#written.get(`${id}/base_model`)?.text?.trim() ?? job?.base;
    if (said === base) return ok(undefined);
    return refuse('invalid-payload', `$.base: ${LORA_PARTS.base_model.file} names ${JSON.stringify(said)}.`);
  }

  #holdsPart({ id, ...asked }: Publishing, part: LoraPart, job: LoraJob | undefined): Result<void> {
    const { file } = LORA_PARTS[part];
    const found = this.#written.get(`${id}/${part}`) ?? job?.parts[part];
    if (found === undefined || !this.#store.has(found.sha256))
      return refuse('not-found', `$.${part}: ${ROOT}/${id}/${file} was not written, or too long ago; write it again.`);
    if (asked[part] === `${found.sha256}:${found.bytes}`) return ok(undefined);
    return refuse('invalid-payload', `$.${part}: ${file} as it was written is ${found.sha256}:${found.bytes}.`);
  }

  /** Removes contents of no job and of nobody who may still publish them. */
  async #collect(): Promise<void> {
    const jobs = loraJobs(this.#hive.shown());
    for (const { id, parts } of jobs.values()) {
      for (const part of PARTS) {
        const key = `${id}/${part}`;
        if (this.#written.get(key)?.sha256 === parts[part].sha256) this.#written.delete(key);
      }
    }
    const collected = await this.#store.collect((name) => this.#isWanted(name));
    if (!collected.ok) this.#hive.audit(`lora-job collect failed reason=${JSON.stringify(collected.refusal.detail)}`);
  }

  #isWanted(sha256: string): boolean {
    const jobs = loraJobs(this.#hive.shown()).values();
    if ([...jobs].some(({ parts }) => PARTS.some((part) => parts[part].sha256 === sha256))) return true;
    return [...this.#written.values(), ...this.#reading].some((one) => one.sha256 === sha256);
  }
}

const NOT_OPEN: StoredFile = {
  read: async () => refuse('bad-fid', 'It is not open for reading.'),
  close: async () => ok(undefined),
};

interface Publishing {
  readonly id: string;
  readonly base: unknown;
  readonly telemetry: unknown;
  readonly base_model: unknown;
  readonly policy: unknown;
}

/** A line that publishes a job, not checked any further. */
function publishing(line: string): Publishing | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null) return undefined;
    const { op, id } = value as { readonly op?: unknown; readonly id?: unknown };
    return op === 'publish' && typeof id === 'string' && JOB.test(id) ? (value as Publishing) : undefined;
  } catch {
    return undefined;
  }
}
