// What the field of one value of a form is given.

import type { Problem, Schema } from './schema.ts';

/** A value that is edited. */
export interface FieldProps {
  readonly schema: Schema;
  /** Its name; '' of the line itself. */
  readonly name: string;
  readonly value: unknown;
  /** Where it is in the line, as problems say it. */
  readonly path: string;
  readonly problems: readonly Problem[];
  /** Undefined: it is left out. */
  readonly onValue: (value: unknown) => void;
  readonly isOptional?: boolean;
}
