// The lines of jobs in `/log/queen.log`.

import { logField } from '../../kernel/text.ts';
import type { Ending, Job } from './record.ts';

/** A job was queued. */
export function queuedLine({ id, role, priority, seq }: Job): string {
  return `schedule queued id=${id} role=${role} priority=${priority} seq=${seq}`;
}

/** A job was started. */
export function startedLine(
  { id, seq, attempt }: Job,
  worker: { readonly id: string; readonly fence: number },
): string {
  return `schedule running id=${id} worker=${worker.id} fence=${worker.fence} attempt=${attempt + 1} seq=${seq}`;
}

/** A job waits for another attempt. */
export function retryLine({ id, attempt, seq }: Job, notBefore: number, reason: string): string {
  return `schedule retrying id=${id} attempt=${attempt} not_before_ms=${notBefore} seq=${seq} reason=${logField(reason)}`;
}

/** A job ended. */
export function endedLine({ id, attempt, seq }: Job, state: Ending, reason: string): string {
  return `schedule ${state} id=${id} attempts=${attempt} seq=${seq} reason=${logField(reason)}`;
}
