// Which control file a path is: by the patterns that the hive documents. A path that is bound elsewhere in a session's view is
// not found, and is then treated as any other file: nothing is known of its lines before the hive says it.

import type { ControlDoc } from '../hive-port.ts';

/** Looks control files up by path. */
export class Controls {
  readonly #exact = new Map<string, ControlDoc>();
  readonly #patterns: (readonly [RegExp, ControlDoc])[] = [];

  constructor(controls: readonly ControlDoc[]) {
    for (const control of controls) {
      const { pattern } = control;
      if (pattern.includes(':')) this.#patterns.push([expression(pattern), control]);
      else this.#exact.set(pattern, control);
    }
  }

  /** The control file at a path; undefined for any other file. */
  at(path: string): ControlDoc | undefined {
    return this.#exact.get(path) ?? this.#patterns.find(([pattern]) => pattern.test(path))?.[1];
  }
}

/** `/worker/:worker/ctl`: a component for each `:name`. Names of patterns have letters, digits, `_`, `-` and `.`. */
function expression(pattern: string): RegExp {
  const names = pattern.split('/').map((name) => (name.startsWith(':') ? '[^/]+' : name.replaceAll('.', '\\.')));
  return new RegExp(`^${names.join('/')}$`);
}
