// Families as an OTLP request in the JSON encoding (OpenTelemetry Protocol 1.x, metrics/v1, `ExportMetricsServiceRequest`): 64-bit
// integers are decimal strings, enumerations are numbers, names are in lowerCamelCase.

import type { Family, Labels, Sample, Unit } from './family.ts';

/** When the values were read, and of whom. */
export interface OtlpMoment {
  /** Wall time of the reading, ms. */
  readonly atMs: number;
  /** Which hive: `service.instance.id`. */
  readonly instance: string;
}

/** AGGREGATION_TEMPORALITY_CUMULATIVE of metrics.proto. */
const CUMULATIVE = 2;

/** UCUM codes of the units. */
const UCUM: Readonly<Record<Unit, string>> = { seconds: 's', bytes: 'By', ratio: '1' };

/** The body of a request; families without samples are left out. */
export function otlpBody(families: readonly Family[], moment: OtlpMoment): string {
  const resource = { attributes: attributesOf({ 'service.name': 'cohesix', 'service.instance.id': moment.instance }) };
  const metrics = families.filter(({ samples }) => samples.length > 0).map((family) => metricOf(family, moment));
  return JSON.stringify({
    resourceMetrics: [{ resource, scopeMetrics: [{ scope: { name: 'cohesix.gateway' }, metrics }] }],
  });
}

/**
 * When a counter of the hive began is not known here (it may be older than its process), so points have no start time, which the
 * protocol allows.
 */
function metricOf({ name, kind, unit, help, samples }: Family, moment: OtlpMoment): object {
  const dataPoints = samples.map((sample) => pointOf(sample, moment));
  const head = {
    name: kind === 'info' ? `${name}_info` : name,
    description: help,
    unit: unit === undefined ? '1' : UCUM[unit],
  };
  if (kind !== 'counter') return { ...head, gauge: { dataPoints } };
  return { ...head, sum: { dataPoints, aggregationTemporality: CUMULATIVE, isMonotonic: true } };
}

function pointOf({ labels, value }: Sample, { atMs }: OtlpMoment): object {
  const number = Number.isSafeInteger(value) ? { asInt: String(value) } : { asDouble: value };
  return { attributes: attributesOf(labels), timeUnixNano: `${Math.trunc(atMs)}000000`, ...number };
}

function attributesOf(labels: Labels): readonly object[] {
  return Object.entries(labels).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}
