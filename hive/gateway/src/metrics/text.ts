// Families as text: the Prometheus text format 0.0.4, and OpenMetrics 1.0. They differ in how a counter and facts are named in the head,
// in the unit, and in the end.
//
//   0.0.4        # HELP cohesix_refusals_total …   # TYPE cohesix_refusals_total counter   cohesix_refusals_total{tag="cut"} 0
//   OpenMetrics  # TYPE cohesix_refusals counter   # HELP cohesix_refusals …               cohesix_refusals_total{tag="cut"} 0   … # EOF

import type { Family, Labels, Sample } from './family.ts';

/** A text format. */
export type TextFormat = 'prometheus' | 'openmetrics';

/** Media types of the formats. */
export const TEXT_TYPES: Readonly<Record<TextFormat, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** The format that an `Accept` header asks for: OpenMetrics when it is named with a weight that is not below that of plain text. */
export function formatOf(accept: string | undefined): TextFormat {
  const weights = new Map(
    (accept ?? '').split(',').map((each) => {
      const [type = '', ...parameters] = each.split(';').map((part) => part.trim().toLowerCase());
      const weight = parameters.find((parameter) => parameter.startsWith('q='));
      return [type, weight === undefined ? 1 : Number(weight.slice(2)) || 0] as const;
    }),
  );
  const open = weights.get('application/openmetrics-text') ?? 0;
  const plain = Math.max(weights.get('text/plain') ?? 0, weights.get('text/*') ?? 0);
  return open > 0 && open >= plain ? 'openmetrics' : 'prometheus';
}

/** The whole text; families without samples are left out. */
export function metricsText(families: readonly Family[], format: TextFormat): string {
  const blocks = families.filter(({ samples }) => samples.length > 0).map((family) => blockOf(family, format));
  return blocks.join('') + (format === 'openmetrics' ? '# EOF\n' : '');
}

/** What the name of a sample ends with, after that of its family. */
export const SUFFIX = { counter: '_total', info: '_info', gauge: '' } as const;

function blockOf(family: Family, format: TextFormat): string {
  const { name, kind, unit, help, samples } = family;
  const sampleName = name + SUFFIX[kind];
  const isOpen = format === 'openmetrics';
  const type = kind === 'info' && !isOpen ? 'gauge' : kind;
  const headName = isOpen ? name : sampleName;
  const head = [
    `# TYPE ${headName} ${type}`,
    ...(isOpen && unit !== undefined ? [`# UNIT ${headName} ${unit}`] : []),
    `# HELP ${headName} ${escapedHelp(help, isOpen)}`,
  ];
  return `${[...head, ...samples.map((sample) => sampleLine(sampleName, sample))].join('\n')}\n`;
}

function sampleLine(name: string, { labels, value }: Sample): string {
  return `${name}${labelsText(labels)} ${numberText(value)}`;
}

function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escapedLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** Both formats: backslash, double quote and line feed. */
function escapedLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

/** OpenMetrics escapes the quote in a help text too. */
function escapedHelp(help: string, isOpen: boolean): string {
  const escaped = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return isOpen ? escaped.replaceAll('"', '\\"') : escaped;
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
