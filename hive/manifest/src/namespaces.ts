// The section about what a session can put where in its own view of the hive: [namespaces]. Fields and their rules: contracts-2,
// sections 6.1 and 6.2.

import { flag, list, type Table, table, word } from './field.ts';

/** A service that `mount` knows by a name: the path it leads to. */
export interface MountService {
  readonly service: string;
  readonly target: string;
}

/** `[namespaces]`. */
export interface Namespaces {
  readonly role_isolation: boolean;
  readonly mounts: readonly MountService[];
}

/** Most services a manifest may list. */
const MOUNTS_MAX = 32;

const mount: Table<MountService> = table<MountService>('A service.', {
  service: word(
    { pattern: '^[A-Za-z0-9._-]{1,64}$', form: '1 to 64 of letters, digits, . _ and -' },
    'Name of the service, unique.',
  ),
  target: word(
    {
      pattern: '^/[^*\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]{0,1023}$',
      form: 'an absolute path of at most 1024 characters, without * and control characters',
    },
    'Where it leads. Not `/`, and no deeper than a walk.',
  ),
});

/** Schema of `[namespaces]`. */
export const namespaces: Table<Namespaces> = table<Namespaces>('What a session sees, and what it can mount.', {
  role_isolation: flag({ is: true }, 'Whether a role sees only what is its own; always, so nothing else is accepted.'),
  mounts: list<MountService>(
    { is: [{ service: 'logs', target: '/log' }], of: mount, max: MOUNTS_MAX },
    'Services that `{"mount":…}` and `mount` know.',
  ),
});
