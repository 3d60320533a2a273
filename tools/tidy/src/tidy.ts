// The house rules in one call: files in, findings out. A check that sees nothing must not pass, so it also counts
// what it saw and compares with the least that is plausible.

import { type Finding, type House, houseOf, type TextFile } from './house.ts';
import { defaultExportRule, headerRule, lengthRule, machinePathRule, noteRule } from './rules/files.ts';
import { cycleRule, edgesOf, entryRule, layerRule } from './rules/imports.ts';
import { packageRule } from './rules/packages.ts';
import { purityRule } from './rules/purity.ts';
import { applyWaivers, waiversOf } from './waivers.ts';

/** The least that a run over the whole repository must see. Raise them as the repository grows. */
export interface Floor {
  readonly packages: number;
  readonly modules: number;
  /** Imports of one package by another. */
  readonly crossings: number;
}

/** What a run found and what it saw. */
export interface Report {
  readonly findings: readonly Finding[];
  readonly saw: Floor;
}

type Rule = (house: House) => readonly Finding[];

const RULES: readonly Rule[] = [
  layerRule,
  entryRule,
  cycleRule,
  purityRule,
  packageRule,
  headerRule,
  lengthRule,
  machinePathRule,
  defaultExportRule,
  noteRule,
];

/** Checks all rules over the text files of a repository; findings are sorted by path and line. */
export function tidy(files: readonly TextFile[], floor: Floor): Report {
  const house = houseOf(files);
  const found = RULES.flatMap((rule) => rule(house));
  const saw = { packages: house.packages.length, modules: house.modules.length, crossings: edgesOf(house).length };
  const findings = [...applyWaivers(found, waiversOf(house)), ...implausible(saw, floor)];
  return { findings: findings.sort(byPlace), saw };
}

/** One line a finding: `path:line rule: message`. */
export function textOf({ path, line, rule, message, warning }: Finding): string {
  return `${path}:${line} ${warning ? 'warning: ' : ''}${rule}: ${message}`;
}

function implausible(saw: Floor, floor: Floor): Finding[] {
  return (['packages', 'modules', 'crossings'] as const)
    .filter((what) => saw[what] < floor[what])
    .map((what) => ({
      path: '.',
      line: 1,
      rule: 'plausible',
      message: `saw ${saw[what]} ${what}, less than the ${floor[what]} there must be; the tool is broken, not the code`,
    }));
}

function byPlace(a: Finding, b: Finding): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line;
}
