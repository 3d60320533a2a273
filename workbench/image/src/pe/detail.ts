// What a PE file has beyond the common model. Filled by pe/open.ts.

/** Details of a PE image. */
export interface PeDetail {
  readonly format: 'pe';
}
