// What can be done to the objects of the fleet: each an act, a line of a control file. They are the lines that the commands send
// (`coh kill`, `coh lease renew`…); a test compares them.

import { spawnLine } from '@cohesix/client/core';
import { ok, type Result } from '@cohesix/wire';
import type { Act } from '../../act/coh-form.ts';

const QUEEN = '/queen/ctl';
const LIFECYCLE = '/queen/lifecycle/ctl';
const LEASES = '/queen/lease/ctl';
const JOBS = '/queen/schedule/ctl';
const MODELS = '/gpu/models/ctl';
const ACTIVE = '/gpu/models/active';
const GPUS = '/gpu/ctl';

function act(path: string, what: string, line: object | string): Act {
  return { path, what, line: typeof line === 'string' ? line : JSON.stringify(line) };
}

function danger(path: string, what: string, line: object | string): Act {
  return { ...act(path, what, line), isDanger: true };
}

/** `heartbeat ticks=100` as the line that spawns it. */
export function spawn(words: string): Result<Act> {
  const line = spawnLine(words.trim());
  return line.ok ? ok(act(QUEEN, `Spawn ${words.trim()}`, line.value)) : line;
}

/** Ends a worker. */
export function kill(worker: string): Act {
  return danger(QUEEN, `Kill ${worker}`, { kill: worker });
}

/** What the lifecycle of a hive can be told, with what it means. */
export const LIFECYCLE_WORDS: Readonly<Record<'cordon' | 'drain' | 'resume', string>> = {
  cordon: 'Nothing new is started; what runs goes on',
  drain: 'After cordon, when no worker lives any more: telemetry is not taken either, and it is QUIESCED',
  resume: 'Work is taken again',
};

/** Cordons, drains or resumes the hive. */
export function lifecycle(word: keyof typeof LIFECYCLE_WORDS): Act {
  return act(LIFECYCLE, `${word[0]?.toUpperCase()}${word.slice(1)} the hive`, word);
}

/** Gives a lease back. */
export function release(id: string): Act {
  return danger(LEASES, `Release lease ${id}`, { op: 'release', id });
}

/** Sets the time of a lease anew, seconds from now. */
export function renew(id: string, ttlS: number): Act {
  return act(LEASES, `Renew lease ${id} for ${ttlS} s`, { op: 'renew', id, ttl_s: ttlS });
}

/** Takes a lease away; `reason`: one word that is kept with it. */
export function preempt(id: string, reason: string): Act {
  return danger(LEASES, `Preempt lease ${id}`, { op: 'preempt', id, reason });
}

/** Ends a job. */
export function cancelJob(id: string): Act {
  return danger(JOBS, `Cancel job ${id}`, { op: 'cancel', id });
}

/** Takes the head of the queue out. */
export function dequeueJob(id: string): Act {
  return danger(JOBS, `Dequeue job ${id}`, { op: 'dequeue', id });
}

/** Makes a model the active one of its host. */
export function activateModel(id: string, host: string): Act {
  return act(ACTIVE, `Activate model ${id} on ${host}`, { op: 'activate', id, host });
}

/** Makes the model active that was so before, on a host. */
export function rollbackModel(host: string): Act {
  return danger(ACTIVE, `Roll back the model of ${host}`, { op: 'rollback', host });
}

/** Vouches for a model. */
export function approveModel(id: string, host: string): Act {
  return act(MODELS, `Approve model ${id}`, { op: 'approve', id, host });
}

/** Says that a model must not be activated. */
export function rejectModel(id: string, host: string, reason: string): Act {
  return danger(MODELS, `Reject model ${id}`, { op: 'reject', id, host, reason });
}

/** Takes a host's GPUs away from their publisher. */
export function withdrawGpus(host: string): Act {
  return danger(GPUS, `Withdraw the GPUs of ${host}`, { release: host });
}
