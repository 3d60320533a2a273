// Metrics as data, before they are written in a format: families of samples, each with its labels.

/** What a family counts: something that only grows, something that goes up and down, or facts in labels (its value is 1). */
export type FamilyKind = 'counter' | 'gauge' | 'info';

/** Label → value; names as in the Prometheus data model. */
export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** Samples of one name. */
export interface Family {
  /** Without `_total` and `_info`; ends with `_<unit>` when it has one. */
  readonly name: string;
  readonly kind: FamilyKind;
  readonly unit?: Unit;
  /** One sentence. */
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** Base units of OpenMetrics that occur here. */
export type Unit = 'seconds' | 'bytes' | 'ratio';

/** What a family is, without its values. */
export type FamilyHead = Omit<Family, 'samples'>;
