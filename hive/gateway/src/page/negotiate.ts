// What a browser has and takes: the coding of an answer (RFC 9110, 12.5.3) and whether it holds the content already (13.1.2).

import { CODINGS, type Coding, type PageFile, type Variant } from './files.ts';

/** A variant of a file, and how it is coded. */
export interface Chosen extends Variant {
  readonly coding: Coding | undefined;
}

const PREFERRED = Object.keys(CODINGS) as readonly Coding[];

/** The variant for an `Accept-Encoding`: of what is taken and there the most compressed, whatever the weights say above 0. */
export function chooseVariant({ plain, coded }: PageFile, accepted: string | undefined): Chosen {
  const weights = weightsOf(accepted ?? '');
  for (const coding of PREFERRED) {
    const variant = coded[coding];
    const weight = weights.get(coding) ?? weights.get('*') ?? 0;
    if (variant !== undefined && weight > 0) return { ...variant, coding };
  }
  return { ...plain, coding: undefined };
}

function weightsOf(header: string): ReadonlyMap<string, number> {
  const parts = header.toLowerCase().split(',');
  return new Map(
    parts.map((part) => {
      const [coding = '', ...parameters] = part.split(';').map((word) => word.trim());
      const weight = parameters.find((word) => word.startsWith('q='))?.slice(2) ?? '1';
      return [coding, Number.parseFloat(weight) || 0];
    }),
  );
}

/** Whether an `If-None-Match` names the content; weak comparison (8.8.3.2). */
export function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}
