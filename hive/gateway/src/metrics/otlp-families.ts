// What the export to a collector counts, as metrics.

import type { Family } from './family.ts';
import type { OtlpCounts } from './otlp-exporter.ts';

/** Families of the counts; none when nothing is exported. */
export function otlpFamilies(counts: OtlpCounts | undefined): readonly Family[] {
  if (counts === undefined) return [];
  const { exported, failed, skipped, retried, rejectedPoints } = counts;
  const results = { exported, failed, skipped };
  return [
    {
      name: 'cohesix_otlp_exports',
      kind: 'counter',
      help: 'Exports to the collector, by what came of them.',
      samples: Object.entries(results).map(([result, value]) => ({ labels: { result }, value })),
    },
    {
      name: 'cohesix_otlp_retries',
      kind: 'counter',
      help: 'Attempts that were made again.',
      samples: [{ labels: {}, value: retried }],
    },
    {
      name: 'cohesix_otlp_rejected_points',
      kind: 'counter',
      help: 'Data points that the collector did not take.',
      samples: [{ labels: {}, value: rejectedPoints }],
    },
  ];
}
