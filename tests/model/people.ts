// Who acts in the models, and the hive they act in.

import { bootLine, type Principal, SYSTEM } from '@cohesix/authority';
import { defaultManifest, type Manifest } from '@cohesix/manifest';

/** A queen with a root ticket of her own. */
function queen(subject: string): Principal {
  const root = Buffer.from(subject.padEnd(16, '.')).toString('hex');
  return { subject, role: 'queen', ticket: `fp-${subject}`, ticketIds: [root], session: `s-${subject}` };
}

export const ALICE: Principal = queen('alice');
export const BOB: Principal = queen('bob');
export const CAROL: Principal = queen('carol');

type Writable<T> = T extends object ? { -readonly [Key in keyof T]: Writable<T[Key]> } : T;

/** The default manifest, changed as a model needs it: no workers of its own, and logs of one line. */
export function manifestWith(change: (manifest: Writable<Manifest>) => void): Manifest {
  const manifest = defaultManifest() as Writable<Manifest>;
  manifest.workers.start = [];
  manifest.log.control_log_entries = 1;
  change(manifest);
  return manifest;
}

/** The first boot of a hive with that manifest. */
export function bootOf(manifest: Manifest): { readonly who: Principal; readonly path: string; readonly line: string } {
  return { who: SYSTEM, path: '/sys/boot', line: bootLine(manifest, { epoch: 1, fingerprint: 'f', version: '1' }) };
}
