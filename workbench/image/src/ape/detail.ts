// What a APE file has beyond the common model. Filled by ape/open.ts.

/** Details of a APE image. */
export interface ApeDetail {
  readonly format: 'ape';
}
